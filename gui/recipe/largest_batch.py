"""The largest batch that fits, under its field: reckoned from the drawing and the device's memory, set as one step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph.memory import UnknownSize, largest_batch
from graph.quantities import binary
from gui import theme
from gui.panels.rows import button, label
from gui.recipe.epoch_length import samples_of
from gui.recipe.recipe_edits import RecipeEdits
from gui.training.run_controller import RunController

SHARE = 0.8  # of the device's memory: kernels and other programs need some
MOST = 1_000_000


class LargestBatch(QWidget):
    """A button, and a sentence with the arithmetic once it was pressed."""

    def __init__(self, edits: RecipeEdits, run: RunController | None):
        super().__init__()
        self.edits, self._run = edits, run
        self.begin = button(
            self.tr("Largest that fits"),
            self.find,
            tip=self.tr("Sets the largest power of two whose training fits into the device's memory"),
        )
        self.words = label("", "small", wrap=True)
        self.words.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.SPACE)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.begin)
        box.addWidget(self.words)
        box.setAlignment(self.begin, Qt.AlignmentFlag.AlignLeft)
        edits.session.project_opened.connect(self.words.hide)

    def find(self) -> None:
        """Reckon and set it, or say why it cannot be told."""
        ready = self._run.ready if self._run is not None else None
        if ready is None or not ready.memory:
            self._tell(self.tr("The device's memory is not known yet: the training process is warming up."))
            return
        session, recipe = self.edits.session, self.edits.recipe
        room = int(SHARE * ready.memory)
        network, analysis = session.project.network, session.project.analysis
        try:
            fits = largest_batch(network, analysis, room, recipe.precision, recipe.optimizer)
        except UnknownSize as error:
            self._tell(str(error))
            return
        if not fits:
            words = self.tr("Not even one sample fits into {0} of {1}: make the network smaller.")
            self._tell(words.format(binary(room), ready.device_name))
            return
        samples = samples_of(recipe.data)
        size = min(1 << (fits.bit_length() - 1), samples or MOST, MOST)
        self.edits.set("batch_size", size)
        words = self.tr("About {0} samples fit into {1} of {2}; {3} set. Very large batches learn less a sample.")
        self._tell(words.format(f"{fits:,}", binary(room), ready.device_name, f"{size:,}"))

    def _tell(self, text: str) -> None:
        self.words.setText(text)
        self.words.show()
