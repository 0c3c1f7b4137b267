"""The state of one reading: where it is in the file, how much it may still do, what it noted, and where it draws.

Every bound stands here. Knows nothing of what is evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from backend.importing.imported import CannotImport
from backend.importing.python.values import Unknown

if TYPE_CHECKING:
    from backend.importing.python.drawing import Level

MOST_BYTES = 1 << 20
MOST_STEPS = 2_000_000  # all attempts together
MOST_OUTSIDE = 300_000  # steps in the code around the model
MOST_ITEMS = 10_000
MOST_TEXT = 10_000
LARGEST = 2**63 - 1
DEEPEST = 40  # calls inside one another
MOST_BLOCKS = 5_000
MOST_ELEMENTS = 1 << 20  # numbers of a constant tensor that are worked out
MOST_NOTES = 60


class OutOfSteps(CannotImport):
    """A source that takes too long to read."""


class Misfit(CannotImport):
    """Sizes that do not agree: with another shape of the input they may."""


class DrawInline(Exception):
    """An object of a model class that cannot be a module of its own: it is drawn in place the next time."""

    def __init__(self, serial: int):
        self.serial = serial


class BatchSecond(Exception):
    """The model takes sequences with the batch second; its inputs are to be made so."""


@dataclass(slots=True)
class Run:
    """One reading of a file; `level` is where blocks go, None outside of forward."""

    file: str
    line: int = 0
    steps: int = 0
    most: int = MOST_STEPS
    depth: int = 0
    blocks: int = 0
    level: Level | None = None
    modules: dict[str, Any] = field(default_factory=dict)
    inlined: set[Any] = field(default_factory=set)
    batch_second: bool = False
    strict: bool = False  # whether declared sizes that differ are an error
    outside: bool = False  # in the code around the model, where anything may stand
    training: bool = False  # in what is done while training only
    notes: list[str] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)  # modules everything was imported from
    calls: list[tuple[Any, list[Any], dict[str, Any]]] = field(default_factory=list)  # models called outside
    trials: list[tuple[int, ...]] = field(default_factory=list)  # shapes a model was tried with while it was made
    drawn: set[int] = field(default_factory=set)  # serials of layers that became blocks
    drawn_at: dict[int, Any] = field(default_factory=dict)  # serials -> the level where
    class_of_module: dict[str, str] = field(default_factory=dict)
    made_with: dict[str, dict[str, Any]] = field(default_factory=dict)  # module -> arguments of its class
    attribute_names: dict[int, str] = field(default_factory=dict)  # serials -> what a model calls them
    generalizes: bool = True
    drawings: dict[str, Any] = field(default_factory=dict)  # module -> what its inside is, to compare
    top_class: str = ""

    def where(self, line: int | None = None) -> str:
        line = self.line if line is None else line
        return f"{self.file}, line {line}" if line else self.file

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > self.most:
            text = f"it takes more than {self.most:,} steps to read: take what has nothing to do with the model out"
            raise OutOfSteps(self.where(), text)

    def refuse(self, text: str, line: int | None = None) -> NoReturn:
        raise CannotImport(self.where(line), text)

    def misfit(self, text: str) -> NoReturn:
        raise Misfit(self.where(), text)

    def unknown(self, text: str) -> Unknown:
        return Unknown(self.where(), text)

    def need(self, value: Any) -> Any:
        """The value itself; raises what is known about one that could not be read."""
        if isinstance(value, Unknown):
            raise CannotImport(value.where, value.text)
        return value

    def note(self, text: str, line: int | None = None) -> None:
        """Say once what was assumed, left out or drawn otherwise."""
        line = self.line if line is None else line
        full = f"line {line}: {text}" if line else text
        if full not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(full)

    def bounded(self, value: Any) -> Any:
        """A plain value, unless it is larger than one may be."""
        if type(value) is int and not -LARGEST <= value <= LARGEST:
            self.refuse("a whole number beyond 64 bits is no size of a layer")
        if isinstance(value, str):
            self._long(len(value), MOST_TEXT, "a text", "characters")
            self.spend(len(value) // 16)
        elif isinstance(value, list | tuple | dict | set | range):
            self._long(len(value), MOST_ITEMS, "a list", "items")
            self.spend(len(value) // 8)
        return value

    def not_too_long(self, length: int) -> None:
        """Refuse a text of this length before it is made."""
        self._long(length, MOST_TEXT, "a text", "characters")

    def not_too_many(self, held: Any) -> None:
        """Refuse a list that has grown too long, at no cost."""
        self._long(len(held), MOST_ITEMS, "a list", "items")

    def _long(self, length: int, most: int, what: str, of: str) -> None:
        if length > most:
            self.refuse(f"{what} of {length:,} {of}; at most {most:,} are read")
