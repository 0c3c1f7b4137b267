"""Attention: every place of a sequence looks at every other and takes from those that matter; transformers.

The batch always comes first. Costs grow with the square of the length.
"""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, Kept, Port, ShapeError, Site, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import factors
from graph.dim import Dim, is_open
from graph.hyperparameter import Bool, Choice, Float, Int
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
            inputs=tuple(inputs),
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
        if site.values["causal"]:
            arguments.append(f"attn_mask={self._mask(site, 'query')}")
        return site.call_module(*arguments)


class TransformerLayer(OfSequences):
    """What encoder and decoder layers share: attention, two Linear layers at every place, and norms around them."""

    hyperparameters = (
        Int("nhead", help="Number of heads; must divide the features.", low=1, suggestion=4),
        Int("dim_feedforward", 2048, "Neurons between the two Linear layers.", low=1),
        Float("dropout", 0.1, "Share dropped while training.", low=0.0, high=1.0),
        Choice("activation", "relu", "The bend between the two Linear layers.", choices=("relu", "gelu")),
        Float("layer_norm_eps", 1e-5, "Added to the variance in the norms.", low=0.0),
        Bool("norm_first", False, "Norms before attention and Linear instead of behind them: trains more easily."),
        BIAS,
        CAUSAL,
    )
    attentions = ("self_attn",)

    def _layer_weights(self, values: Values, width: int):
        """Every learnable tensor of one layer in torch's order."""
        between = values["dim_feedforward"]
        for attention in self.attentions:
            yield from self._pair(f"{attention}.in_proj_", (3 * width, width), values["bias"])
            yield from self._pair(f"{attention}.out_proj.", (width, width), values["bias"])
        yield from self._pair("linear1.", (between, width), values["bias"])
        yield from self._pair("linear2.", (width, between), values["bias"])
        for i in range(1, len(self.attentions) + 2):
            yield from self._pair(f"norm{i}.", (width,), values["bias"])

    def _pair(self, prefix: str, shape: tuple[int, ...], bias: bool):
        yield f"{prefix}weight", shape
        if bias:
            yield f"{prefix}bias", shape[:1]

    def _layer_call(self, values: Values, width: int) -> Call:
        kwargs = {h.name: values[h.name] for h in TransformerLayer.hyperparameters if values[h.name] != h.default}
        kwargs.pop("causal", None)
        return Call(f"nn.{self.layer}", (width, kwargs.pop("nhead")), {**kwargs, "batch_first": True})

    @property
    def layer(self) -> str:
        """The torch class of one layer."""
        return self.name

    def module(self, values, inputs, inferred):
        return self._layer_call(values, inputs["input"].dims[2])

    def _layer_words(self, values: Values, width: int) -> str:
        """The parameters of one layer in words."""
        between, attentions = values["dim_feedforward"], len(self.attentions)
        norms = attentions + 1
        biases = f" + {4 * attentions + norms}*{width} + {between} + {width}" if values["bias"] else ""
        return f"{4 * attentions}*{width}*{width} + 2*{width}*{between} + {norms}*{width}{biases}"


class TransformerEncoderLayer(TransformerLayer):
    """One layer of a transformer that reads: self-attention, then two Linear layers at every place, with shortcuts.

    (N, T, E) -> (N, T, E); with `causal` it is a layer of a GPT.
    """

    aliases = ("transformer", "transformer block", "bert layer", "gpt layer", "vit block", "self-attention")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        width = self._sequence(x, "input")
        self._check_heads(width, values["nhead"], "nhead", "input")
        weights = tuple(self._weights(values, width))
        macs = self._layers(values) * (
            x.dims[1] * (4 * width**2 + 2 * width * values["dim_feedforward"]) + x.dims[1] * x.dims[1] * (2 * width)
        )
        return Inferred({"output": x}, parameters=sum(prod(shape) for _, shape in weights), macs=macs, weights=weights)

    def _layers(self, values: Values) -> int:
        return 1

    def _weights(self, values: Values, width: int):
        yield from self._layer_weights(values, width)

    def explain(self, values, inputs, inferred):
        x, between, layers = inputs["input"], values["dim_feedforward"], self._layers(values)
        width, length = x.dims[2], factors(x.dims[1:2])
        each = f"{length}*(4*{width}*{width} + 2*{width}*{between}) + 2*{length}*{length}*{width}"
        words = self._layer_words(values, width)
        if layers > 1:
            each, words = f"{layers}*({each})", f"{layers}*({words})"
        return (
            ("output", f"{x}, as the input"),
            ("features of a head", f"{width}/{values['nhead']} = {width // values['nhead']}"),
            ("parameters", f"{words} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{each} = {count(inferred.macs)}"),
        )

    def forward(self, site: Site) -> str:
        mask = (self._mask(site, "input"),) if site.values["causal"] else ()
        return site.call_module(site.one("input"), *mask)


