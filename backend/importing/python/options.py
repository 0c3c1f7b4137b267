"""argparse in the file: the options as they are when nothing is typed behind the command."""

from __future__ import annotations

from typing import Any

from backend.importing.python.running import Run
from backend.importing.python.values import Native, Options

ITSELF = ("parse_args", "add_argument_group", "add_mutually_exclusive_group")


def option(run: Run, options: Options, name: str) -> Any:
    """An attribute of a parser, or of what it parsed."""
    if name == "add_argument":
        return Native(name, lambda run, args, kwargs: _add(run, options, args, kwargs))
    if name in ITSELF:
        return Native(name, lambda run, args, kwargs: options)
    if name == "parse_known_args":
        return Native(name, lambda run, args, kwargs: (options, []))
    if name == "set_defaults":
        return Native(name, lambda run, args, kwargs: options.values.update(kwargs))
    if name in options.values:
        return options.values[name]
    return run.unknown(f"the option {name} has no default in this file")


def _add(run: Run, options: Options, args: list[Any], kwargs: dict[str, Any]) -> None:
    words = [one for one in args if isinstance(one, str)]
    long = next((one for one in words if one.startswith("--")), words[0] if words else "")
    name = kwargs.get("dest") or long.lstrip("-").replace("-", "_")
    action = kwargs.get("action")
    default = kwargs.get("default", False if action == "store_true" else True if action == "store_false" else None)
    kind = getattr(kwargs.get("type"), "name", "")
    if isinstance(default, str) and kind in ("int", "float"):
        default = int(default) if kind == "int" else float(default)
    if default is None and "default" not in kwargs:
        default = run.unknown(f"the option {name} has no default in this file")
    if isinstance(name, str):
        options.values[name] = default
    run.bounded(options.values)
