"""A rule: what is looked for, why it matters, and where; RULES is the table of all of them by code.

A rule looks at one inferred block of the types it is for, or once at the whole network; what it finds becomes a
problem with the rule's code and severity. Rules with nothing to look with are told by block types and edits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.problem import SEVERITIES, Fix, Problem

if TYPE_CHECKING:
    from graph.problems.view import View


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: words with the numbers of the case, the place and ready-made fixes."""

    text: str
    fixes: tuple[Fix, ...] = ()
    port: str | None = None
    hyperparameter: str | None = None
    block: str | None = None  # where a rule of the whole network found it


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for; `help` says in a paragraph why it matters."""

    code: str
    severity: str
    title: str
    help: str
    types: tuple[str, ...] = ()
    look: Callable[..., Iterator[Finding]] | None = None

    def problem(self, found: Finding, block: str | None) -> Problem:
        """What was found, as a problem."""
        place = found.block or block
        return Problem(self.severity, found.text, place, found.port, found.hyperparameter, self.code, found.fixes)


RULES: dict[str, Rule] = {}
AT_BLOCKS: dict[str, list[Rule]] = {}
OF_NETWORKS: list[Rule] = []


def at(types: tuple[str, ...], code: str, severity: str, title: str, help: str) -> Callable:
    """Declare a rule about single blocks of these types: `look(view, block)` yields findings."""

    def declare(look: Callable[[View, object], Iterator[Finding]]) -> Callable:
        rule = _enter(Rule(code, severity, title, help, types, look))
        for type in types:
            AT_BLOCKS.setdefault(type, []).append(rule)
        return look

    return declare


def overall(code: str, severity: str, title: str, help: str) -> Callable:
    """Declare a rule about the network as a whole: `look(view)` yields findings."""

    def declare(look: Callable[[View], Iterator[Finding]]) -> Callable:
        OF_NETWORKS.append(_enter(Rule(code, severity, title, help, (), look)))
        return look

    return declare


def told(code: str, severity: str, title: str, help: str) -> None:
    """Enter a rule that others apply: the shape rules of block types, the rules of weights."""
    _enter(Rule(code, severity, title, help))


def _enter(rule: Rule) -> Rule:
    if rule.code in RULES or rule.severity not in SEVERITIES:
        raise ValueError(f"rule {rule.code!r} ({rule.severity}): codes are unique, severities are {SEVERITIES}")
    RULES[rule.code] = rule
    return rule