class TransformerEncoder(TransformerEncoderLayer):
    """A stack of equal transformer layers that read: each looks again at what the one below made of the sequence.

    (N, T, E) -> (N, T, E). With norm_first a LayerNorm behind the stack is usual.
    """

    aliases = ("transformer", "transformer stack", "bert", "gpt", "vision transformer", "vit")
    hyperparameters = (
        Int("num_layers", help="How many layers stand on each other.", low=1, high=1000, suggestion=2),
        *TransformerLayer.hyperparameters,
    )
    layer = "TransformerEncoderLayer"

    def _layers(self, values):
        return values["num_layers"]

    def _weights(self, values, width):
        for i in range(values["num_layers"]):
            yield from ((f"layers.{i}.{name}", shape) for name, shape in self._layer_weights(values, width))

    def module(self, values, inputs, inferred):
        layer = self._layer_call(values, inputs["input"].dims[2])
        stack = {"num_layers": values["num_layers"], "enable_nested_tensor": False}
        return Call("nn.TransformerEncoder", (layer,), stack)


class TransformerDecoderLayer(TransformerLayer):
    """One layer of a transformer that writes: looks at what is written so far, then at what an encoder has read.

    (N, T, E) and the memory (N, S, E) -> (N, T, E); `causal` keeps it from looking ahead while training.
    """

    aliases = ("transformer", "decoder", "cross-attention", "translation", "sequence to sequence", "seq2seq")
    inputs = (
        Port("input", help="What is written so far, N x T x features."),
        Port("memory", help="What the encoder has read, N x S x features."),
    )
    attentions = ("self_attn", "multihead_attn")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, memory = inputs["input"], inputs["memory"]
        width = self._sequence(x, "input")
        self._check_heads(width, values["nhead"], "nhead", "input")
        if self._sequence(memory, "memory") != width:
            text = f"the memory must have as many features as the input, {width}, but is {memory}"
            raise ShapeError(text, "memory", code="features")
        self._check_batch(x, memory, "memory")
        weights = tuple(self._layer_weights(values, width))
        length, read = x.dims[1], memory.dims[1]
        macs = (
            length * (6 * width**2 + 2 * width * values["dim_feedforward"])
            + read * (2 * width**2)
            + length * (length + read) * (2 * width)
        )
        return Inferred({"output": x}, parameters=sum(prod(shape) for _, shape in weights), macs=macs, weights=weights)

    def explain(self, values, inputs, inferred):
        x, memory, between = inputs["input"], inputs["memory"], values["dim_feedforward"]
        width, length, read = x.dims[2], factors(x.dims[1:2]), factors(memory.dims[1:2])
        each = f"{length}*(6*{width}*{width} + 2*{width}*{between}) + 2*{read}*{width}*{width}"
        looks = f"2*{length}*({length} + {read})*{width}"
        return (
            ("output", f"{x}, as the input"),
            ("features of a head", f"{width}/{values['nhead']} = {width // values['nhead']}"),
            ("parameters", f"{self._layer_words(values, width)} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{each} + {looks} = {count(inferred.macs)}"),
        )

    def forward(self, site: Site) -> str:
        mask = (f"tgt_mask={self._mask(site, 'input')}",) if site.values["causal"] else ()
        return site.call_module(site.one("input"), site.one("memory"), *mask)


BLOCK_TYPES = (MultiheadAttention, TransformerEncoderLayer, TransformerEncoder, TransformerDecoderLayer)
