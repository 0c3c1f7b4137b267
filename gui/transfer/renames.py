"""Rows that put other beginnings into a file's names: what they begin with there, and what with here.

Knows no files and no documents; suggests beginnings that it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from graph.transfer import LONGEST_PREFIX, MOST_RENAMES
from gui import theme
from gui.panels.rows import IconButton, label

SEEN = 4  # rows in sight; more are scrolled to
MOST_SUGGESTED = 2000


class RenameRow(QWidget):
    """One beginning and what takes its place."""

    def __init__(self, old: str, new: str):
        super().__init__()
        self.old, self.new = QLineEdit(old), QLineEdit(new)
        self.remove = IconButton("close", self.tr("Take this renaming out"), lambda: None)
        for field, words in (
            (self.old, self.tr("beginning in the file, such as backbone.")),
            (self.new, self.tr("beginning here, may be empty")),
        ):
            field.setPlaceholderText(words)
            field.setAccessibleName(words)
            field.setMaxLength(LONGEST_PREFIX)
            field.setFont(theme.mono_font())
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GAP)
        line.addWidget(self.old, 1)
        line.addWidget(label("→", "quiet"))
        line.addWidget(self.new, 1)
        line.addWidget(self.remove)

    @property
    def empty(self) -> bool:
        return not self.old.text() and not self.new.text()


class Renames(QScrollArea):
    """As many rows as are wanted, out of sight while there are none."""

    changed = Signal()

    def __init__(self):
        super().__init__()
        self.rows: list[RenameRow] = []
        self._there, self._here = QStringListModel(self), QStringListModel(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        self._box = QVBoxLayout(page)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.SPACE)
        self._box.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(page)
        self._fit()

    @property
    def values(self) -> dict[str, str]:
        """Old beginning -> new one; rows without a word count for nothing."""
        return {row.old.text(): row.new.text() for row in self.rows if not row.empty}

    @property
    def twice(self) -> str | None:
        """A beginning that two rows replace."""
        olds = [row.old.text() for row in self.rows if not row.empty]
        return next((old for place, old in enumerate(olds) if old in olds[:place]), None)

    @property
    def full(self) -> bool:
        return len(self.rows) >= MOST_RENAMES

    def show_values(self, renames: Mapping[str, str]) -> None:
        """Rows for these and no others."""
        for row in list(self.rows):
            self._drop(row)
        for old, new in renames.items():
            self._add(old, new)
        self._fit()

    def add(self) -> None:
        """One more row, ready to be typed into."""
        row = self._add("", "")
        self._fit()
        row.old.setFocus()
        row.show()
        self._box.activate()
        tall = self._box.sizeHint().height()
        self.widget().resize(self.widget().width(), tall)  # or there would be nowhere to scroll to yet
        self.ensureWidgetVisible(row)

    def suggest(self, there: Iterable[str], here: Iterable[str]) -> None:
        """Offer the beginnings of these names while somebody types."""
        self._there.setStringList(beginnings(there))
        self._here.setStringList(beginnings(here))

    def _add(self, old: str, new: str) -> RenameRow:
        row = RenameRow(old, new)
        for field, model in ((row.old, self._there), (row.new, self._here)):
            completer = QCompleter(model, field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
            field.setCompleter(completer)
            field.textChanged.connect(self.changed)
        row.remove.clicked.connect(lambda: self._take_out(row))
        self.rows.append(row)
        self._box.addWidget(row)
        return row

    def _take_out(self, row: RenameRow) -> None:
        self._drop(row)
        self._fit()
        self.changed.emit()

    def _drop(self, row: RenameRow) -> None:
        self.rows.remove(row)
        self._box.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _fit(self) -> None:
        self.setVisible(bool(self.rows))
        seen = min(len(self.rows), SEEN)
        tall = self.rows[0].sizeHint().height() if self.rows else 0
        self.setFixedHeight(seen * tall + max(seen - 1, 0) * theme.SPACE)


def beginnings(names: Iterable[str]) -> list[str]:
    """What names begin with, up to each of their dots."""
    found: dict[str, None] = {}
    for name in names:
        parts = name.split(".")[:-1]
        for count in range(1, len(parts) + 1):
            found[".".join(parts[:count]) + "."] = None
            if len(found) >= MOST_SUGGESTED:
                return sorted(found)
    return sorted(found)
