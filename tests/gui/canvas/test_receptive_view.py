"""The receptive-field panel with real clicks: a position is chosen, the region it sees is lit, words say which."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph import Document, Network
from graph.edits import SetHyperparameter
from gui.canvas.receptive_view import ReceptiveView
from gui.session import Session


@pytest.fixture
def session(qapp):
    net = Network("Net")
    net.add("Input", name="image", shape=(1, 32, 32))
    net.add("Conv2d", name="c1", out_channels=6, kernel_size=5)
    net.add("MaxPool2d", name="s2", kernel_size=2)
    net.add("Conv2d", name="c3", out_channels=16, kernel_size=5)
    net.add("Flatten", name="flat")
    net.add("Target", name="label", shape=(), dtype="int64")
    for pair in (("image", "c1"), ("c1", "s2"), ("s2", "c3"), ("c3", "flat")):
        net.connect(*pair)
    return Session(Document(net))


@pytest.fixture
def view(session, qtbot):
    made = ReceptiveView(session)
    qtbot.addWidget(made)
    made.resize(980, 300)
    made.show()
    yield made
    made.close()


@pytest.fixture
def look(view, session):
    def select(name):
        session.select((session.network.block(name).id,))
        view.updates.flush()
        return view

    return select


def click(view, row, column):
    QTest.mouseClick(view.output, Qt.MouseButton.LeftButton, pos=view.output.middle_of((row, column)).toPoint())


def test_a_click_chooses_a_position_and_lights_what_it_sees(look):
    view = look("c3")
    assert (view.output.rows, view.output.columns) == (10, 10) and view.position == (5, 5)
    click(view, 1, 2)
    assert view.output.cell == (1, 2) and view.input.region == ((2, 15), (4, 17))
    assert view.sentence.text() == "c3 at row 1, column 2 sees rows 2 to 15 and columns 4 to 17 of image, 19% of it."
    assert [view.facts[name][0].text() for name in ("size", "stride", "offset")] == ["14 x 14", "2 x 2", "0 x 0"]


def test_a_drag_and_the_arrow_keys_move_the_position(look):
    view = look("c3")
    start, end = (view.output.middle_of(cell).toPoint() for cell in ((0, 0), (3, 4)))
    QTest.mousePress(view.output, Qt.MouseButton.LeftButton, pos=start)
    assert view.position == (0, 0)
    QTest.mouseMove(view.output, end)
    QTest.mouseRelease(view.output, Qt.MouseButton.LeftButton, pos=end)
    view.choose(3, 4)
    view.output.setFocus()
    QTest.keyClick(view.output, Qt.Key.Key_Right)
    QTest.keyClick(view.output, Qt.Key.Key_Up)
    assert view.position == (2, 5) and view.input.region == ((4, 17), (10, 23))
    view.choose(0, 9)
    QTest.keyClick(view.output, Qt.Key.Key_Right)
    QTest.keyClick(view.output, Qt.Key.Key_Up)
    assert view.position == (0, 9)


def test_it_follows_selection_edits_and_what_is_tried(look, session):
    view = look("c1")
    assert view.input.region == ((14, 18), (14, 18))
    id = session.network.block("c1").id
    session.what_if.suppose(SetHyperparameter(id, "kernel_size", 7))
    view.updates.flush()
    assert view.facts["size"][0].text() == "7 x 7" and view.output.rows == 26
    session.what_if.forget()
    session.document.do(SetHyperparameter(id, "kernel_size", 3))
    view.updates.flush()
    assert view.facts["size"][0].text() == "3 x 3" and view.output.rows == 30


def test_a_sample_of_the_right_size_is_the_picture(look):
    view = look("c3")
    view.show_picture(np.zeros((1, 8, 8), np.float32))
    assert not view.input.has_picture
    view.show_picture(np.linspace(0, 1, 1024, dtype=np.float32).reshape(1, 32, 32))
    assert view.input.has_picture
    assert look("s2").input.has_picture


def test_mixed_directions_see_all_and_have_no_map(look):
    view = look("flat")
    assert view.output.rows == 0 and view.input.region == ((0, 31), (0, 31))
    assert view.sentence.text() == "flat sees all of image: 32 x 32."
    assert not view.facts["stride"][0].isVisible() and not view.hint.isVisible()


def test_where_there_is_nothing_to_see_it_says_why(look, view, session):
    view.updates.flush()
    assert view.pages.currentIndex() == 0 and "Select one block" in view.empty.text.text()
    assert "no input with directions" in look("label").empty.text.text()
    session.document.do(SetHyperparameter(session.network.block("c1").id, "kernel_size", 40))
    assert "c3 is not known yet" in look("c3").empty.text.text()


def test_a_runs_sample_becomes_the_picture_until_another_project_is_opened(look, session):
    class Look:
        image = np.ones((1, 32, 32), np.float32)

    class LookAtFilters:
        image = None

    view = look("c3")
    view.take_look(Look)
    view.take_look(LookAtFilters)
    assert view.input.has_picture
    session.set_document(Document(session.network))
    assert not look("c3").input.has_picture
