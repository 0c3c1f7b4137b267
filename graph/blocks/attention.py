"""Attention: every place of a sequence looks at every other and takes from those that matter.

The batch always comes first. Costs grow with the square of the length.
"""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, Kept, Port, ShapeError, Site, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import factors
from graph.dim import Dim, N, is_open
from graph.hyperparameter import Bool, Float, Int
from graph.tensor_type import TensorType

CAUSAL = Bool("causal", False, "No place looks at later ones: for networks that foretell what comes next.")
BIAS = Bool("bias", True, "Adds learned offsets to every projection.")


class OfSequences(BlockType):
    """What attention and the transformer layers share: checks of sequences N x T x features, and the causal mask."""

    family = "attention"

    def _sequence(self, x: TensorType, port: str) -> int:
        """The number of features; raises ShapeError."""
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x, port=port)
        if x.rank != 3:
            raise wrong_rank(self.name, x, "sequences N x T x features", port)
        if is_open(x.dims[2]):
            raise open_dim(self.name, x, "its number of features", port)
        return x.dims[2]

    def _check_heads(self, features: int, heads: int, name: str, port: str) -> None:
        if features % heads:
            right = ", ".join(str(n) for n in range(1, min(features, 64) + 1) if features % n == 0)
            text = f"{features} features cannot be shared out evenly to {heads} heads: use one of {right}"
            raise ShapeError(text, port, name, "heads")

    def _check_batch(self, x: TensorType, other: TensorType, port: str) -> None:
        if x.dims[0] != other.dims[0]:
            text = f"every sample attends to its own sequence: {x} and {other} must have the same batch"
            raise ShapeError(text, port, code="batch_size")

    def _check_padding(self, inputs: Inputs, port: str, of: str, x: TensorType) -> None:
        """A padding mask says for every place of a sequence whether it is filling: N x T, bool."""
        mask = inputs.get(port)
        if mask is None:
            return
        if mask.dtype != "bool":
            raise wrong_dtype(self.name, mask, "True where a place is filling, in bool", port)
        self._check_mask_dims(mask, x.dims[:2], port, f"the places of the {of}, {x}")

    def _check_mask_dims(self, mask: TensorType, wanted: tuple[Dim, ...], port: str, what: str) -> None:
        if mask.dims == wanted:
            return
        pairs = list(zip(mask.dims, wanted, strict=False))
        unsure = mask.rank == len(wanted) and all(
            a == b or ((is_open(a) or is_open(b)) and N not in (a, b)) for a, b in pairs
        )
        verb = "it is open whether it is" if unsure else "it is"
        text = f"{port} must be {TensorType(wanted, 'bool')}, {what}; {verb} {mask}"
        raise ShapeError(text, port, code="open" if unsure else "mask")

    def _mask(self, site: Site, port: str) -> str:
        """True where a place must not look: above the diagonal."""
        x, length = site.one(port), site.inputs[port].dims[1]
        size = f"{x}.shape[1]" if is_open(length) else str(length)
        return f"{x}.new_ones({size}, {size}, dtype=torch.bool).triu(1)"


