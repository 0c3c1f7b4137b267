"""Fields for the arguments of the ways a weight begins: numbers, the mode of Kaiming's ways, gains by activation."""

from __future__ import annotations

from typing import Any, ClassVar

from graph.hyperparameter import Choice, Float, Hyperparameter
from graph.weights import KINDS, MODES, NONLINEARITIES, WeightError, initial
from gui.language import N_, tr
from gui.panels.fields import ChoiceField, TextField, ValueField
from gui.panels.number_field import NumberField

WORDS = {
    "gain": N_("A factor on the spread: a number, or the activation that follows, such as relu."),
    "mode": N_("What is kept: fan_in the spread of values forward, fan_out that of gradients backward."),
    "nonlinearity": N_("The activation that follows."),
    "mean": N_("The middle."),
    "std": N_("The spread."),
    "a": N_("The lower end."),
    "b": N_("The upper end."),
    "val": N_("The value of every number."),
}


class Gain(Hyperparameter):
    """A number, or the name of an activation that torch knows the gain of."""

    rule: ClassVar[str] = f"a number, or one of {', '.join(NONLINEARITIES)}"

    def _coerce(self, value: Any) -> float | str:
        try:
            return dict(initial("xavier_uniform", gain=value).arguments)["gain"]
        except WeightError:
            raise self.wrong(value) from None

    def _parse(self, text: str) -> Any:
        return Float(self.name)._parse(text)

    def format(self, value: Any) -> str:
        return value if isinstance(value, str) else Float(self.name).format(value)


def argument_field(kind: str, name: str) -> ValueField:
    """The field for one argument of one way to begin."""
    default, words = KINDS[kind][name], tr(WORDS[name])
    if name in ("mode", "nonlinearity"):
        return ChoiceField(Choice(name, default, words, choices=MODES if name == "mode" else NONLINEARITIES))
    if name == "gain":
        return TextField(Gain(name, default, words))
    return NumberField(Float(name, default, words, low=0.0 if name == "std" else -1e30, high=1e30))
