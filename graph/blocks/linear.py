"""Fully connected layers."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.dim import is_open, product
from graph.hyperparameter import Bool, Int


class Linear(BlockType):
    """Fully connected layer: every output is a weighted sum of all inputs plus a bias, y = xW^T + b.

    Acts on the last dimension: (N, ..., in_features) -> (N, ..., out_features).
    """

    family = "linear"
    aliases = ("dense", "fc", "fully connected", "affine", "mlp", "innerproduct")
    hyperparameters = (
        Int("out_features", help="Number of outputs (neurons).", low=1, suggestion=10),
        Bool("bias", True, "Adds a learned offset to every output."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        features = _features(x)
        out = values["out_features"]
        weights = (("weight", (out, features)),)
        if values["bias"]:
            weights += (("bias", (out,)),)
        return Inferred(
            {"output": x.with_dims((*x.dims[:-1], out))},
            parameters=out * features + (out if values["bias"] else 0),
            macs=product(x.dims[1:-1]) * (features * out),
            weights=weights,
            warnings=_warnings(x),
        )

    def explain(self, values, inputs, inferred):
        features, out = inputs["input"].dims[-1], values["out_features"]
        bias = f" + {out}" if values["bias"] else ""
        places = product(inputs["input"].dims[1:-1])
        ahead = "" if places == 1 else f"{places} * "
        return (
            ("output", f"{inputs['input']} -> {inferred.outputs['output']}"),
            ("parameters", f"{out}*{features}{bias} = {inferred.parameters:,}"),
            ("multiply-adds", f"{ahead}{features} * {out} = {inferred.macs}"),
        )

    def module(self, values, inputs, inferred):
        kwargs = {} if values["bias"] else {"bias": False}
        return Call("nn.Linear", (inputs["input"].dims[-1], values["out_features"]), kwargs)


def _features(x) -> int:
    if x.dtype != "float32":
        raise ShapeError(f"Linear computes with float32, but gets {x.dtype}", "input", code="dtype")
    if x.rank < 2:
        raise ShapeError(f"Linear needs features behind the batch, but gets {x}", "input", code="rank")
    if is_open(x.dims[-1]):
        raise ShapeError(
            f"Linear must know its number of inputs, but the last dimension of {x} is open",
            "input",
            code="open",
        )
    return x.dims[-1]


def _warnings(x) -> tuple[tuple[str, str], ...]:
    if x.rank != 4:
        return ()
    return (
        (
            "needs_flatten",
            f"Linear acts on the last dimension of {x} alone; Insert Flatten to use all of them?",
        ),
    )


BLOCK_TYPES = (Linear,)
