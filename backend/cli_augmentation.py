"""Augmentation and normalization as flags: `--augment rotation:degrees=10,p=0.5 --normalization data`.

Knows the recipe's records, neither Qt nor torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from graph import Recipe
from graph.augmentation import AUGMENTATIONS, Augmentation
from graph.hyperparameter import Float, HyperparameterError, has

AUGMENT, NORMALIZATION = "--augment", "--normalization"
P = Float("p", None, low=0.0, high=1.0)


def augmentation_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the two flags, as `augment` and `normalization`."""
    command = click.option(
        NORMALIZATION,
        metavar="none|data|MEANS/DEVIATIONS",
        help="Of pictures' channels; given as 0.5,0.4,0.3/0.2,0.2,0.2, or one number for all.",
    )(command)
    return click.option(
        AUGMENT,
        multiple=True,
        metavar="KIND[:NAME=VALUE,...]",
        help="Changes the pictures of training, instead of the project's; once for each, in order, such as "
        f"rotation:degrees=10,p=0.5. One of {', '.join(AUGMENTATIONS)}; none for none at all.",
    )(command)


def augmented(recipe: Recipe, augment: tuple[str, ...], normalization: str | None) -> Recipe:
    """The recipe with what was given; raises click.BadParameter naming the flag, the value and the rule."""
    if augment:
        steps = () if augment == ("none",) else tuple(map(_augmentation, augment))
        recipe = recipe.having(augmentation=steps)
    if normalization is not None:
        recipe = _normalized(recipe, normalization)
    return recipe


def _augmentation(text: str) -> Augmentation:
    kind, _, rest = text.partition(":")
    if kind not in AUGMENTATIONS:
        raise _wrong(AUGMENT, f"{kind!r} is no augmentation; there are {', '.join(AUGMENTATIONS)}")
    declared = {one.name: one for one in (P, *AUGMENTATIONS[kind].arguments)}
    found: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise _wrong(AUGMENT, f"{text!r}: {part!r} has no value; write {part}=VALUE")
        try:
            has(kind, declared.values(), name)
            found[name] = declared[name].parse(value)
        except HyperparameterError as error:
            raise _wrong(AUGMENT, f"{text!r}: {error}") from None
    try:
        return Augmentation(kind=kind, p=found.pop("p", None), arguments=found)
    except ValidationError as error:
        raise _wrong(AUGMENT, f"{text!r}: {_first(error)}") from None


def _normalized(recipe: Recipe, text: str) -> Recipe:
    mean, slash, deviation = text.partition("/")
    given: dict[str, Any] = {"kind": text}
    try:
        if slash:
            given = {"kind": "given", "mean": _numbers(mean), "deviation": _numbers(deviation)}
        elif text not in ("none", "data"):
            raise ValueError("must be none, data, or means and deviations such as 0.5,0.4,0.3/0.2,0.2,0.2")
        return recipe.having(normalization=given)
    except ValidationError as error:
        raise _wrong(NORMALIZATION, f"{text!r}: {_first(error)}") from None
    except ValueError as error:
        raise _wrong(NORMALIZATION, f"{text!r}: {error}") from None


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split(",")))


def _first(error: ValidationError) -> str:
    return error.errors()[0]["msg"].removeprefix("Value error, ")


def _wrong(flag: str, text: str) -> click.BadParameter:
    return click.BadParameter(text, param_hint=flag)
