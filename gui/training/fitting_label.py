"""A line of text that never runs out of its room: of several wordings it shows the fullest that fits."""

from __future__ import annotations

import html

from PySide6 import QtGui
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

LEAST = 32  # pixels in which dots behind a few letters still say something


class FittingLabel(QLabel):
    """`tell` it wordings from the fullest to the shortest; the fullest is its tooltip when it is not shown."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._wordings: tuple[str, ...] = ("",)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def tell(self, *wordings: str) -> None:
        if wordings != self._wordings:
            self._wordings = wordings
            self._fit()

    @property
    def fullest(self) -> str:
        return self._wordings[0]

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, room = self.fontMetrics(), self.width() - 2
        fitting = (text for text in self._wordings if metrics.horizontalAdvance(text) <= room)
        shortest = metrics.elidedText(self._wordings[-1], Qt.TextElideMode.ElideRight, room) if room >= LEAST else ""
        shown = next(fitting, shortest)
        if shown != self.text():
            self.setText(shown)
        fullest = self._wordings[0] if shown != self._wordings[0] else ""
        rich = QtGui.Qt.mightBeRichText(fullest)  # it may come from a file
        self.setToolTip(html.escape(fullest) if rich else fullest)
