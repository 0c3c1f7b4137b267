"""The code panel: live text, marked lines, clicks that select, and small changes that stay small."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest

from backend import generate_source
from graph import Document
from graph.edits import SetHyperparameter
from gui.panels.code import Code, CodeText


@pytest.fixture
def panel(session, shown):
    made = shown(Code(session), 560, 700)
    made.updates.flush()
    return made


def test_the_text_is_the_generated_source(panel, session):
    expected = str(generate_source(session.network, session.document.recipe.fields))
    assert panel.text.toPlainText() == expected
    assert "self.conv1 = nn.Conv2d(1, 6" in expected


def test_it_follows_edits_soon(panel, session, ids, qtbot):
    session.document.do(SetHyperparameter(ids["conv1"], "out_channels", 12))
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 12" in panel.text.toPlainText(), timeout=2000)
    assert panel.text.toPlainText() == str(panel.source)


def test_the_selection_is_marked_and_seen(panel, session, ids):
    session.select((ids["fc3"],))
    marked = panel.text.marked_lines()
    assert marked == sorted(panel.source.blocks[ids["fc3"]])
    lines = panel.text.toPlainText().split("\n")
    assert all("fc3" in lines[line - 1] for line in marked)
    session.clear_selection()
    assert panel.text.marked_lines() == []


def test_a_click_on_a_line_selects_its_block(panel, session, ids):
    line = panel.source.blocks[ids["conv2"]][0]
    block = panel.text.document().findBlockByNumber(line - 1)
    spot = panel.text.cursorRect(QTextCursor(block)).center()
    QTest.mouseClick(panel.text.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert session.selected == ids["conv2"]


def test_copy_takes_all(panel, session, qtbot):
    with qtbot.waitSignal(session.said):
        QTest.mouseClick(panel.title_buttons[0], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(panel.source)


def test_a_drawing_in_progress_is_written_as_far_as_it_goes(panel, session, ids):
    session.document.do(SetHyperparameter(ids["fc1"], "out_features", 50))
    session.document.do(SetHyperparameter(ids["conv2"], "kernel_size", 40))
    panel.updates.flush()
    text = panel.text.toPlainText()
    assert "nn.Conv2d(1, 6" in text and "kernel" in text and not panel.note.isVisible()


def test_an_empty_network_has_a_text(panel, session):
    session.set_document(Document())
    panel.updates.flush()
    assert "class Network" in panel.text.toPlainText()


TEXTS = [
    "a\nb\nc",
    "a\nB\nc",
    "a\nc",
    "a\nc\nd",
    "x\na\nc\nd",
    "",
    "one",
    "one\n",
    "one\ntwo\n",
    "zero\none\ntwo\n",
    "two\n",
    "a\na\na",
    "a\na",
]


def test_any_text_follows_any_other(app, qtbot):
    text = CodeText()
    qtbot.addWidget(text)
    for before in TEXTS:
        for after in TEXTS:
            text.put(before)
            text.put(after)
            assert text.toPlainText() == after, (before, after)


def test_only_changed_lines_are_touched(panel, session, ids):
    panel.text.verticalScrollBar().setValue(3)
    touched = []
    panel.text.document().contentsChange.connect(lambda at, gone, came: touched.append((gone, came)))
    session.document.do(SetHyperparameter(ids["fc3"], "bias", False))
    panel.updates.flush()
    assert touched and all(gone < 200 and came < 200 for gone, came in touched)
    assert panel.text.verticalScrollBar().value() == 3


@pytest.fixture
def stages(shown):
    """ResNet-18's source beside a session."""
    from examples import build_zoo
    from gui.session import Session

    session = Session(Document(build_zoo.ZOO["resnet18"]()))
    made = shown(Code(session), 560, 700)
    made.updates.flush()
    yield made
    made.close()


def click_line(panel, line):
    block = panel.text.document().findBlockByNumber(line - 1)
    panel.text.setTextCursor(QTextCursor(block))
    panel.text.ensureCursorVisible()
    spot = panel.text.cursorRect(QTextCursor(block)).center()
    QTest.mouseClick(panel.text.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def test_a_click_on_a_line_of_a_class_goes_inside_the_module(stages):
    session = stages.session
    (module, id), lines = next((p, found) for p, found in stages.source.inner_blocks.items() if len(found) > 1)
    click_line(stages, lines[0])
    assert session.path and session.document.module.name == module and session.selected == id
    name = stages.source.text.split("\n")[lines[0] - 1].strip().removeprefix("self.").split(" ")[0]
    assert session.network.blocks[id].name == name
    assert stages.text.marked_lines() == lines


def test_the_selection_inside_a_module_is_marked_in_its_class(stages):
    session = stages.session
    place = next(id for id in session.network.blocks if session.can_step_into(id))
    session.go_to((place,))
    assert stages.text.marked_lines() == stages.source.blocks[place]
    module = session.document.module.name
    while (module, next(iter(session.network.blocks))) not in stages.source.inner_blocks:
        session.go_to((*session.path, next(id for id in session.network.blocks if session.can_step_into(id))))
        module = session.document.module.name
    for id in session.network.blocks:
        session.select((id,))
        assert stages.text.marked_lines() == stages.source.inner_blocks.get((module, id), [])


def test_a_line_of_the_network_leads_out_again(stages):
    session = stages.session
    place = next(id for id in session.network.blocks if session.can_step_into(id))
    session.go_to((place,))
    line = stages.source.blocks[place][0]
    click_line(stages, line)
    assert session.path == () and session.selected == place


def test_lines_are_marked_when_the_panel_is_shown_again(panel, session, ids):
    panel.hide()
    session.select((ids["fc2"],))
    panel.show()
    assert panel.text.marked_lines() == sorted(panel.source.blocks[ids["fc2"]])
