"""SearchPopup: a field over a list at the cursor; typing narrows, Enter takes the lit entry, Esc goes away.

Serves placing blocks and finding them: entries come from a function, the choice goes to another. Edits nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QStyledItemDelegate, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.ink import ICON, icon_path, ink
from gui.panels.rows import ClearCross

WIDTH, ROW_HEIGHT, ROWS = 320, 40, 8
ENTRY = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to choose."""

    key: str
    title: str
    detail: str
    family: str
    aside: str = ""


class SearchPopup(QFrame):
    """Lives on the canvas's viewport while it is open."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget, prompt: str, find: Callable[[str], list[Entry]], note: str = ""):
        super().__init__(parent)
        self._find = find
        self.setObjectName("canvas_search")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(prompt)
        ClearCross(self.field)
        self.field.installEventFilter(self)
        self.note = QLabel(note, self)
        self.note.setVisible(bool(note))
        self.note.setWordWrap(True)
        self.model = QStandardItemModel(self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda index: self.choose())
        self.nothing = QLabel("", self)
        self.nothing.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(6)
        for widget in (self.field, self.note, self.list, self.nothing):
            box.addWidget(widget)
        self._dress()
        self.field.textChanged.connect(self._refill)
        self._refill("")

    def open_at(self, point: QPoint) -> None:
        """Show it with its field at a point of the viewport, moved inside if it would stick out."""
        area = self.parentWidget().rect().adjusted(8, 8, -8, -8)
        size = QSize(WIDTH, self._height(min(ROWS, max(1, self.model.rowCount()))))
        x = max(area.left(), min(point.x() - 24, area.right() - size.width()))
        y = max(area.top(), min(point.y() - 20, area.bottom() - size.height()))
        self.setGeometry(QRect(QPoint(x, y), size))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def choose(self) -> None:
        """Take the lit entry."""
        entry = self.list.currentIndex().data(ENTRY)
        if entry is not None:
            self.close()
            self.chosen.emit(entry.key)

    def closeEvent(self, event) -> None:
        self.hide()
        self.closed.emit()
        self.deleteLater()
        super().closeEvent(event)

    def eventFilter(self, watched, event) -> bool:
        if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.isAncestorOf(self._focused()):
            self.close()
            return False
        if event.type() != QEvent.Type.KeyPress:
            return False
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_PageDown: ROWS,
            Qt.Key.Key_PageUp: -ROWS,
        }
        if event.key() in steps:
            self._step(steps[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def _focused(self) -> QWidget:
        return self.window().focusWidget() or self.parentWidget()

    def _step(self, by: int) -> None:
        rows = self.model.rowCount()
        if rows:
            row = self.list.currentIndex().row() + by
            row = row % rows if abs(by) == 1 else max(0, min(rows - 1, row))
            self.list.setCurrentIndex(self.model.index(row, 0))

    def _refill(self, text: str) -> None:
        self.model.clear()
        for entry in self._find(text):
            item = QStandardItem(entry.title)
            item.setData(entry, ENTRY)
            item.setToolTip(entry.detail)
            item.setEditable(False)
            self.model.appendRow(item)
        found = self.model.rowCount() > 0
        self.list.setVisible(found)
        self.nothing.setVisible(not found)
        self.nothing.setText(self.tr("Nothing fits “{0}”.").format(text))
        if found:
            self.list.setCurrentIndex(self.model.index(0, 0))
            self.list.scrollToTop()
        self.resize(WIDTH, self._height(min(ROWS, max(1, self.model.rowCount()))))

    def _height(self, rows: int) -> int:
        note = self.note.heightForWidth(WIDTH - 16) + 6 if not self.note.isHidden() else 0
        return rows * ROW_HEIGHT + theme.ROW + 30 + note

    def _dress(self) -> None:
        tokens = theme.current()
        names = {f"s{i}": colour.name() for i, colour in enumerate(tokens.surface)}
        self.setStyleSheet(
            f"#canvas_search {{ background: {names['s1']}; border: 1px solid {tokens.line.name()};"
            " border-radius: 10px; }"
            f"#canvas_search QListView {{ background: transparent; border: none; outline: none; }}"
            f"#canvas_search QLabel {{ color: {tokens.text[1].name()}; padding: 2px 6px; }}"
        )
        for label in (self.note, self.nothing):
            label.setFont(theme.ui_font("small"))
        self.field.setMinimumHeight(theme.ROW + 4)


class _Row(QStyledItemDelegate):
    """Icon in the family's colour, title, one line of help."""

    def sizeHint(self, option, index: QModelIndex) -> QSize:
        return QSize(WIDTH - 20, ROW_HEIGHT)

    def paint(self, painter: QPainter, option, index: QModelIndex) -> None:
        entry: Entry = index.data(ENTRY)
        pen, tokens = ink(), theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        if index == option.widget.currentIndex():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.selection)
            painter.drawRoundedRect(box, 6, 6)
        colour, tint, _ = pen.family(entry.family)
        chip = QRectF(box.left() + 6, box.center().y() - 13, 26, 26)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(chip, 6, 6)
        painter.translate(chip.center())
        painter.scale(15 / ICON, 15 / ICON)
        painter.fillPath(icon_path(entry.family), colour)
        painter.restore()
        self._words(painter, QRectF(chip.right() + 10, box.top(), box.right() - chip.right() - 18, box.height()), entry)

    def _words(self, painter: QPainter, box: QRectF, entry: Entry) -> None:
        tokens = theme.current()
        small = theme.ui_font("small")
        metrics = QFontMetrics(small)
        painter.setFont(small)
        painter.setPen(tokens.text[1])
        aside = metrics.horizontalAdvance(entry.aside)
        painter.drawText(QPointF(box.right() - aside, box.top() + 16), entry.aside)
        detail = metrics.elidedText(entry.detail, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(QPointF(box.left(), box.top() + 32), detail)
        font = theme.ui_font("normal", bold=True)
        painter.setFont(font)
        painter.setPen(tokens.text[0])
        title = QFontMetrics(font).elidedText(entry.title, Qt.TextElideMode.ElideRight, int(box.width() - aside - 8))
        painter.drawText(QPointF(box.left(), box.top() + 16), title)
