"""Writes a network as PyTorch source, the way a careful person would: one text for reading, training and export.

Imports no torch. The text is parsed and checked against what generated source may hold before it leaves this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from backend.source import piece_texts
from backend.source.example import Normalized, head_remark, write_example
from backend.source.identifiers import Names, class_name
from backend.source.literals import LiteralError, Name, Scope, literal
from backend.source.method import Method
from backend.source.module_classes import ModuleClasses
from backend.source.objective import write_objective
from backend.source.page import Page
from backend.source.plan import Plan, SourceError, check_values, make_plan, unused
from backend.source.validation import ForeignSource, validate
from backend.source.weight_lines import owner, write_weights
from graph import registry
from graph.analysis import Analysis
from graph.analyzer import analyze
from graph.block_type import Call, ShapeError
from graph.data_source import Field
from graph.dim import is_traced
from graph.expression import Expression
from graph.hyperparameter import REQUIRED
from graph.module import ModuleType
from graph.network import Network, number

__all__ = ["ForeignSource", "Normalized", "Source", "SourceError", "generate_source"]


@dataclass(frozen=True, slots=True)
class Source:
    """Generated text, and which of its lines (from 1) belong to which block."""

    text: str
    lines: dict[int, str]  # line -> block id
    blocks: dict[str, list[int]]  # block id -> lines
    class_name: str
    names: dict[str, str]  # block id -> identifier
    inputs: tuple[str, ...]  # blocks that are forward's arguments
    results: tuple[tuple[str, str], ...]  # (block id, output port) that forward returns
    compared: tuple[tuple[str, str], ...]  # those the objective needs besides; `compute` returns both, if there are any
    answers: tuple[str, ...]  # Target (or Input) blocks that are the objective's last arguments
    no_objective: str | None  # why there is no loss to train on, None where there is one
    inner_lines: dict[int, tuple[str, str]] = field(default_factory=dict)  # line -> module, block inside
    inner_blocks: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # module, block inside -> lines
    judged: tuple[str, ...] = ()  # keys of what the objective returns

    def __str__(self) -> str:
        return self.text


def generate_source(
    network: Network,
    fields: Iterable[Field] = (),
    *,
    analysis: Analysis | None = None,
    partial: bool = False,
    example: bool = False,
    normalized: Mapping[str, Normalized] = MappingProxyType({}),
) -> Source:
    """The source of a network whose inputs bind to `fields`; raises SourceError naming what is wrong.

    `partial` writes what is valid of a drawing in progress and remarks on the rest; `example` ends with a few lines
    that load weights and run the network, on inputs `normalized` as in training; `analysis` saves analyzing again.
    """
    check_values(network)
    plan = make_plan(network, analysis or analyze(network, fields), partial)
    names = _names(plan)
    name = class_name(network.name)
    name = f"{name}Network" if name in piece_texts.names() else name
    classes = ModuleClasses((name, *piece_texts.names()), _module_body)
    own, page, objective = Page(), Page(), Page()
    methods = _methods(plan, names)
    _write_class(plan, names, name, methods, classes, own)
    for written in classes.written:
        page.add(written.page.inside(written.module))
        page.blank(2)
    page.add(own)
    page = _with_pieces(page)
    judged = write_objective(plan, names, objective)
    page.add(objective)
    if example:
        write_example(plan, names, name, page, normalized)
    try:
        text, lines, blocks = _head(name, page, head_remark(plan, names, normalized) if example else "").finish()
        validate(text)
    except RecursionError as error:
        raise SourceError(network, [(None, "an expression of it is too deep for Python: split it")]) from error
    return Source(
        text,
        {line: place for line, place in lines.items() if isinstance(place, str)},
        {place: found for place, found in blocks.items() if isinstance(place, str)},
        name,
        dict(names.blocks),
        tuple(plan.inputs),
        tuple(plan.results),
        tuple(plan.extras),
        tuple(plan.answers),
        judged.no_objective,
        {line: place for line, place in lines.items() if not isinstance(place, str)},
        {place: found for place, found in blocks.items() if not isinstance(place, str)},
        judged.keys,
    )


def _names(plan: Plan, reserved: Iterable[str] = ()) -> Names:
    network = plan.network
    names = Names(reserved=("loss", *reserved))
    blocks = []
    present = {block.name for block in network.blocks.values()}
    for id in sorted(network.blocks, key=number):
        block, declared = network.blocks[id], plan.type_of(id)
        known = declared.role != "unknown"
        name = "x" if block.name == "input" and declared.role == "input" and "x" not in present else block.name
        blocks.append((id, name, registry.default_name(declared) if known else "block"))
    names.assign(blocks)
    return names


def _methods(plan: Plan, names: Names) -> list[tuple[str, Method]]:
    """`forward`, and where losses compare more than it returns, `compute` for both."""
    forward = ("forward", Method(plan, names, plan.inputs, plan.results))
    if not plan.extras or plan.broken:
        return [forward]
    return [forward, ("compute", Method(plan, names, plan.inputs, plan.results + plan.extras))]


def _module_body(
    network: Network,
    analysis: Analysis,
    scope: Scope,
    identifiers: Mapping[str, str],
    taken: Iterable[str],
    classes: ModuleClasses,
) -> tuple[Page, Page]:
    """The lines of a module's __init__ that make its layers, and its forward."""
    plan = make_plan(network, analysis)
    names = _names(plan, taken)
    method = Method(plan, names, plan.inputs, plan.results, scope)
    layers, forward = Page(), Page()
    _write_layers(plan, names, method.layers, classes, layers, scope, identifiers)
    method.write(forward, "forward", plan.outputs)
    return layers, forward


