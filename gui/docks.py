"""How the panels stand around the canvas: docks with quiet titles, and the arrangement they go back to."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QTabBar, QWidget

from gui import theme
from gui.language import N_, tr
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
    "recipe": LEFT,
    "inspector": RIGHT,
    "code": RIGHT,
    "reference": RIGHT,
    "problems": BOTTOM,
    "summary": BOTTOM,
    "training": BOTTOM,
    "runs": BOTTOM,
    "receptive field": BOTTOM,
}
TITLES = {
    "palette": N_("Palette"),
    "outline": N_("Outline"),
    "history": N_("History"),
    "recipe": N_("Recipe"),
    "inspector": N_("Inspector"),
    "code": N_("Code"),
    "reference": N_("Reference"),
    "problems": N_("Problems"),
    "summary": N_("Summary"),
    "training": N_("Training"),
    "runs": N_("Runs"),
    "receptive field": N_("Receptive field"),
}
HEIGHT = theme.ROW + theme.SPACE
FULL_HEIGHT = 980  # of the window that heights are given for; a lower one shares what it has
TRAINING_HEIGHT = 340  # while training: room for the bars of a prediction under its picture


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which panels are there, which of those that share a place lies on top, and how much room they get."""

    shown: tuple[str, ...]
    front: tuple[str, ...]
    widths: dict[str, int]
    heights: dict[str, int]
    left_is_tall: bool = False  # the panels at the left reach down beside those below


class Dock(QDockWidget):
    """A panel's frame. Its title is a line of text; panels that share a place show tabs instead.

    A panel behind another one's tab is hidden in its frame: to Qt the frame is visible there, and what nobody
    sees is to compute nothing.
    """

    def __init__(self, name: str, panel: QWidget, window: QMainWindow):
        title = tr(TITLES[name])
        super().__init__(title, window)
        self.setObjectName(name)
        self.setWidget(panel)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        keeping = panel.sizePolicy()
        keeping.setRetainSizeWhenHidden(True)  # the place of a hidden panel stays as large as it needs
        panel.setSizePolicy(keeping)
        tells_itself = PLACES[name] == BOTTOM or name == "reference"  # by its tab, or by what it shows
        self.setTitleBarWidget(QWidget() if tells_itself else DockTitle(title, panel))
        self.visibilityChanged.connect(self._seen)

    def _seen(self, seen: bool) -> None:
        self.widget().setVisible(seen)
        for dock in self.parent().findChildren(Dock):
            dock.title_itself()

    def title_itself(self) -> None:
        """Give the title its name unless a tab says it."""
        title, window = self.titleBarWidget(), self.parent()
        if isinstance(title, DockTitle) and isinstance(window, QMainWindow):  # not while the window is taken down
            title.stand_alone(all(other.isHidden() for other in window.tabifiedDockWidgets(self)))


class DockTitle(QWidget):
    """The title of a panel with the panel's own buttons; it can be dragged to another side of the window."""

    def __init__(self, text: str, panel: QWidget):
        super().__init__()
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GAP + 4, 0, theme.GAP, 0)
        line.setSpacing(theme.SPACE)
        self.words = label(text, "heading")
        self.buttons = tuple(getattr(panel, "title_buttons", ()))
        line.addWidget(self.words)
        line.addStretch(1)
        for button in self.buttons:
            line.addWidget(button)

    def stand_alone(self, alone: bool) -> None:
        """Say the name where no tab says it; without name and buttons there is nothing to show."""
        self.words.setVisible(alone)
        self.setFixedHeight(HEIGHT if alone or self.buttons else 0)

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT if self.buttons or not self.words.isHidden() else 0)

    minimumSizeHint = sizeHint


def put_up(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Make the panels the window's, each on its side, none above another; an arrangement comes next.

    Taken out first: two arrangements one after the other would leave tab bars of the first behind (Qt 6.11).
    """
    for name, dock in docks.items():
        window.removeDockWidget(dock)
        window.addDockWidget(PLACES[name], dock)


def arrange(window: QMainWindow, docks: dict[str, Dock], panels: Arrangement) -> None:
    """Put every panel where it belongs: palette left, inspector over code right, the others as tabs below."""
    for dock in docks.values():
        dock.setFloating(False)
    window.setCorner(Qt.Corner.BottomLeftCorner, LEFT if panels.left_is_tall else BOTTOM)
    window.splitDockWidget(docks["palette"], docks["outline"], Qt.Orientation.Vertical)
    window.tabifyDockWidget(docks["palette"], docks["recipe"])
    window.tabifyDockWidget(docks["outline"], docks["history"])
    window.splitDockWidget(docks["inspector"], docks["code"], Qt.Orientation.Vertical)
    window.tabifyDockWidget(docks["problems"], docks["summary"])
    window.tabifyDockWidget(docks["summary"], docks["training"])
    window.tabifyDockWidget(docks["training"], docks["runs"])
    window.tabifyDockWidget(docks["runs"], docks["receptive field"])
    window.tabifyDockWidget(docks["code"], docks["reference"])
    for name, dock in docks.items():  # side by side, before they share places, they would widen the window
        dock.setVisible(name in panels.shown)
    window.layout().activate()  # only then a tab can be brought to the front
    for name in panels.front:
        docks[name].raise_()
    lower = min(1.0, window.height() / FULL_HEIGHT)
    heights = {name: round(lower * height) for name, height in panels.heights.items()}
    for sizes, way in ((panels.widths, Qt.Orientation.Horizontal), (heights, Qt.Orientation.Vertical)):
        window.resizeDocks([docks[name] for name in sizes], list(sizes.values()), way)


def tidy(window: QMainWindow) -> None:
    """Hide tab bars that Qt (6.11) leaves behind, in sight, when panels are put together one after the other.

    A bar is left over if all of its panels that are open stand in another one, or in one made later.
    """
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    docks = window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    opened = {dock.windowTitle() for dock in docks if dock.toggleViewAction().isChecked()}
    held = [{bar.tabText(tab) for tab in range(bar.count())} & opened for bar in bars]
    for index, bar in enumerate(bars):
        others = enumerate(held)
        if any(held[index] < other or (held[index] == other and later > index) for later, other in others):
            bar.hide()


def bring_training(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Show the training panel, tall enough for pictures where the window has room for that."""
    training = docks["training"]
    training.show()
    training.raise_()
    wanted = min(TRAINING_HEIGHT, window.height() * 2 // 5)
    if not training.isFloating() and training.height() < wanted:
        window.resizeDocks([training], [wanted], Qt.Orientation.Vertical)
