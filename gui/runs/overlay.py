"""Curves of several runs over one another: training faint, validation strong, a colour and a dash for each run.

Draws histories when told; reads no files and knows no table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.runs.legend import RunsLegend, distinct
from gui.runs.table import pen, value
from gui.training.history import LOSS, History
from gui.training.metric_plot import TINY, thin
from gui.training.plot_axes import StepAxis, ValueAxis
from gui.training.series import course
from gui.training.value_range import log_floor, value_floor, value_reach
from gui.training.verdict import SHARES
from gui.training.view_header import PictureButton, ViewHeader


@dataclass(slots=True)
class Drawn:
    """One run's curves; no history while it is being read."""

    path: Path
    name: str
    history: History | None = None
    sampled: bool = False


class Overlay(QWidget):
    """A choice of the metric, the plot, and a legend that tells the values under the mouse."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.runs: list[Drawn] = []
        self._step: float | None = None
        self._followed = True
        self._wished = ""  # the metric that was chosen by hand
        self.header = ViewHeader(self.tr("Curves"))
        self.metrics = QComboBox()
        self.metrics.setAccessibleName(self.tr("Metric"))
        self.metrics.setToolTip(self.tr("Which metric is drawn"))
        self.metrics.activated.connect(self._choose_metric)
        self.log = PictureButton("logarithm", self.tr("Logarithmic axis"))
        self.log.setCheckable(True)
        self.log.toggled.connect(self._set_logarithmic)
        self.fit = PictureButton("fit", self.tr("Show all steps (the wheel zooms)"))
        self.fit.clicked.connect(self.follow)
        for part in (self.metrics, self.log, self.fit):
            self.header.add(part)
        self._build_plot()
        self.legend = RunsLegend()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.plot, 1)
        column.addWidget(self.legend)
        theme.appearance.changed.connect(self.dress)
        self.dress()

    def _build_plot(self) -> None:
        self.step_axis, self.value_axis = StepAxis(), ValueAxis(False)
        axes = {"bottom": self.step_axis, "left": self.value_axis}
        self.plot = pg.PlotWidget(background=None, axisItems=axes, enableMenu=False)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.layout.setContentsMargins(0, 6, 20, 0)  # half of the topmost number, and of the last one below
        item.layout.setSpacing(0)
        self.view = item.getViewBox()
        self.view.setDefaultPadding(0)
        self.view.disableAutoRange()
        self.view.setMouseEnabled(x=True, y=False)
        self.view.sigRangeChangedManually.connect(self._unfollow)
        self.view.sigXRangeChanged.connect(lambda *_: self._draw_curves())
        self.view.sigResized.connect(lambda *_: self._fit())
        self.curves: list[tuple[pg.PlotCurveItem, pg.PlotCurveItem]] = []  # training, validation
        self.line = pg.InfiniteLine(angle=90, movable=False)
        self.view.addItem(self.line, ignoreBounds=True)
        self.line.hide()
        self.plot.scene().sigMouseMoved.connect(self._mouse_moved)
        self.plot.setMinimumSize(160, 96)
        self.unit = QLabel(self.tr("step"), self.plot)
        self.unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    # What is drawn

    @property
    def name(self) -> str:
        return self.metrics.currentData() or LOSS

    @property
    def percent(self) -> bool:
        return self.name.split("_")[0] in SHARES

    def show_runs(self, runs: list[Drawn]) -> None:
        """Other runs, in the order of their colours; histories may follow."""
        known = {run.path: run for run in self.runs}
        self.runs = [known.get(run.path, run) if run.history is None else run for run in runs]
        self._followed = True
        self._offer_metrics()
        self.draw()

    def take(self, path: Path, history: History, sampled: bool) -> None:
        """The curves of one of the runs have come."""
        for run in self.runs:
            if run.path == path:
                run.history, run.sampled = history, sampled
                self._offer_metrics()
                self.draw()

    def follow(self) -> None:
        self._followed = True
        self.draw()

    def _fit(self) -> None:
        """The unit stands in the corner that the value axis leaves free."""
        self.unit.adjustSize()
        self.unit.move(38 - self.unit.width(), self.plot.height() - 18)
        self.draw()

    def draw(self) -> None:
        """Bring everything up to date."""
        self._set_range()
        self._draw_curves()
        self._tell()

    def _offer_metrics(self) -> None:
        names = dict.fromkeys(name for run in self.runs if run.history for name in run.history.names)
        names = [name for name in names if any(_last(run.history, name) is not None for run in self.runs)]
        before = self._wished or self.name
        self.metrics.clear()
        for name in names:
            self.metrics.addItem(name.replace("_", " "), name)
        self.metrics.setCurrentIndex(max(self.metrics.findData(before), 0))
        self.metrics.setVisible(bool(names))

    def _choose_metric(self, *_: object) -> None:
        self._wished = self.name
        self._followed = True
        self.draw()

    def _set_logarithmic(self, *_: object) -> None:
        self.value_axis.picture = None
        self.draw()

    @property
    def _logarithmic(self) -> bool:
        return self.log.isChecked() and not self.percent

    def _unfollow(self, *_: object) -> None:
        self._followed = False

    # Drawing

    def _histories(self) -> list[History]:
        return [run.history for run in self.runs if run.history is not None]

    def _set_range(self) -> None:
        self.log.setEnabled(not self.percent)
        self.value_axis.percent, self.value_axis.logarithmic = self.percent, self._logarithmic
        self.value_axis.picture = None
        found = [np.empty(0)]
        for history in self._histories():
            found.append(history.validation(self.name)[1])
            if self.name in history.metrics:
                found.append(history.metrics[self.name].smooth)
        values = np.concatenate(found)
        low = value_floor(values, 0.0)
        high = 1.0 if self.percent else value_reach(values, 0.0) or 1.0
        if self._logarithmic:
            low = log_floor(values, None)
            high = max(math.log10(high), low + 1)
        edge = 0.035 * (high - low)
        self.view.setYRange(low - edge, high + edge, padding=0)
        if self._followed:
            self.view.setXRange(0, 1.02 * max((history.at_step for history in self._histories()), default=1), padding=0)

    def _draw_curves(self) -> None:
        while len(self.curves) < len(self.runs):
            pair = tuple(pg.PlotCurveItem(connect="finite", antialias=True) for _ in range(2))
            for curve in pair:
                self.view.addItem(curve, ignoreBounds=True)
            self.curves.append(pair)
        for at, (training, validation) in enumerate(self.curves):
            history = self.runs[at].history if at < len(self.runs) else None
            series = history.metrics.get(self.name) if history else None
            checked = history.validation(self.name) if history else ([], [])
            strong = pen(at if at < len(self.runs) else 0)
            strong.setCosmetic(True)  # its width is pixels, whatever the axes say
            alone = not len(checked[0])  # without validation the training curve is the run's line
            training.setPen(strong if alone else pg.mkPen(thin(strong.color(), 0.45), width=1))
            validation.setPen(strong)
            self._set(training, *((series.steps, series.smooth) if series else ([], [])))
            self._set(validation, *checked)

    def _set(self, curve: pg.PlotCurveItem, steps, values) -> None:
        (low, high), _ = self.view.viewRange()
        columns = max(int(self.view.width() * self.devicePixelRatio()), 64)
        steps, values = course(np.asarray(steps, float), np.asarray(values, float), low, high, columns // 2)
        curve.setData(steps, np.log10(np.maximum(values, TINY)) if self._logarithmic else values)

    def _tell(self) -> None:
        """The legend: every run with its value at the mouse, else its last one; and what is smoothed or sampled."""
        entries = []
        names = distinct([run.name for run in self.runs])
        for run, name in zip(self.runs, names, strict=True):
            told = _value_at(run.history, self.name, self._step)
            entries.append(
                (name, "..." if run.history is None else value(self.name, told) if told is not None else "-")
            )
        self.legend.tell(entries)
        sampled = any(run.sampled for run in self.runs)
        fullest = self.tr("strong: validation, faint: training, smoothed")
        if sampled:
            fullest = self.tr("{0}; long runs sampled").format(fullest)
        if self._step is not None:
            self.header.note.tell(self.tr("step {0:,}").format(round(self._step)))
        else:
            self.header.note.tell(fullest, self.tr("sampled") if sampled else self.tr("training smoothed"), "")

    def _mouse_moved(self, place: QPointF) -> None:
        inside = self.view.sceneBoundingRect().contains(place) and bool(self._histories())
        self.point_at(self.view.mapSceneToView(place).x() if inside else None)

    def point_at(self, step: float | None) -> None:
        """Tell the values at a step, or the last ones."""
        self._step = max(step, 0.0) if step is not None else None
        self.line.setVisible(step is not None)
        if step is not None:
            self.line.setPos(step)
        self._tell()

    def leaveEvent(self, event) -> None:
        self.point_at(None)
        super().leaveEvent(event)

    def dress(self, *_: object) -> None:
        """Colours and fonts of the theme."""
        self.plot.resetCachedContent()  # the background as it was
        for axis in (self.step_axis, self.value_axis):
            axis.dress()
        self.value_axis.setGrid(150)
        self.line.setPen(pg.mkPen(theme.current().text[2], width=1))
        self.unit.setFont(theme.ui_font("small"))
        self.unit.setStyleSheet(f"color: {theme.current().text[2].name()}")
        self.draw()


def _value_at(history: History | None, name: str, step: float | None) -> float | None:
    """The validation value known at a step, else the smoothed training value; the last ones where there is no step."""
    if history is None:
        return None
    steps, values = history.validation(name)
    known = len(steps) if step is None else int(np.searchsorted(steps, step, side="right"))
    if len(steps):
        return float(values[known - 1]) if known else None
    series = history.metrics.get(name)
    at = (len(series) - 1 if step is None else series.at(step)) if series is not None and len(series) else None
    return float(series.smooth[at]) if at is not None else None


def _last(history: History | None, name: str) -> float | None:
    return _value_at(history, name, None)
