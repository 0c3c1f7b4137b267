"""The training panel and the transport bar over a real worker: what a person sees from Train to the end."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from graph.edits import Disconnect, SetRecipe
from gui.training import TrainingPanel, TransportBar

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60_000  # ms: importing torch on a busy machine


class Window(QWidget):
    """Bar and panel as the main window has them."""

    def __init__(self, session, controller):
        super().__init__()
        self.bar, self.panel = TransportBar(session, controller), TrainingPanel(session, controller)
        column = QVBoxLayout(self)
        column.addWidget(self.bar)
        column.addWidget(self.panel, 1)
        self.resize(1300, 400)


@pytest.fixture
def window(qtbot, session, real):
    window = Window(session, real)
    qtbot.addWidget(window)
    window.show()
    return window


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def many_epochs(session, count=400):
    session.document.do(SetRecipe(session.document.recipe.having(epochs=count)))


def test_from_the_invitation_to_the_finished_run(qtbot, session, real, window):
    panel, bar = window.panel, window.bar
    assert panel.invitation.title.text() == "Train Small on digits" and panel.curves is None
    click(qtbot, panel.invitation.button)
    qtbot.waitUntil(lambda: real.state == "finished", timeout=PATIENCE)
    qtbot.wait(200)
    history, plot = real.run.history, panel.curves.loss
    assert len(history.epochs) == 2 and history.step == history.steps > 20
    assert plot.smooth.xData[-1] == history.step and np.isfinite(plot.smooth.yData).all()
    assert list(plot.points.getData()[0]) == [epoch.step for epoch in history.epochs]
    assert panel.curves.other.name == "accuracy" and panel.curves.loss.title.fullest == "cross-entropy loss (nats)"
    assert bar.play.text() == "Train" and bar.verdict.fullest.startswith("Finished")
    assert "epoch 2/2" in bar.place.text() and bar.speed.text().endswith("images/s")
    assert (real.run.folder / "best.safetensors").exists()


def test_filters_and_feature_maps_are_live_and_follow_the_selection(qtbot, session, real, window):
    many_epochs(session)
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: window.panel.filters is not None, timeout=PATIENCE)
    filters, maps = window.panel.filters, window.panel.feature_maps
    qtbot.waitUntil(lambda: filters.look is not None and maps.look is not None, timeout=PATIENCE)
    conv, fc = session.network.block("conv1").id, session.network.block("fc").id
    assert filters.look.block == maps.look.block == conv
    assert filters.look.array.shape == (4, 1, 3, 3) and maps.look.array.shape == (4, 6, 6)
    assert filters.picture.shown == 4 and filters.header.note.fullest.startswith("4 x 1 x 3 x 3, step")
    first = filters.look
    qtbot.waitUntil(lambda: filters.look.step > first.step, timeout=PATIENCE)
    assert not np.array_equal(filters.look.array, first.array)
    session.select([fc])
    qtbot.waitUntil(lambda: maps.look is not None and maps.look.block == fc, timeout=PATIENCE)
    assert maps.look.array.shape == (10,)
    prediction = maps.look.prediction
    assert len(prediction.probabilities) == 10 and prediction.label is not None
    assert maps.look.image.shape == (1, 8, 8)
    click(qtbot, maps.sample.forth)
    qtbot.waitUntil(lambda: maps.look.prediction.sample == 1, timeout=PATIENCE)


def test_an_answer_that_is_a_picture_is_shown_as_one(qtbot, session, real, window):
    many_epochs(session)
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: window.panel.feature_maps is not None, timeout=PATIENCE)
    maps = window.panel.feature_maps
    qtbot.waitUntil(lambda: maps.look is not None, timeout=PATIENCE)
    assert maps.look.answer is None and maps.prediction_view.isVisible() and not maps.answer_view.isVisible()
    made = replace(maps.look, answer=np.ones((1, 8, 8), np.float32))
    real.looked.emit(made)
    assert maps.answer_view.isVisible() and maps.answer_view.sample is made.answer
    assert maps.prediction_view.isVisible()  # it also says a class
    real.looked.emit(replace(made, prediction=made.prediction.model_copy(update={"probabilities": None})))
    assert not maps.prediction_view.isVisible()


def test_what_is_hidden_collects_nothing(qtbot, session, real, window):
    many_epochs(session)
    click(qtbot, window.bar.play)
    qtbot.waitUntil(
        lambda: window.panel.filters is not None and window.panel.filters.look is not None, timeout=PATIENCE
    )
    window.panel.hide()
    assert real._watches == {}
    looks = []
    qtbot.wait(300)  # what was under way arrives
    real.looked.connect(looks.append)
    before = real.run.history.step
    qtbot.waitUntil(lambda: real.run.history.step > before, timeout=PATIENCE)
    assert looks == []
    with qtbot.waitSignal(real.looked, timeout=PATIENCE):
        window.panel.show()


def test_killed_with_signal_9_in_the_middle_and_started_again(qtbot, session, real, window):
    many_epochs(session)
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.state == "training" and real.run.history.step > 20, timeout=PATIENCE)
    os.kill(real.worker.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: real.state == "failed", timeout=PATIENCE)
    banner = window.panel.banner
    assert banner.isVisible() and banner.text.startswith("The training process ended (killed, signal 9) at epoch")
    assert str(real.run.folder) in banner.text
    qtbot.waitUntil(lambda: window.bar.play.text() == "Train")
    session.document.do(SetRecipe(session.document.recipe.having(epochs=1)))  # the editor goes on
    again = next(button for button in banner.offers if button.text() == "Start again")
    click(qtbot, again)
    qtbot.waitUntil(lambda: real.state == "finished", timeout=PATIENCE)
    assert not banner.isVisible() and real.previous is not None
    assert window.panel.curves.loss.ghost is real.previous.history
    qtbot.wait(150)
    assert len(window.panel.curves.loss.ghost_curve.xData) > 20


def test_pausing_holds_the_steps_and_a_block_can_still_be_chosen(qtbot, session, real, window):
    many_epochs(session)
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.state == "training" and real.run.history.step > 5, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.bar.play.text() == "Pause")
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.state == "paused", timeout=PATIENCE)
    qtbot.wait(300)
    held = real.run.history.at_step
    session.select([session.network.block("fc").id])
    qtbot.waitUntil(
        lambda: window.panel.filters.look is not None and window.panel.filters.look.array.shape == (10, 144),
        timeout=PATIENCE,
    )
    assert real.run.history.at_step == held and window.bar.verdict.fullest.startswith("Paused.")
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.run.history.at_step > held, timeout=PATIENCE)
    click(qtbot, window.bar.stop)
    qtbot.waitUntil(lambda: real.state == "finished", timeout=PATIENCE)


def test_what_keeps_a_network_from_training_is_said_instead_of_train(qtbot, session, real, window):
    fc = session.network.block("fc").id
    session.document.do(Disconnect((session.network.wires_into(fc)[0].id,)))
    invitation = window.panel.invitation
    assert invitation.title.text() == "Not ready to train" and invitation.button.text() == "Show Block"
    revealed = []
    session.revealed.connect(revealed.append)
    click(qtbot, invitation.button)
    click(qtbot, window.bar.play)
    banner = window.panel.banner
    assert "fc" in banner.text
    click(qtbot, banner.offers[0])
    assert revealed == [fc, fc] and session.selected == fc


def test_without_data_the_first_step_leads_to_their_choice(qtbot, session, real, window):
    session.document.do(SetRecipe(session.document.recipe.having(data=None)))
    asked = []
    session.field_requested.connect(lambda *place: asked.append(place))
    assert window.panel.invitation.button.text() == "Choose Data"
    click(qtbot, window.panel.invitation.button)
    assert asked == [("", "data")] and not session.selection


def test_the_learning_rate_goes_to_the_run_or_to_the_recipe(qtbot, session, real, window):
    bar = window.bar
    bar.rate.slider.setValue(-2 * 50)
    assert session.document.recipe.learning_rate == pytest.approx(0.01)
    session.document.undo()
    assert session.document.recipe.learning_rate == pytest.approx(0.001)
    many_epochs(session)
    click(qtbot, bar.play)
    qtbot.waitUntil(lambda: real.state == "training", timeout=PATIENCE)
    qtbot.waitUntil(lambda: bar.play.text() == "Pause")
    bar.rate.field.setText("3e-4")
    bar.rate.field.editingFinished.emit()
    assert real.learning_rate == pytest.approx(3e-4)
    assert session.document.recipe.learning_rate == pytest.approx(0.001)
    with qtbot.waitSignal(real.progressed, check_params_cb=lambda p: p.learning_rate == 3e-4, timeout=PATIENCE):
        pass


def test_the_log_scale_is_one_key_away(qtbot, session, real, window):
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.state == "finished", timeout=PATIENCE)
    curves = window.panel.curves
    curves.setFocus()
    qtbot.wait(100)
    linear = curves.loss.smooth.yData.copy()
    qtbot.keyClick(curves, Qt.Key.Key_Y)
    assert curves.loss.logarithmic and np.allclose(curves.loss.smooth.yData, np.log10(linear))
    qtbot.keyClick(curves, Qt.Key.Key_Y)
    assert np.allclose(curves.loss.smooth.yData, linear)


def test_the_crosshair_tells_the_values_at_a_step(qtbot, session, real, window):
    click(qtbot, window.bar.play)
    qtbot.waitUntil(lambda: real.state == "finished", timeout=PATIENCE)
    qtbot.wait(100)
    loss, accuracy = window.panel.curves.loss, window.panel.curves.other
    loss.pointed.emit(7.4)
    assert "step 7" in loss.readout.text() and "step 7" in accuracy.readout.text()
    loss.pointed.emit(None)
    assert "step" not in loss.readout.text()


def test_importing_the_training_views_imports_neither_torch_nor_the_plots():
    code = (
        "import sys; import gui.training, gui.training.training_panel;"
        "print([name for name in ('torch', 'pyqtgraph', 'sklearn') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_views_share_the_width(qtbot, session, real, window):
    window.panel.build()
    splitter = window.panel.findChild(QSplitter)
    assert splitter.count() == 3 and not splitter.childrenCollapsible()
