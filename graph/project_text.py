"""How a document is written as text: one block a line, one wire a line, always in the same order.

So `git diff` shows a changed hyperparameter as one changed line. Knows nothing of reading or of files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from graph import registry
from graph.block_type import BlockType
from graph.document import Document
from graph.expression import Expression
from graph.module import ModuleType
from graph.network import Block, BlockId, Network, Wire, number
from graph.project_records import FARTHEST
from graph.recipe import Recipe
from graph.weights import record_of

FORMAT = "netloom"
VERSION = 1
MAIN = (
    *("data", "validation", "batch_size", "epochs", "optimizer", "learning_rate", "momentum", "weight_decay"),
    *("seed", "device"),
)


def document_text(document: Document) -> str:
    """The text of a project file."""
    network = document.network
    recipe = recipe_record(document.recipe)
    return layout_lines(
        {
            "format": FORMAT,
            "version": VERSION,
            "name": network.name,
            "recipe": {**recipe, "data": _data(recipe["data"])},
            **({"assumptions": Line(network.assumptions)} if network.assumptions else {}),
            **module_lines(network, network.modules),
            **_inside(network),
        }
    )


def recipe_record(recipe: Recipe) -> dict[str, Any]:
    """What a recipe is written as: the main values always, the others where they are not their defaults."""
    record = recipe.model_dump(mode="json")
    other = recipe.model_dump(mode="json", exclude_defaults=True)
    return {name: value for name, value in record.items() if name in MAIN} | {
        name: value for name, value in other.items() if name not in MAIN
    }


def module_lines(network: Network, names: Iterable[str]) -> dict[str, Any]:
    """These modules of a network, if there are any."""
    found = [_module(network.modules[name]) for name in names]
    return {"modules": found} if found else {}


def _module(module: ModuleType) -> dict[str, Any]:
    return {
        "name": module.name,
        "hyperparameters": [
            Line({"name": one.name, "default": one.default} | ({"help": one.help} if one.help else {}))
            for one in module.exposed
        ],
        **({"note": module.note} if module.note else {}),
        **_inside(module.network),
    }


def _inside(network: Network) -> dict[str, list[Line]]:
    found = parts_lines(network.blocks.values(), network.wires.values(), network.positions, network.declared)
    notes = [Line(network.annotations[id].record()) for id in sorted(network.annotations, key=number)]
    return found | ({"annotations": notes} if notes else {})


class Line(dict):
    """An object that stands on one line."""


def parts_lines(
    blocks: Iterable[Block],
    wires: Iterable[Wire],
    positions: Mapping[BlockId, tuple[float, float]],
    declared: Callable[[str], BlockType] = registry.block_type,
) -> dict[str, list[Line]]:
    """Blocks and wires as lines, in order of their numbers."""
    return {
        "blocks": [
            _block(block, positions[block.id], declared(block.type))
            for block in sorted(blocks, key=lambda b: number(b.id))
        ],
        "wires": [_wire(wire) for wire in sorted(_slotted(list(wires)), key=lambda w: number(w.id))],
    }


def layout_lines(value: dict[str, Any]) -> str:
    """JSON with every Line and every plain value on a line of its own."""
    return _laid_out(value, "") + "\n"


def _laid_out(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value and not isinstance(value, Line):
        rows = [f"{_plain(key)}: {_laid_out(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], Line):
        return "[\n" + ",\n".join(inner + _plain(item) for item in value) + f"\n{indent}]"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + _laid_out(item, inner) for item in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _block(block: Block, position: tuple[float, float], declared: BlockType) -> Line:
    values = block.hyperparameters
    if declared.role != "unknown":
        values = {p.name: _value(values[p.name]) for p in declared.hyperparameters if p.name in values}
    x, y = position
    line = Line(id=block.id, type=block.type, name=block.name, hyperparameters=values, at=[_place(x), _place(y)])
    return Line(line, **dict(record_of(block)))


def _value(value: Any) -> Any:
    return str(value) if isinstance(value, Expression) else value


def _place(value: float) -> float | int:
    """A coordinate to a hundredth; a wild one is brought back, as a drawing must always be savable."""
    held = min(max(value, -FARTHEST), FARTHEST) if math.isfinite(value) else 0.0
    rounded = round(held, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _wire(wire: Wire) -> Line:
    line = Line({"id": wire.id, "from": [wire.source, wire.output], "to": [wire.target, wire.input]})
    line = Line(line, slot=wire.slot) if wire.slot else line
    return Line(line, via=[list(point) for point in wire.via]) if wire.via else line


def _slotted(wires: list[Wire]) -> list[Wire]:
    """The wires with every slot of a port taken once: doubled slots are counted anew, in the order they run."""
    ports: dict[tuple[BlockId, str], list[Wire]] = {}
    for wire in wires:
        ports.setdefault((wire.target, wire.input), []).append(wire)
    found = []
    for members in ports.values():
        if len({wire.slot for wire in members}) < len(members):
            members = [replace(wire, slot=i) for i, wire in enumerate(sorted(members, key=lambda w: w.slot))]
        found.extend(members)
    return found


def _data(data: dict[str, Any] | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {**data, "options": Line(data["options"]), "fields": [_field(one) for one in data["fields"]]}


def _field(record: dict[str, Any]) -> Line:
    """A field; what few have stands only where it is."""
    return Line({name: value for name, value in record.items() if name != "role" or value is not None})
