"""The data of the recipe: which source, its options, and the fields it brings. One edit a change.

Asks the torch-free descriptions of the data package; loads no data itself. A source that cannot be used stays in the
form, so that its options can be mended, and out of the recipe.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from backend.data import Option, SourceKind, catalog, named_from
from graph import DataSource, Field, Network, registry
from graph.commands import suggested_block
from graph.edits import AddBlock, Compound, SetRecipe
from graph.hyperparameter import Bool, Choice, Float, Hyperparameter, Int, Text
from gui import theme
from gui.language import tr
from gui.panels.data_describing import Described, Describing
from gui.panels.field_kinds import make_field
from gui.panels.form import Form
from gui.panels.names_completer import offer
from gui.panels.rows import button, clear, label
from gui.session import Session

ANSWERS = ("label", "mask", "next", "target", "boxes")
BESIDE = ("noise", "padding", "lengths", "count")  # fields that tell of others, and are no answers


class DataChooser(QWidget):
    """Kind of data, place of the file, options, and what fields come of it."""

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self._chosen = ""  # a kind that still waits for its path
        self._tried: DataSource | None = None  # what cannot be used as it is, or is being looked at
        self._tried_beside: DataSource | None = session.project.recipe.data  # what the recipe had then
        self._skipping = ""  # the option that leaves bad samples out, should these be the trouble
        self.describing = Describing(self)
        self.describing.found.connect(self._described)
        self._formed = ""  # the kind whose options stand in the form
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Data"))
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.addItem(self.tr("No data yet"), "")
        for entry in catalog():
            self.kind.addItem(entry.title, entry.kind)
            self.kind.setItemData(self.kind.count() - 1, entry.sentence, 3)
        self.kind.activated.connect(self._choose)
        self.sentence = label("", "small", wrap=True)
        self.path = QLineEdit()
        self.path.setAccessibleName(self.tr("Path of the data"))
        self.path.editingFinished.connect(self._path_typed)
        self.path_row = QWidget()
        row = QHBoxLayout(self.path_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.path, 1)
        self.browse_file = button(self.tr("File..."), lambda: self._browse(folder=False))
        self.browse_folder = button(self.tr("Folder..."), lambda: self._browse(folder=True))
        row.addWidget(self.browse_file)
        row.addWidget(self.browse_folder)
        self.wrong = label("", "wrong", wrap=True)
        self.skip = button(self.tr("Leave out what cannot be used"), self._skip)
        self.form_place = QVBoxLayout()
        self.fields = label("", "small", wrap=True)
        self.fields.setFont(theme.mono_font("small"))
        self.bind = button(self.tr("Add Input and Target for this data"), self._add_sources)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        for part in (self.kind, self.sentence, self.path_row, self.wrong, self.skip):
            box.addWidget(part)
        box.addLayout(self.form_place)
        box.addWidget(self.fields)
        box.addWidget(self.bind)
        self.form: Form | None = None
        self.refresh()

    def refresh(self) -> None:
        """Show the recipe's data, unless others are being tried or wait for their path."""
        if self._tried_beside != self.session.project.recipe.data:
            self._forget_tried()
        source = self._source()
        entry = self._entry()
        self.kind.setCurrentIndex(max(0, self.kind.findData(entry.kind if entry else "")))
        self.sentence.setText(entry.sentence if entry else self.tr("Choose what the network learns from."))
        self.path_row.setVisible(bool(entry and entry.needs_path))
        self.browse_file.setVisible(bool(entry and entry.path != "folder"))
        self.browse_folder.setVisible(bool(entry and entry.path != "file"))
        if entry and not self.path.hasFocus():
            self.path.setText((source.path or "") if source and source.kind == entry.kind else "")
            self.path.setPlaceholderText(self.tr("Path of the {0}").format(entry.path))
        self._show_options(entry, source)
        self._show_fields(source if self._tried is None else None)
        self.wrong.setVisible(bool(self.wrong.text()))
        self.skip.setVisible(bool(self._skipping))

    def _source(self) -> DataSource | None:
        """What the form is about."""
        return self._tried or self.session.project.recipe.data

    def _forget_tried(self) -> None:
        self.describing.forget()
        self._tried, self._tried_beside = None, self.session.project.recipe.data
        self._skipping = ""
        self.wrong.setText("")

    def _entry(self) -> SourceKind | None:
        source = self._source()
        wanted = self._chosen or (source.kind if source else "")
        return next((entry for entry in catalog() if entry.kind == wanted), None)

    def _show_options(self, entry: SourceKind | None, source: DataSource | None) -> None:
        if self._formed != (entry.kind if entry else ""):
            self._formed = entry.kind if entry else ""
            clear(self.form_place)
            self.form = Form() if entry and entry.options else None
            if self.form is not None:
                for option in entry.options:
                    field = make_field(_declared(option))
                    for line in field.findChildren(QLineEdit) if option.empty else ():
                        line.setPlaceholderText(option.empty)
                    self.form.add(option.name, field, option.name.replace("_", " "))
                self.form.entered.connect(lambda name, value: self._set_option(name, value))
                self.form.reset.connect(self._reset_option)
                self.form_place.addWidget(self.form)
        given = source.options if source and entry and source.kind == entry.kind else {}
        for option in entry.options if entry else ():
            value = given.get(option.name, option.default)
            self.form.show_value(option.name, value, is_default=option.name not in given)

    def _show_fields(self, source: DataSource | None) -> None:
        rows = []
        width = max((len(field.name) for field in source.fields), default=0) + 1 if source else 0
        for field in source.fields if source else ():
            shape = " x ".join(map(str, field.shape)) or self.tr("1 value")
            what = self.tr("{0} classes").format(len(field.classes)) if field.classes else field.dtype
            rows.append(f"{field.name:<{width}} {shape}, {what}")
        self.fields.setText("\n".join(rows))
        self.fields.setVisible(bool(rows))
        self.bind.setVisible(bool(rows) and not _bound(self.session.project.network))

    # Changing

    def _choose(self, index: int) -> None:
        kind = self.kind.itemData(index)
        self._forget_tried()
        source = self.session.project.recipe.data
        entry = next((entry for entry in catalog() if entry.kind == kind), None)
        if entry is None:
            self._chosen = ""
            if source is not None:
                self._put(None)
        elif source is None or source.kind != kind:
            self._chosen = kind if entry.needs_path else ""
            if not entry.needs_path:
                self._take(DataSource(kind=kind))
        self.refresh()

    def _browse(self, folder: bool) -> None:
        entry = self._entry()
        start = str(self._base() or Path.home())
        if folder:
            chosen = QFileDialog.getExistingDirectory(self, self.tr("Open {0}").format(entry.title), start)
        else:
            patterns = self.tr("{0} ({1});;All files (*)").format(entry.title, " ".join(entry.patterns))
            chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Open {0}").format(entry.title), start, patterns)
        if chosen:
            self.path.setText(named_from(chosen, self._base()))
            self._path_typed()

    def _path_typed(self) -> None:
        entry, source = self._entry(), self._source()
        path = self.path.text().strip()
        if entry is None or not path or (source and source.kind == entry.kind and source.path == path):
            return
        options = source.options if source and source.kind == entry.kind else {}
        self.session.chosen_data.add(path)
        self._take(DataSource(kind=entry.kind, path=path, options=options))

    def _set_option(self, name: str, value: Any) -> None:
        source = self._source()
        if source is not None:
            self._take(source.model_copy(update={"options": {**source.options, name: value}}), f"data {name}")

    def _skip(self) -> None:
        if self._skipping:
            self._set_option(self._skipping, "skip")

    def _reset_option(self, name: str) -> None:
        source = self._source()
        if source is not None:
            kept = {key: value for key, value in source.options.items() if key != name}
            self._take(source.model_copy(update={"options": kept}))

    def _take(self, source: DataSource, merge: str | None = None) -> None:
        """Look at the data and put the source with its fields into the recipe; say in place what is wrong."""
        self._tried, self._tried_beside = source, self.session.project.recipe.data
        described = self.describing.ask(source, self._base(), merge)
        if described is not None:
            self._described(described)
            return
        self._skipping = ""
        self.wrong.setText("")
        self.refresh()
        self.fields.setText(self.tr("Reading the data ..."))
        self.fields.show()

    def _described(self, described: Described) -> None:
        self._chosen = ""
        if described.error is not None:
            self.wrong.setText(str(described.error))
            self._skipping = getattr(described.error, "skipping", "")
        else:
            self._tried = None
            self._skipping = ""
            self.wrong.setText("")
            self._put(described.source, described.merge)
            self._tried_beside = self.session.project.recipe.data
        self.refresh()
        for name, names in described.offered.items():
            offer(self.form.fields[name].line, names)

    def _put(self, source: DataSource | None, merge: str | None = None) -> None:
        recipe = self.session.project.recipe.having(data=source)
        self.session.project.do(SetRecipe(recipe, self.tr("Change the data")), merge)

    def _add_sources(self) -> None:
        self.session.project.do(sources_for(self.session.project.network, self.session.project.recipe.data))

    def _base(self) -> Path | None:
        path = self.session.project.path
        return Path(path).parent if path else None

    def sizeHint(self) -> QSize:
        return QSize(260, super().sizeHint().height())


