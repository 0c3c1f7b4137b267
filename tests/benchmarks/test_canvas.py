"""The canvas with 1,000 blocks and 1,332 wires: build, whole draw, 100 % draw, one edit; beside a bare scene."""

import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsPathItem, QGraphicsRectItem, QGraphicsScene, QGraphicsView

sys.path.insert(0, str(Path(__file__).parent))
from networks import chain_with_skips
from timing import swept_ms

from graph import Document
from graph.edits import SetHyperparameter
from gui import theme
from gui.canvas import CanvasView
from gui.canvas.navigation import Navigation
from gui.session import Session

SIZE = (1600, 1000)
NODEGRAPHQT = {"build": 2900 + 800, "whole": 188}  # ms, EDITOR.md's figures for the same network
TIMES_BARE_BUILD, TIMES_BARE_DRAW = 24.0, 8.0  # how much dearer than plain items our blocks may be


class BareView(QGraphicsView):
    """A rectangle item per block, a path item per wire, in the places of the real ones."""

    def __init__(self, view: CanvasView):
        scene = QGraphicsScene()
        pen = QPen(Qt.GlobalColor.gray, 2)
        for item in view.canvas.blocks.values():
            box = QGraphicsRectItem(item.box())
            box.setBrush(Qt.GlobalColor.darkGray)
            scene.addItem(box)
        for item in view.canvas.wires.values():
            (sx, sy), (tx, ty) = item.route.start, item.route.end
            path = QPainterPath()
            path.moveTo(sx, sy)
            path.cubicTo(sx, sy + 40, tx, ty - 40, tx, ty)
            wire = QGraphicsPathItem(path)
            wire.setPen(pen)
            scene.addItem(wire)
        super().__init__(scene)
        self.setRenderHints(view.renderHints())
        self.resize(*SIZE)
        self._scene = scene


def draw(view: QGraphicsView) -> None:
    """Paint the view to an offscreen raster."""
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    view.viewport().render(painter, QPoint())
    painter.end()


def draw_items(view: Navigation) -> None:
    """The same area through every item, as if there were no far view."""
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHints(view.renderHints())
    view.canvas.render(painter, QRectF(image.rect()), view.visible_area())
    painter.end()


def test_a_thousand_blocks(qtbot, capsys):
    theme.apply(QApplication.instance(), "dark")
    document = Document(chain_with_skips())
    views = []

    def build():
        view = CanvasView(Session(document))
        view.resize(*SIZE)
        qtbot.addWidget(view)
        views.append(view)

    build_ms = swept_ms(build, 3)
    view = views[-1]
    view.show()
    assert (len(view.canvas.blocks), len(view.canvas.wires)) == (1000, 1332)
    bare_build_ms = swept_ms(lambda: BareView(view), 3)
    bare = BareView(view)
    qtbot.addWidget(bare)
    bare.show()

    view.fit()
    assert view.far
    bare.setTransform(view.transform())
    whole_ms, bare_whole_ms = swept_ms(lambda: draw(view)), swept_ms(lambda: draw(bare))
    items_ms = swept_ms(lambda: draw_items(view), 3)
    view.zoom_100()
    near_ms = swept_ms(lambda: draw(view))
    middle = next(b.id for b in document.network.blocks.values() if b.name == "conv2d_499")
    values = iter(range(10_000))
    edit_ms = swept_ms(lambda: document.do(SetHyperparameter(middle, "bias", next(values) % 2 == 0)), 9)

    with capsys.disabled():
        print(f"\ncanvas, 1,000 blocks and 1,332 wires, {SIZE[0]} x {SIZE[1]} offscreen, best of several")
        rows = (
            ("build", build_ms, NODEGRAPHQT["build"], bare_build_ms),
            ("draw whole", whole_ms, NODEGRAPHQT["whole"], bare_whole_ms),
        )
        for name, ours, theirs, plain in rows:
            beside = f"NodeGraphQt {theirs:,} ms   bare items {plain:.1f} ms ({ours / plain:.2f}x)"
            print(f"  {name:<11}{ours:8.1f} ms   {beside}")
        print(f"  whole item by item {items_ms:.1f} ms, at 100 % {near_ms:.1f} ms, one edit shown {edit_ms:.2f} ms")
    assert build_ms < TIMES_BARE_BUILD * bare_build_ms
    assert whole_ms < TIMES_BARE_DRAW * bare_whole_ms
    assert whole_ms < items_ms
    assert edit_ms < build_ms / 3  # a tenth on a free machine
