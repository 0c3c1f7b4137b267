"""The session: one selection in order, cut short by removals, and relays that survive another document."""

from graph import Document
from graph.edits import RemoveBlocks, Rename


def test_selection_keeps_order_and_drops_strangers(session, ids, qtbot):
    with qtbot.waitSignal(session.selection_changed):
        session.select((ids["fc1"], "b999", ids["conv1"], ids["fc1"]))
    assert session.selection == (ids["fc1"], ids["conv1"])
    assert session.selected is None
    session.select((ids["conv1"],))
    assert session.selected == ids["conv1"]


def test_the_same_selection_says_nothing(session, ids, qtbot):
    session.select((ids["conv1"],))
    with qtbot.assertNotEmitted(session.selection_changed):
        session.select((ids["conv1"],))


def test_removed_blocks_leave_the_selection_before_anyone_looks(session, ids):
    session.select((ids["conv1"], ids["fc1"]))
    seen = []
    session.changed.connect(lambda changes: seen.append(session.selection))
    session.document.do(RemoveBlocks((ids["conv1"],)))
    assert seen == [(ids["fc1"],)]


def test_another_document_is_the_one_heard(session, ids):
    old, heard = session.document, []
    session.changed.connect(heard.append)
    session.select((ids["conv1"],))
    session.set_document(Document())
    assert session.selection == ()
    old.do(Rename(ids["conv1"], "first"))
    assert heard == []
    block = session.network.new_block("ReLU")
    from graph.edits import AddBlock

    session.document.do(AddBlock(block))
    assert len(heard) == 1 and block.id in heard[0].added


def test_reveal_selects_first(session, ids, qtbot):
    with qtbot.waitSignal(session.revealed) as told:
        session.reveal(ids["fc2"])
    assert told.args == [ids["fc2"]] and session.selected == ids["fc2"]
