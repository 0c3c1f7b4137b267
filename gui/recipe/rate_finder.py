"""The learning-rate finder under its field: a button, its progress, the curve, and the way into the recipe."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from backend.messages import RateCurve
from gui import theme
from gui.panels.rows import button, label
from gui.recipe.axis_ticks import rate_text
from gui.recipe.rate_curve import RateCurveView, rounded
from gui.recipe.rate_search import RateSearch
from gui.recipe.recipe_edits import RecipeEdits


class RateFinder(QWidget):
    """Nothing but a button until it is pressed."""

    def __init__(self, edits: RecipeEdits, search: RateSearch):
        super().__init__()
        self.edits, self.search = edits, search
        self._chosen: float | None = None
        self.begin = button(
            self.tr("Find a learning rate"),
            self._begin,
            tip=self.tr("Trains 100 batches at growing rates, then puts everything back (Smith, 2017)"),
        )
        self.cancel = button(self.tr("Cancel"), search.cancel)
        self.words = label("", "small", wrap=True)
        self.curve = RateCurveView()
        self.use = button("", self._use)
        self.away = button(self.tr("Close"), self.close_curve, "flat", self.tr("Put the curve away"))
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        for part in (self.begin, self.cancel, self.use, self.away):
            line.addWidget(part)
        line.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.SPACE)
        box.setSpacing(theme.SPACE)
        for part in (self.words, self.curve):
            box.addWidget(part)
        box.addLayout(line)
        search.found.connect(self._show)
        search.told.connect(self._tell)
        search.changed.connect(self._follow)
        edits.session.project_opened.connect(self.close_curve)
        self.curve.chosen.connect(self._choose)
        self.close_curve()

    def close_curve(self) -> None:
        """As at the beginning."""
        self._chosen = None
        self.curve.hide()
        self._tell("")
        self._follow()

    def _begin(self) -> None:
        self.close_curve()
        self.search.start()

    def _follow(self) -> None:
        searching, drawn = self.search.searching, not self.curve.isHidden()
        self.begin.setVisible(not searching and not drawn)
        self.cancel.setVisible(searching)
        self.use.setVisible(drawn and self._chosen is not None)
        self.away.setVisible(drawn)

    def _tell(self, text: str) -> None:
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def _show(self, found: RateCurve) -> None:
        if len(found.rates) < 2:
            self._tell(self.tr("The loss was no number at once: look at the network and its data."))
            return
        self.curve.show_curve(found.rates, found.losses, found.suggested)
        self.curve.show()
        if found.suggested is None:
            self._tell(self.tr("No rate made the loss fall. Click into the curve to choose one yourself."))
            self._follow()
        else:
            fell = rate_text(rounded(found.suggested))
            self._tell(self.tr("The loss falls fastest at {0}. Click into the curve for another.").format(fell))
            self._choose(rounded(found.suggested))

    def _choose(self, rate: float) -> None:
        self._chosen = rate
        self.curve.show_mark(rate)
        self.use.setText(self.tr("Use {0}").format(rate_text(rate)))
        self._follow()

    def _use(self) -> None:
        if self._chosen is not None:
            self.edits.set("learning_rate", self._chosen)
            self.close_curve()
            self.begin.setFocus(Qt.FocusReason.OtherFocusReason)
