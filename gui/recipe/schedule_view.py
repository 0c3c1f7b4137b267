"""The schedule's section: its curve with a line of words and a logarithmic axis to choose, and its values below."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from graph.recipe import Recipe
from gui import theme
from gui.recipe.epoch_length import Length
from gui.recipe.schedule_curve import ScheduleCurve, in_words
from gui.training.fitting_label import FittingLabel


class ScheduleView(QWidget):
    """The curve of the learning rate; what is under the mouse stands above it, else the curve in words."""

    def __init__(self):
        super().__init__()
        self.curve = ScheduleCurve()
        self._words = ""
        self.line = FittingLabel()
        self.line.setProperty("role", "small")
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.log = QToolButton()
        self.log.setCheckable(True)
        self.log.setFixedSize(theme.ROW - 4, theme.ROW - 4)
        self.log.setIconSize(QSize(18, 18))
        self.log.setToolTip(self.tr("Powers of ten"))
        self.log.setAccessibleName(self.tr("Learning rate on a logarithmic axis"))
        self.log.toggled.connect(self.curve.set_logarithmic)
        self.curve.pointed.connect(lambda text: self.line.tell(text or self._words))
        self.unknown = FittingLabel()
        self.unknown.setProperty("role", "small")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.line, 1)
        row.addWidget(self.log)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.GAP)
        box.setSpacing(theme.SPACE)
        box.addLayout(row)
        box.addWidget(self.curve)
        box.addWidget(self.unknown)
        theme.appearance.changed.connect(self._dress)
        self._dress()

    def show_recipe(self, recipe: Recipe, length: Length, tried: bool = False) -> None:
        self.curve.show_recipe(recipe, length, tried)
        self._words = in_words(recipe, length)
        self.line.tell(self._words)
        supposed = not length.known and recipe.schedule.warmup > 0 and recipe.schedule.kind != "one_cycle"
        self.unknown.tell(
            self.tr("Drawn as if an epoch had {0} steps: the data tell when they are loaded.").format(
                length.epoch_steps
            ),
            self.tr("Drawn with {0} steps an epoch").format(length.epoch_steps),
        )
        self.unknown.setVisible(supposed)

    def _dress(self, *_ignored) -> None:
        self.log.setIcon(theme.icon("logarithm"))
