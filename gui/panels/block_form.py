"""The inspector's page for selected blocks: name, type, hyperparameters, shapes. Several blocks share one form.

Every change is one edit of the document; while a value is typed its edits merge into one step.
"""

from __future__ import annotations

from inspect import cleandoc
from itertools import count
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from graph import Analysis, HyperparameterError, taken
from graph.commands import bind
from graph.edits import UNSET, Compound, Edit, Rename, SetHyperparameter
from graph.exposing import expose_value
from graph.expression import Expression
from graph.hyperparameter import REQUIRED
from graph.module import ModuleError
from graph.quantities import thousands
from gui import theme
from gui.language import counted
from gui.panels.explain_tree import ExplainTree
from gui.panels.field_kinds import make_field
from gui.panels.fields import SEVERAL, ChoiceField, ValueField
from gui.panels.form import Form
from gui.panels.matrix_field import MatrixField
from gui.panels.problem_row import ProblemRow
from gui.panels.rows import IconButton, clear, label, restyle
from gui.panels.shapes import Shapes
from gui.panels.weights_form import WeightsForm
from gui.panels.wish_form import WishForm
from gui.session import Session

TYPING = count()  # a new number for every time somebody begins to type: steps merge within, not across


class BlockForm(QWidget):
    """Fields for the given blocks; rebuilt for other blocks, refreshed for other values."""

    reference_requested = Signal()  # "what does this type do?"
    region_requested = Signal()  # "what does it see of the input?"
    code_requested = Signal()  # "which lines of the code is it?"

    def __init__(self, session: Session, ids: tuple[str, ...]):
        super().__init__()
        self.session, self.ids = session, ids
        self._typing = next(TYPING)
        self._problems: tuple = ()
        types = {session.network.blocks[id].type: session.network.type_of(id) for id in ids}
        self.types = list(types.values())
        self.shared = _shared(self.types)
        self.form = Form()
        self.form.entered.connect(self._entered)
        self.form.tried.connect(self._try)
        self.form.dropped.connect(lambda _: session.what_if.forget())
        self.form.reset.connect(lambda name: self._set(name, UNSET))
        self.form.menu_asked.connect(self._offer_exposing)
        self.explained = ExplainTree()
        self.weights = WeightsForm(session, ids)
        self.weights.explained.connect(self.form.explained)
        self.totals = Shapes()
        self.totals.heading.hide()
        self.problems = QVBoxLayout()
        self.problems.setSpacing(theme.SPACE)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP + 4, theme.GAP + 4, theme.GAP + 4, theme.GROUP)
        box.setSpacing(theme.GAP)
        self._add_header(box)
        box.addLayout(self.problems)
        self._add_fields()
        box.addWidget(self.form)
        box.addSpacing(theme.GAP)
        box.addLayout(self._numbers_title())
        box.addWidget(self.explained if len(ids) == 1 else self.totals)
        self.wish = WishForm(session, ids[0]) if len(ids) == 1 else None
        if self.wish is not None:
            box.addWidget(self.wish)
        box.addSpacing(theme.GAP)
        box.addWidget(self.weights)
        box.addStretch(1)
        session.what_if.changed.connect(self._explain)
        self.refresh()

    def refresh(self) -> None:
        """Show the document's values; what is being typed stays."""
        if not all(id in self.session.network.blocks for id in self.ids):
            return  # they are being removed; the selection follows
        if self.name is not None and not self.name.hasFocus():
            self._show_name()
        for declared in self.shared:
            self._show(declared)
        self._show_facts()
        self._show_problems()
        self.weights.refresh()
        self._explain()
        if self.wish is not None:
            self.wish.refresh()

    @property
    def help(self) -> str:
        """What the blocks do, where they are of one type; else what the form does."""
        if len(self.types) == 1:
            return cleandoc(self.types[0].help)
        return self.tr("Blocks of several types: what they share is set for all of them at once.")

    @property
    def _offered(self) -> dict[str, Any] | None:
        """Inside a module: what it offers, with the values of this place; None elsewhere."""
        if self.session.network.module is None:
            return None
        return dict(self.session.analysis.exposed)

    def begin_typing(self) -> None:
        self._typing = next(TYPING)

    # Building

    def _add_header(self, box: QVBoxLayout) -> None:
        self.name: QLineEdit | None = None
        self.name_wrong = label("", "wrong", wrap=True)
        self.name_wrong.hide()
        first = self.types[0]
        if len(self.ids) == 1:
            self.name = QLineEdit()
            self.name.setFont(theme.ui_font("normal", bold=True))
            self.name.setAccessibleName(self.tr("Name"))
            self.name.setToolTip(self.tr("The block's name: its attribute in the generated code"))
            self.name.editingFinished.connect(self._rename)
            box.addWidget(self.name)
            box.addWidget(self.name_wrong)
        else:
            box.addWidget(label(self.tr("{0} blocks").format(f"{len(self.ids):,}"), "title"))
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        if len(self.types) == 1:
            picture = QLabel()
            picture.setPixmap(theme.family_icon(first.family).pixmap(QSize(16, 16)))
            line.addWidget(picture)
            line.addWidget(label(first.name, "heading"))
            line.addWidget(label(first.family, "quiet"))
        else:
            line.addWidget(label(", ".join(t.name for t in self.types), "quiet", wrap=True), 1)
        line.addStretch(1)
        line.addWidget(IconButton("code", self.tr("Its lines in the generated code"), self.code_requested.emit))
        if len(self.types) == 1:
            words = self.tr("What {0} does and what its settings mean  (Shift+F1)").format(first.name)
            line.addWidget(IconButton("help", words, self.reference_requested.emit))
        box.addLayout(line)

    def _numbers_title(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.addWidget(label(self.tr("Shapes and costs"), "heading"), 1)
        if len(self.ids) == 1:
            words = self.tr("What one of its values sees of the input  (Ctrl+R)")
            line.addWidget(IconButton("eye", words, self.region_requested.emit))
        return line

    def _add_fields(self) -> None:
        for name in taken.names(self.types[0]) if len(self.types) == 1 else ():
            self.form.add_fact(name, self.tr("{0} comes from what is wired to it").format(name))
        for declared in self.shared:
            field = self._binding_field(declared) or make_field(declared, self._offered)
            field.focused.connect(self.begin_typing)
            self.form.add(declared.name, field, resettable=declared.default is not REQUIRED)

    def _binding_field(self, declared) -> ValueField | None:
        """Inputs and targets choose among the fields of the data."""
        if declared.name != "field" or any(t.role not in ("input", "target") for t in self.types):
            return None
        pairs: list[tuple[str, Any]] = [(self.tr("not bound"), None)]
        for field in self.session.document.recipe.fields:
            shape = " x ".join(map(str, field.shape)) or self.tr("one value")
            pairs.append((f"{field.name}   {shape}", field.name))
        return ChoiceField(declared, tuple(pairs))

    # Showing

    def _show_name(self) -> None:
        if not self.name_wrong.text():
            self.name.setText(self.session.network.blocks[self.ids[0]].name)

    def _show(self, declared) -> None:
        network, name = self.session.network, declared.name
        values = [network.values(id).get(name) for id in self.ids]
        value = values[0] if all(value == values[0] for value in values) else SEVERAL
        is_set = any(name in network.blocks[id].hyperparameters for id in self.ids)
        self.form.show_value(name, value, is_default=not is_set)
        field = self.form.fields[name]
        if declared.inferred:
            field.show_inferred(self._inferred_text(name))
        field.outline(self._is_at_fault(name))
        field.show_result(self._result_text(declared, value))
        if isinstance(field, MatrixField):
            kinds = [self.types[0].stand_in(name, self.session.analysis.values(id)) for id in self.ids]
            field.show_stand_in(kinds[0] or () if kinds.count(kinds[0]) == len(kinds) else ())

    def _show_facts(self) -> None:
        """What the layers take from their input, where all take the same."""
        analysis, found = self.session.analysis, {name: set() for name in self.form.facts}
        for id in self.ids if found else ():
            inferred = analysis.inferred(id)
            values = analysis.values(id), analysis.inputs(id)
            told = dict(taken.taken(self.types[0], *values, inferred)) if inferred else {}
            for name in found:
                found[name].add(str(told[name]) if name in told else self.tr("from the input"))
        for name, texts in found.items():
            self.form.facts[name].tell(texts.pop() if len(texts) == 1 else self.tr("several values"))

    def _is_at_fault(self, name: str) -> bool:
        found = self.session.analysis.problems_of(self.ids[0]) if len(self.ids) == 1 else ()
        return any(p.hyperparameter == name and p.severity == "error" for p in found)

    def _result_text(self, declared, value: Any) -> str:
        """What an expression comes to here."""
        if not isinstance(value, Expression):
            return ""
        found = {declared.format(self.session.analysis.values(id).get(declared.name)) for id in self.ids}
        return self.tr("{0} here").format(found.pop()) if len(found) == 1 else self.tr("several values here")

    def _inferred_text(self, name: str) -> str:
        """What an unset value comes to, in the words of the generated call or of the output."""
        inferred = self.session.analysis.inferred(self.ids[0])
        if inferred is None or len(self.ids) > 1:
            return self.tr("from the input")
        declared = self.types[0]
        if declared.role in ("input", "target"):
            found = next(iter(inferred.outputs.values()))
            shape = " x ".join(map(str, found.shape[1:])) or self.tr("one value")
            return {"shape": shape, "dtype": found.dtype}.get(name, "")
        analysis = self.session.analysis
        call = declared.module(self.session.network.values(self.ids[0]), analysis.inputs(self.ids[0]), inferred)
        value = call.kwargs.get(name, call.args[0] if call.args else None) if call else None
        return declared.hyperparameter(name).format(value) or self.tr("from the input")

    def _show_problems(self) -> None:
        if len(self.ids) > 1:
            return
        found = self.session.analysis.problems_of(self.ids[0])
        if _texts(found) != _texts(self._problems):
            self._problems = found
            clear(self.problems)
            for problem in found:
                self.problems.addWidget(ProblemRow(self.session, problem, with_place=False))

    def _explain(self) -> None:
        """The numbers of the block as they are, or as they would be while a value is tried."""
        what_if = self.session.what_if
        if not all(id in self.session.network.blocks for id in self.ids):
            return
        if len(self.ids) == 1:
            self.explained.show_block(what_if.document, self.ids[0], what_if.active)
        else:
            self.totals.show_rows(self._totals(what_if.document.analysis))

    def _totals(self, analysis: Analysis) -> list[tuple[str, str, str]]:
        parameters = sum(analysis.parameters(id) for id in self.ids)
        macs = sum((analysis.macs(id) for id in self.ids), 0)
        return [
            (self.tr("blocks"), thousands(len(self.ids)), ""),
            (self.tr("parameters"), thousands(parameters), ""),
            (self.tr("multiply-adds"), thousands(macs), ""),
        ]

    # Changing

    def _rename(self) -> None:
        block = self.session.network.blocks.get(self.ids[0])
        if block is None or self.name.text() == block.name:
            self._complain_of_name("")
            return
        try:
            self.session.document.do(Rename(block.id, self.name.text()))
        except ValueError as error:
            self._complain_of_name(str(error))
        else:
            self._complain_of_name("")

    def _complain_of_name(self, text: str) -> None:
        self.name_wrong.setText(text)
        self.name_wrong.setVisible(bool(text))
        restyle(self.name, "wrong", "true" if text else "false")

    def _entered(self, name: str, value: Any) -> None:
        self._set(name, value, merge=f"type {self._typing} {name}")

    def _try(self, name: str, value: Any) -> None:
        """Show on the canvas what a value would lead to that is not let go yet."""
        try:
            self.session.what_if.suppose(self._setting(name, value))
        except HyperparameterError:
            self.session.what_if.forget()

    def _set(self, name: str, value: Any, merge: str | None = None) -> None:
        try:
            self.session.document.do(self._setting(name, value), merge)
        except HyperparameterError as error:
            self.form.fields[name].complain(str(error))

    def _setting(self, name: str, value: Any) -> Edit:
        """The edit that gives all blocks this value."""
        for declared in self.shared:
            if declared.name == name and declared.default is not REQUIRED and value == declared.default:
                value = UNSET  # the default is not a setting
        edits = tuple(self._edit(id, name, value) for id in self.ids)
        text = self.tr("Set {0} of {1}").format(name, counted(len(edits), "block"))
        return edits[0] if len(edits) == 1 else Compound(text, edits)

    def _offer_exposing(self, name: str, menu: QMenu) -> None:
        """Inside a module: let the value be set differently at every place of it."""
        module = self.session.network.module
        if module is None or len(self.ids) > 1:
            return
        action = menu.addAction(self.tr("Expose as Hyperparameter of {0}").format(module.name))
        try:
            edit = expose_value(self.session.project.network, module, self.ids[0], name)
        except ModuleError as error:
            action.setEnabled(False)
            action.setToolTip(str(error))
        else:
            action.setToolTip(self.tr("Every place of {0} can set it differently then").format(module.name))
            action.triggered.connect(lambda: self.session.project.do(edit))

    def _edit(self, id: str, name: str, value: Any):
        if name == "field" and value is not UNSET:
            return bind(self.session.network, id, value)
        return SetHyperparameter(id, name, value)


def _shared(types: list) -> list:
    """The hyperparameters all types declare alike."""
    first, *others = types
    return [
        declared
        for declared in first.hyperparameters
        if all(t.has(declared.name) and t.hyperparameter(declared.name) == declared for t in others)
    ]


def _texts(found: tuple) -> list:
    return [(problem.severity, problem.text) for problem in found]
