"""How far a run is, as a bar: the part done, where epochs end, and the best of them. Paints a History."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.training.history import History

BAR = 6  # height of the groove
CLOSEST = 7  # pixels between two epoch marks; closer ones are left out


class Timeline(QWidget):
    """The length of the run is the width; `paused` and `ended` change how the head looks."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.history: History | None = None
        self.live = False
        self.setMinimumWidth(120)
        self.setFixedHeight(theme.ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Progress of the run"))
        theme.appearance.changed.connect(self._redress)

    def sizeHint(self) -> QSize:
        return QSize(320, theme.ROW)

    def show_history(self, history: History | None, live: bool) -> None:
        self.history, self.live = history, live
        self.update()

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        groove = self._groove()
        painter.setBrush(theme.current().surface[3])
        painter.drawRoundedRect(groove, BAR / 2, BAR / 2)
        if self.history is None or not self.history.steps:
            return
        self._paint_done(painter, groove)
        self._paint_epochs(painter, groove)
        self._paint_best(painter, groove)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self.history is not None and self.history.steps:
            QToolTip.showText(event.globalPos(), self._words_at(event.pos().x()), self)
            return True
        return super().event(event)

    def _groove(self) -> QRectF:
        return QRectF(8, self.height() / 2 - BAR / 2, self.width() - 16, BAR)

    def _x(self, step: float) -> float:
        groove = self._groove()
        return groove.left() + groove.width() * min(step / self.history.steps, 1.0)

    def _paint_done(self, painter: QPainter, groove: QRectF) -> None:
        colours = theme.current()
        head = self._x(self.history.at_step)
        done = QRectF(groove)
        done.setRight(max(head, groove.left() + BAR))
        painter.setBrush(colours.series[0] if self.live else colours.text[2])
        painter.drawRoundedRect(done, BAR / 2, BAR / 2)

    def _paint_epochs(self, painter: QPainter, groove: QRectF) -> None:
        count = self.history.planned_epochs
        if not count:
            return
        every = 1
        while groove.width() / count * every < CLOSEST:
            every *= 10 if every in (5, 50) else 5 if every == 1 else 2
        painter.setPen(QPen(theme.current().surface[1], 1.5))
        for epoch in range(every, count, every):
            x = groove.left() + groove.width() * epoch / count
            painter.drawLine(QPointF(x, groove.top()), QPointF(x, groove.bottom()))

    def _paint_best(self, painter: QPainter, groove: QRectF) -> None:
        best = self.history.best
        if best is None:
            return
        colours = theme.current()
        painter.setPen(QPen(colours.text[0], 2))
        painter.setBrush(colours.surface[1])
        painter.drawEllipse(QPointF(self._x(best.step), groove.center().y()), 5, 5)

    def _words_at(self, x: float) -> str:
        groove = self._groove()
        share = min(max((x - groove.left()) / groove.width(), 0.0), 1.0)
        step = round(share * self.history.steps)
        words = self.tr("step {0:,} of {1:,}").format(step, self.history.steps)
        best = self.history.best
        return self.tr("{0}; best weights: epoch {1}").format(words, best.epoch) if best else words

    def _redress(self, *_: object) -> None:
        self.update()
