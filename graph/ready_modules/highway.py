"""Highway layers: a gate decides how much is changed and how much is carried on."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch


def highway(sketch: Sketch) -> None:
    """y = x + T(x)*(H(x) - x), which is T*H + (1 - T)*x."""
    x = sketch.add("Input", "x", shape=(64,))
    sketch.add("Linear", "transform", out_features="=width", after=x)
    changed = sketch.add("ReLU", "relu")
    sketch.add("Linear", "gate", out_features="=width", after=x)
    gate = sketch.add("Sigmoid", "sigmoid")
    difference = sketch.add("Subtract", "difference", after=(changed, x))
    part = sketch.add("Multiply", "part", after=(gate, difference))
    sketch.add("Add", "carry", after=(x, part))
    sketch.add("Output", "y")


READY = (
    Ready(
        "Highway",
        "A layer with a learned gate between what it makes of its input and the input itself.",
        "Srivastava et al. 2015, Highway networks",
        (Exposed("width", 64, "Features of the input, and of the output."),),
        highway,
    ),
)
