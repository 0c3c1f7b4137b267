"""RenameField: a line edit laid over a block's title; Enter takes the name, Esc leaves the old one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from gui import theme


class RenameField(QLineEdit):
    """Opens with the whole name selected."""

    accepted = Signal(str)

    def __init__(self, parent: QWidget, name: str):
        super().__init__(name, parent)
        self.setObjectName("rename_field")
        self.setFont(theme.ui_font("normal", bold=True))
        self.setMaxLength(80)
        self.selectAll()
        self._done = False
        self.returnPressed.connect(lambda: self._finish(True))

    def keyPressEvent(self, event) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._finish(False)
        else:
            super().keyPressEvent(event)
            event.accept()  # a line edit passes Enter on, and the canvas below would act on it

    def event(self, event) -> bool:
        # Single-letter shortcuts of the window must not swallow letters of a name.
        if event.type() == QEvent.Type.ShortcutOverride and event.text():
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self._finish(True)

    def _finish(self, take: bool) -> None:
        if self._done:
            return
        self._done = True
        name = self.text().strip()
        self.hide()
        self.deleteLater()
        if take and name:
            self.accepted.emit(name)
        self.parentWidget().parentWidget().setFocus(Qt.FocusReason.OtherFocusReason)
