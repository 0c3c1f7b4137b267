"""The inspector's section about weights: trained or frozen, whose they are, how each begins, numbers typed in.

Every change is one edit of the document. Numbers belong to a single block; all else goes to several at once.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph.edits import SetProperty
from graph.hyperparameter import Bool, Choice
from graph.module import ModuleType
from graph.weight_commands import begin, lenders, type_in
from graph.weight_rules import weights_of
from graph.weights import HELP, KINDS, MOST_NUMBERS, Initial, WeightError, count_of, initial, shape_of
from gui import theme
from gui.language import N_, tr
from gui.panels.fields import SEVERAL, BoolField, ChoiceField
from gui.panels.form import Form
from gui.panels.numbers_field import NumbersField
from gui.panels.rows import label
from gui.panels.weight_arguments import argument_field
from gui.session import Session

MOST_ROWS = 16  # weights of a large layer or a module are better left to themselves
TORCH, TYPED = N_("as torch does"), N_("typed in")
TRAINS, WHOSE = "trains", "whose"
TYPING = count()


class WeightsForm(QWidget):
    """Hidden where the blocks have no weights; rebuilt when its rows change, refreshed for other values."""

    explained = Signal(str)  # the help of the field that has the focus

    def __init__(self, session: Session, ids: tuple[str, ...]):
        super().__init__()
        self.session, self.ids = session, ids
        self._typing = next(TYPING)
        self._rows: tuple = ()
        self.form = Form()
        self.note = label("", "small", wrap=True)
        self.heading = label(self.tr("Weights"), "heading")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.GAP)
        for part in (self.heading, self.form, self.note):
            self._box.addWidget(part)

    def refresh(self) -> None:
        rows = self._wanted_rows()
        if not rows and self._rows and any(self.session.analysis.inferred(id) is None for id in self.ids):
            return  # broken for a moment: what was decided is not forgotten
        self.setVisible(bool(rows))
        if rows and rows != self._rows:
            self._rows = rows
            self._build()
        if rows:
            self._show()

    # What there is

    @property
    def _bearers(self) -> tuple[str, ...]:
        """Those of the blocks that have weights, or about whose weights something is decided."""
        blocks, analysis = self.session.network.blocks, self.session.analysis
        return tuple(id for id in self.ids if weights_of(analysis, id) or _decided(blocks[id]))

    @property
    def _blocks(self) -> list:
        return [self.session.network.blocks[id] for id in self._bearers]

    def _weights(self) -> dict[str, tuple[int, ...] | None]:
        """The weights all blocks have, by name; the shape where all agree."""
        each = [weights_of(self.session.analysis, id) for id in self._bearers]
        names = [name for name in each[0] if all(name in one for one in each)] if each else []
        return {name: each[0][name] if all(one[name] == each[0][name] for one in each) else None for name in names}

    def _wanted_rows(self) -> tuple:
        """What the rows depend on; nothing where there is nothing to decide."""
        weights = self._weights()
        if not self._bearers:
            return ()
        borrowed = any(block.reuses for block in self._blocks)
        is_module = any(isinstance(self.session.network.type_of(block.id), ModuleType) for block in self._blocks)
        hidden = borrowed or is_module or len(weights) > MOST_ROWS
        ways = {} if hidden else {name: self._kind(name) for name in weights}
        lending = tuple(lenders(self.session.network, self.session.analysis, self._bearers))
        names = tuple(self.session.network.blocks[id].name for id in lending)
        return tuple(ways.items()), tuple(weights.items()), lending, names, borrowed

    def _kind(self, weight: str) -> str:
        kinds = {self._kind_of(block, weight) for block in self._blocks}
        return kinds.pop() if len(kinds) == 1 else ""

    @staticmethod
    def _kind_of(block, weight: str) -> str:
        if weight in block.weights:
            return TYPED
        return block.initial[weight].kind if weight in block.initial else TORCH

    # Building

    def _build(self) -> None:
        fresh = Form()
        self._box.replaceWidget(self.form, fresh)
        self.form.hide()
        self.form.deleteLater()
        self.form = fresh
        self.form.explained.connect(self.explained)
        self.form.entered.connect(self._entered)
        self.form.reset.connect(self._reset)
        ways, weights, lending, names, borrowed = self._rows
        frozen = Bool(TRAINS, True, self.tr("Off: the parameters stay as they begin. They are frozen."))
        self._add(TRAINS, BoolField(frozen))
        if lending or borrowed:
            self._add(WHOSE, self._owner_field(lending, names), self.tr("weights"))
        for weight, kind in ways:
            self._add_weight(weight, kind, dict(weights)[weight])
        hidden = not ways and not borrowed
        words = self.tr("How its {0} weights begin is decided at the blocks inside, or left to torch.")
        self.note.setText(words.format(len(weights)) if hidden else "")
        self.note.setVisible(hidden)

    def _add(self, name: str, field, title: str = "") -> None:
        field.focused.connect(self._begin_typing)
        self.form.add(name, field, title)

    def _owner_field(self, lending: tuple[str, ...], names: tuple[str, ...]) -> ChoiceField:
        words = self.tr("Whose weights are used: its own, or those of another block, which are then counted once.")
        pairs: list[tuple[str, Any]] = [(self.tr("its own"), None)]
        pairs += [(self.tr("those of {0}").format(name), id) for id, name in zip(lending, names, strict=True)]
        return ChoiceField(
            Choice(WHOSE, None, words, choices=(self.tr("its own"), self.tr("another block's"))), tuple(pairs)
        )

    def _add_weight(self, weight: str, kind: str, shape: tuple[int, ...] | None) -> None:
        sizes = " x ".join(map(str, shape)) if shape is not None else self.tr("several shapes")
        words = self.tr("{0} ({1}): how it begins. {2}").format(weight, sizes, HELP.get(kind, ""))
        kinds = [TORCH, *KINDS]
        if shape is not None and len(self.ids) == 1 and count_of(shape) <= MOST_NUMBERS:
            kinds.append(TYPED)
        choice = Choice(weight, TORCH, words, choices=tuple(kinds))
        said = [tr(one) if one in (TORCH, TYPED) else one.replace("_", " ") for one in kinds]
        self._add(weight, ChoiceField(choice, tuple(zip(said, kinds, strict=True))))
        if kind == TYPED:
            self._add(f"{weight} numbers", NumbersField(weight, shape), f"    {sizes}")
        for name in KINDS.get(kind, {}):
            self._add(f"{weight} {name}", argument_field(kind, name), f"    {name}")

    # Showing

    def _show(self) -> None:
        trains = self._common([not block.frozen for block in self._blocks])
        self.form.show_value(TRAINS, trains, trains is True)
        if WHOSE in self.form.fields:
            owner = self._common([block.reuses for block in self._blocks])
            self.form.show_value(WHOSE, owner, owner is None)
        for weight, kind in self._rows[0]:
            self.form.show_value(weight, kind or SEVERAL, kind == TORCH)
            if kind == TYPED:
                self._show_numbers(weight)
            for name, default in KINDS.get(kind, {}).items():
                value = self._common([dict(block.initial[weight].arguments)[name] for block in self._blocks])
                self.form.show_value(f"{weight} {name}", value, value == default)

    def _show_numbers(self, weight: str) -> None:
        field, value = self.form.fields[f"{weight} numbers"], self._blocks[0].weights[weight]
        field.show_value(value)
        fits = shape_of(value) == field.shape
        field.outline(not fits)
        self.form.resets[f"{weight} numbers"].setVisible(False)

    @staticmethod
    def _common(values: list) -> Any:
        return values[0] if all(value == values[0] for value in values) else SEVERAL

    # Changing

    def _begin_typing(self) -> None:
        self._typing = next(TYPING)

    def _entered(self, row: str, value: Any) -> None:
        network, weight, part = self.session.network, *_parts(row)
        try:
            if row == TRAINS:
                self._do(SetProperty(self._bearers, "frozen", not value))
            elif row == WHOSE:
                self._do(SetProperty(self._bearers, "reuses", value))
            elif part == "numbers":
                self._do(type_in(network, self._bearers, weight, value), f"numbers {self._typing} {row}")
            elif part:
                self._do(self._argued(weight, part, value), f"begin {self._typing} {row}")
            elif value == TYPED:
                self._do(type_in(network, self._bearers, weight, _zeros(dict(self._rows[1])[weight])))
            else:
                self._do(begin(network, self._bearers, weight, None if value == TORCH else initial(value)))
        except WeightError as error:
            self.form.fields[row].complain(str(error))
        else:
            if row in self.form.fields and part != "numbers":
                self.form.fields[row].complain("")

    def _argued(self, weight: str, name: str, value: Any):
        """The edit that gives an argument of the way a weight begins."""
        way: Initial = self._blocks[0].initial[weight]
        return begin(
            self.session.network, self._bearers, weight, initial(way.kind, **{**dict(way.arguments), name: value})
        )

    def _reset(self, row: str) -> None:
        weight, part = _parts(row)
        if part:
            kind = dict(self._rows[0])[weight]
            self._entered(row, KINDS[kind][part])
        else:
            self._entered(row, {TRAINS: True, WHOSE: None}.get(row, TORCH))

    def _do(self, edit, merge: str | None = None) -> None:
        self.session.document.do(edit, merge)


def _decided(block) -> bool:
    return bool(block.frozen or block.reuses or block.initial or block.weights)


def _parts(row: str) -> tuple[str, str]:
    """A row's weight, and what of it: an argument's name, `numbers`, or nothing for how it begins."""
    weight, _, part = row.partition(" ")
    return weight, part


def _zeros(shape: tuple[int, ...]) -> Any:
    """Where typing begins."""
    value: Any = 0.0
    for size in reversed(shape):
        value = (value,) * size
    return value
