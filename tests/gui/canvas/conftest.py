"""A canvas with hands: real mouse and key events on the viewport, by the names of blocks and ports."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import Document, Network
from gui import theme
from gui.canvas import CanvasView
from gui.canvas.geometry import PortRef
from gui.canvas.search_popup import SearchPopup
from gui.session import Session

NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


class Hands:
    """What a person does at a canvas at 100 %."""

    def __init__(self, qtbot, network):
        theme.apply(QApplication.instance(), "dark")
        self.session = Session(Document(network))
        self.view = CanvasView(self.session)
        qtbot.addWidget(self.view)
        self.view.motion = False
        self.view.resize(1000, 800)
        self.view.show()
        self.view.zoom_100()
        self.view.setFocus()
        self.canvas, self.port = self.view.canvas, self.view.viewport()

    @classmethod
    def at(cls, view):
        """Hands at a canvas that is already shown, in a window."""
        made = cls.__new__(cls)
        made.session, made.view = view.session, view
        made.canvas, made.port = view.canvas, view.viewport()
        view.motion = False
        view.zoom_100()
        view.setFocus()
        return made

    @property
    def net(self):
        return self.session.network

    @property
    def document(self):
        return self.session.document

    def id(self, name):
        return self.net.block(name).id

    # Points of the viewport

    def point(self, x, y):
        return self.view.mapFromScene(QPointF(x, y))

    def body(self, name):
        box = self.canvas.blocks[self.id(name)].box()
        return self.view.mapFromScene(box.center() + QPointF(0, 4))

    def title(self, name):
        box = self.canvas.blocks[self.id(name)].box()
        return self.view.mapFromScene(box.topLeft() + QPointF(80, 16))

    def output(self, name, port="output"):
        return self.view.mapFromScene(self.canvas.port_point(PortRef(self.id(name), port, True)))

    def input(self, name, port="input"):
        return self.view.mapFromScene(self.canvas.port_point(PortRef(self.id(name), port, False)))

    def wire(self, source, target):
        wire = next(w for w in self.net.wires.values() if self.ends(w) == (source, target))
        return wire.id

    def on_wire(self, source, target, share=0.5):
        return self.view.mapFromScene(self.canvas.wires[self.wire(source, target)].path.pointAtPercent(share))

    def ends(self, wire):
        return self.net.blocks[wire.source].name, self.net.blocks[wire.target].name

    def wires(self):
        return {self.ends(wire) for wire in self.net.wires.values()}

    # Mouse

    def move(self, point, button=LEFT, held=NONE):
        point = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove, point, self.port.mapToGlobal(point), Qt.MouseButton.NoButton, button, held
        )
        QApplication.sendEvent(self.port, event)

    def press(self, point, button=LEFT, held=NONE):
        QTest.mousePress(self.port, button, held, QPoint(point))

    def release(self, point, button=LEFT, held=NONE):
        QTest.mouseRelease(self.port, button, held, QPoint(point))

    def click(self, point, button=LEFT, held=NONE):
        QTest.mouseClick(self.port, button, held, QPoint(point))

    def double_click(self, point):
        QTest.mouseDClick(self.port, LEFT, NONE, QPoint(point))
        QTest.mouseRelease(self.port, LEFT, NONE, QPoint(point))

    def hover(self, point):
        self.move(point, Qt.MouseButton.NoButton)

    def drag(self, start, end, button=LEFT, held=NONE, release=True):
        self.press(start, button, held)
        for share in (0.1, 0.3, 0.6, 0.9, 1.0):
            self.move(QPointF(start) + QPointF(end - start) * share, button, held)
        if release:
            self.release(end, button, held)

    def wheel(self, point, clicks):
        point = QPointF(point)
        event = QWheelEvent(
            point,
            self.port.mapToGlobal(point),
            QPoint(),
            QPoint(0, 120 * clicks),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.port, event)

    # Keys

    def key(self, key, held=NONE):
        QTest.keyClick(self.view, key, held)

    def popup(self):
        found = [p for p in self.port.findChildren(SearchPopup) if p.isVisible()]
        return found[-1] if found else None

    def search(self, text, accept=True):
        field = self.popup().field
        QTest.keyClicks(field, text)
        if accept:
            QTest.keyClick(field, Qt.Key.Key_Return)

    def titles(self):
        model = self.popup().model
        return [model.item(row).text() for row in range(model.rowCount())]

    # History

    def snapshot(self):
        blocks = tuple((b.name, b.type, tuple(sorted(b.hyperparameters.items()))) for b in self.net.blocks.values())
        places = {b.name: self.net.positions[b.id] for b in self.net.blocks.values()}
        wires = {(*self.ends(w), w.output, w.input) for w in self.net.wires.values()}
        return sorted(blocks), places, wires

    def shown(self):
        """What the scene shows: blocks with their places, wires by their ends."""
        places = {i.face.name: (i.pos().x(), i.pos().y()) for i in self.canvas.blocks.values()}
        return places, {self.ends(self.net.wires[id]) for id in self.canvas.wires}


def plain_chain():
    net = Network("Plain")
    net.add("Input", name="image", shape=(1, 12, 12), position=(0, 0))
    net.add("Conv2d", name="conv", out_channels=4, kernel_size=3, position=(0, 140))
    net.add("ReLU", name="relu", position=(0, 280))
    net.add("Flatten", name="flatten", position=(0, 420))
    for pair in (("image", "conv"), ("conv", "relu"), ("relu", "flatten")):
        net.connect(*pair)
    return net


@pytest.fixture
def hands(qtbot):
    """Hands at a chain image -> conv -> relu -> flatten, in the middle of the view."""
    made = Hands(qtbot, plain_chain())
    made.view.centerOn(0, 250)
    return made


@pytest.fixture
def hands_at():
    """`hands_at(view)`: hands at the canvas of a window."""
    return Hands.at


@pytest.fixture
def empty(qtbot):
    """Hands at an empty canvas."""
    made = Hands(qtbot, Network("Empty"))
    made.view.centerOn(0, 0)
    return made


@pytest.fixture
def one_step(request):
    """`with one_step(hands, text):` what happens inside is one step; undo and redo restore both sides exactly."""
    from contextlib import contextmanager

    @contextmanager
    def check(hands, text=None):
        before, steps = hands.snapshot(), len(hands.session.project._undo)
        yield
        after = hands.snapshot()
        assert after != before
        assert len(hands.session.project._undo) == steps + 1
        if text is not None:
            assert hands.document.undo_text == text
        hands.document.undo()
        assert hands.snapshot() == before
        assert hands.shown() == (before[1], {(w[0], w[1]) for w in before[2]})
        hands.document.redo()
        assert hands.snapshot() == after
        assert hands.shown() == (after[1], {(w[0], w[1]) for w in after[2]})

    return check
