"""The code panel: the generated source, live; marks the lines of the selected blocks, and a click selects a block."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QShowEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from backend import generate_source
from graph.level import way_to
from gui import theme
from gui.highlight import PythonHighlighter
from gui.panels.rows import IconButton, label
from gui.session import Session
from gui.updates import Updates

DELAY = 80  # ms: typing goes on while the text waits


class Code(QWidget):
    """Read-only source of the network; `export_requested` asks for the file dialog."""

    export_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self.source = None
        self.text = CodeText()
        self.highlighter = PythonHighlighter(self.text.document())
        self.note = label("", "small", wrap=True)
        self.note.setContentsMargins(theme.GAP + 4, theme.SPACE, theme.GAP, theme.SPACE)
        self.title_buttons = (
            IconButton("copy", self.tr("Copy the whole source"), self.copy),
            IconButton("export", self.tr("Export Python: runs without Netloom  (Ctrl+E)"), self.export_requested.emit),
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.note)
        box.addWidget(self.text, 1)
        self.updates = Updates(self, self.refresh, DELAY, patient=True)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self.updates.ask)
        session.selection_changed.connect(self.mark)
        self.text.line_clicked.connect(self._select_line)
        theme.appearance.changed.connect(self.mark)

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.mark()  # the selection went on while nobody looked

    def refresh(self) -> None:
        document = self.session.project
        try:
            self.source = generate_source(
                document.network, document.recipe.fields, analysis=document.analysis, partial=True
            )
        except ValueError as error:
            # What cannot be written yet is said; the last good source stays readable.
            self._say(self.tr("Not up to date: {0}").format(error))
            return
        self._say("")
        self.text.put(str(self.source))
        self.mark()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.session.say(self.tr("The source is in the clipboard"))

    def mark(self, *_ignored) -> None:
        """Mark the lines of the selected blocks and bring the first into view."""
        if self.source is None or not self.isVisible():
            return
        selection = self.session.selection
        if self.session.path and selection:
            module = self.session.document.module.name
            found = [self.source.inner_blocks.get((module, id), ()) for id in selection]
        else:
            selection = self.session.selection_in_project
            found = [self.source.blocks.get(id, ()) for id in selection]
        self.text.mark(sorted({line for lines in found for line in lines}), scroll=len(selection) == 1)

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _changed(self, changes) -> None:
        if changes.computation or changes.recipe or changes.analyzed:
            self.updates.ask()

    def _select_line(self, line: int) -> None:
        """Go to the block of a line, inside a module if it stands there."""
        session = self.session
        if self.source is None:
            return
        if inner := self.source.inner_lines.get(line):
            module, block = inner
            if not session.path or session.document.module.name != module:
                session.go_to(way_to(session.project.network, module) or ())
            if session.path and session.selection != (block,):
                session.reveal(block)
        elif (block := self.source.lines.get(line)) is not None and (session.path or session.selection != (block,)):
            session.reveal_in_project(block)


class CodeText(QPlainTextEdit):
    """Monospaced text that changes only where the source changed, so that scroll place and colours stay."""

    line_clicked = Signal(int)  # counted from 1, as Python counts

    def __init__(self):
        super().__init__()
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(theme.mono_font())
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(self.tr("Generated source"))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(theme.GAP + 4)
        self._pressed: int | None = None

    def put(self, text: str) -> None:
        """Show another text, replacing only the lines between the first and the last that differ."""
        old, new = self.toPlainText().split("\n"), text.split("\n")
        if old == new:
            return
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        self._replace(head, len(old) - tail, new[head : len(new) - tail], at_end=tail == 0)

    def _replace(self, begin: int, end: int, lines: list[str], at_end: bool) -> None:
        """Lines [begin, end) become `lines`."""
        document, cursor = self.document(), QTextCursor(self.document())
        text = "\n".join(lines)
        if at_end:
            if begin:  # take the line break before them, too
                cursor.setPosition(document.findBlockByNumber(begin - 1).position())
                cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
                text = "\n" + text if lines else ""
            cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        else:
            cursor.setPosition(document.findBlockByNumber(begin).position())
            cursor.setPosition(document.findBlockByNumber(end).position(), QTextCursor.MoveMode.KeepAnchor)
            text = text + "\n" if lines else ""
        cursor.insertText(text)

    def mark(self, lines: list[int], scroll: bool) -> None:
        marks = []
        colour = QColor(theme.current().selection)
        for line in lines:
            cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(colour)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.cursor = cursor
            marks.append(mark)
        self.setExtraSelections(marks)
        if scroll and lines:
            self._show_line(lines[0])

    def marked_lines(self) -> list[int]:
        return [mark.cursor.blockNumber() + 1 for mark in self.extraSelections()]

    def _show_line(self, line: int) -> None:
        block = self.document().findBlockByNumber(line - 1)
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        if not 0 <= top <= self.viewport().height() - 2 * self.fontMetrics().height():
            visible = self.viewport().height() // max(1, self.fontMetrics().height())
            self.verticalScrollBar().setValue(max(0, line - 1 - visible // 3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self.cursorForPosition(event.position().toPoint()).blockNumber() + 1

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        line = self.cursorForPosition(event.position().toPoint()).blockNumber() + 1
        if line == self._pressed and not self.textCursor().hasSelection():
            self.line_clicked.emit(line)