def _write_class(
    plan: Plan, names: Names, name: str, methods: list[tuple[str, Method]], classes: ModuleClasses, page: Page
) -> None:
    page.statement(f"class {name}(nn.Module):")
    layers = list(dict.fromkeys(id for _, method in reversed(methods) for id in method.layers))
    if _write_init(plan, names, layers, classes, page):
        page.blank()
    for index, (method_name, method) in enumerate(methods):
        if index:
            page.blank()
        if len(methods) == 2 and method_name == "forward":
            _write_sharing_forward(plan, names, page)
        else:
            method.write(page, method_name, plan.outputs)
    left_out = [plan.block(id).name for id in unused(plan, [*layers, *plan.prepared, *plan.broken])]
    if left_out:
        page.blank()
        page.remark(f"Drawn, but not connected to an output: {', '.join(left_out)}", 4)


def _write_init(plan: Plan, names: Names, layers: list[str], classes: ModuleClasses, page: Page) -> bool:
    body = Page()
    _write_layers(plan, names, layers, classes, body)
    if body.empty:
        return False
    page.statement("def __init__(self):", 4)
    page.statement("super().__init__()", 8)
    page.add(body)
    return True


def _write_layers(
    plan: Plan,
    names: Names,
    layers: list[str],
    classes: ModuleClasses,
    page: Page,
    scope: Scope | None = None,
    identifiers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A line for every layer that is made, then what is decided about weights."""
    made = []
    for id in dict.fromkeys(owner(plan, id) for id in layers):
        written = _constructor(plan, id, classes, scope, identifiers)
        if written is not None:
            page.statement(f"self.{names[id]} = {written}", 8, id)
            made.append(id)
    write_weights(plan, names, made, page)


def _constructor(
    plan: Plan,
    id: str,
    classes: ModuleClasses,
    scope: Scope | None = None,
    identifiers: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """The expression that makes a block's layer, None where it needs none; names stand where a module exposes them."""
    declared, values, inputs = plan.type_of(id), plan.values(id), plan.analysis.inputs(id)
    if isinstance(declared, ModuleType):
        named = {**values, **_named(plan, id, values, identifiers)}
        return classes.construct(plan.network, id, declared, named, inputs, scope or Scope())
    try:
        call = declared.module(values, inputs, plan.analysis.inferred(id))
        if call is None:
            return None
        named = _named(plan, id, values, identifiers)
        return _call(replace(call, kwargs={**call.kwargs, **named}), scope)
    except (ShapeError, LiteralError, TypeError, ValueError, KeyError) as error:
        raise SourceError(plan.network, [(id, str(error))]) from error


def _named(plan: Plan, id: str, values: Mapping[str, Any], identifiers: Mapping[str, str]) -> dict[str, Name]:
    """The hyperparameters that are an exposed one as it is, and no whole number: those trace themselves."""
    return {
        name: Name(identifiers[value.text])
        for name, value in plan.block(id).hyperparameters.items()
        if isinstance(value, Expression) and value.text in identifiers and not is_traced(values[name])
        if plan.type_of(id).hyperparameter(name).default is not REQUIRED  # those are arguments by their place
    }


def _call(call: Call, scope: Scope | None = None) -> str:
    args = [_call(value, scope) if isinstance(value, Call) else literal(value, scope=scope) for value in call.args]
    args += [f"{name}={literal(value, scope=scope)}" for name, value in call.kwargs.items()]
    return f"{call.function}({', '.join(args)})"


def _write_sharing_forward(plan: Plan, names: Names, page: Page) -> None:
    """forward as the first values of compute."""
    parameters = ", ".join(names[id] for id in plan.inputs)
    count = len(plan.results)
    page.statement(f"def forward(self, {parameters}):", 4)
    page.statement(f"return self.compute({parameters})[{'0' if count == 1 else f':{count}'}]", 8, *plan.outputs)


def _with_pieces(page: Page) -> Page:
    """The page below the classes it needs that torch lacks."""
    whole = Page()
    for piece in piece_texts.names():
        if page.calls(piece):
            whole.verbatim(piece_texts.text_of(piece))
            whole.blank(2)
    whole.add(page)
    return whole


def _head(name: str, body: Page, remark: str) -> Page:
    """The title with a remark, and imports of what the body uses."""
    page = Page()
    page.statement(f'"""{name}, drawn with Netloom."""')
    page.blank()
    if remark:
        page.remark(remark)
    if body.uses("torch"):
        page.statement("import torch")
    if body.uses("F"):
        page.statement("import torch.nn.functional as F")
    page.statement("from torch import nn")
    page.blank(2)
    page.add(body)
    return page
