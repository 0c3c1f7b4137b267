"""Points that a wire is led through: added and removed by a double-click, dragged, kept in files, never computed."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from backend.source import generate_source
from graph import commands
from graph.project_file import ProjectError, from_json, to_json

Key = Qt.Key
pytestmark = pytest.mark.row(31)


def via(hands, source="conv", target="relu"):
    return hands.net.wires[hands.wire(source, target)].via


@pytest.fixture
def bent(hands):
    """conv -> relu led through a point far to the right."""
    hands.double_click(hands.on_wire("conv", "relu"))
    (point,) = via(hands)
    start = hands.view.mapFromScene(QPointF(*point))
    hands.drag(start, start + QPoint(160, 0))
    return hands


def test_a_double_click_leads_a_wire_through_a_point_and_one_more_takes_it_away(hands):
    before = to_json(hands.document)
    hands.double_click(hands.on_wire("conv", "relu"))
    assert len(via(hands)) == 1 and hands.document.undo_text == "Bend wire"
    bent = to_json(hands.document)
    hands.document.undo()
    assert to_json(hands.document) == before and hands.popup() is None
    hands.document.redo()
    assert to_json(hands.document) == bent
    hands.double_click(hands.view.mapFromScene(QPointF(*via(hands)[0])))
    assert via(hands) == () and to_json(hands.document) == before


def test_a_point_is_dragged_and_the_wire_runs_through_it(bent):
    (x, y) = via(bent)[0]
    item = bent.canvas.wires[bent.wire("conv", "relu")]
    assert x == 160 and item.distance(QPointF(x, y)) < 2
    bent.document.undo()
    assert via(bent)[0][0] == 0
    bent.document.redo()
    assert via(bent)[0][0] == 160


def test_points_keep_their_order_along_the_wire(bent):
    item = bent.canvas.wires[bent.wire("conv", "relu")]
    late = bent.view.mapFromScene(item.path.pointAtPercent(0.85))
    bent.double_click(late)
    assert len(via(bent)) == 2 and via(bent)[0][0] == 160


def test_moving_both_ends_takes_the_points_along_in_one_step(bent, one_step):
    bent.session.select((bent.id("conv"), bent.id("relu")))
    before = via(bent)[0]
    with one_step(bent):
        bent.drag(bent.body("conv"), bent.body("conv") + QPoint(80, 40))
    assert via(bent)[0] == (before[0] + 80, before[1] + 40)
    bent.document.undo()
    assert via(bent)[0] == before


def test_it_never_reaches_the_source_and_files_keep_it(bent):
    text = to_json(bent.document)
    assert '"via": [[160.0,' in text and to_json(from_json(text)) == text
    source = str(generate_source(bent.net))
    bent.document.undo()
    bent.document.undo()
    assert str(generate_source(bent.net)) == source
    with pytest.raises(ProjectError, match="via"):
        from_json(text.replace("[[160.0,", '[["far",'))


def test_copies_have_points_of_their_own_beside(bent):
    text = commands.copy(bent.net, (bent.id("conv"), bent.id("relu")))
    edit, ids = commands.paste(bent.net, text, (500.0, 700.0))
    bent.document.do(edit)
    copied = next(w for w in bent.net.wires.values() if w.source == ids[0])
    assert copied.via[0][0] - bent.net.positions[ids[0]][0] == 160
