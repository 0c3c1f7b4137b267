"""A window that closes while a run is on: the run goes on alone, ends, or the window stays."""

import sys

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget

from backend import background
from backend.run_folder import read_run
from graph.edits import SetRecipe
from gui.training.leaving import may_leave

PATIENCE = 60_000  # ms: importing torch on a busy machine


@pytest.fixture
def answer(monkeypatch):
    """Answers the question with the button of some text; what was asked stands in `asked`."""
    asked = []

    def choose(text):
        def execute(box):
            asked.append(box.text())
            chosen = next(button for button in box.buttons() if button.text().replace("&", "") == text)
            monkeypatch.setattr(QMessageBox, "clickedButton", lambda _: chosen)

        monkeypatch.setattr(QMessageBox, "exec", execute)

    choose.asked = asked
    return choose


@pytest.fixture
def running(qtbot, session, real):
    session.document.do(SetRecipe(session.document.recipe.having(epochs=100_000)))
    real.start()
    qtbot.waitUntil(lambda: real.state == "training" and real.run.history.step > 5, timeout=PATIENCE)
    return real


def test_without_a_run_nothing_is_asked(qtbot, real, answer):
    answer("Stop It")
    assert may_leave(real, QWidget()) and answer.asked == []


def test_cancel_keeps_window_and_run(qtbot, running, answer):
    answer("Cancel")
    assert not may_leave(running, QWidget()) and running.active
    assert "still training" in answer.asked[0]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for locks")
def test_the_run_goes_on_in_the_background_and_is_taken_over(qtbot, running, answer):
    answer("Go On in the Background")
    assert may_leave(running, QWidget()) and not running.active
    folder, step = running.run.folder, running.run.finished.step
    qtbot.waitUntil(lambda: background.continued_by(folder) is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: read_run(folder).manifest is None, timeout=PATIENCE)
    background.take_over(folder)
    ended = read_run(folder)
    assert ended.manifest.outcome == "stopped" and ended.events[-1].event.step >= step


def test_a_run_that_is_stopped_lets_the_window_go(qtbot, running, answer):
    answer("Stop It")
    assert may_leave(running, QWidget())
