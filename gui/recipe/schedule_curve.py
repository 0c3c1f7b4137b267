"""The learning rate drawn over the run before it begins: steps below, epochs above, the rate at the left.

The curve is what `Schedule.at` gives the trainer. What stood before the last change stays as a faint line. Paints
with the theme's colours; knows no document.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from graph.recipe import Recipe
from gui import theme
from gui.language import tr
from gui.recipe.axis_ticks import log_ticks, nice_ticks, rate_text
from gui.recipe.epoch_length import Length

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 24, 24  # room for the axes
SAMPLES = 480  # points of the curve, besides its corners
FALLS = 1e-7  # of the highest rate: what a logarithmic axis shows of less


class ScheduleCurve(QWidget):
    """A painted curve; `pointed` tells in words what lies under the mouse, an empty text for nothing."""

    pointed = Signal(str)

    def __init__(self):
        super().__init__()
        self.recipe = Recipe()
        self.length = Length(100, 1000, False)
        self.logarithmic = False
        self.points: list[tuple[int, float]] = []
        self.ghost: list[tuple[int, float]] = []
        self._settled: list[tuple[int, float]] = []
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Learning rate over the run"))
        theme.appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, 168)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 168)

    def show_recipe(self, recipe: Recipe, length: Length, tried: bool = False) -> None:
        """Draw a recipe's rate; what is only tried leaves the ghost as it is."""
        self.recipe, self.length = recipe, length
        points = rates(recipe, length)
        if not tried and points != self._settled:
            self.ghost, self._settled = self._settled, points
        if points != self.points:
            self.points = points
            self.setAccessibleDescription(in_words(recipe, length))
            self.update()

    def forget(self) -> None:
        """Another document: what stood before is nobody's past."""
        self.points, self.ghost, self._settled = [], [], []

    def set_logarithmic(self, on: bool) -> None:
        self.logarithmic = on
        self.update()

    # Painting

    def paintEvent(self, event) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.ui_font("small"))
        area = self._area()
        painter.fillRect(area, colours.surface[0])
        self._paint_axes(painter, area)
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        faint = theme.mixed(colours.text[2], colours.surface[0], 0.5)
        if self.ghost and self.ghost != self.points:
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
            painter.drawPolyline(self._line(self.ghost, area))
        painter.setPen(QPen(colours.series[0], 2))
        painter.drawPolyline(self._line(self.points, area))
        painter.setClipping(False)
        if self.recipe.schedule.kind == "plateau":
            self._paint_note(painter, area)
        self._paint_cross(painter, area)

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _range(self) -> tuple[float, float]:
        """The lowest and highest rate that is drawn; as powers of ten where the axis is logarithmic."""
        drawn = self.points + (self.ghost if self.ghost != self.points else [])
        high = max((rate for _, rate in drawn), default=1.0) or 1.0
        if not self.logarithmic:
            return 0.0, high * 1.08
        low = min((rate for _, rate in drawn if rate > high * FALLS), default=high)
        top = math.log10(high)
        return min(math.log10(low), top - 1) - 0.08, top + 0.08

    def _x(self, step: float, area: QRectF) -> float:
        return area.left() + area.width() * step / max(self.length.steps - 1, 1)

    def _y(self, rate: float, area: QRectF) -> float:
        low, high = self._range_now
        value = math.log10(max(rate, 10**low)) if self.logarithmic else rate
        return area.bottom() - area.height() * (value - low) / (high - low)

    def _line(self, points: list[tuple[int, float]], area: QRectF) -> QPolygonF:
        self._range_now = self._range()
        if len(points) == 1:
            points = [points[0], (max(self.length.steps - 1, 1), points[0][1])]
        return QPolygonF([QPointF(self._x(step, area), self._y(rate, area)) for step, rate in points])

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colours, metrics = theme.current(), QFontMetrics(painter.font())
        self._range_now = low, high = self._range()
        hair = QPen(theme.mixed(colours.line, colours.surface[0], 0.7), 1)
        ticks = log_ticks(low, high) if self.logarithmic else nice_ticks(low, high, 4)
        for rate in ticks:
            y = self._y(rate, area)
            painter.setPen(hair)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colours.text[1])
            box = QRectF(0, y - 8, LEFT - 6, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, rate_text(rate))
        below = self.length.known
        if below:
            self._paint_row(painter, area, metrics, tr("step"), area.bottom() + 4, 1, self.length.steps, hair)
        unit = self.length.epoch_steps
        self._paint_row(painter, area, metrics, tr("epoch"), 4 if below else area.bottom() + 4, unit, None, hair)
        painter.setPen(QPen(colours.line, 1))
        painter.drawRect(area)

    def _paint_row(self, painter, area: QRectF, metrics, unit: str, top: float, each: int, last, hair: QPen) -> None:
        """One axis along the run, its unit at the left end."""
        colours = theme.current()
        painter.setPen(colours.text[2])
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        unit = metrics.elidedText(unit, Qt.TextElideMode.ElideRight, LEFT - 8)
        painter.drawText(QRectF(0, top, LEFT - 6, 16), align, unit)
        count = last if last is not None else self.length.epochs
        room = max(2, int(area.width() / (metrics.horizontalAdvance(f"{round(count):,}") + 28)))
        for value in nice_ticks(0, count, room, whole=True):
            if each == 1 and value == 0:
                value = 1  # steps count from 1
            x = self._x(value * each if each > 1 else value - 1, area)
            if x > area.right() + max(1.0, 1.5 * area.width() / self.length.steps):
                continue  # a round number beyond the end
            x = min(x, area.right())
            painter.setPen(hair)
            if top < area.top() or not self.length.known:
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(colours.text[1])
            text = f"{round(value):,}"
            width = metrics.horizontalAdvance(text) + 4
            left = min(max(x - width / 2, area.left() - 10), self.width() - width)
            painter.drawText(QRectF(left, top, width, 16), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_note(self, painter: QPainter, area: QRectF) -> None:
        schedule = self.recipe.schedule
        text = tr("× {0} after {1} epochs without a better one").format(f"{schedule.factor:g}", schedule.patience + 1)
        painter.setPen(theme.current().text[1])
        box = area.adjusted(theme.GAP, 0, -theme.GAP, -theme.GAP)
        painter.drawText(
            box, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, text
        )

    def _paint_cross(self, painter: QPainter, area: QRectF) -> None:
        if self._at is None or not self.points:
            return
        rate = rate_at(self.recipe, self.length, self._at)
        x, y = self._x(self._at, area), self._y(rate, area)
        colours = theme.current()
        painter.setPen(QPen(colours.text[2], 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.series[0])
        painter.drawEllipse(QPointF(x, y), 3.5, 3.5)

    # Pointing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self._area()
        share = (event.position().x() - area.left()) / area.width()
        self._point(round(share * (self.length.steps - 1)) if 0 <= share <= 1 else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point(self, step: int | None) -> None:
        if step == self._at:
            return
        self._at = step
        self.update()
        if step is None:
            self.pointed.emit("")
            return
        rate = rate_text(rate_at(self.recipe, self.length, step))
        epoch = step // self.length.epoch_steps + 1
        text = tr("step {0}, epoch {1}: {2}") if self.length.known else tr("epoch {1}: {2}")
        self.pointed.emit(text.format(f"{step + 1:,}", f"{epoch:,}", rate))


def rate_at(recipe: Recipe, length: Length, step: int) -> float:
    """The learning rate at a step, counted from 0."""
    return recipe.learning_rate * recipe.schedule.at(step, length.steps, length.epoch_steps)


def rates(recipe: Recipe, length: Length) -> list[tuple[int, float]]:
    """The curve as points: evenly over the run, with both sides of every sharp corner there is room for."""
    last = max(length.steps - 1, 0)
    steps = {round(last * part / SAMPLES) for part in range(SAMPLES + 1)}
    schedule = recipe.schedule
    corners = [schedule.warmup - 1, schedule.warmup, round(schedule.rise * length.steps) - 1]
    if schedule.kind in ("step", "exponential"):
        between = length.epoch_steps * (schedule.every if schedule.kind == "step" else 1)
        if last / between <= SAMPLES:
            corners += [at + side for at in range(between, last + 1, between) for side in (-1, 0)]
    steps.update(step for step in corners if 0 <= step <= last)
    return [(step, rate_at(recipe, length, step)) for step in sorted(steps)]


def in_words(recipe: Recipe, length: Length) -> str:
    """The curve for who cannot see it, and the line under it."""
    drawn = [rate for _, rate in rates(recipe, length)]
    first, last, highest = drawn[0], drawn[-1], max(drawn)
    if recipe.schedule.kind == "plateau" and not recipe.schedule.warmup:
        return tr("begins at {0}; when it falls depends on the run").format(rate_text(first))
    if min(drawn) == highest:
        return tr("{0} all through the run").format(rate_text(first))
    text = tr("from {0} to {1}") if highest in (first, last) else tr("from {0} over {2} to {1}")
    return text.format(rate_text(first), rate_text(last), rate_text(highest))
