"""The four spaces: one document and one selection, looked at with four questions; each is an arrangement of panels.

A space only rearranges docks and remembers how it was left. It knows no panel but by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QToolButton

from gui import theme
from gui.docks import Arrangement, Dock, arrange, put_up, tidy
from gui.language import N_, tr
from gui.settings import settings

LAYOUT = 6  # version of the arrangements that are kept between starts


@dataclass(frozen=True, slots=True)
class Space:
    """A question, and the panels that answer it."""

    id: str
    name: str
    question: str
    panels: Arrangement


SPACES = (
    Space(
        "build",
        N_("Build"),
        N_("Does it fit together?"),
        Arrangement(
            shown=("palette", "outline", "inspector", "code", "problems", "summary", "training"),
            front=("outline", "code", "training"),
            widths={"palette": 220, "inspector": 340},
            heights={"palette": 420, "outline": 220, "inspector": 420, "code": 260, "training": 280},
        ),
    ),
    Space(
        "train",
        N_("Train"),
        N_("Is it learning, and if not, why?"),
        Arrangement(
            shown=("recipe", "inspector", "problems", "summary", "training", "runs"),
            front=("training",),
            widths={"recipe": 340, "inspector": 320},
            heights={"training": 480},
            left_is_tall=True,
        ),
    ),
    Space(
        "explain",
        N_("Explain"),
        N_("Why this answer?"),
        Arrangement(
            shown=("outline", "inspector", "summary", "training", "receptive field"),
            front=("outline", "receptive field"),
            widths={"outline": 220, "inspector": 400},
            heights={"receptive field": 360},
        ),
    ),
    Space(
        "learn",
        N_("Learn"),
        N_("What is the idea?"),
        Arrangement(
            shown=("palette", "inspector", "code", "reference"),
            front=("reference",),
            widths={"palette": 220, "inspector": 420},
            heights={"inspector": 340, "reference": 420},
        ),
    ),
)
BY_ID = {space.id: space for space in SPACES}


class Spaces(QObject):
    """Which space is on; the others wait as they were left, also until the next start."""

    changed = Signal(str)  # the id of the space that is on now

    def __init__(self, window: QMainWindow, docks: dict[str, Dock]):
        super().__init__(window)
        self.window, self.docks = window, docks
        self.current = "build"

    def build(self) -> None:
        self.show("build")

    def train(self) -> None:
        self.show("train")

    def explain(self) -> None:
        self.show("explain")

    def learn(self) -> None:
        self.show("learn")

    def show(self, id: str) -> None:
        """Bring the panels of a space, as it was left or as it begins."""
        if id == self.current:
            self.changed.emit(id)  # the button that was clicked stays down
            return
        self.keep()
        self.current = id
        self._bring(settings().value(f"spaces/{id}"))

    def reset(self) -> None:
        """The space that is on, as it begins."""
        settings().remove(f"spaces/{self.current}")
        self._bring(None)

    def keep(self) -> None:
        """Remember how the space that is on stands."""
        kept = settings()
        kept.setValue("space", self.current)
        kept.setValue(f"spaces/{self.current}", self.window.saveState(LAYOUT))

    def restore(self) -> None:
        """At the start: the space that was on last."""
        id = str(settings().value("space", "build"))
        self.current = id if id in BY_ID else "build"
        self._bring(settings().value(f"spaces/{self.current}"))

    def _bring(self, state: object) -> None:
        window = self.window
        window.setUpdatesEnabled(False)
        try:
            put_up(window, self.docks)
            if not (isinstance(state, QByteArray) and window.restoreState(state, LAYOUT)):
                arrange(window, self.docks, BY_ID[self.current].panels)
        finally:
            window.setUpdatesEnabled(True)
        QTimer.singleShot(0, self, lambda: tidy(window))
        self.changed.emit(self.current)


class SpaceSwitch(QFrame):
    """The spaces side by side; the one that is on is filled."""

    def __init__(self, spaces: Spaces, actions: Callable[[str], QAction]):
        super().__init__()
        self.setObjectName("spaces")
        self.setAccessibleName(tr("Spaces"))
        line = QHBoxLayout(self)
        line.setContentsMargins(2, 2, 2, 2)
        line.setSpacing(2)
        self.buttons: dict[str, QToolButton] = {}
        for space in SPACES:
            action = actions(f"space_{space.id}")
            made = self.buttons[space.id] = QToolButton()
            made.setText(tr(space.name))
            made.setAccessibleName(made.text())
            made.setCheckable(True)
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setFont(theme.ui_font())
            made.setToolTip(action.toolTip())
            made.clicked.connect(action.trigger)
            line.addWidget(made)
        spaces.changed.connect(self.follow)
        self.follow(spaces.current)

    def follow(self, current: str) -> None:
        for id, button in self.buttons.items():
            button.setChecked(id == current)
