"""How the panels stand around the canvas: docks with quiet titles, and the arrangement they go back to."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QWidget

from gui import theme
from gui.panels.rows import label

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
PLACES = {
    "palette": LEFT,
    "outline": LEFT,
    "history": LEFT,
    "inspector": RIGHT,
    "code": RIGHT,
    "reference": RIGHT,
    "problems": BOTTOM,
    "summary": BOTTOM,
    "training": BOTTOM,
    "receptive field": BOTTOM,
}
ON_DEMAND = frozenset(("reference", "receptive field", "history"))  # not shown until somebody asks for them
WIDTHS = {"palette": 220, "inspector": 340}
HEIGHT = theme.ROW + theme.SPACE
HEIGHTS = {"palette": 420, "outline": 220, "inspector": 420, "code": 260, "training": 280}
TRAINING_HEIGHT = 340  # while training: room for the bars of a prediction under its picture


class Dock(QDockWidget):
    """A panel's frame. Its title is a line of text; panels that share a place show tabs instead."""

    def __init__(self, name: str, panel: QWidget, window: QMainWindow):
        super().__init__(name.capitalize(), window)
        self.setObjectName(name)
        self.setWidget(panel)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        tells_itself = PLACES[name] == BOTTOM or name == "reference"  # by its tab, or by what it shows
        self.setTitleBarWidget(QWidget() if tells_itself else DockTitle(name.capitalize(), panel))


class DockTitle(QWidget):
    """The title of a panel with the panel's own buttons; it can be dragged to another side of the window."""

    def __init__(self, text: str, panel: QWidget):
        super().__init__()
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GAP + 4, 0, theme.GAP, 0)
        line.setSpacing(theme.SPACE)
        line.addWidget(label(text, "heading"), 1)
        for button in getattr(panel, "title_buttons", ()):
            line.addWidget(button)

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    minimumSizeHint = sizeHint


def put_up(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Make the panels the window's, each on its side; an arrangement, or one that was kept, comes next.

    Two arrangements one after the other would leave tab bars of the first behind (Qt 6.11).
    """
    for name, dock in docks.items():
        window.addDockWidget(PLACES[name], dock)


def arrange(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Put every panel where it belongs: palette left, inspector over code right, the others as tabs below."""
    for name, dock in docks.items():
        window.removeDockWidget(dock)
        window.addDockWidget(PLACES[name], dock)
        dock.setVisible(name not in ON_DEMAND)
    window.splitDockWidget(docks["palette"], docks["outline"], Qt.Orientation.Vertical)
    window.tabifyDockWidget(docks["outline"], docks["history"])
    window.splitDockWidget(docks["inspector"], docks["code"], Qt.Orientation.Vertical)
    window.tabifyDockWidget(docks["problems"], docks["summary"])
    window.tabifyDockWidget(docks["summary"], docks["training"])
    window.tabifyDockWidget(docks["training"], docks["receptive field"])
    window.tabifyDockWidget(docks["code"], docks["reference"])
    docks["training"].raise_()
    window.resizeDocks([docks[n] for n in WIDTHS], list(WIDTHS.values()), Qt.Orientation.Horizontal)
    window.resizeDocks([docks[n] for n in HEIGHTS], list(HEIGHTS.values()), Qt.Orientation.Vertical)


def bring_training(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Show the training panel, tall enough for pictures where the window has room for that."""
    training = docks["training"]
    training.show()
    training.raise_()
    wanted = min(TRAINING_HEIGHT, window.height() * 2 // 5)
    if not training.isFloating() and training.height() < wanted:
        window.resizeDocks([training], [wanted], Qt.Orientation.Vertical)