class MultiheadAttention(OfSequences):
    """Each place of the query asks every place of the key and takes a mixture of the values, several heads at once.

    (N, L, E), (N, S, K) and (N, S, V) -> (N, L, E), and the weights (N, L, S) averaged over the heads. With the query
    alone it is self-attention; without a value, the key is taken.
    """

    aliases = ("attention", "self-attention", "self attention", "cross-attention", "mha", "transformer", "multi-head")
    inputs = (
        Port("query", help="The places that ask, N x L x features."),
        Port("key", optional=True, help="The places that are asked, N x S x features; the query unless wired."),
        Port("value", optional=True, help="What they give, N x S x features; the key unless wired."),
        Port("key_padding_mask", optional=True, help="True where a key is filling and not looked at, N x S, bool."),
        Port("attn_mask", optional=True, help="True where a query must not look at a key, L x S, bool."),
    )
    outputs = (Port("output", help="A mixture of values for each place."), Port("weights", help="Who looks at whom."))
    hyperparameters = (
        Int("num_heads", help="So many attentions side by side; must divide the features.", low=1, suggestion=4),
        Float("dropout", 0.0, "Share of the weights dropped while training.", low=0.0, high=1.0),
        BIAS,
        Bool("add_bias_kv", False, "Adds one learned place to key and value."),
        Bool("add_zero_attn", False, "Adds one place of zeros, to look at nothing."),
        CAUSAL,
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        query, key, value = self._tensors(inputs)
        width = self._sequence(query, "query")
        kdim, vdim = self._sequence(key, "key"), self._sequence(value, "value")
        self._check_heads(width, values["num_heads"], "num_heads", "query")
        self._check_batch(query, key, "key")
        self._check_batch(query, value, "value")
        self._check_lengths(query, key, value, values["causal"])
        self._check_padding(inputs, "key_padding_mask", "key", key)
        self._check_attn_mask(values, inputs, query, key)
        places = self._places(values, key)
        weights = tuple(self._weights(values, width, kdim, vdim))
        length = query.dims[1]
        return Inferred(
            {"output": query, "weights": TensorType((query.dims[0], length, places))},
            parameters=sum(prod(shape) for _, shape in weights),
            macs=2 * length * width**2 + key.dims[1] * ((kdim + vdim) * width) + length * places * (2 * width),
            weights=weights,
        )

    def _tensors(self, inputs: Inputs) -> tuple[TensorType, TensorType, TensorType]:
        query = inputs["query"]
        key = inputs.get("key", query)
        return query, key, inputs.get("value", key)

    def _places(self, values: Values, key: TensorType) -> Dim:
        """How many places each place looks at."""
        return key.dims[1] + values["add_bias_kv"] + values["add_zero_attn"]

    def _check_lengths(self, query: TensorType, key: TensorType, value: TensorType, causal: bool) -> None:
        for other, port, what in ((key, "value", "each key needs its value"), (query, "key", "causal needs one order")):
            mine = value if port == "value" else key
            if mine.dims[1] == other.dims[1] or (port == "key" and not causal):
                continue
            unsure = is_open(mine.dims[1]) or is_open(other.dims[1])
            verb = "it is open whether the lengths agree" if unsure else "the lengths must agree"
            text = f"{what}: {verb}, but they are {other.dims[1]} and {mine.dims[1]}"
            raise ShapeError(text, port, code="open" if unsure else "lengths")

    def _check_attn_mask(self, values: Values, inputs: Inputs, query: TensorType, key: TensorType) -> None:
        mask = inputs.get("attn_mask")
        if mask is None:
            return
        if values["causal"]:
            text = "causal and a wired attn_mask both say who may look: set causal to False, or take the wire away"
            raise ShapeError(text, "attn_mask", "causal", "mask")
        if mask.dtype != "bool":
            raise wrong_dtype(self.name, mask, "True where not to look, in bool", "attn_mask")
        self._check_mask_dims(mask, (query.dims[1], key.dims[1]), "attn_mask", "queries x keys without a batch")

    def _weights(self, values: Values, width: int, kdim: int, vdim: int):
        """Every learnable tensor in torch's order."""
        if width == kdim == vdim:
            yield "in_proj_weight", (3 * width, width)
        else:
            yield "q_proj_weight", (width, width)
            yield "k_proj_weight", (width, kdim)
            yield "v_proj_weight", (width, vdim)
        if values["bias"]:
            yield "in_proj_bias", (3 * width,)
        if values["add_bias_kv"]:
            yield "bias_k", (1, 1, width)
            yield "bias_v", (1, 1, width)
        yield "out_proj.weight", (width, width)
        if values["bias"]:
            yield "out_proj.bias", (width,)

    def kept(self, values, inputs, inferred):
        """Query, key, value and the mixture before and after the last projection, and who looks at whom."""
        query, key, _ = self._tensors(inputs)
        looks = (query.dims[0], values["num_heads"], query.dims[1], self._places(values, key))
        return Kept(
            inputs=tuple(port for port in inputs if not port.endswith("mask")),
            extra=((query.dims, "float32"),) * 3 + ((key.dims, "float32"),) * 2 + ((looks, "float32"),),
        )

    def explain(self, values, inputs, inferred):
        query, key, value = self._tensors(inputs)
        width, heads = query.dims[2], values["num_heads"]
        length, source = factors(query.dims[1:2]), factors(key.dims[1:2])
        looks = factors((self._places(values, key),))
        biases = f" + 4*{width}" if values["bias"] else ""
        extra = f" + 2*{width}" if values["add_bias_kv"] else ""
        read = f"({key.dims[2]} + {value.dims[2]})"
        return (
            ("output", f"{query} -> {inferred.outputs['output']}"),
            ("features of a head", f"{width}/{heads} = {width // heads}"),
            ("parameters", f"{width}*(2*{width} + {read}){biases}{extra} = {count(inferred.parameters)}"),
            (
                "multiply-adds",
                f"2*{length}*{width}*{width} + {source}*{read}*{width} + 2*{length}*{looks}*{width}"
                f" = {count(inferred.macs)}",
            ),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        kwargs.pop("causal", None)
        query, key, value = self._tensors(inputs)
        width = query.dims[2]
        for name, tensor in (("kdim", key), ("vdim", value)):
            if tensor.dims[2] != width:
                kwargs[name] = tensor.dims[2]
        return Call("nn.MultiheadAttention", (width, kwargs.pop("num_heads")), {**kwargs, "batch_first": True})

    def forward(self, site: Site) -> str:
        query = site.one("query")
        key = site.one("key") or query
        arguments = [query, key, site.one("value") or key]
        if padding := site.one("key_padding_mask"):
            arguments.append(f"key_padding_mask={padding}")
        mask = self._mask(site, "query") if site.values["causal"] else site.one("attn_mask")
        if mask:
            arguments.append(f"attn_mask={mask}")
        return site.call_module(*arguments)


BLOCK_TYPES = (MultiheadAttention,)
