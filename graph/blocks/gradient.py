"""Blocks that let values through unchanged and act on the gradient alone."""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Inferred, Inputs, Site, Values
from graph.blocks.demands import FLOATS, wrong_dtype
from graph.hyperparameter import Float


class Detach(BlockType):
    """Stops the gradient: what comes before learns nothing through here.

    Any shape; the output is the input.
    """

    family = "arithmetic"
    keeps = KEEPS_NOTHING
    is_view = True
    aliases = ("stop gradient", "stop_gradient", "no gradient", "block gradient")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        return Inferred({"output": inputs["input"]})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("gradient", "0"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.detach()"


class ScaleGradient(BlockType):
    """Multiplies the gradient on its way back: a negative factor turns it around, as in domain-adversarial training.

    Any shape; the output is the input. Ganin et al., 2016.
    """

    family = "arithmetic"
    keeps = KEEPS_NOTHING
    aliases = ("gradient reversal", "grl", "reverse gradient", "domain adversarial", "gradient scaling")
    hyperparameters = (Float("factor", -1.0, "What the gradient is multiplied with; -1 turns it around."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        return Inferred({"output": x})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("gradient", f"{values['factor']:g} times the one that arrives"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        x, factor = site.one("input"), site.literal(site.values["factor"])
        return f"{x}.detach() + {factor} * ({x} - {x}.detach())"


BLOCK_TYPES = (Detach, ScaleGradient)
