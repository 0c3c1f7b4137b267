"""Functions of torch and torch.nn.functional that are layers without weights: F.relu, F.max_pool2d, F.pad ..."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.importing.python.arithmetic import as_tensor, binary_of, matmul
from backend.importing.python.drawing import axis_of, dims_of, draw, draw_pointwise, output, place, settled
from backend.importing.python.layer_blocks import draw_layer, ordered
from backend.importing.python.layers import block_of, make_layer, plain
from backend.importing.python.running import Run
from backend.importing.python.shaping import squeeze, transpose, unsqueeze
from backend.importing.python.values import Layer, Numbers, Tensor, Training, Unknown

POOL = "kernel_size stride padding dilation ceil_mode return_indices"
MEAN = "kernel_size stride padding ceil_mode count_include_pad"
LAYERS: dict[str, tuple[str, str]] = {  # function -> layer, and its arguments behind the input in the function's order
    **{
        name: (type, "inplace")
        for name, type in {
            "relu": "ReLU",
            "relu6": "ReLU6",
            "selu": "SELU",
            "silu": "SiLU",
            "mish": "Mish",
            "hardswish": "Hardswish",
            "hardsigmoid": "Hardsigmoid",
        }.items()
    },
    **{
        name: (type, "")
        for name, type in {
            "sigmoid": "Sigmoid",
            "tanh": "Tanh",
            "logsigmoid": "LogSigmoid",
            "softsign": "Softsign",
            "tanhshrink": "Tanhshrink",
        }.items()
    },
    "leaky_relu": ("LeakyReLU", "negative_slope inplace"),
    "elu": ("ELU", "alpha inplace"),
    "celu": ("CELU", "alpha inplace"),
    "gelu": ("GELU", "approximate"),
    "softplus": ("Softplus", "beta threshold"),
    "hardtanh": ("Hardtanh", "min_val max_val inplace"),
    "hardshrink": ("Hardshrink", "lambd"),
    "softshrink": ("Softshrink", "lambd"),
    "threshold": ("Threshold", "threshold value inplace"),
    "glu": ("GLU", "dim"),
    "softmax": ("Softmax", "dim _stacklevel dtype"),
    "log_softmax": ("LogSoftmax", "dim _stacklevel dtype"),
    "softmin": ("Softmin", "dim _stacklevel dtype"),
    **{f"max_pool{n}d": (f"MaxPool{n}d", POOL) for n in (1, 2, 3)},
    "avg_pool1d": ("AvgPool1d", MEAN),
    "avg_pool2d": ("AvgPool2d", f"{MEAN} divisor_override"),
    "avg_pool3d": ("AvgPool3d", f"{MEAN} divisor_override"),
    **{f"lp_pool{n}d": (f"LPPool{n}d", "norm_type kernel_size stride ceil_mode") for n in (1, 2)},
    **{f"adaptive_avg_pool{n}d": (f"AdaptiveAvgPool{n}d", "output_size") for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": (f"AdaptiveMaxPool{n}d", "output_size return_indices") for n in (1, 2, 3)},
    "pixel_shuffle": ("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": ("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": ("ChannelShuffle", "groups"),
    "local_response_norm": ("LocalResponseNorm", "size alpha beta k"),
    "unfold": ("Unfold", "kernel_size dilation padding stride"),
    "fold": ("Fold", "output_size kernel_size dilation padding stride"),
}
DROPOUTS = {
    "dropout": "Dropout",
    "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d",
    "dropout3d": "Dropout3d",
    "alpha_dropout": "AlphaDropout",
    "feature_alpha_dropout": "FeatureAlphaDropout",
}


def as_layer(run: Run, name: str, input: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A function that is a layer."""
    type, signature = LAYERS[name]
    names = signature.split()
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    for dropped in ("_stacklevel", "dtype"):
        given.pop(dropped, None)
    layer = make_layer(run, type, [], given)
    if isinstance(layer, Unknown):
        return layer
    layer.line = 0
    return draw_layer(run, layer, ordered(run, layer, as_tensor(run, input)))


