"""The records of files and clipboards, as pydantic models: what may stand where, with lengths and ranges.

Only shapes of JSON are told here; what names, types and values mean is checked by project_schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Rule

from graph.recipe import Recipe

MOST_BLOCKS, MOST_WIRES, MOST_MODULES, MOST_ANNOTATIONS = 20_000, 100_000, 500, 5_000
FARTHEST = 1e7  # canvas units from the origin
BLOCK_ID, WIRE_ID = r"^b[1-9][0-9]{0,8}$", r"^w[1-9][0-9]{0,8}$"

Coordinate = Annotated[float, Rule(ge=-FARTHEST, le=FARTHEST)]
Pair = Rule(strict=False)  # JSON has lists where we have tuples


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True)


class BlockRecord(Record):
    """One line of `blocks`; what a type's hyperparameters may hold is checked by the type."""

    id: Annotated[str, Rule(pattern=BLOCK_ID)]
    type: Annotated[str, Rule(min_length=1, max_length=100)]
    name: str
    hyperparameters: Annotated[dict[str, Any], Rule(default_factory=dict)]
    at: Annotated[tuple[Coordinate, Coordinate], Pair] = (0.0, 0.0)
    reuses: Annotated[str, Rule(pattern=BLOCK_ID)] | None = None
    frozen: bool = False
    initial: Annotated[dict[str, dict[str, Any]], Rule(default_factory=dict)]
    weights: Annotated[dict[str, Any], Rule(default_factory=dict)]
    silenced: Annotated[list[str], Rule(default_factory=list, max_length=200)]
    note: Annotated[str, Rule(max_length=2000)] = ""
    aside: Literal["", "bypassed", "muted"] = ""
    folded: bool = False


class WireRecord(Record):
    """One line of `wires`: block id and port at both ends."""

    id: Annotated[str, Rule(pattern=WIRE_ID)]
    start: Annotated[tuple[str, Annotated[str, Rule(max_length=100)]], Pair, Rule(alias="from")]
    end: Annotated[tuple[str, Annotated[str, Rule(max_length=100)]], Pair, Rule(alias="to")]
    slot: Annotated[int, Rule(ge=0, le=1_000_000)] = 0
    via: Annotated[tuple[Annotated[tuple[Coordinate, Coordinate], Pair], ...], Pair, Rule(max_length=100)] = ()


class PartsRecord(Record):
    """Blocks and the wires among them: what the clipboard and a project share."""

    format: str
    version: int
    blocks: Annotated[list[BlockRecord], Rule(max_length=MOST_BLOCKS)] = []
    wires: Annotated[list[WireRecord], Rule(max_length=MOST_WIRES)] = []


class AnnotationRecord(Record):
    """One frame or note: its corner, width and height."""

    id: str
    kind: str
    text: str
    box: Annotated[tuple[float, float, float, float], Rule(strict=False)]
    colour: str = "grey"


class ExposedRecord(Record):
    """One hyperparameter that a module offers."""

    name: str
    default: bool | int | float | str
    help: Annotated[str, Rule(max_length=1000)] = ""


class ModuleRecord(Record):
    """One module: its hyperparameters and its inside."""

    name: str
    hyperparameters: Annotated[list[ExposedRecord], Rule(max_length=100)] = []
    note: Annotated[str, Rule(max_length=2000)] = ""
    blocks: Annotated[list[BlockRecord], Rule(max_length=MOST_BLOCKS)] = []
    wires: Annotated[list[WireRecord], Rule(max_length=MOST_WIRES)] = []
    annotations: Annotated[list[AnnotationRecord], Rule(max_length=MOST_ANNOTATIONS)] = []


class ProjectRecord(PartsRecord):
    """A whole project file."""

    name: str
    recipe: Recipe = Recipe()
    modules: Annotated[list[ModuleRecord], Rule(max_length=MOST_MODULES)] = []
    assumptions: Annotated[dict[str, int], Rule(max_length=100)] = {}
    annotations: Annotated[list[AnnotationRecord], Rule(max_length=MOST_ANNOTATIONS)] = []
