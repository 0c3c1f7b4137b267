"""One metric of a run over its steps: raw faint, smoothed strong, validation, best point, and the run before.

Draws a History when told; thins long curves to their extremes; its axes do not jump. Knows no controller.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui import theme
from gui.training.fitting_label import FittingLabel
from gui.training.history import History
from gui.training.plot_axes import EpochAxis, StepAxis, ValueAxis
from gui.training.series import course, envelope
from gui.training.value_range import log_floor, step_reach, value_floor, value_reach
from gui.training.verdict import SHARES, number, percent

TINY = 1e-12  # what a logarithmic axis shows of zero


class MetricPlot(QWidget):
    """A title with the values under the crosshair, and the plot."""

    pointed = Signal(object)  # the step under the mouse, or None

    def __init__(self, name: str, label: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.name = name
        self.percent = name.split("_")[0] in SHARES
        self.logarithmic = False
        self.history: History | None = None
        self.ghost: History | None = None
        self._top, self._bottom, self._log_bottom = 0.0, 0.0, None
        self._followed = True  # the axes follow the run; not after zooming by hand
        self._step: float | None = None
        self.title = FittingLabel()
        self.title.tell(label)
        self.readout = QLabel()
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self._build_plot()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.readout, 0, 1)
        grid.addWidget(self.plot, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(1, 1)
        self.dress()

    # Building

    def _build_plot(self) -> None:
        self.epoch_axis, self.step_axis, self.value_axis = EpochAxis(), StepAxis(), ValueAxis(self.percent)
        axes = {"top": self.epoch_axis, "bottom": self.step_axis, "left": self.value_axis}
        self.plot = pg.PlotWidget(background=None, axisItems=axes, enableMenu=False)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.showAxis("top")
        item.layout.setContentsMargins(0, 0, 20, 0)  # half of the last number on the step axis
        item.layout.setSpacing(0)
        self.view = item.getViewBox()
        self.view.setDefaultPadding(0)
        self.view.disableAutoRange()
        self.view.setMouseEnabled(x=True, y=False)
        self.view.sigRangeChangedManually.connect(self._unfollow)
        self.view.sigXRangeChanged.connect(lambda *_: (self._draw_curves(), self._mark_epochs()))
        self.view.sigResized.connect(lambda *_: self.draw())
        self.ghost_curve, self.ghost_validation = self._curve(), self._curve()
        self.raw, self.smooth, self.validation = self._curve(), self._curve(), self._curve()
        self.points, self.best, self.dots = (pg.ScatterPlotItem(pxMode=True) for _ in range(3))
        self.line = pg.InfiniteLine(angle=90, movable=False)
        for part in (self.points, self.best, self.line, self.dots):
            self.view.addItem(part, ignoreBounds=True)
        self.line.hide()
        self.plot.scene().sigMouseMoved.connect(self._mouse_moved)
        self.plot.setMinimumSize(160, 96)
        self.units = [QLabel(text, self.plot) for text in (self.tr("epoch"), self.tr("step"))]
        for label in self.units:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _curve(self) -> pg.PlotCurveItem:
        curve = pg.PlotCurveItem(connect="finite")
        self.view.addItem(curve, ignoreBounds=True)
        return curve

    def dress(self, *_: object) -> None:
        """Colours and fonts of the theme."""
        self.plot.resetCachedContent()  # the background as it was
        colours = theme.current()
        training, validation, faint = colours.series[0], colours.series[1], colours.text[2]
        for axis in (self.epoch_axis, self.step_axis, self.value_axis):
            axis.dress()
        for axis in (self.value_axis, self.epoch_axis):
            axis.setGrid(150)
        for label in self.units:
            label.setFont(theme.ui_font("small"))
            label.setStyleSheet(f"color: {colours.text[2].name()}")
        self._place_units()
        self.raw.setPen(self._pen(thin(training, 0.42), width=1))
        self.smooth.setPen(self._pen(training, width=2))
        self.smooth.opts["antialias"] = True
        self.validation.setPen(self._pen(validation, width=2))
        self.validation.opts["antialias"] = True
        self.ghost_curve.setPen(self._pen(thin(faint, 0.55), width=1))
        self.ghost_validation.setPen(self._pen(thin(faint, 0.8), width=1, style=Qt.PenStyle.DashLine))
        self.points.setData(pen=self._pen(colours.surface[1], width=1), brush=pg.mkBrush(validation), size=6)
        self.best.setData(pen=self._pen(colours.text[0], width=2), brush=pg.mkBrush(None), size=13, symbol="o")
        self.line.setPen(self._pen(faint, width=1))
        self.title.setFont(theme.ui_font("small"))
        self.readout.setFont(theme.ui_font("small"))
        self.draw()

    def _pen(self, colour: QColor, width: float, **more) -> QPen:
        """As wide on every screen: the plot's pens count the screen's own pixels."""
        return pg.mkPen(colour, width=width * self.devicePixelRatioF(), **more)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.dress()
        return super().event(event)

    # Drawing

    def show_history(self, history: History | None, ghost: History | None) -> None:
        """Another run is shown: its axes begin anew."""
        self.history, self.ghost = history, ghost
        self._top, self._bottom, self._log_bottom = 0.0, 0.0, None
        self._followed = True
        if self.percent:
            self._top = 1.0
        self.draw()

    def set_logarithmic(self, on: bool) -> None:
        self.logarithmic = on and not self.percent
        self.value_axis.logarithmic = self.logarithmic
        self.value_axis.picture = None
        self._log_bottom = None
        self.draw()

    def follow(self) -> None:
        """Let the axes show the whole run again."""
        self._followed = True
        self.draw()

    def draw(self) -> None:
        """Bring everything up to date; cheap enough for twenty times a second."""
        self._set_range()
        self._draw_curves()
        self._draw_epochs()
        self._draw_pointer()

    def _set_range(self) -> None:
        if self.history is None:
            return
        values = self._all_values()
        if not self.percent:
            self._top = value_reach(values, self._top)
            self._bottom = value_floor(values, self._bottom)
        low, high = self._bottom, self._top or 1.0
        if self.logarithmic:
            self._log_bottom = log_floor(values, self._log_bottom)
            low, high = self._log_bottom, max(math.log10(high), self._log_bottom + 1)
        edge = 0.035 * (high - low)  # room for points that lie on an end
        self.view.setYRange(low - edge, high + edge, padding=0)
        if self._followed:
            reach = step_reach(self.history.step, self.history.steps)
            self.view.setXRange(0, 1.02 * reach, padding=0)

    def _all_values(self) -> np.ndarray:
        """What the axis must hold: the curves of this run and, so that they compare, of the one before."""
        found = [self.history.validation(self.name)[1]]
        if self.name in self.history.metrics:
            series = self.history.metrics[self.name]
            found.append(series.values[-20_000:] if self._top else series.values)
        if self.ghost is not None and self.name in self.ghost.metrics and not self._top:
            found.append(self.ghost.metrics[self.name].smooth)
        return np.concatenate(found)

    def _draw_curves(self) -> None:
        if self.history is None:
            for curve in (self.raw, self.smooth, self.validation, self.ghost_curve, self.ghost_validation):
                curve.setData([], [])
            return
        series = self.history.metrics.get(self.name)
        if series is not None:
            self._set(self.raw, series.steps, series.values)
            self._set(self.smooth, series.steps, series.smooth)
        else:
            self.raw.setData([], [])
            self.smooth.setData([], [])
        self._set(self.validation, *self.history.validation(self.name))
        ghost = self.ghost.metrics.get(self.name) if self.ghost else None
        self._set(self.ghost_curve, *((ghost.steps, ghost.smooth) if ghost else ([], [])))
        self._set(self.ghost_validation, *(self.ghost.validation(self.name) if self.ghost else ([], [])))

    def _set(self, curve: pg.PlotCurveItem, steps, values) -> None:
        (low, high), _ = self.view.viewRange()
        columns = max(int(self.view.width() * self.devicePixelRatio()), 64)
        strong = curve is not self.raw and curve is not self.ghost_curve
        thinned = course if strong else envelope
        drawn = thinned(np.asarray(steps), np.asarray(values), low, high, columns // 2 if strong else columns)
        curve.setData(drawn[0], self._placed(drawn[1]))

    def _placed(self, values: np.ndarray) -> np.ndarray:
        """Values as heights in the view."""
        return np.log10(np.maximum(values, TINY)) if self.logarithmic else values

    def _mark_epochs(self) -> None:
        low, high = self.view.viewRange()[0]
        self.epoch_axis.set_marks(self.history.epoch_ends(low, high) if self.history else [])

    def _draw_epochs(self) -> None:
        self._mark_epochs()
        steps, values = self.history.validation(self.name) if self.history else ([], [])
        (low, high), _ = self.view.viewRange()
        apart = (steps[-1] / len(steps)) / (high - low) * self.view.width() if len(steps) else 0
        many = apart < 9  # pixels: then the line alone is clearer
        self.points.setData([] if many else steps, [] if many else self._placed(np.asarray(values)))
        best = self.history.best if self.history else None
        value = (best.validation.get(self.name) or best.train.get(self.name)) if best else None
        if value is None:
            self.best.setData([], [])
        else:
            self.best.setData([best.step], self._placed(np.array([value])))

    # Pointing

    def _mouse_moved(self, place: QPointF) -> None:
        inside = self.view.sceneBoundingRect().contains(place)
        self.pointed.emit(self.view.mapSceneToView(place).x() if inside and self.history else None)

    def point_at(self, step: float | None) -> None:
        """Show the values at a step, or the latest."""
        self._step = step
        self._draw_pointer()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._place_units()

    def _place_units(self) -> None:
        """Name the axes in the corners that the value axis leaves free."""
        for label, top in zip(self.units, (0, self.plot.height() - 20), strict=True):
            label.adjustSize()
            label.move(38 - label.width(), top + (18 - label.height()) // 2 + (2 if top else 0))

    def leaveEvent(self, event) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event) -> None:
        self.follow()

    def _draw_pointer(self) -> None:
        step = self._pointed_step()
        self.line.setVisible(step is not None)
        values = self._values_at(step)
        if step is not None:
            self.line.setPos(step)
            series = theme.current().series
            spots = [
                {"pos": (at, float(self._placed(np.array([value]))[0])), "brush": pg.mkBrush(series[which]), "size": 7}
                for which, at, value in ((0, step, values["smooth"]), (1, *values["validation_at"]))
                if value is not None and math.isfinite(value)
            ]
            self.dots.setData(spots, pen=pg.mkPen(theme.current().surface[1], width=1))
        else:
            self.dots.setData([])
        self.readout.setText(self._words(step, values))

    def _pointed_step(self) -> float | None:
        series = self.history.metrics.get(self.name) if self.history else None
        at = series.at(self._step) if series is not None and self._step is not None else None
        return float(series.steps[at]) if at is not None else None

    def _values_at(self, step: float | None) -> dict:
        """Raw and smoothed value at a step or the last one, and the validation value known by then."""
        result = {"raw": None, "smooth": None, "validation_at": (0, None)}
        if self.history is None:
            return result
        series = self.history.metrics.get(self.name)
        at = None if series is None or not len(series) else (len(series) - 1 if step is None else series.at(step))
        if at is not None:
            result["raw"], result["smooth"] = float(series.values[at]), float(series.smooth[at])
        steps, values = self.history.validation(self.name)
        known = len(steps) if step is None else int(np.searchsorted(steps, step, side="right"))
        if known:
            result["validation_at"] = (float(steps[known - 1]), float(values[known - 1]))
        return result

    def _words(self, step: float | None, values: dict) -> str:
        colours = theme.current()
        show = percent if self.percent else number
        parts = []
        if step is not None:
            words = self.tr("step {0:,}").format(round(step))
            parts.append(f'<span style="color:{colours.text[1].name()}">{words}</span>')
        if values["smooth"] is not None:
            raw = f" ({show(values['raw'])})" if step is not None else ""
            parts.append(f'<span style="color:{colours.series[0].name()}">{show(values["smooth"])}{raw}</span>')
        if values["validation_at"][1] is not None:
            value = show(values["validation_at"][1])
            parts.append(f'<span style="color:{colours.series[1].name()}">{value}</span>')
        return "&nbsp;&nbsp; ".join(parts)

    def _unfollow(self, *_: object) -> None:
        self._followed = False


def thin(colour: QColor, share: float) -> QColor:
    """The colour, partly transparent."""
    result = QColor(colour)
    result.setAlphaF(share)
    return result