def drop(run: Run, name: str, input: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> Any:
    """F.dropout: as a block it drops while training and only then."""
    x = as_tensor(run, input)
    run.need(training)
    if training is False:
        return x
    if training is True and not run.training:
        run.note("F.dropout without training=self.training drops in evaluation, too; its block only while training")
    values = {} if p == 0.5 else {"p": plain(run, p, "p of F.dropout")}
    if not isinstance(training, Training | bool):
        run.refuse("whether F.dropout drops is not known: give it training=self.training")
    return draw_pointwise(run, DROPOUTS[name], x, values)


def interpolate(
    run: Run,
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Any:
    x = settled(run, as_tensor(run, input), "F.interpolate")
    if antialias:
        run.note("antialias of F.interpolate has no place in a block and is left out")
    values: dict[str, Any] = {"mode": mode} if mode != "nearest" else {}
    if size is not None:
        found = plain(run, size, "size of F.interpolate")
        values["size"] = (found,) if isinstance(found, int) else found
        if values["size"] == dims_of(run, x)[2:] and mode in ("nearest",):
            return x
    else:
        values["scale_factor"] = plain(run, scale_factor, "scale_factor of F.interpolate")
    if align_corners is not None:
        values["align_corners"] = align_corners
    return draw(run, "Upsample", x, values)


MODES = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


def pad(run: Run, input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """F.pad: the last dimensions first; channels are padded with a dimension put in front of them."""
    x = settled(run, as_tensor(run, input), "F.pad")
    widths = plain(run, pad, "pad of F.pad")
    if not isinstance(widths, tuple) or len(widths) % 2 or mode not in MODES:
        return run.unknown("F.pad needs an even number of widths and one of torch's modes")
    if not any(widths):
        return x
    while len(widths) > 2 and widths[-2:] == (0, 0):
        widths = widths[:-2]
    rank = len(dims_of(run, x))
    directions = len(widths) // 2
    added = 0
    while rank - 2 < directions:  # the batch and one more stand in front
        x, rank, added = unsqueeze(run, x, 1), rank + 1, added + 1
    widths += (0, 0) * (min(rank - 2, 3) - directions)
    kind = "Zero" if mode == "constant" and not value else MODES[mode]
    values: dict[str, Any] = {"padding": widths} | ({"value": float(value)} if kind == "Constant" else {})
    if len(widths) != 2 * (rank - 2):
        return run.unknown(f"F.pad of a tensor with {rank} dimensions in {directions} of them is no block")
    x = draw(run, f"{kind}Pad{len(widths) // 2}d", x, values)
    for _ in range(added):
        x = squeeze(run, x, 1)
    return x


def one_hot(run: Run, tensor: Any, num_classes: int = -1) -> Any:
    return draw(run, "OneHot", as_tensor(run, tensor), {} if num_classes == -1 else {"num_classes": num_classes})


def normalize(run: Run, input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Divided by the length, which is kept from being zero."""
    x = settled(run, as_tensor(run, input), "F.normalize")
    axis = axis_of(run, x, dim)
    values = {"dim": (axis,), "keepdim": True} | ({} if p == 2 else {"p": float(p)})
    length = draw(run, "Norm", x, values)
    return binary_of(run, "/", x, draw(run, "Clamp", length, {"min": float(eps), "max": None}))


def layer_norm(run: Run, input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5):
    """The norm without weights, and those that are given behind it."""
    layer = Layer("LayerNorm", {"normalized_shape": normalized_shape, "eps": eps, "elementwise_affine": False}, 0)
    made = draw_layer(run, layer, as_tensor(run, input))
    made = made if weight is None else binary_of(run, "*", made, weight)
    return made if bias is None else binary_of(run, "+", made, bias)


def linear(run: Run, input: Any, weight: Any, bias: Any = None) -> Any:
    """F.linear with parameters: a product of matrices."""
    made = matmul(run, input, transpose(run, as_tensor(run, weight), -2, -1))
    return made if bias is None else binary_of(run, "+", made, bias)


def attention(
    run: Run,
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: Any = 0.0,
    is_causal: Any = False,
    scale: Any = None,
) -> Any:
    """F.scaled_dot_product_attention, drawn out."""
    q, k, v = (as_tensor(run, one) for one in (query, key, value))
    width, length = dims_of(run, q)[-1], dims_of(run, k)[-2]
    if not isinstance(width, int):
        return run.unknown("attention needs a known number of features")
    scores = matmul(run, q, transpose(run, k, -2, -1))
    scores = binary_of(run, "*", scores, scale or width**-0.5)
    if is_causal is True or (is_causal is not False and attn_mask is None):
        run.need(is_causal)
        if not isinstance(length, int) or length > 1000:
            return run.unknown("a causal mask needs a known length")
        triangle = np.triu(np.full((length, length), -1e9, np.float32), 1)
        attn_mask = Numbers((length, length), "float32", triangle)
    if attn_mask is not None:
        scores = binary_of(run, "+", scores, attn_mask)
    return matmul(run, draw(run, "Softmax", scores), v)


def unpool(
    run: Run, input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """F.max_unpool1d, 2d and 3d, by the rank of what they get."""
    x = settled(run, as_tensor(run, input), "F.max_unpool")
    type = f"MaxUnpool{len(dims_of(run, x)) - 2}d"
    made = make_layer(run, type, [kernel_size, stride, padding], {})
    run.need(made)
    _, values = block_of(run, made)
    return output(run, place(run, type, [("input", x), ("indices", as_tensor(run, indices))], values), x.level)


def cosine(run: Run, x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    values = ({} if dim == 1 else {"dim": dim}) | ({} if eps == 1e-8 else {"eps": eps})
    return _of_two(run, "CosineSimilarity", x1, x2, values)


def distance(run: Run, x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    return _of_two(run, "PairwiseDistance", x1, x2, {"p": float(p), "eps": eps, "keepdim": keepdim})


def _of_two(run: Run, type: str, x1: Any, x2: Any, values: dict[str, Any]) -> Tensor:
    a, b = (settled(run, as_tensor(run, one), type) for one in (x1, x2))
    return output(run, place(run, type, [("x1", a), ("x2", b)], values), a.level)


FUNCTIONS = {
    **dict.fromkeys(("max_unpool1d", "max_unpool2d", "max_unpool3d"), unpool),
    "interpolate": interpolate,
    "upsample": interpolate,
    "pad": pad,
    "one_hot": one_hot,
    "normalize": normalize,
    "layer_norm": layer_norm,
    "linear": linear,
    "scaled_dot_product_attention": attention,
    "cosine_similarity": cosine,
    "pairwise_distance": distance,
}