def sources_for(network: Network, source: DataSource) -> Compound:
    """An Input for the first field, and a Target for what is to be answered."""
    edits, offset = [], 0
    for type, field in (("Input", source.fields[0]), ("Target", answer_of(source))):
        if field is None:
            continue
        block = suggested_block(network, type)
        values = {"field": field.name}
        number = int(block.id[1:]) + offset
        name = network.free_name(field.name)
        edits.append(AddBlock(block.having(id=f"b{number}", name=name, hyperparameters=values), (offset * 260.0, 0.0)))
        offset += 1
    return Compound(tr("Add sources of data"), tuple(edits))


def answer_of(source: DataSource) -> Field | None:
    """The field a network is most likely to answer: by its usual names, else the first with classes, else the last."""
    fields = [field for field in source.fields[1:] if field.name not in BESIDE]
    by_name = {field.name: field for field in fields}
    named = next((by_name[name] for name in ANSWERS if name in by_name), None)
    return named or next((field for field in fields if field.classes), fields[-1] if fields else None)


def _bound(network: Network) -> bool:
    return any(
        registry.block_type(block.type).role in ("input", "target") and block.hyperparameters.get("field")
        for block in network.blocks.values()
    )


def _declared(option: Option) -> Hyperparameter:
    """An option of a source in the terms of the form's fields."""
    general = {"name": option.name, "default": option.default, "help": option.help}
    limits = {"low": option.low, "high": option.high}
    limits = {name: value for name, value in limits.items() if value is not None}
    if option.choices:
        return Choice(**general, choices=option.choices)
    kinds = {"whole number": (Int, limits), "number": (Float, limits), "yes or no": (Bool, {})}
    kind, extra = kinds.get(option.kind, (Text, {}))
    return kind(**general, **extra)
