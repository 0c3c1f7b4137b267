"""The lines of __init__ behind the layers: weights that are shared, begin otherwise, were typed in, or are frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.source.identifiers import Names
from backend.source.literals import literal
from backend.source.page import Page
from backend.source.plan import Plan, SourceError
from graph.weight_rules import is_one_module, tied
from graph.weights import KINDS, Initial, Numbers, WeightError, check_property

INDENT = 8


def owner(plan: Plan, id: str) -> str:
    """The block whose layer a block calls: its own, or the one whose weights it uses."""
    block = plan.block(id)
    if block.reuses is None or not is_one_module(plan.network, plan.analysis, block):
        return id
    return block.reuses


def write_weights(plan: Plan, names: Names, layers: Iterable[str], page: Page) -> None:
    """Write the lines for these layers, in their order."""
    for id in layers:
        block, name = plan.block(id), names[id]
        if owner(plan, id) != id:
            continue
        try:
            initial, weights = (check_property(kind, getattr(block, kind)) for kind in ("initial", "weights"))
        except WeightError as error:
            raise SourceError(plan.network, [(id, str(error))]) from error
        if block.reuses is not None:
            for weight in tied(plan.network, plan.analysis, block):
                page.statement(f"self.{name}.{weight} = self.{names[block.reuses]}.{weight}", INDENT, id)
        for weight, way in initial.items():
            if weight not in weights:
                page.statement(_begin(f"self.{name}.{weight}", way), INDENT, id)
        for weight, value in weights.items():
            numbers = f"torch.tensor({_listed(value)})"
            page.statement(f"self.{name}.{weight} = nn.Parameter({numbers})", INDENT, id)
        if block.frozen:
            page.statement(f"self.{name}.requires_grad_(False)", INDENT, id)


def _begin(weight: str, way: Initial) -> str:
    arguments: Mapping[str, float | str] = {k: v for k, v in way.arguments if v != KINDS[way.kind][k]}
    if way.kind == "constant":
        arguments = dict(way.arguments)
    words = "".join(f", {name}={_argument(name, value)}" for name, value in arguments.items())
    return f"nn.init.{way.kind}_({weight}{words})"


def _argument(name: str, value: float | str) -> str:
    if name == "gain" and isinstance(value, str):
        return f"nn.init.calculate_gain({literal(value)})"
    return literal(value)


def _listed(value: Numbers) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_listed, value))}]"
    return literal(value)
