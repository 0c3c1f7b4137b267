"""An editor for a test to kill: opens a project, edits it, says when its recovery copy is on disk, then only waits."""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer

from graph.edits import RenameNetwork, SetHyperparameter
from gui.app import application


def main(project: Path) -> int:
    app = application("dark")
    from gui.windows import Windows

    windows = Windows()
    windows.begin(project)
    QTimer.singleShot(400, lambda: edit(windows))
    return app.exec()


def edit(windows) -> None:
    (window,) = windows.all
    document = window.session.document
    document.do(SetHyperparameter(document.network.block("conv1").id, "kernel_size", 3))
    untitled = windows.new()
    untitled.session.document.do(RenameNetwork("Never saved"))
    look = QTimer(windows, interval=50)
    look.timeout.connect(lambda: tell_when_kept(windows))
    look.start()


def tell_when_kept(windows) -> None:
    kept = list(windows.keeper.home.glob("*/*.recovery"))
    if len(kept) == 2:
        print("kept", flush=True)
        time.sleep(1000)  # not even its event loop runs when the signal comes


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
