"""Transformers: layers of attention and Linear with shortcuts and norms, alone or stacked; reading and writing.

The batch always comes first. What they share with attention stands in attention.py.
"""

from __future__ import annotations

from math import prod

from graph.block_type import Call, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.attention import BIAS, CAUSAL, OfSequences
from graph.blocks.demands import count
from graph.blocks.window import factors
from graph.hyperparameter import Bool, Choice, Float, Int

NUM_LAYERS = Int("num_layers", help="How many layers stand on each other.", low=1, high=1000, suggestion=2)


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
    causal_said: tuple[str, ...] = ()  # a stack compares its mask if it is not told, which waits for a GPU
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

    def _layers(self, values: Values) -> int:
        return values.get("num_layers", 1)

    def _weights(self, values: Values, width: int):
        """Every learnable tensor of all layers."""
        if "num_layers" not in values:
            yield from self._layer_weights(values, width)
            return
        for i in range(values["num_layers"]):
            yield from ((f"layers.{i}.{name}", shape) for name, shape in self._layer_weights(values, width))

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

    inputs = (
        Port("input", help="The sequence, N x T x features."),
        Port("src_key_padding_mask", optional=True, help="True where a place is filling, N x T, bool."),
    )
    aliases = ("transformer", "transformer block", "bert layer", "gpt layer", "vit block", "self-attention")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        width = self._sequence(x, "input")
        self._check_heads(width, values["nhead"], "nhead", "input")
        self._check_padding(inputs, "src_key_padding_mask", "input", x)
        weights = tuple(self._weights(values, width))
        macs = self._layers(values) * (
            x.dims[1] * (4 * width**2 + 2 * width * values["dim_feedforward"]) + x.dims[1] * x.dims[1] * (2 * width)
        )
        return Inferred({"output": x}, parameters=sum(prod(shape) for _, shape in weights), macs=macs, weights=weights)

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
        arguments = [site.one("input")]
        if site.values["causal"]:
            arguments += [self._mask(site, "input"), *self.causal_said]
        if padding := site.one("src_key_padding_mask"):
            arguments.append(f"src_key_padding_mask={padding}")
        return site.call_module(*arguments)


class TransformerEncoder(TransformerEncoderLayer):
    """A stack of equal transformer layers that read: each looks again at what the one below made of the sequence.

    (N, T, E) -> (N, T, E). With norm_first a LayerNorm behind the stack is usual.
    """

    aliases = ("transformer", "transformer stack", "bert", "gpt", "vision transformer", "vit")
    hyperparameters = (NUM_LAYERS, *TransformerLayer.hyperparameters)
    layer = "TransformerEncoderLayer"
    causal_said = ("is_causal=True",)

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
        Port("tgt_key_padding_mask", optional=True, help="True where a place written is filling, N x T, bool."),
        Port("memory_key_padding_mask", optional=True, help="True where a place read is filling, N x S, bool."),
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
        self._check_padding(inputs, "tgt_key_padding_mask", "input", x)
        self._check_padding(inputs, "memory_key_padding_mask", "memory", memory)
        weights = tuple(self._weights(values, width))
        length, read = x.dims[1], memory.dims[1]
        macs = self._layers(values) * (
            length * (6 * width**2 + 2 * width * values["dim_feedforward"])
            + read * (2 * width**2)
            + length * (length + read) * (2 * width)
        )
        return Inferred({"output": x}, parameters=sum(prod(shape) for _, shape in weights), macs=macs, weights=weights)

    def explain(self, values, inputs, inferred):
        x, memory, between = inputs["input"], inputs["memory"], values["dim_feedforward"]
        width, length, read = x.dims[2], factors(x.dims[1:2]), factors(memory.dims[1:2])
        each = f"{length}*(6*{width}*{width} + 2*{width}*{between}) + 2*{read}*{width}*{width}"
        each += f" + 2*{length}*({length} + {read})*{width}"
        words, layers = self._layer_words(values, width), self._layers(values)
        if layers > 1:
            each, words = f"{layers}*({each})", f"{layers}*({words})"
        return (
            ("output", f"{x}, as the input"),
            ("features of a head", f"{width}/{values['nhead']} = {width // values['nhead']}"),
            ("parameters", f"{words} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{each} = {count(inferred.macs)}"),
        )

    def forward(self, site: Site) -> str:
        arguments = [site.one("input"), site.one("memory")]
        if site.values["causal"]:
            arguments += [f"tgt_mask={self._mask(site, 'input')}", *self.causal_said]
        for port in ("tgt_key_padding_mask", "memory_key_padding_mask"):
            if padding := site.one(port):
                arguments.append(f"{port}={padding}")
        return site.call_module(*arguments)


class TransformerDecoder(TransformerDecoderLayer):
    """A stack of equal transformer layers that write: each looks at what is written and at what an encoder has read.

    (N, T, E) and the memory (N, S, E) -> (N, T, E). With norm_first a LayerNorm behind the stack is usual.
    """

    aliases = ("transformer", "decoder stack", "translation", "sequence to sequence", "seq2seq", "cross-attention")
    hyperparameters = (NUM_LAYERS, *TransformerLayer.hyperparameters)
    layer = "TransformerDecoderLayer"
    causal_said = ("tgt_is_causal=True",)

    def module(self, values, inputs, inferred):
        layer = self._layer_call(values, inputs["input"].dims[2])
        return Call("nn.TransformerDecoder", (layer,), {"num_layers": values["num_layers"]})


BLOCK_TYPES = (TransformerEncoderLayer, TransformerEncoder, TransformerDecoderLayer, TransformerDecoder)
