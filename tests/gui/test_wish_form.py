"""A wish for an output in the inspector: ways are listed, tried under the pointer, done by a click, undone."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.backwards import wish
from gui.panels.inspector import Inspector


@pytest.fixture
def wishes(session, ids, shown):
    inspector = shown(Inspector(session), 340, 1000)

    def select(name):
        session.select((ids[name],))
        inspector.updates.flush()
        return inspector.page.wish

    yield select
    inspector.close()


def ask(form, text):
    form.line.setFocus()
    form.line.selectAll()
    QTest.keyClicks(form.line, text)
    QTest.keyClick(form.line, Qt.Key.Key_Return)
    return [choice.text() for choice in form.choices]


@pytest.mark.parametrize(
    ("text", "rank", "sizes"),
    [
        ("16 x 7 x 7", 3, (16, 7, 7)),
        ("7x7", 3, (None, 7, 7)),
        ("128 channels", 3, (128, None, None)),
        ("128", 3, (128, None, None)),
        ("N, *, 7, 7", 3, (None, 7, 7)),
        ("100", 1, (100,)),
    ],
)
def test_wishes_as_people_type_them(text, rank, sizes):
    assert wish(text, rank) == sizes


@pytest.mark.parametrize("text", ["", "7 x 7 x 7 x 7", "seven", "0 x 7", "-3", "7.5 x 2", "9" * 30])
def test_what_is_no_wish_is_said(text):
    with pytest.raises(ValueError, match="size"):
        wish(text, 3)


def test_a_click_fulfils_the_wish_in_one_step(wishes, session, ids):
    form = wishes("conv2")
    assert "Set out_channels 32 of conv2" in ask(form, "32 channels")
    QTest.mouseClick(form.choices[0], Qt.MouseButton.LeftButton)
    assert session.analysis.output(ids["conv2"]).shape[1] == 32
    session.document.undo()
    assert session.analysis.output(ids["conv2"]).shape[1] == 16
    session.document.redo()
    form.look()
    assert form.choices == [] and "already" in form.answer.text()


def test_a_way_under_the_pointer_is_tried(wishes, session, ids):
    form = wishes("conv1")
    assert ask(form, "14 x 14")
    QApplication.sendEvent(form.choices[0], QEvent(QEvent.Type.Enter))
    assert session.what_if.document.analysis.output(ids["conv1"]).shape[2:] == (14, 14)
    assert session.analysis.output(ids["conv1"]).shape[2:] == (28, 28)
    QApplication.sendEvent(form.choices[0], QEvent(QEvent.Type.Leave))
    assert not session.what_if.active


def test_what_cannot_be_is_said_with_the_reason(wishes):
    form = wishes("conv1")
    assert ask(form, "1000 x 3") == [] and "No setting" in form.answer.text()
    assert ask(form, "a lot") == [] and "is no size" in form.answer.text()
    assert form.answer.property("role") == "wrong"


def test_blocks_without_an_output_to_wish_for_have_no_line(wishes):
    assert not wishes("image").isVisible() and not wishes("loss").isVisible()
    assert wishes("fc1").isVisible()
