"""The problems panel: groups, jumps, fixes, and good news."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from graph import Document, commands
from graph.edits import RemoveBlocks, SetHyperparameter
from gui.panels.problems import Problems


@pytest.fixture
def panel(session, shown):
    return shown(Problems(session), 900, 300)


def test_no_problems_is_said(panel, session):
    panel.updates.flush()
    errors = [p for p in session.analysis.problems if p.severity == "error"]
    assert errors == []
    session.set_document(Document())
    panel.updates.flush()
    assert panel.rows() == [] and panel.empty.isVisible() and panel.empty.title.text() == "Nothing to check yet."


@pytest.mark.row(25)
def test_rows_jump_to_the_block(panel, session, ids, qtbot):
    session.document.do(RemoveBlocks((ids["flatten"],)))
    panel.updates.flush()
    rows = [row for row in panel.rows() if row.problem.severity == "error"]
    assert rows and rows[0].problem.block == ids["fc1"]
    with qtbot.waitSignal(session.revealed) as told:
        QTest.mouseClick(rows[0], Qt.MouseButton.LeftButton)
    assert told.args == [ids["fc1"]] and session.selected == ids["fc1"]
    session.clear_selection()
    rows[0].setFocus()
    QTest.keyClick(rows[0], Qt.Key.Key_Return)
    assert session.selected == ids["fc1"]


@pytest.mark.row(25)
def test_a_fix_is_one_click_and_one_step(panel, session, ids):
    session.document.do(SetHyperparameter(ids["conv1"], "kernel_size", 40))
    panel.updates.flush()
    row = next(row for row in panel.rows() if row.problem.block == ids["conv1"])
    QTest.mouseClick(row.fixes[0], Qt.MouseButton.LeftButton)
    panel.updates.flush()
    assert not any(row.problem.block == ids["conv1"] for row in panel.rows())
    session.document.undo()
    panel.updates.flush()
    assert any(row.problem.block == ids["conv1"] for row in panel.rows())


def test_severities_stand_in_order(panel, session, ids):
    session.document.do(RemoveBlocks((ids["relu3"],)))
    session.document.do(SetHyperparameter(ids["fc3"], "out_features", 12))
    panel.updates.flush()
    order = [row.problem.severity for row in panel.rows()]
    assert order == sorted(order, key=("error", "warning", "hint").index) and len(order) >= 2


def test_a_renamed_block_is_named_anew(panel, session, ids):
    from graph.edits import Rename

    session.document.do(SetHyperparameter(ids["conv1"], "kernel_size", 40))
    panel.updates.flush()
    session.document.do(Rename(ids["conv1"], "first"))
    panel.updates.flush()
    words = [part.text() for row in panel.rows() for part in row.findChildren(QLabel)]
    assert "first" in words and "conv1" not in words


def test_hundreds_of_problems_are_cut_short(panel, session):
    from graph.edits import AddBlock, Compound

    network = session.network
    number = int(network.fresh_block_id()[1:])
    blocks = [network.new_block("ReLU").having(id=f"b{number + i}", name=f"r{i}") for i in range(260)]
    session.document.do(Compound("many", tuple(AddBlock(block) for block in blocks)))
    panel.updates.flush()
    assert len(panel.rows()) == 100


def doubtful(session, ids):
    session.document.do(RemoveBlocks((ids["relu3"],)))
    session.document.do(SetHyperparameter(ids["fc3"], "out_features", 12))
    session.document.do(commands.connect(session.network, ids["fc1"], ids["fc2"]))


def test_a_hint_is_silenced_from_its_menu_and_brought_back(panel, session, ids, qtbot):
    doubtful(session, ids)
    panel.updates.flush()
    count = len(panel.rows())
    row = next(row for row in panel.rows() if row.problem.code == "linear_linear")
    menu = row.menu()
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles == [*(fix.title for fix in row.problem.fixes), "Do not say this here"]
    menu.actions()[-1].trigger()
    panel.updates.flush()
    assert len(panel.rows()) == count - 1
    qtbot.waitUntil(lambda: panel.again is not None and panel.again.isVisible())
    assert panel.again.text() == "Say it again"
    QTest.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    panel.updates.flush()
    assert len(panel.rows()) == count and panel.again is None
    session.document.undo()
    panel.updates.flush()
    assert len(panel.rows()) == count - 1


def test_only_silenced_problems_are_not_called_none(panel, session, ids, qtbot):
    doubtful(session, ids)
    for _ in range(20):
        panel.updates.flush()
        if not panel.rows():
            break
        panel.rows()[0].menu().actions()[-1].trigger()
    assert panel.rows() == [] and not panel.empty.isVisible()
    qtbot.waitUntil(lambda: panel.again is not None and panel.again.isVisible())


def test_an_error_offers_no_silence_and_the_words_say_why(panel, session, ids):
    session.document.do(SetHyperparameter(ids["conv1"], "kernel_size", 40))
    panel.updates.flush()
    row = next(row for row in panel.rows() if row.problem.block == ids["conv1"])
    assert "Do not say this here" not in [action.text() for action in row.menu().actions()]
    tips = [part.toolTip() for part in row.findChildren(QLabel)]
    assert any("does not fit even once" in tip for tip in tips)


def double_softmax(session, ids):
    """Two convolutions whose bias a batch norm takes away: two hints of a kind."""
    for name in ("conv1", "conv2"):
        session.document.do(commands.append_after(session.network, ids[name], "BatchNorm2d"))


def test_all_of_a_kind_are_fixed_in_one_step(panel, session, ids):
    double_softmax(session, ids)
    panel.updates.flush()
    alike = [row.problem for row in panel.rows() if row.problem.code == "bias_before_norm"]
    assert len(alike) == 2 and len(panel.fix_alls) == 1
    assert any("Fix All 2" in action.text() for action in panel.rows()[0].menu().actions())
    before = session.document.position
    QTest.mouseClick(panel.fix_alls[0], Qt.MouseButton.LeftButton)
    panel.updates.flush()
    assert session.document.position == before + 1
    assert not any(row.problem.code == "bias_before_norm" for row in panel.rows())
    assert [session.network.values(ids[name])["bias"] for name in ("conv1", "conv2")] == [False, False]
    session.document.undo()
    panel.updates.flush()
    assert len(panel.fix_alls) == 1


def test_a_group_folds_away(panel, session, ids):
    session.document.do(RemoveBlocks((ids["relu3"],)))
    panel.updates.flush()
    severity = panel.rows()[0].problem.severity
    count = len(panel.rows())
    panel.headings[severity].click()
    panel.updates.flush()
    assert len(panel.rows()) < count and severity in panel.headings
    panel.headings[severity].click()
    panel.updates.flush()
    assert len(panel.rows()) == count


def test_hovering_a_problem_points_at_its_block(panel, session, ids, qtbot):
    session.document.do(RemoveBlocks((ids["flatten"],)))
    panel.updates.flush()
    told = []
    session.pointed.connect(told.append)
    row = next(row for row in panel.rows() if row.problem.block)
    qtbot.mouseMove(row)
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QEnterEvent
    from PySide6.QtWidgets import QApplication

    QApplication.sendEvent(row, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    assert told[-1] == row.problem.block
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))
    assert told[-1] == ""
