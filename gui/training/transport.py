"""The bar that steers a run: play, pause, stop, learning rate, seed, how far it is, and how it is doing.

Every control works by mouse and key; the verdict says what the curves mean. Knows the run controller.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from graph.edits import SetRecipe
from gui import theme
from gui.session import Session
from gui.training.endings import refusal
from gui.training.fitting_label import FittingLabel
from gui.training.rate_slider import RateSlider
from gui.training.run_controller import RunController
from gui.training.timeline import Timeline
from gui.training.verdict import Evidence, Verdict, judge
from gui.training.view_header import PictureButton

BETWEEN = 100  # ms between two updates of numbers: faster cannot be read
PLAY_EDGES = 48  # the picture and the room around it and the words


class TransportBar(QWidget):
    """Two rows: what one does, and what it comes to."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._build_controls()
        self._build_words()
        self._hold_width()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.SPACE)
        column.setSpacing(0)
        column.addLayout(self._controls_row())
        column.addLayout(self._words_row())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._updating = QTimer(self, singleShot=True, interval=BETWEEN)
        self._updating.timeout.connect(self.refresh)
        for signal in (controller.stepped, controller.progressed, controller.epoch_ended, controller.run_outdated):
            signal.connect(self._soon)
        for signal in (controller.state_changed, controller.run_started, controller.worker_changed):
            signal.connect(self._now)
        for signal in (session.project_changed, session.project_opened):
            signal.connect(self._now)
        controller.learning_rate_changed.connect(self._show_rate)
        theme.appearance.changed.connect(self._now)
        self.refresh()

    # Building

    def _build_controls(self) -> None:
        controller = self._controller
        self.play = QPushButton()
        self.play.setProperty("role", "primary")
        self.play.setIconSize(QSize(16, 16))
        self.play.clicked.connect(controller.toggle)
        self.stop = PictureButton("stop", self.tr("Stop after this step and keep the weights  (Shift+F5)"))
        self.stop.clicked.connect(controller.stop)
        self.rate = RateSlider()
        self.rate.chosen.connect(self._choose_rate)
        self.seed = QSpinBox(minimum=0, maximum=2**31 - 1, keyboardTracking=False)
        self.seed.setFixedWidth(84)
        self.seed.lineEdit().setTextMargins(6, 0, 0, 0)  # the stylesheet cannot reach it
        self.seed.setToolTip(self.tr("Seed of the next run: the same seed gives the same weights"))
        self.seed.setAccessibleName(self.tr("Seed"))
        self.seed.valueChanged.connect(self._choose_seed)
        self.timeline = Timeline()
        self.place = QLabel()
        self.place.setFont(theme.mono_font("small"))

    def _build_words(self) -> None:
        self.tone = QLabel()
        self._tone_shown = ("", "")  # its picture and colour
        self.tone.setFixedSize(16, 16)
        self.verdict = FittingLabel()
        self.speed = QLabel()
        self.left = QLabel()
        for label in (self.speed, self.left):
            label.setProperty("role", "small")
            label.setFont(theme.mono_font("small"))
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _controls_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        seed = QLabel(self.tr("seed"))
        seed.setProperty("role", "quiet")
        row.addWidget(self.play)
        row.addWidget(self.stop)
        row.addSpacing(theme.GAP)
        row.addWidget(self.rate)
        row.addSpacing(theme.GAP)
        row.addWidget(seed)
        row.addWidget(self.seed)
        row.addSpacing(theme.GAP)
        row.addWidget(self.timeline, 1)
        row.addWidget(self.place)
        return row

    def _words_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.tone)
        row.addWidget(self.verdict, 1)
        row.addWidget(self.speed)
        row.addSpacing(theme.GAP)
        row.addWidget(self.left)
        return row

    # Choosing

    def _choose_rate(self, value: float) -> None:
        """For the run that is on, or else for the recipe."""
        if self._controller.active:
            self._controller.set_learning_rate(value)
            return
        recipe = self._session.project.recipe
        if value != recipe.learning_rate:
            edit = SetRecipe(recipe.having(learning_rate=value), self.tr("Change learning rate"))
            self._session.project.do(edit, merge="recipe learning_rate")

    def _choose_seed(self, value: int) -> None:
        recipe = self._session.project.recipe
        if value != recipe.seed:
            self._session.project.do(SetRecipe(recipe.having(seed=value), self.tr("Change seed")), merge="recipe seed")

    # Showing

    def _soon(self, *_: object) -> None:
        if not self._updating.isActive():
            self._updating.start()

    def _now(self, *_: object) -> None:
        self._updating.start(0)

    def refresh(self) -> None:
        """Bring everything up to date."""
        controller, recipe = self._controller, self._session.project.recipe
        self._show_buttons(controller.state)
        self._show_rate(controller.learning_rate if controller.active else recipe.learning_rate)
        self.rate.explain(controller.active)
        self.seed.blockSignals(True)
        self.seed.setValue(recipe.seed)
        self.seed.blockSignals(False)
        history = controller.run.history if controller.run else None
        self.timeline.show_history(history, controller.state in ("training", "stopping"))
        self._show_numbers()
        self._show_verdict(self._verdict())

    def _show_buttons(self, state: str) -> None:
        ink = theme.current().on_accent
        text, picture, tip = self._plays().get(state) or self._plays()["idle"]
        self.play.setText(text)
        self.play.setIcon(theme.icon(picture, ink))  # never disabled: that would throw the focus elsewhere
        self.play.setToolTip(tip)
        self.stop.setEnabled(self._controller.active)
        again = state == "stopping"
        tip = self.tr("End the training process now") if again else self.tr("Stop after this step and keep the weights")
        self.stop.show_picture("stop", f"{tip}  (Shift+F5)")

    def _plays(self) -> dict[str, tuple[str, str, str]]:
        """What the first button says, its picture and what it would do, by the state of the run."""
        return {
            "idle": (self.tr("Train"), "play", self.tr("Train this network  (F5)")),
            "starting": (self.tr("Starting"), "play", self.tr("The data and the network are being prepared")),
            "training": (self.tr("Pause"), "pause", self.tr("Hold after this step  (F5)")),
            "paused": (self.tr("Resume"), "play", self.tr("Go on  (F5)")),
            "stopping": (self.tr("Stopping"), "pause", self.tr("The step under way is finished first")),
        }

    def _hold_width(self) -> None:
        """As wide as the longest thing the first button says: it does not jump while a run begins and ends."""
        self.play.ensurePolished()
        words = [text for text, _, _ in self._plays().values()]
        widest = max(map(self.play.fontMetrics().horizontalAdvance, words))
        self.play.setFixedWidth(widest + PLAY_EDGES)

    def _show_numbers(self) -> None:
        run, recipe = self._controller.run, self._session.project.recipe
        progress = run.history.progress if run else None
        if progress is None:
            self.place.setText(self.tr("{0} epochs").format(recipe.epochs))
            self.speed.clear()
            self.left.clear()
            return
        width = len(f"{progress.steps:,}")
        self.place.setText(
            self.tr("epoch {0}/{1}  step {2}/{3}").format(
                run.history.epoch, progress.epochs, f"{run.history.at_step:>{width},}", f"{progress.steps:,}"
            )
        )
        speed = progress.images_per_second
        self.speed.setText(self._samples().format(f"{speed:,.0f}") if speed else "")
        spent = duration(progress.seconds)
        if self._controller.active and progress.seconds_left is not None:
            self.left.setText(self.tr("{0} so far, {1} left").format(spent, duration(progress.seconds_left)))
        else:
            self.left.setText(
                self.tr("took {0}").format(spent)
                if not self._controller.active
                else self.tr("{0} so far").format(spent)
            )

    def _samples(self) -> str:
        """What a second is counted in."""
        network, analysis = self._session.project.network, self._session.project.analysis
        outputs = [analysis.output(block.id) for block in network.with_role("input")]
        pictures = any(output is not None and output.rank == 4 for output in outputs)
        return self.tr("{0} images/s") if pictures else self.tr("{0} samples/s")

    def _verdict(self) -> Verdict:
        controller = self._controller
        run, state = controller.run, controller.state
        if state == "failed" and run is not None and run.failure is not None:
            return Verdict("error", f"{run.failure.text.split('. ')[0].rstrip('.')}.")
        if state in ("starting", "stopping"):
            return Verdict("quiet", f"{controller.text[:1].upper()}{controller.text[1:]} ...")
        if run is None or not len(run.history.losses):
            return Verdict("quiet", self._invitation())
        losses = run.history.losses
        ended = state in ("finished", "failed", "idle")
        told = (losses.smooth, losses.values, losses.steps, run.history.epochs, run.classes)
        judged = judge(Evidence(*told, finished=ended, turns=run.turns))
        return Verdict(judged.tone, self.tr("Paused. {0}").format(judged.text)) if state == "paused" else judged

    def _invitation(self) -> str:
        ready = self._controller.ready
        if ready is None:
            return self.tr("Warming up the training process ...")
        refused = refusal(self._session.project)
        if refused is not None:
            return self.tr("Not ready to train. {0}").format(refused.text)
        return self.tr("Ready to train on {0}.").format(ready.device_name)

    def _show_verdict(self, verdict: Verdict) -> None:
        colours = theme.current()
        colour = colours.severity[verdict.tone] if verdict.tone in colours.severity else colours.text[1]
        pictures = {"good": "good", "warning": "warning", "error": "error"}
        shown = (pictures.get(verdict.tone, "chart"), colour.name())
        if shown != self._tone_shown:  # Qt keeps 1.6 KiB of every picture that a label is given anew
            self._tone_shown = shown
            self.tone.setPixmap(theme.icon(*shown).pixmap(QSize(16, 16)))
        self.verdict.tell(verdict.text)

    def _show_rate(self, value: float) -> None:
        if not self.rate.slider.isSliderDown() and not self.rate.field.hasFocus():
            self.rate.show_value(value)


def duration(seconds: float) -> str:
    """Minutes and seconds, hours when it takes them."""
    seconds = max(round(seconds), 0)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
