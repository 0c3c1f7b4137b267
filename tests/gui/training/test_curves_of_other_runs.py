"""Curves follow the run that is on: a metric that it has not goes, one that it has stays chosen."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from backend.messages import Steps
from graph import Recipe
from gui.training.curves import CurvesView
from gui.training.history import History


class Controller(QObject):
    """What curves know of a controller."""

    run_started, stepped, epoch_ended, progressed, state_changed = (Signal(object) for _ in range(5))
    run_outdated = Signal()
    run = previous = None
    state = "training"

    def begin(self, **metrics: float) -> None:
        history = History()
        self.run = SimpleNamespace(
            history=history, loss_label="loss", title="a run", edited_since=False, recipe=Recipe(), number=1,
            started=datetime(2026, 1, 1), finished=None,
        )  # fmt: skip
        self.run_started.emit(self.run)
        values = {name: (value,) * 3 for name, value in metrics.items()}
        history.add_steps(Steps(epoch=1, steps=(1, 2, 3), metrics=values, images_per_second=1.0))


@pytest.fixture
def curves(app, shown):
    controller = Controller()
    return controller, shown(CurvesView(controller), 900, 320)


def offered(view):
    return [view.metrics.itemText(row) for row in range(view.metrics.count())]


def test_the_metric_of_another_network_goes(curves):
    controller, view = curves
    controller.begin(loss=1.0, accuracy=0.5)
    view.draw()
    assert view.other.name == "accuracy" and view.metrics.isHidden()
    controller.begin(loss=1.0, divergence=0.1, reconstruction=0.9)
    view.draw()
    assert view.other.name == "divergence" and offered(view) == ["divergence", "reconstruction"]
    controller.begin(loss=1.0)
    view.draw()
    assert view.other is None and view.metrics.isHidden()


def test_the_chosen_metric_stays_where_the_next_run_has_it(curves):
    controller, view = curves
    controller.begin(loss=1.0, divergence=0.1, reconstruction=0.9)
    view.draw()
    view.metrics.setCurrentText("reconstruction")
    view.metrics.activated.emit(1)
    controller.begin(loss=1.0, divergence=0.1, reconstruction=0.9, norm=3.0)
    view.draw()
    assert view.other.name == view.metrics.currentText() == "reconstruction" and len(offered(view)) == 3
