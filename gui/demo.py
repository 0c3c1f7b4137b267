"""The demo without a display: the real window, drawn offscreen, trains the example and leaves pictures and its run.

Only for `netloom demo` where no window can be shown; with one, the editor itself is the demo.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer

from graph import load_project, save_project
from gui import theme
from gui.app import application
from gui.main_window import MainWindow

PATIENCE = 600.0  # seconds until a run that does not end is given up


class OffscreenDemo:
    """Opens a copy of the example in `folder`, trains it to the end, and takes a picture now and then."""

    def __init__(self, project: Path, folder: Path, epochs: int | None, say: Callable[[str], None]):
        self.folder, self.say = folder, say
        self.app = application("dark")
        self.copy = folder / project.name
        folder.mkdir(parents=True, exist_ok=True)
        document = load_project(project)
        if epochs is not None:
            document.recipe = document.recipe.having(epochs=epochs)
        save_project(document, self.copy)
        self.window = MainWindow()
        self.window.resize(1600, 1000)
        self.outcome = 1
        self._loop = QEventLoop()
        run = self.window.run
        run.epoch_ended.connect(self._epoch)
        run.finished.connect(self._finished)
        run.failed.connect(self._failed)

    def run(self) -> int:
        """Train to the end; 0 when the run finished."""
        window = self.window
        window.show()
        window.files.open_path(self.copy)
        window.run.warm_up()
        window.run.start()
        QTimer.singleShot(int(PATIENCE * 1000), self._loop.quit)
        self._loop.exec()
        window.session.project.mark_saved()
        window.close()
        return self.outcome

    def _epoch(self, epoch) -> None:
        total = self.window.session.project.recipe.epochs
        checked = "  ".join(f"validation {name} {value:.4f}" for name, value in epoch.validation.items())
        self.say(f"epoch {epoch.epoch:>3}/{total}  {checked}")
        if epoch.epoch == max(1, total // 3):
            self._picture("training-dark")

    def _finished(self, finished) -> None:
        self.outcome = 0
        best = ", ".join(f"{name} {value:.4f}" for name, value in finished.best.items())
        self.say(f"best epoch {finished.best_epoch}: {best}")
        self.say(f"run folder: {finished.run_folder}")
        self._picture("finished-dark")
        theme.apply(self.app, "light")
        self._settle()
        self._picture("finished-light")
        self._loop.quit()

    def _failed(self, failure) -> None:
        self.say(f"error: {failure.text}")
        self._loop.quit()

    def _picture(self, name: str) -> None:
        path = self.folder / f"{name}.png"
        if not self.window.grab().save(str(path)):
            self.say(f"error: {path} could not be written")
            return
        self.say(f"picture: {path}")

    def _settle(self, seconds: float = 0.3) -> None:
        """Let timers and repaints that wait for the event loop happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def run_offscreen(project: Path, folder: Path, epochs: int | None, say: Callable[[str], None]) -> int:
    """Run the demo without a display; the exit status."""
    try:
        return OffscreenDemo(project, folder, epochs, say).run()
    except OSError as error:
        say(f"error: {folder}: {error.strerror or error}")
        return 1
