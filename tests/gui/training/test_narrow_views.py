"""In a narrow panel the training views give up what matters least: smoothing before legend, types before names."""

import pytest

from gui.training import RunController, TrainingPanel
from gui.training.fitting_label import FittingLabel


@pytest.fixture
def panel(session, shown, qtbot):
    controller = RunController(session)
    made = TrainingPanel(session, controller)
    made.build()
    made._pages.setCurrentWidget(made.splitter)
    yield shown(made, 1200, 320)
    controller.close()


def test_smoothing_gives_way_to_the_legend(panel, qtbot):
    assert not panel.curves.smoothing.isHidden()
    panel.splitter.setSizes([300, 400, 500])
    qtbot.waitUntil(panel.curves.smoothing.isHidden)
    qtbot.waitUntil(lambda: panel.curves.legend.width() > 100)


def test_three_views_fit_beside_the_recipe(panel):
    assert panel.minimumSizeHint().width() <= 900


def test_a_note_without_room_says_nothing(app):
    note = FittingLabel()
    note.tell("step 1,234")
    note.resize(20, 28)
    note._fit()
    assert note.text() == "" and note.toolTip() == "step 1,234"
