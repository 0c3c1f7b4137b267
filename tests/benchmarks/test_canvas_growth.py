"""How the canvas grows: 200 to 3,000 blocks (5,000 and 20,000 with NETLOOM_NIGHTLY=1), all that hands wait for.

Ratios are asserted: what grows, grows in line with the blocks; a frame does not grow with what is out of sight.
"""

import os
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parent))
from networks import chain_with_skips
from timing import swept_ms

from graph import Document, commands
from graph.layout import layout
from gui import theme
from gui.canvas import CanvasView
from gui.session import Session

COUNTS = (200, 1000) + ((5000, 20_000) if os.environ.get("NETLOOM_NIGHTLY") == "1" else (3000,))
SIZE, LARGE = (1600, 1000), (3840, 2160)
ZOOMS = (0.004, 0.02, 0.1, 0.17, 0.2, 0.44, 0.5, 0.75, 1.0, 2.0)
HELD = 1000  # blocks that are dragged and pasted
COLUMNS = ("open", "whole", "100 %", "worst pan", "4K 100 %", "drag", "paste", "layout")


def draw(view, size=SIZE) -> None:
    image = QImage(*size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    view.viewport().render(painter, QPoint())
    painter.end()


def panned(view, zoom) -> float:
    """One frame after a scroll, at a zoom, in the middle of the network."""
    view.setTransform(QTransform.fromScale(zoom, zoom))
    view.centerOn(view.canvas.content().center())
    draw(view)

    def step():
        view.scroll_by(0, 23)
        draw(view)

    return swept_ms(step, 4)


def measured(qtbot, count) -> dict[str, float]:
    net = chain_with_skips(count)
    document, views = Document(net), []

    def build():
        views.append(CanvasView(Session(document)))
        views[-1].resize(*SIZE)
        views[-1].show()

    found = {"open": swept_ms(build, 1)}
    view = views[0]
    qtbot.addWidget(view)
    view.motion = False
    view.fit()
    found["whole"] = swept_ms(lambda: draw(view), 3)
    view.zoom_100()
    found["100 %"] = swept_ms(lambda: draw(view), 3)
    found["worst pan"] = max(panned(view, zoom) for zoom in ZOOMS)
    view.resize(*LARGE)
    found["4K 100 %"] = swept_ms(lambda: draw(view, LARGE), 3)
    view.resize(*SIZE)
    ids = list(net.blocks)[:HELD]
    view.session.select(ids)
    steps = iter(range(1, 100))

    def drag():
        by = QPointF(4.0 * next(steps), 0)
        view.canvas.shift({id: QPointF(*net.positions[id]) + by for id in ids})
        draw(view)

    found["drag"] = swept_ms(drag, 3)
    view.canvas.settle({id: QPointF(*net.positions[id]) for id in ids})
    text = commands.copy(net, ids)

    def paste():
        edit, new = commands.paste(net, text, (2000.0, 0.0))
        document.do(edit)
        view.session.select(new)

    found["paste"] = swept_ms(paste, 1)
    document.undo()
    found["layout"] = swept_ms(lambda: layout(net, view.canvas.sizes()), 1)
    return found


def test_growth(qtbot, capsys):
    theme.apply(QApplication.instance(), "dark")
    rows = {count: measured(qtbot, count) for count in COUNTS}
    with capsys.disabled():
        print(f"\ncanvas by blocks, ms, {SIZE[0]} x {SIZE[1]} offscreen; drag and paste of up to {HELD:,} blocks")
        print("  blocks " + "".join(f"{name:>11}" for name in COLUMNS))
        for count, row in rows.items():
            print(f"  {count:>6,} " + "".join(f"{row[name]:>11.1f}" for name in COLUMNS))
    small, large = rows[1000], rows[COUNTS[-1]]
    times = COUNTS[-1] / 1000
    for name in ("open", "layout"):
        assert large[name] < 5 * times * small[name], f"{name} grows faster than the blocks"
    for name in ("100 %", "drag"):
        assert large[name] < 8 * small[name] + 40, f"{name} grows with what is out of sight"
    assert small["whole"] < small["open"] / 3
