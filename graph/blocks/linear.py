"""Fully connected layers: weighted sums of all features of one input, or of all products of two."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, Port, ShapeError, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import factors
from graph.dim import is_open, product
from graph.hyperparameter import Bool, Int
from graph.tensor_type import TensorType


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


class Bilinear(BlockType):
    """Joins two vectors by their products: every output is a weighted sum of all x1_i*x2_j, y = x1^T A x2 + b.

    (N, ..., in1) and (N, ..., in2) -> (N, ..., out_features); all dimensions but the last are the same.
    """

    family = "linear"
    aliases = ("bilinear form", "tensor product", "interaction", "second order")
    inputs = (Port("input1", help="the vectors on the left"), Port("input2", help="the vectors on the right"))
    hyperparameters = (
        Int("out_features", help="Number of outputs (neurons).", low=1, suggestion=10),
        Bool("bias", True, "Adds a learned offset to every output."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, other, out = inputs["input1"], inputs["input2"], values["out_features"]
        for port, tensor in (("input1", x), ("input2", other)):
            if tensor.dtype != "float32":
                raise wrong_dtype("Bilinear", tensor, port=port)
            if tensor.rank < 2:
                raise wrong_rank("Bilinear", tensor, "features behind the batch", port)
            if is_open(tensor.dims[-1]):
                raise open_dim("Bilinear", tensor, "its number of features", port)
        if x.dims[:-1] != other.dims[:-1]:
            raise self._misfit(x, other)
        left, right = x.dims[-1], other.dims[-1]
        weights = (("weight", (out, left, right)),)
        if values["bias"]:
            weights += (("bias", (out,)),)
        return Inferred(
            {"output": x.with_dims((*x.dims[:-1], out))},
            parameters=out * left * right + (out if values["bias"] else 0),
            macs=product(x.dims[1:-1]) * (out * left * (right + 1)),
            weights=weights,
        )

    def _misfit(self, x: TensorType, other: TensorType) -> ShapeError:
        ahead = list(zip(x.dims[:-1], other.dims[:-1], strict=False))
        unsure = x.rank == other.rank and all(a == b or is_open(a) or is_open(b) for a, b in ahead)
        if unsure:
            text = f"whether {x} and {other} agree but for the last is open: give their Inputs the same numbers"
            return ShapeError(text, "input2", code="open")
        text = f"Bilinear needs inputs alike but for the last dimension, but gets {x} and {other}"
        return ShapeError(text, "input2", code="bilinear")

    def explain(self, values, inputs, inferred):
        x, other, out = inputs["input1"], inputs["input2"], values["out_features"]
        left, right = x.dims[-1], other.dims[-1]
        bias = f" + {out}" if values["bias"] else ""
        places = factors(x.dims[1:-1])
        ahead = "" if places == "1" else f"{places} * "
        return (
            ("output", f"{x} and {other} -> {inferred.outputs['output']}"),
            ("parameters", f"{out}*{left}*{right}{bias} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{ahead}{out}*({left}*{right} + {left}) = {count(inferred.macs)}"),
        )

    def module(self, values, inputs, inferred):
        kwargs = {} if values["bias"] else {"bias": False}
        features = (inputs[port].dims[-1] for port in ("input1", "input2"))
        return Call("nn.Bilinear", (*features, values["out_features"]), kwargs)


BLOCK_TYPES = (Linear, Bilinear)
