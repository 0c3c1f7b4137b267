"""Opens the dialog that loads weights over its window."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.session import Session


class Transfer:
    """What the table of actions calls for one window."""

    def __init__(self, session: Session, window: QWidget):
        self.session, self.window = session, window

    def ask(self) -> None:
        """Let the person choose weights to begin from."""
        from gui.transfer.dialog import TransferDialog  # deferred: most sessions never ask

        self.dialog = TransferDialog(self.session, self.window)
        self.dialog.open()
