"""The training recipe as typed values: data, optimizer, schedule, seed; everything about training but the network.

Frozen pydantic models: the same classes check a file, a form and a command line. Knows nothing of torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Rule

Dtype = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
DataKind = Literal[
    "digits",
    "iris",
    "wine",
    "breast_cancer",
    "diabetes",
    "moons",
    "circles",
    "spirals",
    "xor",
    "npz",
    "idx",
    "image_folder",
]
DATA_KINDS: tuple[str, ...] = DataKind.__args__
FILE_KINDS = ("npz", "idx", "image_folder")
OPTIMIZERS = ("Adam", "AdamW", "SGD")
Word = Annotated[str, Rule(min_length=1, max_length=200)]
OptionValue = bool | int | float | Annotated[str, Rule(max_length=1000)] | None


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Field(Frozen):
    """One field of a data set: its shape without the batch, dtype, and class names where it is a label."""

    name: Word
    shape: Annotated[tuple[Annotated[int, Rule(ge=1, le=2**31 - 1)], ...], Rule(max_length=8, strict=False)] = ()
    dtype: Dtype = "float32"
    classes: Annotated[tuple[Word, ...], Rule(max_length=100_000, strict=False)] | None = None


class DataSource(Frozen):
    """Where samples come from; `path` is relative to the project's folder unless the user chose another place."""

    kind: DataKind
    path: Annotated[str, Rule(max_length=4000)] | None = None
    options: dict[Annotated[str, Rule(max_length=100)], OptionValue] = {}
    fields: Annotated[tuple[Field, ...], Rule(max_length=1000, strict=False)] = ()

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


class Recipe(Frozen):
    """How a network is trained; units: learning rate per step, validation as a share of the samples."""

    data: DataSource | None = None
    validation: Annotated[float, Rule(ge=0.0, le=0.9)] = 0.2
    batch_size: Annotated[int, Rule(ge=1, le=1_000_000)] = 64
    epochs: Annotated[int, Rule(ge=1, le=1_000_000)] = 10
    optimizer: Literal["Adam", "AdamW", "SGD"] = "Adam"
    learning_rate: Annotated[float, Rule(gt=0.0, le=1000.0)] = 1e-3
    momentum: Annotated[float, Rule(ge=0.0, lt=1.0)] = 0.9
    weight_decay: Annotated[float, Rule(ge=0.0, le=10.0)] = 0.0
    seed: Annotated[int, Rule(ge=0, le=2**31 - 1)] = 0
    device: Annotated[str, Rule(pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$")] = "auto"

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers_are_numbers(cls, data: Any) -> Any:
        """JSON writes 1.0 as 1: take integers where a float is meant."""
        if isinstance(data, dict):
            floats = ("validation", "learning_rate", "momentum", "weight_decay")
            data = {
                k: float(v) if k in floats and isinstance(v, int) and not isinstance(v, bool) else v
                for k, v in data.items()
            }
        return data

    def having(self, **changes: Any) -> Recipe:
        """A recipe with some values changed; raises pydantic.ValidationError naming each wrong one."""
        return Recipe.model_validate({**dict(self), **changes})

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.data.fields if self.data else ()
