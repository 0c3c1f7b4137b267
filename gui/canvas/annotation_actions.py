"""What menus and keys do with frames and notes: frame the selection, write a note, edit, colour, remove.

Mixed into the view; each change is one undoable step.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QWidget

from graph.annotations import COLOURS, FRAME, LONGEST, NOTE, Annotate, Annotation, Unannotate, fresh_id
from gui import theme
from gui.canvas.annotation_item import PAD, TITLE, colour_of
from gui.canvas.ink import ink
from gui.canvas.rename import RenameField

AROUND = 24.0  # free space between a frame and what it holds
NOTE_SIZE = (220.0, 120.0)


class AnnotationActions:
    """Needs `session`, `canvas` and the navigation of a view."""

    def frame_selection(self) -> None:
        """Put a titled frame around the selected blocks, its title ready to be typed."""
        ids = [id for id in self.session.selection if id in self.canvas.blocks]
        if not ids:
            self.session.say(self.tr("Select the blocks to frame first"))
            return
        area = self.canvas.content(ids).adjusted(-AROUND, -AROUND - TITLE, AROUND, AROUND)
        self._write(FRAME, self.tr("Frame"), area.x(), area.y(), area.width(), area.height())

    def add_note(self) -> None:
        """A note where the pointer is, ready to be written."""
        at = self.pointer_scene()
        self._write(NOTE, "", at.x(), at.y(), *NOTE_SIZE)

    def _write(self, kind: str, text: str, x: float, y: float, width: float, height: float) -> None:
        id = fresh_id(self.session.network)
        colour = "grey" if kind == FRAME else "yellow"
        made = Annotation(id, kind, text, round(x), round(y), round(width), round(height), colour)
        self.session.document.do(Annotate((made,), self.tr("Add frame") if kind == FRAME else self.tr("Add note")))
        self.session.clear_selection()
        self.canvas.select_annotations((id,))
        self.edit_annotation(id)

    def edit_annotation(self, id: str) -> None:
        """Type a frame's title or a note's text in place."""
        item = self.canvas.annotations[id]
        box = item.box()
        if item.annotation.kind == FRAME:
            left = self.mapFromScene(box.topLeft() + QPointF(PAD - 8, 2))
            field = RenameField(self.viewport(), item.annotation.text)
            field.setGeometry(QRect(left.x(), left.y(), min(260, max(140, int(box.width() * self.zoom) - 16)), 28))
        else:
            field = NoteEditor(self.viewport(), item.annotation.text)
            corner = self.mapFromScene(box.topLeft())
            width, height = int(box.width() * self.zoom), int(box.height() * self.zoom)
            field.setGeometry(QRect(corner.x(), corner.y(), max(160, width), max(80, height)))
        field.accepted.connect(lambda text: self._retitle(id, text))
        field.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _retitle(self, id: str, text: str) -> None:
        there = self.session.network.annotations.get(id)
        if there is not None and there.text != text:
            self.session.document.do(Annotate((there.having(text=text),), self.tr("Write")))

    def colour_annotation(self, id: str, colour: str) -> None:
        there = self.session.network.annotations[id]
        self.session.document.do(Annotate((there.having(colour=colour),), self.tr("Colour")))

    def remove_annotations(self) -> None:
        """Remove the selected frames and notes; what a frame holds stays."""
        ids = self.canvas.selected_annotations
        if ids:
            self.session.document.do(Unannotate(ids))

    def annotation_menu(self, id: str) -> QMenu:
        """What can be done with one, for the right button."""
        menu = QMenu(self)
        menu.addAction(self.tr("Edit Text"), lambda: self.edit_annotation(id))
        colours = menu.addMenu(self.tr("Colour"))
        first = (self.tr("Grey"), self.tr("Blue"), self.tr("Green"), self.tr("Yellow"))
        words = (*first, self.tr("Orange"), self.tr("Red"), self.tr("Purple"))
        for name, word in zip(COLOURS, words, strict=True):
            patch = QPixmap(12, 12)
            patch.fill(colour_of(name, ink()))
            colours.addAction(patch, word, lambda name=name: self.colour_annotation(id, name))
        menu.addSeparator()
        menu.addAction(self.tr("Remove"), lambda: (self.canvas.select_annotations((id,)), self.remove_annotations()))
        return menu


class NoteEditor(QPlainTextEdit):
    """A note's Markdown over the note itself; a click elsewhere or Ctrl+Enter takes it, Esc leaves the old text."""

    accepted = Signal(str)

    def __init__(self, parent: QWidget, text: str):
        super().__init__(text, parent)
        self.setObjectName("note_editor")
        self.setAccessibleName(self.tr("Text of the note, in Markdown"))
        self.setPlaceholderText(self.tr("Write in Markdown"))
        self.setFont(theme.ui_font("small"))
        self._done = False

    def keyPressEvent(self, event) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self._finish(False)
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._finish(True)
        else:
            super().keyPressEvent(event)
        event.accept()

    def event(self, event) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.text():
            event.accept()  # letters are letters of the note
            return True
        return super().event(event)

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self._finish(True)

    def _finish(self, take: bool) -> None:
        if self._done:
            return
        self._done = True
        text = self.toPlainText()[:LONGEST]
        self.hide()
        self.deleteLater()
        if take:
            self.accepted.emit(text)
        self.parentWidget().parentWidget().setFocus(Qt.FocusReason.OtherFocusReason)
