"""The window as a whole: parts follow one document and one selection; drops, docks and settings."""

import time

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar

from graph import Document, Network, save_project
from graph.edits import RemoveBlocks, SetHyperparameter
from gui import theme
from gui.main_window import MainWindow


def test_the_status_bar_tells_what_it_costs(window, qtbot):
    status = window.statusBar()
    status.updates.flush()
    assert status.parameters.text() == "61,706 parameters"
    assert status.macs.text() == "417 k multiply-adds"
    assert status.problems.text() == ""
    window.session.document.do(SetHyperparameter(window.session.network.block("conv1").id, "kernel_size", 40))
    status.updates.flush()
    assert status.problems.text().endswith("errors") or status.problems.text() == "1 error"
    assert status.saved.text() == "not saved"


def test_the_tab_counts_problems_live(window, qtbot):
    window._refresh()
    before = len(window.session.analysis.problems)
    assert window.docks["problems"].windowTitle() == f"Problems {before}"
    window.session.document.do(RemoveBlocks((window.session.network.block("flatten").id,)))
    qtbot.waitUntil(
        lambda: window.docks["problems"].windowTitle() == f"Problems {len(window.session.analysis.problems)}"
    )
    assert len(window.session.analysis.problems) > before


@pytest.mark.row(12)
def test_undo_names_its_step(window):
    window.session.document.do(SetHyperparameter(window.session.network.block("conv1").id, "stride", 2))
    window._refresh()
    assert window.actions_by_id["undo"].text() == "&Undo Set stride"
    window.actions_by_id["undo"].trigger()
    window._refresh()
    assert window.actions_by_id["redo"].text() == "&Redo Set stride"
    assert not window.actions_by_id["undo"].isEnabled()


def test_the_palette_adds_after_the_selection(window):
    network = window.session.network
    window.session.select((network.block("relu1").id,))
    window.palette_panel.focus_search()
    QTest.keyClicks(window.palette_panel.search, "batchnorm2d")
    QTest.keyClick(window.palette_panel.search, Qt.Key.Key_Return)
    added = network.block(window.session.selected)
    assert added.type == "BatchNorm2d"
    assert [wire.source for wire in network.wires_into(added)] == [network.block("relu1").id]
    assert [wire.target for wire in network.wires_out(added)] == [network.block("pool1").id]


def test_one_selection_everywhere(window, qtbot):
    window.show_panel("summary")
    qtbot.wait(40)
    id = window.session.network.block("fc1").id
    window.session.select((id,))
    qtbot.waitUntil(lambda: window.inspector.page is not None and getattr(window.inspector.page, "ids", ()) == (id,))
    assert window.code.text.marked_lines() == sorted(window.code.source.blocks[id])
    rows = [index.row() for index in window.summary.table.selectionModel().selectedRows()]
    assert rows == [window.summary.model.ids.index(id)]


def test_f8_goes_from_problem_to_problem(window):
    document = window.session.document
    document.do(RemoveBlocks((document.network.block("flatten").id,)))
    places = list(dict.fromkeys(p.block for p in document.analysis.problems if p.block))
    for place in [*places, places[0]]:
        window.actions_by_id["next_problem"].trigger()
        assert window.session.selected == place


def drop(window, path) -> QDropEvent:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    event.ignore()
    window.dropEvent(event)
    return event


@pytest.mark.row(27)
def test_a_dropped_project_opens(window, qtbot, tmp_path):
    path = tmp_path / "dropped.netloom"
    save_project(Document(Network("Dropped")), path)
    assert drop(window, path).isAccepted()
    qtbot.waitUntil(lambda: window.session.network.name == "Dropped")
    assert window.session.document.path == path


def test_other_drops_are_left_alone(window, tmp_path):
    document = window.session.document
    assert not drop(window, tmp_path / "photo.png").isAccepted()
    assert window.session.document is document


def test_panels_come_back(window):
    window.docks["code"].hide()
    window.docks["palette"].hide()
    window.actions_by_id["reset_docks"].trigger()
    assert window.docks["code"].isVisible() and window.docks["palette"].isVisible()


def test_the_theme_changes_in_one_go(window, qtbot):
    window.actions_by_id["theme_light"].trigger()
    assert theme.current() is theme.LIGHT
    window._refresh()
    assert window.actions_by_id["theme_light"].isChecked() and not window.actions_by_id["theme_dark"].isChecked()
    ground = window.code.text.viewport().grab().toImage().pixelColor(300, 5)
    assert ground == theme.LIGHT.surface[0]
    window.actions_by_id["theme_dark"].trigger()


def test_tab_order_reaches_the_parts_by_keys(window):
    window.activateWindow()
    window.actions_by_id["show_palette"].trigger()
    assert window.palette_panel.search.hasFocus()
    window.session.select((window.session.network.block("conv1").id,))
    window.actions_by_id["edit_block"].trigger()
    assert window.inspector.page.form.fields["out_channels"].editor.hasFocus()


def chain(length: int) -> Network:
    net = Network("Chain")
    last = net.add("Input", shape=(16,))
    for number in range(length):
        block = net.add("Linear" if number % 2 else "ReLU", **({"out_features": 16} if number % 2 else {}))
        net.connect(last, block)
        last = block
    return net


@pytest.mark.timeout(120)
def test_a_thousand_blocks_stay_fluid(window, qtbot):
    """The window's own share of an edit, with every visible panel following, well within a few frames."""
    window.session.set_document(Document(chain(1000)))
    window.show_panel("summary")
    qtbot.wait(600)
    block = next(b for b in window.session.network.blocks.values() if b.type == "Linear")
    window.session.select((block.id,))
    qtbot.wait(200)
    spent = []
    for width in (17, 18, 19, 20, 21):
        start = time.perf_counter()
        window.session.document.do(SetHyperparameter(block.id, "bias", width % 2 == 0))
        for part in (window.inspector, window.summary, window):
            part.updates.flush()
        spent.append(time.perf_counter() - start)
    assert sorted(spent)[2] < 0.15, spent


def tabs_in_sight(window):
    """The titles in every tab bar that lies inside the window."""
    bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and window.rect().intersects(bar.geometry())]
    return [[bar.tabText(i).split()[0] for i in range(bar.count())] for bar in bars]


def test_a_kept_arrangement_leaves_no_second_tab_bar_behind(window, qtbot, monkeypatch):
    before = tabs_in_sight(window)
    assert [sorted(bar) for bar in before] == [["Problems", "Summary", "Training"]]
    window.close()
    again = MainWindow()
    qtbot.addWidget(again, before_close_func=lambda w: monkeypatch.setattr(w.files, "may_leave", lambda: True))
    again.show()
    qtbot.waitExposed(again)
    qtbot.wait(100)
    assert tabs_in_sight(again) == before
    again.reset_docks()
    qtbot.wait(100)
    assert tabs_in_sight(again) == before
    for space in ("train", "explain", "learn", "build"):
        again.spaces.show(space)
        qtbot.wait(60)
        titles = [title for bar in tabs_in_sight(again) for title in bar]
        assert len(titles) == len(set(titles)), f"{space}: {tabs_in_sight(again)}"
