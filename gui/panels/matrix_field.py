"""A matrix as a small grid of cells over the line it is typed in: the kernel of a convolution set by hand."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from graph.hyperparameter import HyperparameterError
from gui import theme
from gui.panels.fields import SEVERAL, TextField
from gui.panels.rows import restyle

LARGEST = 7  # cells in a row or column; larger ones are typed in the line
Rows = tuple[tuple[float, ...], ...]


class MatrixField(TextField):
    """Cells show the numbers that count: its own, else in grey those it stands for by another setting."""

    wide = True

    def __init__(self, declared, offered=None):
        super().__init__(declared, offered)
        self.stands_for: Rows = ()
        self.cells: list[list[QLineEdit]] = []
        self.grid = QWidget()
        self._places = QGridLayout(self.grid)
        self._places.setContentsMargins(0, 0, 0, 0)
        self._places.setSpacing(theme.SPACE)
        self.layout().addWidget(self.grid)
        self.entered.connect(lambda _: self._show_cells())

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self._show_cells()

    def show_stand_in(self, rows: Rows) -> None:
        """What the value comes to while it is not set."""
        self.stands_for = rows
        self._show_cells()

    @property
    def numbers(self) -> Rows:
        return self.value if isinstance(self.value, tuple) else () if self.value is SEVERAL else self.stands_for

    def _show_cells(self) -> None:
        rows = self.numbers
        fits = rows and len(rows) <= LARGEST and len(rows[0]) <= LARGEST
        self.grid.setVisible(bool(fits))
        if not fits:
            return
        if (len(self.cells), len(self.cells[0]) if self.cells else 0) != (len(rows), len(rows[0])):
            self._make_cells(len(rows), len(rows[0]))
        own = "" if isinstance(self.value, tuple) else "stand-in"
        for row, cells in zip(rows, self.cells, strict=True):
            for number, cell in zip(row, cells, strict=True):
                if not cell.hasFocus():
                    cell.setText(_short(number))
                    cell.setCursorPosition(0)
                restyle(cell, "role", own)

    def _make_cells(self, height: int, width: int) -> None:
        for cell in (cell for row in self.cells for cell in row):
            self._places.removeWidget(cell)
            cell.deleteLater()
        self.cells = [[self._cell(row, column) for column in range(width)] for row in range(height)]

    def _cell(self, row: int, column: int) -> QLineEdit:
        cell = QLineEdit()
        cell.setFont(theme.mono_font("small"))
        cell.setAlignment(Qt.AlignmentFlag.AlignCenter)
        cell.setFixedHeight(theme.ROW)
        cell.setMinimumWidth(24)
        cell.setProperty("cell", True)
        cell.setAccessibleName(self.tr("{0}, row {1}, column {2}").format(self.declared.name, row + 1, column + 1))
        cell.textEdited.connect(lambda text: self._cell_typed(row, column, text))
        cell.installEventFilter(self)
        self._places.addWidget(cell, row, column)
        return cell

    def _cell_typed(self, row: int, column: int, text: str) -> None:
        try:
            number = self.declared.parse(text)[0][0] if text.strip() else 0.0
        except (HyperparameterError, TypeError):
            self._say_typing_error(self.tr("{0!r} is no number; type one such as -1, 0.5 or 1/9").format(text))
            return
        self._say_typing_error("")
        rows = [list(one) for one in self.numbers]
        rows[row][column] = number
        value = self.declared.coerce(rows)
        if value != self.value:
            self.value = value
            self.line.setText(self.written(value))
            self.entered.emit(value)


def _short(number: float) -> str:
    """Few enough letters for a cell: a fraction of small numbers where that is shorter."""
    plain = f"{number:g}"
    if len(plain) <= 5:
        return plain
    for below in range(2, 33):
        if abs(number * below - round(number * below)) < 1e-9 and abs(number) < 10:
            return f"{round(number * below)}/{below}"
    return f"{number:.3g}"
