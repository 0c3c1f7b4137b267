"""A right click on a value inside a module offers to set it from outside; one step, undone and redone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import Document, Network, project_file
from graph.expression import Expression
from graph.module import define
from gui.panels.inspector import Inspector
from gui.session import Session


@pytest.fixture
def session(app):
    net = Network("Net")
    inner = define(net, "Widen", ()).network
    inner.add("Input", name="x", shape=(4, 8, 8))
    inner.add("Conv2d", name="conv", out_channels=8, kernel_size=3, padding_mode="reflect")
    inner.add("Output", name="y")
    inner.connect("x", "conv")
    inner.connect("conv", "y")
    net.add("Input", name="image", shape=(3, 16, 16))
    net.connect("image", net.add("Widen", name="wide"))
    return Session(Document(net))


@pytest.fixture
def form(session, shown):
    session.step_into(session.network.block("wide").id)
    inspector = shown(Inspector(session), 340, 900)
    session.select((session.network.block("conv").id,))
    inspector.updates.flush()
    yield inspector.page.form
    inspector.close()


def right_click(part):
    """Open the menu with the mouse; its words and whether they can be chosen."""
    at = part.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, part.mapToGlobal(at))
    QApplication.sendEvent(part, event)
    menu = QApplication.activePopupWidget()
    return menu, {action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()}


def choose(menu, words):
    action = next(action for action in menu.actions() if action.text() == words)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


EXPOSE = "Expose as Hyperparameter of Widen"


@pytest.mark.parametrize("place", ["name", "field"])
def test_a_value_is_exposed_undone_and_redone(form, session, place):
    field = form.fields["out_channels"]
    before = project_file.to_json(session.project)
    menu, words = right_click(form.titles["out_channels"] if place == "name" else field.editor)
    assert next(iter(words)) == EXPOSE and words[EXPOSE]
    choose(menu, EXPOSE)
    module = session.project.network.modules["Widen"]
    assert [(one.name, one.default) for one in module.exposed] == [("out_channels", 8)]
    assert module.network.block("conv").hyperparameters["out_channels"] == Expression("out_channels")
    after = project_file.to_json(session.project)
    session.project.undo()
    assert project_file.to_json(session.project) == before
    session.project.redo()
    assert project_file.to_json(session.project) == after


def test_the_field_then_shows_what_it_takes(form, session, qtbot):
    choose(right_click(form.titles["kernel_size"])[0], EXPOSE)
    qtbot.waitUntil(lambda: form.fields["kernel_size"].line.text() == "=kernel_size")
    assert form.fields["kernel_size"].comes_to.text() == "3 here"
    menu, words = right_click(form.titles["kernel_size"])
    assert words[EXPOSE] is False
    assert "computed already" in menu.actions()[-1].toolTip()
    menu.close()


def test_text_keeps_its_own_menu(form):
    menu, words = right_click(form.fields["out_channels"].editor)
    assert any("Paste" in text for text in words)
    menu.close()


def test_a_choice_is_exposed_and_set_back(form, session):
    menu, words = right_click(form.fields["padding_mode"].editor)
    assert list(words) == ["Set padding_mode back to its default", EXPOSE]
    choose(menu, "Set padding_mode back to its default")
    assert "padding_mode" not in session.network.block("conv").hyperparameters


def test_outside_of_modules_nothing_is_exposed(session, shown):
    inspector = shown(Inspector(session), 340, 900)
    session.select((session.network.block("image").id,))
    inspector.updates.flush()
    menu = inspector.page.form.menu("shape", inspector.page.form.titles["shape"])
    assert not any("Expose" in action.text() for action in menu.actions())
    inspector.close()
