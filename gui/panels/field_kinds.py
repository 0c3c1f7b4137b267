"""Which field edits which kind of hyperparameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.hyperparameter import Bool, Choice, Float, Hyperparameter, Int, Size
from graph.number_lists import Matrix
from gui.panels.fields import BoolField, ChoiceField, TextField, ValueField
from gui.panels.matrix_field import MatrixField
from gui.panels.number_field import NumberField


def make_field(declared: Hyperparameter, offered: Mapping[str, Any] | None = None) -> ValueField:
    """The field that fits a declaration; `offered` are the hyperparameters a module around it offers."""
    if isinstance(declared, Bool) and offered:
        return ChoiceField(declared, (("on", True), ("off", False)), offered)
    if isinstance(declared, Bool):
        return BoolField(declared)
    if isinstance(declared, Matrix):
        return MatrixField(declared, offered)
    if isinstance(declared, Choice):
        return ChoiceField(declared, offered=offered)
    return (NumberField if isinstance(declared, Int | Float | Size) else TextField)(declared, offered)
