"""The reference of block types, made from their declarations: what `netloom blocks` prints and help panes show.

Plain data first, then the same as Markdown. Imports no torch.
"""

from __future__ import annotations

from typing import Any

from graph import registry
from graph.block_type import BlockType
from graph.hyperparameter import REQUIRED, Hyperparameter


def entry(declared: BlockType) -> dict[str, Any]:
    """Everything declared about a type, as plain data."""
    first, _, rest = declared.help.partition("\n\n")
    return {
        "name": declared.name,
        "family": declared.family,
        "summary": " ".join(first.split()),
        "details": " ".join(rest.split()),
        "also_called": list(declared.aliases),
        "inputs": [_port(port) for port in declared.inputs],
        "outputs": [_port(port) for port in declared.outputs],
        "hyperparameters": [_hyperparameter(one) for one in declared.hyperparameters],
    }


def markdown(declared: BlockType) -> str:
    """The same for reading."""
    found = entry(declared)
    lines = [f"# {found['name']}", "", found["summary"], ""]
    if found["details"]:
        lines += [found["details"], ""]
    for title in ("inputs", "outputs"):
        if found[title]:
            lines += [f"**{title.capitalize()}**", ""]
            lines += [f"- `{port['name']}`{_remarks(port)}" for port in found[title]] + [""]
    if found["hyperparameters"]:
        lines += ["| hyperparameter | default | allowed | what it does |", "|---|---|---|---|"]
        for one in found["hyperparameters"]:
            cells = (f"`{one['name']}`", one["default"], one["allowed"], one["help"])
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    if found["also_called"]:
        lines += [f"Found as: {', '.join(found['also_called'])}.", ""]
    return "\n".join(lines)


def overview() -> dict[str, list[tuple[str, str]]]:
    """Family -> (name, first sentence) of its types."""
    return {
        family: [(declared.name, entry(declared)["summary"]) for declared in members]
        for family, members in registry.families().items()
    }


def _port(port) -> dict[str, Any]:
    return {"name": port.name, "optional": port.optional, "many": port.many, "help": port.help}


def _remarks(port: dict[str, Any]) -> str:
    words = [word for word, on in (("optional", port["optional"]), ("any number of wires", port["many"])) if on]
    remarks = f" ({', '.join(words)})" if words else ""
    return f"{remarks}: {port['help']}" if port["help"] else remarks


def _hyperparameter(one: Hyperparameter) -> dict[str, Any]:
    required = one.default is REQUIRED
    return {
        "name": one.name,
        "default": "must be set" if required else _default(one),
        "allowed": one.rule_text(),
        "help": one.help,
    }


def _default(one: Hyperparameter) -> str:
    if one.default is None:
        return "from the input" if one.inferred else "none"
    return str(one.default) if isinstance(one.default, bool) else one.format(one.default) or "empty"
