"""What becomes of a run whose window closes: it goes on in the background, ends with what it has learned, or stays.

Knows the run controller; nothing of documents.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from backend import background
from backend.run_folder import RunFolderError
from gui.language import tr
from gui.training.run_controller import RunController

PATIENCE = 60_000  # ms a step may take to end


def may_leave(controller: RunController, window: QWidget) -> bool:
    """Ask, if a run is on, and see to it; whether the window may close."""
    if not controller.active:
        return True
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(tr("A run is still training. What shall become of it?"))
    words = tr("In the background it goes on to the bit; the Runs panel of any window takes it up again.")
    box.setInformativeText(words)
    go_on = box.addButton(tr("Go On in the Background"), QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton(tr("Stop It"), QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(go_on)
    box.exec()
    chosen = box.clickedButton()
    if chosen is stop:
        return True
    return chosen is go_on and _hand_over(controller, window)


def _hand_over(controller: RunController, window: QWidget) -> bool:
    """Stop the run here and let it go on in a process of its own; whether that came about."""
    folder = controller.run.folder
    if not _stopped(controller):
        _tell(window, tr("The run does not stop: its step takes too long. Try again, or stop it."))
        return False
    finished = controller.run.finished
    if finished is not None and not finished.stopped:
        return True  # it came to its end meanwhile
    try:
        background.let_go_on(Path(folder))
    except (RunFolderError, OSError) as error:
        _tell(window, str(error))
        return False
    return True


def _stopped(controller: RunController) -> bool:
    """Wait until the run has saved its state; the window stays alive meanwhile."""
    loop = QEventLoop()

    def look(_: str) -> None:
        if not controller.active:
            loop.quit()

    controller.state_changed.connect(look)
    QTimer.singleShot(PATIENCE, loop, loop.quit)
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        controller.stop()
        if controller.active:
            loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        QCoreApplication.processEvents()
    finally:
        QGuiApplication.restoreOverrideCursor()
        controller.state_changed.disconnect(look)
    return not controller.active


def _tell(window: QWidget, text: str) -> None:
    QMessageBox.warning(window, tr("The run cannot go on in the background"), text)
