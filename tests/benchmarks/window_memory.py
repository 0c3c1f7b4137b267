"""A training panel and its bar, told of a long run: `python window_memory.py STEPS FOLDER`.

Prints a line for every hundred steps: the step, and the bytes of this process that lie in memory.
"""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = sys.argv[2]  # nobody's settings
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from backend.messages import Epoch, Progress, Steps
from graph import Document, Network
from gui import theme
from gui.session import Session
from gui.training import RunController, TrainingPanel, TransportBar
from gui.training.run import Run

TOLD = 100  # steps at a time
EPOCH = 23  # steps of one


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def steps_from(first: int) -> Steps:
    values = tuple(1.0 / (first + at) ** 0.3 for at in range(TOLD))
    metrics = {"loss": values, "accuracy": tuple(1 - value for value in values)}
    return Steps(epoch=1, steps=tuple(range(first, first + TOLD)), metrics=metrics, images_per_second=1.0)


def epoch_at(step: int) -> Epoch:
    values, number = {"loss": 1.0 / step, "accuracy": 1 - 1.0 / step}, step // EPOCH
    more = {"train": values, "validation": values, "learning_rate": 0.1, "seconds": 1.0, "best": number == 40}
    return Epoch(epoch=number, step=step, **more)


def progress_at(step: int, steps: int) -> Progress:
    rates = {"seconds": 1.0, "seconds_left": 1.0, "images_per_second": 1.0, "learning_rate": 0.1}
    return Progress(step=step, steps=steps, epoch=step // EPOCH, epochs=steps // EPOCH, **rates)


def main(steps: int, folder: str) -> None:
    """Tell a window of so many steps."""
    app = QApplication([])
    theme.apply(app, "dark")
    session = Session(Document(Network("Small")))
    controller = RunController(session)
    window = QWidget()
    column = QVBoxLayout(window)
    column.addWidget(TransportBar(session, controller))
    column.addWidget(TrainingPanel(session, controller), 1)
    window.resize(1300, 400)
    window.show()
    controller.run = Run(1, Path(folder), 0, "loss", 10, {})
    controller.run_started.emit(controller.run)
    for first in range(1, steps, TOLD):
        ended = [epoch_at(step) for step in range(first, first + TOLD) if step % EPOCH == 0]
        controller.worker.told.emit([steps_from(first), *ended, progress_at(first + TOLD - 1, steps)])
        app.processEvents()
        print(first, resident())
    history = controller.run.history
    assert history.step == steps and history.best.epoch == 40
    sys.stdout.flush()
    os._exit(0)  # a window has its ways of ending, which are not measured here


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
