"""The curves of a run: the loss, and beside it the metric one chooses, with the run before as a ghost.

Redraws at most twelve times a second and only while seen. Knows the run controller.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from gui import theme
from gui.training.history import LOSS
from gui.training.metric_plot import MetricPlot, thin
from gui.training.run import Run
from gui.training.run_controller import RunController
from gui.training.series import SMOOTHING
from gui.training.view_header import PictureButton, ViewHeader

BETWEEN = 80  # ms between two drawings: every one costs what the training could use
LOG_KEY = Qt.Key.Key_Y
ROOMY = 480  # pixels in which legend and smoothing stand side by side
BEST = 2  # the entry of the legend that is a ring


class CurvesView(QWidget):
    """A legend with the choices, and one or two plots over the same steps."""

    def __init__(self, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._controller = controller
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.loss = MetricPlot(LOSS, self.tr("loss"))
        self.other: MetricPlot | None = None
        self._offered: list[str] = []  # metrics beside the loss
        self.header = ViewHeader(self.tr("Curves"))
        self._build_choices()
        self._plots = QHBoxLayout()
        self._plots.setSpacing(theme.GROUP)
        self._plots.addWidget(self.loss, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addLayout(self._plots, 1)
        self._drawing = QTimer(self, singleShot=True, interval=BETWEEN)
        self._drawing.timeout.connect(self.draw)
        self._connect(self.loss)
        controller.run_started.connect(self._begin)
        controller.stepped.connect(self._soon)
        controller.epoch_ended.connect(self._soon)
        controller.progressed.connect(self._soon)
        controller.state_changed.connect(self._soon)
        controller.run_outdated.connect(self._soon)
        theme.appearance.changed.connect(self._redress)
        if controller.run is not None:
            self._begin(controller.run)

    def _build_choices(self) -> None:
        self.legend = Legend()
        self.header.add(self.legend)
        self.smoothing = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=99, value=round(100 * SMOOTHING))
        self.smoothing.setFixedWidth(64)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.valueChanged.connect(self._smooth)
        self.smoothing_label = QLabel()
        self.smoothing_label.setProperty("role", "small")
        self.smoothing_label.setFixedWidth(64)
        self.header.add(self.smoothing)
        self.header.add(self.smoothing_label)
        self.metrics = QComboBox()
        self.metrics.setToolTip(self.tr("Which metric is drawn beside the loss"))
        self.metrics.setAccessibleName(self.tr("Metric"))
        self.metrics.hide()
        self.metrics.activated.connect(lambda _: self._choose_metric(self.metrics.currentText()))
        self.header.add(self.metrics)
        self.log = PictureButton("logarithm", self.tr("Logarithmic loss axis (Y)"))
        self.log.setCheckable(True)
        self.log.toggled.connect(self.loss.set_logarithmic)
        self.header.add(self.log)
        self.fit = PictureButton(
            "fit", self.tr("Show the whole run (double-click on a plot; the wheel zooms the steps)")
        )
        self.fit.clicked.connect(self._fit)
        self.header.add(self.fit)
        self._say_smoothing()

    # Keys: taken before a window-wide shortcut can have them

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == LOG_KEY and not event.modifiers():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event) -> None:
        if event.key() == LOG_KEY and not event.modifiers():
            self.log.toggle()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:
        """In a narrow view the legend has the room of the smoothing."""
        super().resizeEvent(event)
        for part in (self.smoothing, self.smoothing_label):
            part.setVisible(event.size().width() >= ROOMY)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._soon()

    # Drawing

    def draw(self) -> None:
        """Bring both plots up to date."""
        run = self._controller.run
        if run is None:
            return
        self._offer_metrics()
        for plot in self._all():
            plot.draw()
        self._say(run)

    def _soon(self, *_: object) -> None:
        if self.isVisible() and not self._drawing.isActive():
            self._drawing.start()

    def _begin(self, run: Run) -> None:
        run.history.smooth_by(self._weight)
        self.loss.title.tell(run.loss_label, self.tr("loss"))
        previous = self._controller.previous
        for plot in self._all():
            plot.show_history(run.history, previous.history if previous else None)
        self.legend.set_ghost(previous is not None)
        self._soon()

    def _all(self) -> list[MetricPlot]:
        return [self.loss] + ([self.other] if self.other is not None else [])

    def _offer_metrics(self) -> None:
        """Of what the run tells besides the loss one is drawn too: what was chosen before, if this run has it."""
        history = self._controller.run.history
        names = [name for name in history.names if name != LOSS]
        if names == self._offered or not (names or history.step):
            return  # nothing new, or nothing told yet
        self._offered = names
        self.metrics.clear()
        self.metrics.addItems(names)
        self.metrics.setVisible(len(names) > 1)
        if self.other is None or self.other.name not in names:
            self._choose_metric(next(iter(names), None))
        elif names:
            self.metrics.setCurrentText(self.other.name)

    def _choose_metric(self, name: str | None) -> None:
        if self.other is not None:
            self._plots.removeWidget(self.other)
            self.other.deleteLater()
            self.other = None
        if name is None:
            return
        self.other = MetricPlot(name, name.replace("_", " "))
        self._plots.addWidget(self.other, 1)
        self._connect(self.other)
        previous = self._controller.previous
        self.other.show_history(self._controller.run.history, previous.history if previous else None)

    def _connect(self, plot: MetricPlot) -> None:
        plot.pointed.connect(self._point)

    def _point(self, step: float | None) -> None:
        for plot in self._all():
            plot.point_at(step)

    def _fit(self) -> None:
        for plot in self._all():
            plot.follow()

    @property
    def _weight(self) -> float:
        return self.smoothing.value() / 100

    def _smooth(self, _: int) -> None:
        for run in (self._controller.run, self._controller.previous):
            if run is not None:
                run.history.smooth_by(self._weight)
        self._say_smoothing()
        self.draw()

    def _say_smoothing(self) -> None:
        words = self.tr("smooth .{0:02}").format(self.smoothing.value()) if self._weight else self.tr("raw")
        self.smoothing_label.setText(words)
        for widget in (self.smoothing, self.smoothing_label):
            widget.setToolTip(
                self.tr(
                    "Smoothing {0:.2f}: the strong training line is a debiased moving average of the faint "
                    "one and never moves past points; validation is not smoothed"
                ).format(self._weight)
            )

    def _say(self, run: Run) -> None:
        if run.edited_since:
            self.header.note.tell(
                self.tr("{0}, before your edits").format(run.title), self.tr("before your edits"), self.tr("old")
            )
        else:
            self.header.note.tell(run.title, self.tr("run {0}").format(run.number), "")

    def _redress(self, *_: object) -> None:
        for plot in self._all():
            plot.dress()
        self.legend.update()


class Legend(QWidget):
    """Training, validation, the best point and the ghost, each drawn as in the plots."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._ghost = False
        self.setAccessibleName(self.tr("Training and validation; the ring marks the best epoch"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._fit_width()

    def set_ghost(self, ghost: bool) -> None:
        self._ghost = ghost
        self._fit_width()
        self.update()

    def _entries(self) -> list[tuple[str, QPen]]:
        colours = theme.current()
        entries = [
            (self.tr("training"), QPen(colours.series[0], 2)),
            (self.tr("validation"), QPen(colours.series[1], 2)),
            (self.tr("best"), QPen(colours.text[0], 2)),
            (self.tr("run before"), QPen(thin(colours.text[2], 0.8), 1)),
        ]
        return entries if self._ghost else entries[:-1]

    def _fit_width(self) -> None:
        self.ensurePolished()
        self.setToolTip(", ".join(text for text, _ in self._entries()))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(sum(self._width(text) for text, _ in self._entries()), theme.ROW)

    def minimumSizeHint(self) -> QSize:
        """Where there is little room, what does not fit is left out; the tooltip names it."""
        return QSize(0, theme.ROW)

    @staticmethod
    def _width(text: str) -> int:
        return QFontMetrics(theme.ui_font("small")).horizontalAdvance(text) + 18 + 12

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.ui_font("small"))
        left, middle = 0, self.height() // 2
        for index, (text, pen) in enumerate(self._entries()):
            if left + self._width(text) > self.width():
                break
            painter.setPen(pen)
            if index == BEST:
                painter.drawEllipse(left + 2, middle - 5, 10, 10)
            else:
                painter.drawLine(left, middle, left + 14, middle)
            painter.setPen(theme.current().text[1])
            painter.drawText(left + 18, 0, self._width(text), self.height(), Qt.AlignmentFlag.AlignVCenter, text)
            left += self._width(text)
