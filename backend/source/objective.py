"""Writes the function that judges the network: losses, their sum, and metrics, as plain functional torch.

Its arguments are what the network returns, what losses compare besides, and the targets, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.source.identifiers import Names
from backend.source.method import Place, expression_of, name_of
from backend.source.page import Page
from backend.source.plan import Plan, Value
from graph import registry
from graph.block_type import ShapeError

BODY = 4


def arguments(plan: Plan, names: Names) -> dict[Value, str]:
    """What each value is called in the objective."""
    found: dict[Value, str] = {}
    for index, value in enumerate([*plan.results, *plan.extras]):
        is_output = index < len(plan.outputs)
        found.setdefault(value, names[plan.outputs[index]] if is_output else name_of(plan, names, value))
    return {**found, **{(id, "output"): names[id] for id in plan.answers}}


def parameters(plan: Plan, names: Names) -> list[str]:
    """The parameters of the objective in order; every result has its place, even if nothing judges it."""
    outputs = [names[id] for id in plan.outputs] or [name_of(plan, names, value) for value in plan.results]
    return [*outputs, *(name_of(plan, names, value) for value in plan.extras), *(names[id] for id in plan.answers)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the objective reports, by key, and why there is no loss to train on, None where there is one."""

    keys: tuple[str, ...] = ()
    no_objective: str | None = None


def write_objective(plan: Plan, names: Names, page: Page) -> Judged:
    """Write the function where the network has losses, metrics or a default."""
    default, reason = _default_lines(plan, names)
    missing = [id for id in plan.broken if id and not _shown_in_class(plan, id)]
    if not plan.judges and not default:
        if missing or plan.default_target:
            page.blank(2)
            page.remark(reason, 0) if plan.default_target else None
            _write_missing(plan, missing, page, 0)
        return Judged((), reason)
    page.blank(2)
    page.statement(f"def objective({', '.join(parameters(plan, names))}):")
    entries = _write_lines(plan, names, default, page)
    _write_missing(plan, missing, page, BODY)
    pairs = ", ".join(f'"{key}": {name}' for key, name in entries.items())
    page.statement(f"return {{{pairs}}}", BODY)
    return Judged(tuple(entries), None if "loss" in entries else reason)


def _write_lines(plan: Plan, names: Names, default: list[tuple[str, str]], page: Page) -> dict[str, str]:
    """Write a line for every loss and metric; returns what is reported under which key."""
    entries: dict[str, str] = {}
    losses = [id for id in plan.judges if plan.type_of(id).role == "loss"]
    for key, expression in default:
        name = key if key not in parameters(plan, names) else f"{key}_"
        page.statement(f"{name} = {expression}", BODY)
        entries[key] = name
    called = arguments(plan, names)
    for id in plan.prepared:
        shape = str(plan.analysis.output(id))
        page.statement(f"{names[id]} = {_expression(plan, id, called)}", BODY, id, remark=shape)
        called[id, plan.type_of(id).outputs[0].name] = names[id]
    for id in plan.judges:
        name = "loss" if losses == [id] else names[id]
        page.statement(f"{name} = {_expression(plan, id, called)}", BODY, id)
        entries[name] = name
    if len(losses) > 1:
        page.statement(f"loss = {' + '.join(names[id] for id in losses)}", BODY, *losses)
        entries = {"loss": "loss", **entries}
    return entries


def _write_missing(plan: Plan, missing: list[str], page: Page, indent: int) -> None:
    for id in missing:
        page.remark(f"{plan.block(id).name}: {plan.broken[id]}", indent, id)


def _shown_in_class(plan: Plan, id: str) -> bool:
    return plan.belongs_to_class(id) or plan.type_of(id).role in ("input", "output")


def _expression(plan: Plan, id: str, called: Mapping[Value, str]) -> str:
    wired: dict[str, list[str]] = {}
    for wire in plan.wires(id):
        wired.setdefault(wire.input, []).append(called[wire.source, wire.output])
    return expression_of(plan, id, Place("", plan.values(id), plan.analysis.inputs(id), wired))


def _default_lines(plan: Plan, names: Names) -> tuple[list[tuple[str, str]], str]:
    """Cross-entropy and accuracy for a single Output with class labels, squared error for one with values.

    Gives (name, expression) pairs, and why there are none.
    """
    if plan.default_target is None:
        return [], "it has no loss, and no single Output and Target to make one of"
    (source, port), target = plan.results[0], plan.default_target
    types = {"input": plan.analysis.output(source, port), "target": plan.analysis.output(target)}
    wired = {"input": [names[plan.outputs[0]]], "target": [names[target]]}
    wanted = {"loss": "MSELoss" if types["target"].is_float else "CrossEntropyLoss"}
    if not types["target"].is_float and not plan.judges:
        wanted["accuracy"] = "Accuracy"
    lines = []
    for name, kind in wanted.items():
        declared = registry.block_type(kind)
        values = declared.complete({})
        try:
            declared.infer(values, types)
        except ShapeError as error:
            between = f"{plan.block(plan.outputs[0]).name} and {plan.block(target).name}"
            return lines, f"there is no loss, and {kind} between {between} does not fit: {error}"
        lines.append((name, declared.forward(Place("", values, types, wired))))
    return lines, ""
