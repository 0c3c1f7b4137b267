"""What all typed values that come from files, forms and command lines share: frozen, strict, nothing unknown taken."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Rule

Word = Annotated[str, Rule(min_length=1, max_length=200)]
OptionValue = bool | int | float | Annotated[str, Rule(max_length=1000)] | None


class Frozen(BaseModel):
    """A record that never changes; numbers are finite, and 1 stands for 1.0 as JSON writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers_are_numbers(cls, data: Any) -> Any:
        if isinstance(data, dict):
            floats = {name for name, field in cls.model_fields.items() if _is_float(field.annotation)}
            data = {
                name: float(value) if name in floats and type(value) is int and abs(value) < 2**53 else value
                for name, value in data.items()
            }
        return data


def _is_float(annotation: Any) -> bool:
    """Whether a field holds a number that need not be whole."""
    return annotation is float or float in get_args(annotation)
