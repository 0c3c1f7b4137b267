"""The history: all steps of all levels in one list; a click undoes or redoes up to there."""

import pytest

from graph.edits import Rename, SetHyperparameter
from graph.project_file import to_json
from gui.panels.history import POSITION, History


@pytest.fixture
def panel(session, shown):
    return shown(History(session))


def lines(panel):
    return [panel.list.item(row).text() for row in range(panel.list.count())]


@pytest.fixture
def walked(panel, session, ids, qtbot):
    """Three steps."""
    session.document.do(Rename(ids["conv1"], "first"))
    session.document.do(SetHyperparameter(ids["conv1"], "out_channels", 8))
    session.document.do(Rename(ids["conv1"], "last"))
    qtbot.waitUntil(lambda: len(lines(panel)) == 4)
    return panel


def test_every_step_has_its_line_and_the_present_one_is_marked(walked, session):
    assert [line.split("   ")[0] for line in lines(walked)] == [
        "As it was opened", "Rename to first", "Set out_channels", "Rename to last",
    ]  # fmt: skip
    assert walked.list.currentItem().data(POSITION) == 3 and walked.list.currentItem().font().bold()


def test_a_click_goes_there_and_back(walked, session, ids, qtbot):
    last = to_json(session.project)
    walked.list.itemClicked.emit(walked.list.item(1))
    assert session.network.blocks[ids["conv1"]].name == "first" and session.project.position == 1
    qtbot.waitUntil(lambda: walked.list.currentRow() == 1)
    assert len(lines(walked)) == 4  # what was undone can be seen, and had again
    walked.list.itemClicked.emit(walked.list.item(3))
    assert to_json(session.project) == last


def test_where_it_was_saved_is_said(walked, session, qtbot):
    session.project.undo()
    session.project.mark_saved()
    qtbot.waitUntil(lambda: ["saved" in line for line in lines(walked)] == [False, False, True, False])


def test_there_are_only_so_many_steps(session):
    with pytest.raises(ValueError, match="there are 0 steps"):
        session.project.travel(1)
