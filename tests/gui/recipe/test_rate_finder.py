"""The learning-rate finder by hand, over a worker that plays a script: its curve, its end, its ways out."""

import json
import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from backend.client import Launch
from graph import Document
from gui.recipe import RecipePanel
from gui.training import RunController
from gui.training.worker_process import WorkerProcess

ROOT = Path(__file__).resolve().parents[3]
SCRIPTED = ROOT / "tests" / "gui" / "training" / "scripted_worker.py"
READY = {
    "type": "ready", "pid": 1, "device": "cpu", "device_name": "CPU", "memory": 1, "devices": ["cpu"], "torch": "0",
}  # fmt: skip
LOADING = {"type": "state", "state": "loading", "text": "trying learning rates"}
IDLE = {"type": "state", "state": "idle", "text": ""}
RATES = [10 ** (power / 4) for power in range(-24, 5)]
LOSSES = [2.3 - 0.05 * max(0, at - 12) for at in range(26)] + [1.9, 3.0, 9.0]
CURVE = {"type": "rate_curve", "rates": RATES, "losses": LOSSES, "suggested": 0.0123}


@pytest.fixture
def finder(session, shown):
    """Makes finders in panels whose worker plays a script."""
    made = []

    def make(*acts):
        script = json.dumps([READY, *acts])
        path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))

        def launch(client):
            return Launch((sys.executable, str(SCRIPTED), script), {"PYTHONPATH": path})

        run = RunController(session, worker=WorkerProcess(launch=launch))
        panel = shown(RecipePanel(session, run), 360, 800)
        made.append((run, panel))
        panel.updates.flush()
        return panel.finder

    yield make
    for run, _panel in made:
        run.close()


def test_a_rate_is_found_drawn_and_used(finder, session, qtbot):
    found = finder("wait find_rate", LOADING, CURVE, IDLE)
    QTest.mouseClick(found.begin, Qt.MouseButton.LeftButton)
    assert found.cancel.isVisible() and not found.begin.isVisible()
    qtbot.waitUntil(found.curve.isVisible)
    assert "0.012" in found.words.text() and found.use.text() == "Use 0.012"
    assert session.project.recipe.learning_rate == 1e-3
    found.use.click()
    assert session.project.recipe.learning_rate == 0.012 and not found.curve.isVisible() and found.begin.isVisible()
    session.project.undo()
    assert session.project.recipe.learning_rate == 1e-3


def test_another_rate_is_chosen_by_a_click(finder, qtbot):
    found = finder("wait find_rate", CURVE)
    found.begin.click()
    qtbot.waitUntil(found.curve.isVisible)
    QTest.mouseClick(found.curve, Qt.MouseButton.LeftButton, pos=QPoint(found.curve.width() // 2, 60))
    assert found.curve.mark != 0.012 and 1e-4 < found.curve.mark < 1e-1
    assert found.curve.mark == float(f"{found.curve.mark:.1e}")


def test_where_no_loss_fell_the_person_chooses(finder, qtbot):
    found = finder("wait find_rate", CURVE | {"suggested": None})
    found.begin.click()
    qtbot.waitUntil(found.curve.isVisible)
    assert "No rate" in found.words.text() and not found.use.isVisible()


def test_what_goes_wrong_is_told_in_place(finder, qtbot):
    found = finder("wait find_rate", {"type": "failure", "kind": "data", "text": "no such file"})
    failed = []
    found.search._run.failed.connect(failed.append)
    found.begin.click()
    qtbot.waitUntil(lambda: found.words.text() == "no such file")
    assert found.begin.isVisible() and not failed  # and nowhere else: no run has failed


def test_it_is_cancelled(finder, qtbot):
    found = finder("wait find_rate", LOADING, "wait stop", CURVE)
    found.begin.click()
    qtbot.waitUntil(lambda: found.words.text() == "trying learning rates")
    found.cancel.click()
    qtbot.waitUntil(found.begin.isVisible)
    assert not found.curve.isVisible() and not found.words.isVisible()


def test_a_run_ends_the_search_before_it_begins(finder, qtbot):
    found = finder("wait find_rate", LOADING, "wait stop", CURVE, IDLE, "wait start")
    found.begin.click()
    found.search._run.start()
    qtbot.waitUntil(lambda: not found.search.searching)
    assert not found.curve.isVisible()
    found.begin.click()
    assert "run is on" in found.words.text()


def test_a_dead_process_ends_the_search(finder, qtbot):
    found = finder("wait find_rate", "kill")
    found.begin.click()
    qtbot.waitUntil(lambda: not found.search.searching)
    assert found.words.text() and found.begin.isVisible()


def test_what_cannot_be_trained_is_not_tried(finder, session):
    found = finder()
    session.set_document(Document())
    found.begin.click()
    assert "empty" in found.words.text() and not found.search.searching
