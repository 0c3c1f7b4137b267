"""Frames and notes: what people write onto a drawing. They belong to a network and never reach the compiler.

A frame is a titled rectangle around blocks, a note a text in Markdown. Edits with their inverses stand here, too.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.document import Document
    from graph.edits import Edit
    from graph.network import Network

FRAME, NOTE = "frame", "note"
KINDS = (FRAME, NOTE)
COLOURS = ("grey", "blue", "green", "yellow", "orange", "red", "purple")
LONGEST = 10_000  # characters of a note
SMALLEST, FARTHEST = 20.0, 1e7  # canvas units
ID = re.compile(r"a[1-9][0-9]{0,8}\Z", re.ASCII)


class AnnotationError(ValueError):
    """A frame or note that cannot be; the text names the value, the rule and what would be right."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """`x`, `y` is the upper left corner in canvas units; `text` a frame's title or a note's Markdown."""

    id: str
    kind: str
    text: str
    x: float
    y: float
    width: float
    height: float
    colour: str = "grey"

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not ID.match(self.id):
            raise AnnotationError(f"a frame or note has an id such as a1, not {self.id!r:.60}")
        if self.kind not in KINDS:
            raise AnnotationError(f"an annotation is a frame or a note, not {self.kind!r:.60}")
        if self.colour not in COLOURS:
            raise AnnotationError(f"its colour is one of {', '.join(COLOURS)}, not {self.colour!r:.60}")
        if not isinstance(self.text, str) or len(self.text) > LONGEST:
            raise AnnotationError(f"its text has at most {LONGEST:,} characters")
        for name in ("x", "y", "width", "height"):
            value = getattr(self, name)
            least = SMALLEST if name in ("width", "height") else -FARTHEST
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise AnnotationError(f"its {name} is a number, not {value!r:.60}")
            if not least <= value <= FARTHEST:
                raise AnnotationError(f"its {name} lies between {least:g} and {FARTHEST:g}, not {value:g}")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def having(self, **changes: Any) -> Annotation:
        """The same with something else; raises AnnotationError."""
        return replace(self, **changes)

    def moved(self, dx: float, dy: float) -> Annotation:
        return self.having(x=self.x + dx, y=self.y + dy)

    def record(self) -> dict[str, Any]:
        """What files hold."""
        found: dict[str, Any] = {"id": self.id, "kind": self.kind, "text": self.text}
        found["box"] = [self.x, self.y, self.width, self.height]
        return found | ({"colour": self.colour} if self.colour != "grey" else {})


def fresh_id(network: Network) -> str:
    """An id that no annotation of the network has had."""
    return f"a{max((int(id[1:]) for id in network.annotations), default=0) + 1}"


@dataclass(frozen=True, slots=True)
class Annotate:
    """Put frames and notes onto the drawing, or others in place of those with the same ids."""

    annotations: tuple[Annotation, ...]
    text: str = "Annotate"

    def apply(self, document: Document) -> Edit:
        there = document.network.annotations
        old = tuple(there[one.id] for one in self.annotations if one.id in there)
        new = tuple(one.id for one in self.annotations if one.id not in there)
        for one in self.annotations:
            there[one.id] = one
            document.touched.annotations.add(one.id)
        if not new:
            return Annotate(old, self.text)
        return Unannotate(new, self.text, old)


@dataclass(frozen=True, slots=True)
class Unannotate:
    """Take frames and notes away; `others` go back to what they were."""

    ids: tuple[str, ...]
    text: str = "Remove annotation"
    others: tuple[Annotation, ...] = ()

    def apply(self, document: Document) -> Edit:
        there = document.network.annotations
        gone = tuple(there.pop(id) for id in self.ids)
        before = tuple(there[one.id] for one in self.others)
        for one in self.others:
            there[one.id] = one
        document.touched.annotations |= {*self.ids, *(one.id for one in self.others)}
        return Annotate((*gone, *before), self.text)
