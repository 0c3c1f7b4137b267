"""The layers of torch.nn: their arguments in torch's order, and the block and settings each becomes.

`name@axis` is a size that a block works out from its input: it is left out, and compared with what the analysis finds.
A test holds the names against torch's own signatures.
"""

from __future__ import annotations

from typing import Any

from backend.importing.python.running import Run
from backend.importing.python.values import Layer, Native, Outside, kind_of
from graph import registry
from graph.dim import Expr, substitute

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
CONV = "out_channels kernel_size stride padding dilation groups bias padding_mode"
TURNED = "out_channels kernel_size stride padding output_padding groups bias dilation padding_mode"
NORM = "eps momentum affine track_running_stats"
MAX = "kernel_size stride padding dilation return_indices ceil_mode"
READER = "dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias"
TABLE = "num_embeddings embedding_dim"
DIRECTIONS = (1, 2, 3)
SIGNATURES: dict[str, str] = {
    **{f"Conv{n}d": f"in_channels@1 {CONV}" for n in DIRECTIONS},
    **{f"LazyConv{n}d": CONV for n in DIRECTIONS},
    **{f"ConvTranspose{n}d": f"in_channels@1 {TURNED}" for n in DIRECTIONS},
    **{f"LazyConvTranspose{n}d": TURNED for n in DIRECTIONS},
    **{f"MaxPool{n}d": MAX for n in DIRECTIONS},
    "AvgPool1d": "kernel_size stride padding ceil_mode count_include_pad",
    "AvgPool2d": "kernel_size stride padding ceil_mode count_include_pad divisor_override",
    "AvgPool3d": "kernel_size stride padding ceil_mode count_include_pad divisor_override",
    **{f"LPPool{n}d": "norm_type kernel_size stride ceil_mode" for n in DIRECTIONS},
    **{f"AdaptiveAvgPool{n}d": "output_size" for n in DIRECTIONS},
    **{f"AdaptiveMaxPool{n}d": "output_size return_indices" for n in DIRECTIONS},
    **{f"FractionalMaxPool{n}d": "kernel_size output_size output_ratio return_indices" for n in (2, 3)},
    **{f"MaxUnpool{n}d": "kernel_size stride padding" for n in DIRECTIONS},
    "Linear": "in_features@-1 out_features bias",
    "LazyLinear": "out_features bias",
    "Bilinear": "in1_features@-1 in2_features@-1 out_features bias",
    "RNN": "input_size@-1 hidden_size num_layers nonlinearity bias batch_first dropout bidirectional",
    "LSTM": "input_size@-1 hidden_size num_layers bias batch_first dropout bidirectional proj_size",
    "GRU": "input_size@-1 hidden_size num_layers bias batch_first dropout bidirectional",
    "RNNCell": "input_size@-1 hidden_size bias nonlinearity",
    "LSTMCell": "input_size@-1 hidden_size bias",
    "GRUCell": "input_size@-1 hidden_size bias",
    "MultiheadAttention": "embed_dim@-1 num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first",
    "TransformerEncoderLayer": f"d_model@-1 nhead {READER}",
    "TransformerDecoderLayer": f"d_model@-1 nhead {READER}",
    "TransformerEncoder": "encoder_layer num_layers norm enable_nested_tensor mask_check",
    "TransformerDecoder": "decoder_layer num_layers norm",
    "Transformer": "d_model@-1 nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation"
    " custom_encoder custom_decoder layer_norm_eps batch_first norm_first bias",
    "Embedding": f"{TABLE} padding_idx max_norm norm_type scale_grad_by_freq sparse",
    "EmbeddingBag": f"{TABLE} max_norm norm_type scale_grad_by_freq mode sparse _weight include_last_offset"
    " padding_idx",
    **{f"BatchNorm{n}d": f"num_features@1 {NORM}" for n in DIRECTIONS},
    **{f"LazyBatchNorm{n}d": NORM for n in DIRECTIONS},
    "SyncBatchNorm": f"num_features@1 {NORM} process_group",
    **{f"InstanceNorm{n}d": f"num_features@1 {NORM}" for n in DIRECTIONS},
    "LayerNorm": "normalized_shape eps elementwise_affine bias",
    "RMSNorm": "normalized_shape eps elementwise_affine",
    "GroupNorm": "num_groups num_channels@1 eps affine",
    "LocalResponseNorm": "size alpha beta k",
    "LeakyReLU": "negative_slope inplace",
    "ELU": "alpha inplace",
    "CELU": "alpha inplace",
    "GELU": "approximate",
    **dict.fromkeys(("ReLU", "SiLU", "Hardswish", "SELU", "Mish", "Hardsigmoid", "ReLU6"), "inplace"),
    **dict.fromkeys(("Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Softmax2d", "Tanhshrink", "Identity"), ""),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin", "GLU"), "dim"),
    "Softplus": "beta threshold",
    "Hardtanh": "min_val max_val inplace",
    "PReLU": "num_parameters init",
    "RReLU": "lower upper inplace",
    "Hardshrink": "lambd",
    "Softshrink": "lambd",
    "Threshold": "threshold value inplace",
    **{name: "p inplace" for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout")},
    "FeatureAlphaDropout": "p inplace",
    "Flatten": "start_dim end_dim",
    "Unflatten": "dim unflattened_size",
    "PixelShuffle": "upscale_factor",
    "PixelUnshuffle": "downscale_factor",
    "ChannelShuffle": "groups",
    "Upsample": "size scale_factor mode align_corners recompute_scale_factor",
    "UpsamplingNearest2d": "size scale_factor",
    "UpsamplingBilinear2d": "size scale_factor",
    **{f"{kind}Pad{n}d": "padding" for kind in ("Zero", "Reflection", "Replication", "Circular") for n in DIRECTIONS},
    **{f"ConstantPad{n}d": "padding value" for n in DIRECTIONS},
    "Unfold": "kernel_size dilation padding stride",
    "Fold": "output_size kernel_size dilation padding stride",
    "CosineSimilarity": "dim eps",
    "PairwiseDistance": "p eps keepdim",
}
IGNORED = {"inplace", "device", "dtype", "batch_first", "enable_nested_tensor", "mask_check", "recompute_scale_factor"}
OF_DIRECTIONS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size", "scale_factor")
LOST: dict[str, Any] = {
    "max_norm": None,
    "norm_type": 2.0,
    "scale_grad_by_freq": False,
    "sparse": False,
    "_weight": None,
    "include_last_offset": False,
    "process_group": None,
    "padding_mode": "zeros",
}


def arguments_of(type: str) -> list[tuple[str, int | None]]:
    """The arguments of a layer in torch's order, with the dimension of those that are worked out from the input."""
    found = (word.partition("@") for word in SIGNATURES[type].split())
    return [(name, int(axis) if axis else None) for name, _, axis in found]


def make_layer(run: Run, type: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A layer as its constructor was called; Unknown with the reason where there is no such block."""
    if type not in SIGNATURES:
        close = ", ".join(found.name for found in registry.search(type)[:3])
        return run.unknown(f"nn.{type} is no block type" + (f"; close to it are {close}" if close else ""))
    names = [name for name, _ in arguments_of(type)]
    if len(args) > len(names) and type != "Identity":
        run.refuse(f"nn.{type} takes {len(names)} arguments, {', '.join(names)}, but gets {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names and name not in IGNORED and name != "bias" and type != "Identity":
            run.refuse(f"nn.{type} has no argument {name}; it has {', '.join(names)}")
        given[name] = value
    known = {name: of_one_sample(value) for name, value in given.items() if name not in ("device", "dtype")}
    return Layer(type, known, run.line)


def of_one_sample(value: Any) -> Any:
    """A size that was worked out with a batch of one: models ask a trial run for the sizes of their layers."""
    return substitute(value, {"N": 1}) if isinstance(value, Expr) else value


def block_of(run: Run, layer: Layer) -> tuple[str, dict[str, Any]]:
    """The block type a layer becomes, and its settings."""
    type, values = layer.type, dict(layer.arguments)
    if type.startswith("Upsampling"):
        values["mode"] = "nearest" if type == "UpsamplingNearest2d" else "bilinear"
        values |= {"align_corners": True} if values["mode"] == "bilinear" else {}
        type = "Upsample"
    type = type.removeprefix("Lazy")
    declared = registry.block_type(type)
    axes = dict(arguments_of(layer.type))
    settings = {}
    for name, value in values.items():
        if axes.get(name) is not None or name in IGNORED:
            continue
        if not declared.has(name):
            if name in LOST and value != LOST[name]:
                run.note(f"{name} of nn.{layer.type} has no place in a block and is left out", layer.line)
            continue
        settings[name] = plain(run, value, f"{name} of nn.{layer.type}", layer.line)
    return type, _as_declared(declared, settings)


def _as_declared(declared: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that are not what they would be anyway; equal sizes of all directions as one number."""
    found = {}
    for name, value in settings.items():
        alike = isinstance(value, tuple) and len({(type(one), one) for one in value}) == 1
        if alike and name in OF_DIRECTIONS and value[0] is not None:
            value = value[0]
        if name == "normalized_shape" and isinstance(value, int | tuple):
            value = (value,) if isinstance(value, int) else value
            if len(value) == 1:
                continue
        if (name == "size" and value is None) or (name == "stride" and value is None):
            continue
        found[name] = value
    return declared.set_apart(found)


def plain(run: Run, value: Any, what: str, line: int | None = None) -> Any:
    """The value as a setting of a block: a number, a word, a tuple of them."""
    run.need(value)
    if isinstance(value, list | tuple | range):
        run.bounded(value)
        return tuple(plain(run, one, what, line) for one in value)
    if isinstance(value, Outside | Native) and what.startswith("activation"):
        return value.name.lower()
    if isinstance(value, Layer) and what.startswith("activation"):
        return value.type.lower()
    if isinstance(value, Expr):
        run.refuse(f"{what} depends on the size of the batch; it has to be a number", line)
    if not isinstance(value, bool | int | float | str | type(None)):
        run.refuse(f"{what} must be a number, not {kind_of(value)}", line)
    return value


def declared_sizes(layer: Layer) -> list[tuple[str, int, int]]:
    """(argument, dimension, size) of every size the source says that follows from the input."""
    found = []
    for name, axis in arguments_of(layer.type):
        value = layer.arguments.get(name)
        if axis is not None and isinstance(value, int) and not isinstance(value, bool):
            found.append((name, axis, value))
    if layer.type in ("LayerNorm", "RMSNorm"):
        shape = layer.arguments.get("normalized_shape")
        if isinstance(shape, int) or (isinstance(shape, list | tuple) and len(shape) == 1):
            size = shape if isinstance(shape, int) else shape[0]
            found += [("normalized_shape", -1, size)] if isinstance(size, int) else []
    return found
