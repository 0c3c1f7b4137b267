"""The hyperparameter in which a place says what differs the first time a module is applied: `stride=2, groups=1`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.expression import ExpressionError, check_hyperparameter_name, expression
from graph.hyperparameter import Hyperparameter


class Overrides(Hyperparameter):
    """Settings by name, each a whole number, True, False or arithmetic on the other settings; kept as text."""

    rule = "settings such as stride=2"

    def settings(self, value: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """The settings computed; raises ExpressionError."""
        return {name: _computed(text, known) for name, text in _pairs(value)}

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > 200:
            raise self.wrong(value)
        try:
            return ", ".join(f"{name}={_spelled(text)}" for name, text in _pairs(value))
        except ExpressionError:
            raise self.wrong(value) from None


def _pairs(text: str) -> list[tuple[str, str]]:
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals:
            raise ExpressionError(f"{part!r} sets nothing; write it as stride=2")
        found[check_hyperparameter_name(name.strip())] = value.strip()
    return list(found.items())


def _spelled(text: str) -> str:
    return text if text in ("True", "False") else expression(text).text


def _computed(text: str, known: Mapping[str, Any]) -> Any:
    return text == "True" if text in ("True", "False") else expression(text).value(known)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The same settings under, and over, other names."""
    pairs = []
    for name, value in _pairs(text):
        value = value if value in ("True", "False") else expression(value).renamed(names).text
        pairs.append(f"{names.get(name, name)}={value}")
    return ", ".join(pairs)
