"""The dialog that lets training begin from weights: choose a run or a file, see what fits, freeze it, replace the head.

Loading is one step in the document's history; the numbers themselves are read by the worker when training starts.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QFileDialog, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from backend.data import named_from
from backend.layer_pairing import Contents
from backend.source import SourceError, generate_source
from backend.weight_files import PICKLED, SAFETENSORS
from backend.weight_matching import Table, match, renamed
from backend.weight_names import Names, all_weights, weights_by_block
from graph.transfer import StartWeights
from graph.transfer_commands import Head, begin_anew, begin_from, head
from gui import theme
from gui.language import tr
from gui.panels.rows import Hairline, button, label
from gui.session import Session
from gui.training.run import describe_objective
from gui.transfer.match_tree import OUTCOMES, MatchTree
from gui.transfer.reading import Reading
from gui.transfer.renames import Renames
from gui.transfer.runs_menu import RunsButton

MOST_CLASSES = 1_000_000


class TransferDialog(QDialog):
    """Where the weights are, the table of what fits, what becomes of the rest of the network."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Load Weights"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session = session
        self.document = session.project
        self.found = Contents({})
        self.table: Table | None = None
        self.name = ""  # how the recipe will name the file
        self.reading = Reading(self)
        self.reading.read.connect(self._take)
        self.reading.failed.connect(self._refuse)
        self.reading.began.connect(lambda: self._say(self.tr("Reading the file…")))
        self.by_block, self.sizes_wrong = self._own_weights()
        self.head = head(self.document.network, self.document.analysis)
        self._make()
        self.tree.set_blocks(self.document.network, self.by_block, self._first_ticked())
        self._follow()
        self._show_present()
        self.resize(self.sizeHint())
        self.runs.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(800, 640)

    # What it begins with

    def _own_weights(self) -> tuple[dict[str, Names], str]:
        """The network's weights by block, and what keeps them from being known."""
        document = self.document
        try:
            source = generate_source(document.network, document.recipe.fields, analysis=document.analysis, partial=True)
        except SourceError as error:
            return {}, str(error)
        found = weights_by_block(document.network, document.analysis, source)
        return found, "" if found else self.tr("The network has no weights yet.")

    def _first_ticked(self) -> list[str]:
        """Several selected blocks, or those the recipe names, or all."""
        selected = [id for id in self.session.selection_in_project if id in self.by_block]
        present = self.document.recipe.start_weights[-1:]
        named = [id for one in present for id in one.blocks if id in self.by_block]
        return selected if len(selected) > 1 else named or list(self.by_block)

    def _show_present(self) -> None:
        """The weights that the recipe begins from already."""
        present = self.document.recipe.start_weights
        if present:
            self.renames.show_values(present[-1].renames)
            self.strict.setChecked(present[-1].strict)
            self.choose(Path(self._base() or ".") / present[-1].path)

    def _base(self) -> Path | None:
        return Path(self.document.path).resolve().parent if self.document.path else None

    # Making

    def _make(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GAP)
        box.addLayout(self._make_choice())
        box.addWidget(self.renames)
        self.tree = MatchTree()
        self.tree.ticked_changed.connect(self._follow)
        box.addWidget(self.tree, 1)
        box.addLayout(self._make_ticks())
        box.addWidget(Hairline())
        box.addLayout(self._make_options())
        box.addWidget(Hairline())
        box.addLayout(self._make_foot())

    def _make_choice(self) -> QHBoxLayout:
        self.place = QLineEdit()
        self.place.setReadOnly(True)
        self.place.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.place.setPlaceholderText(self.tr("A run, a .safetensors file, or a state dict of torch"))
        self.place.setAccessibleName(self.tr("Weights"))
        self.renames = Renames()
        self.renames.changed.connect(self._follow)
        self.rename_button = button(
            self.tr("Rename…"), self._rename, "", self.tr("Put other beginnings into the file's names, to match ours")
        )
        self.runs = RunsButton(self.document, self.choose, self._browse_run)
        self.file_button = button(self.tr("File…"), self._browse_file)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.place, 1)
        line.addWidget(self.runs)
        line.addWidget(self.file_button)
        line.addWidget(self.rename_button)
        return line

    def _make_ticks(self) -> QHBoxLayout:
        self.sentence = label("", "quiet", wrap=True)
        self.all_button = button(self.tr("All"), lambda: self.tree.tick(self.by_block), "flat")
        self.none_button = button(self.tr("None"), lambda: self.tree.tick(()), "flat")
        self.selected_button = button(
            self.tr("Selected"), lambda: self.tree.tick(self.session.selection_in_project), "flat",
            self.tr("The blocks that are selected on the canvas"),
        )  # fmt: skip
        self.selected_button.setEnabled(any(id in self.by_block for id in self.session.selection_in_project))
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        for part in (self.all_button, self.none_button, self.selected_button):
            line.addWidget(part)
        line.addSpacing(theme.GAP)
        line.addWidget(self.sentence, 1)
        return line

    def _make_options(self) -> QVBoxLayout:
        self.freeze = QCheckBox(self.tr("Freeze what is loaded"))
        self.freeze.setToolTip(self.tr("Blocks that are loaded whole keep their weights; the rest trains."))
        self.replace = QCheckBox()
        self.strict = QCheckBox(self.tr("Every weight must be found"))
        self.strict.setToolTip(self.tr("Otherwise what is not in the file, or does not fit, begins as its block says."))
        self.strict.toggled.connect(self._follow)
        for box in (self.freeze, self.replace, self.strict):
            box.setProperty("role", "row")  # their boxes stand where the lines begin
        self.classes = QSpinBox()
        self.classes.setRange(1, MOST_CLASSES)
        self.classes.setGroupSeparatorShown(True)
        self.classes.lineEdit().setTextMargins(6, 0, 0, 0)  # the stylesheet's padding does not reach it
        self.classes.setFixedSize(112, theme.ROW)
        self.classes.setAccessibleName(self.tr("Outputs of the head"))
        self.outputs = label(self.tr("outputs"), "quiet")
        self._name_head()
        self.replace.toggled.connect(self._follow)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        for part in (self.replace, self.classes, self.outputs):
            line.addWidget(part)
        line.addStretch(1)
        lines = QVBoxLayout()
        lines.setSpacing(theme.SPACE)
        lines.addWidget(self.freeze)
        lines.addLayout(line)
        lines.addWidget(self.strict)
        return lines

    def _name_head(self) -> None:
        if self.head is None or self.head.block not in self.by_block:
            self.head = None
            self.replace.setText(self.tr("Replace the head"))
            self.replace.setToolTip(self.tr("There is no single last layer whose number of outputs can be set."))
            self.replace.setEnabled(False)
            self.classes.setEnabled(False)
            return
        name = self.document.network.blocks[self.head.block].name
        self.replace.setText(self.tr("Replace the head: {0} begins anew with").format(name))
        self.replace.setToolTip(self.tr("The last layer is not loaded; it trains from the start."))
        self.classes.setValue(describe_objective(self.document)[1] or self.head.value)
        self.classes.setEnabled(False)

    def _make_foot(self) -> QHBoxLayout:
        self.forget_button = button(
            self.tr("Begin Without"), self.forget, "", self.tr("The next run begins from no weights")
        )
        self.forget_button.setVisible(bool(self.document.recipe.start_weights))
        self.load_button = button(self.tr("Load"), self.load, "primary")
        self.load_button.setDefault(True)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.forget_button)
        line.addStretch(1)
        line.addWidget(button(self.tr("Cancel"), self.reject))
        line.addWidget(self.load_button)
        return line

    # Choosing

    def choose(self, path: Path) -> None:
        """Look into a file, or a run's folder."""
        self.name = named_from(path, self._base())
        self.place.setText(self.name)
        self.place.setToolTip(str(path))
        self.found = Contents({})
        self._follow()
        self.reading.look_into(path)

    def _browse_file(self) -> None:
        kinds = " ".join(f"*{ending}" for ending in (SAFETENSORS, *PICKLED))
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Load weights"), str(self._base() or Path.home()), self.tr("Weights ({0})").format(kinds)
        )
        if chosen:
            self.choose(Path(chosen))

    def _browse_run(self, folder: Path) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Load the weights of a run"), str(folder))
        if chosen:
            self.choose(Path(chosen))

    def _rename(self) -> None:
        self.renames.add()
        self._follow()

    def _take(self, found: Contents) -> None:
        self.found = found
        self.renames.suggest(renamed(found, {}), all_weights(self.by_block))
        self._follow()

    def _refuse(self, text: str) -> None:
        self.found = Contents({})
        self._follow()
        self._say(text, wrong=True)

    # Following

    @property
    def new_head(self) -> Head | None:
        """The last layer as it shall be, where it is to begin anew."""
        if self.head is None or not self.replace.isChecked():
            return None
        return Head(self.head.block, self.head.size, self.classes.value())

    @property
    def wanted(self) -> list[str]:
        """The blocks to load into."""
        anew = self.new_head
        return [id for id in self.tree.ticked() if anew is None or id != anew.block]

    def _follow(self) -> None:
        """Match anew and say what fits."""
        self.classes.setEnabled(self.replace.isChecked())
        anew = self.new_head
        self.table = None
        if self.found and self.by_block:
            asked = [next(iter(self.by_block[id])).partition(".")[0] for id in self.wanted]
            self.table = match(all_weights(self.by_block), self.found, asked, self.renames.values)
        self.tree.show_table(self.by_block, self.table, anew.block if anew else None)
        self.rename_button.setEnabled(not self.renames.full)
        wrong = self.sizes_wrong or self._hindrance()
        self.load_button.setEnabled(bool(self.table and self.table.loaded and not wrong))
        self._say(wrong or (self._told(self.table) if self.table else ""), wrong=bool(wrong))

    def _hindrance(self) -> str:
        """What about the names keeps the weights from being loaded."""
        if self.renames.twice is not None:
            return self.tr("Two rows rename “{0}”: take one of them out.").format(self.renames.twice)
        missing = self.table.missing if self.table and self.strict.isChecked() else ()
        if not missing:
            return ""
        text = self.tr("{0} cannot be loaded ({1}), and every weight must be found").format(
            missing[0].ours, tr(OUTCOMES[missing[0].outcome])
        )
        return text + (self.tr("; {0:,} more").format(len(missing) - 1) if len(missing) > 1 else "")

    def _told(self, table: Table) -> str:
        text = self.tr("{0:,} of {1:,} tensors will be loaded").format(len(table.loaded), len(table.rows))
        if table.unused:
            text += self.tr("; {0:,} of the file are not used").format(len(table.unused))
        return text

    def _say(self, text: str, wrong: bool = False) -> None:
        self.sentence.setProperty("role", "wrong" if wrong else "quiet")
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)
        self.sentence.setText(text)

    # Doing

    def load(self) -> None:
        """Put it into the recipe, with what is frozen and the new head, as one step."""
        wanted, anew = self.wanted, self.new_head
        start = StartWeights(
            path=self.name,
            blocks=() if len(wanted) == len(self.by_block) else tuple(wanted),
            renames=self.renames.values,
            strict=self.strict.isChecked(),
        )
        loaded = {row.ours for row in self.table.loaded}
        whole = [id for id in wanted if loaded.issuperset(self.by_block[id])]
        self.session.chosen_data.add(self.name)
        self.document.do(begin_from(self.document, start, whole if self.freeze.isChecked() else (), anew))
        self.session.say(self.tr("The next run begins from {0}").format(Path(self.name).name))
        self.accept()

    def forget(self) -> None:
        """Let the recipe begin from no weights."""
        self.document.do(begin_anew(self.document))
        self.accept()

    def done(self, result: int) -> None:
        self.reading.stop()
        super().done(result)
