"""Several blocks at once: aligned, distributed, selected along the wires; and the map of it all."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.arrange import EDGES, aligned, distributed

Key = Qt.Key
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
SIZES = {"a": (100.0, 40.0), "b": (60.0, 40.0), "c": (80.0, 80.0)}
PLACES = {"a": (0.0, 0.0), "b": (200.0, 30.0), "c": (500.0, 100.0)}


def drag_to(widget, point):
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, point, widget.mapToGlobal(point), left, left, none)
    QApplication.sendEvent(widget, event)


def select(hands, *names):
    hands.session.select([hands.id(name) for name in names])


def selected(hands):
    return {hands.net.blocks[id].name for id in hands.session.selection}


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_of_all_is_on_one_line(edge):
    found = aligned(PLACES, SIZES, edge)
    across = edge in ("left", "centre", "right")
    share = {"left": -0.5, "centre": 0, "right": 0.5, "top": 0, "middle": 0.5, "bottom": 1}[edge]
    lines = {x + share * SIZES[id][0] if across else y + share * SIZES[id][1] for id, (x, y) in found.items()}
    assert len(lines) == 1
    kept = 1 if across else 0
    assert all(found[id][kept] == PLACES[id][kept] for id in PLACES)


def test_gaps_become_equal_and_the_outermost_stay():
    found = distributed(PLACES, SIZES, "across")
    assert found["a"] == PLACES["a"] and found["c"] == PLACES["c"]
    left = found["b"][0] - 30 - 50
    right = found["c"][0] - 40 - (found["b"][0] + 30)
    assert left == right and found["b"][1] == 30


@pytest.mark.row(34)
def test_the_bar_aligns_the_selection_in_one_step(hands, one_step):
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(140, 0))
    select(hands, "conv")
    assert not hands.view.arrange_bar.isVisible()
    select(hands, "conv", "relu")
    bar = hands.view.arrange_bar
    assert bar.isVisible() and "2 blocks" in bar.count.text() and not bar.buttons["across"].isEnabled()
    with one_step(hands, "Align"):
        QTest.mouseClick(bar.buttons["centre"], Qt.MouseButton.LeftButton)
    xs = {hands.net.positions[hands.id(name)][0] for name in ("conv", "relu")}
    assert xs == {70}


@pytest.mark.row(34)
def test_the_bar_makes_gaps_equal(hands, one_step):
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(0, -28))
    select(hands, "image", "conv", "relu")
    with one_step(hands, "Distribute"):
        QTest.mouseClick(hands.view.arrange_bar.buttons["down"], Qt.MouseButton.LeftButton)
    ys = sorted(hands.net.positions[hands.id(name)][1] for name in ("image", "conv", "relu"))
    assert ys[1] - ys[0] == ys[2] - ys[1]


@pytest.mark.row(34)
def test_a_dragged_block_snaps_to_the_grid_and_under_its_neighbour(hands):
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(101, 3))
    x, y = hands.net.positions[hands.id("conv")]
    assert (x % 4, y % 4) == (0, 0)
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(-97, 0))
    assert hands.net.positions[hands.id("conv")][0] == hands.net.positions[hands.id("image")][0]


@pytest.mark.row(32)
def test_shift_brackets_select_along_the_wires(hands):
    before = hands.snapshot()
    select(hands, "relu")
    hands.key(Key.Key_BracketLeft, SHIFT)
    assert selected(hands) == {"image", "conv", "relu"}
    select(hands, "conv")
    hands.key(Key.Key_BracketRight, SHIFT)
    assert selected(hands) == {"conv", "relu", "flatten"}
    assert hands.snapshot() == before and not hands.document.can_undo


@pytest.mark.row(33)
def test_alt_m_shows_a_map_that_leads_anywhere(hands):
    minimap = hands.view.minimap
    assert not minimap.isVisible()
    hands.key(Key.Key_M, ALT)
    assert minimap.isVisible()
    goal = hands.canvas.blocks[hands.id("flatten")].box().center()
    at = minimap.from_scene(goal).toPoint()
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert (hands.view.visible_area().center() - goal).manhattanLength() < 60
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    up = minimap.from_scene(hands.canvas.blocks[hands.id("image")].box().center()).toPoint()
    before = hands.view.visible_area().center().y()
    drag_to(minimap, QPointF(up))
    assert hands.view.visible_area().center().y() < before
    hands.key(Key.Key_M, ALT)
    assert not minimap.isVisible()


def test_the_map_keeps_to_its_corner(hands):
    hands.key(Key.Key_M, ALT)
    hands.view.resize(700, 500)
    port = hands.view.viewport().geometry()
    assert port.contains(hands.view.minimap.geometry())
    assert port.bottom() - hands.view.minimap.geometry().bottom() < 30
