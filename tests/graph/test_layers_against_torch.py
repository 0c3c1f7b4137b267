"""torch is the judge of pooling, padding, normalization, dropouts, pixel shuffles and distances.

Counted as wrong here though torch lets it pass: an input it would read as one sample without a batch, and an output
without a single value.
"""

import pytest
import torch
from torch import nn

from graph import registry
from graph.blocks.fixed_convolution import KERNELS

RANKS = (1, 2, 3)

# Pooling


def pooled(rank, least=1):
    def draw(rng):
        settings = rng.some(
            stride=rng.size(rank, 1, 4),
            padding=rng.size(rank, 0, 2),
            ceil_mode=rng.one_of(True, False),
            count_include_pad=rng.one_of(True, False),
            divisor_override=rng.randint(0, 3),
        )
        return {"kernel_size": rng.size(rank, least, 4), **settings}, one(rng.dims(rank), rng.dtype())

    return draw


def largest(rank):
    def draw(rng):
        settings = rng.some(
            stride=rng.size(rank, 1, 4),
            padding=rng.size(rank, 0, 2),
            dilation=rng.size(rank, 1, 3),
            ceil_mode=rng.one_of(True, False),
            return_indices=rng.one_of(True, False),
        )
        return {"kernel_size": rng.size(rank, 1, 4), **settings}, one(rng.dims(rank), rng.dtype())

    return draw


def power(rank):
    def draw(rng):
        settings = rng.some(stride=rng.size(rank, 0 if rng.random() < 0.1 else 1, 4), ceil_mode=rng.one_of(True, False))
        size = rng.size(rank, 1, 4) if rank > 1 else rng.randint(1, 4)  # torch's LPPool1d fails with (4,); ours is 4
        return {"norm_type": rng.one_of(1.0, 2.0, 3.5, 0.0), "kernel_size": size, **settings}, one(
            rng.dims(rank), rng.dtype()
        )

    return draw


def adaptive(rank, best=False):
    def draw(rng):
        wanted = tuple(None if rng.random() < 0.2 and rank > 1 else rng.randint(1, 5) for _ in range(rank))
        settings = rng.some(return_indices=True) if best else {}
        size = rng.one_of(rng.randint(0, 5), wanted)
        return {"output_size": size, **settings}, one(rng.dims(rank), rng.dtype())

    return draw


def fractional(rank):
    def draw(rng):
        ratio = rng.one_of(0.3, 0.5, 0.7, 1.0, tuple(rng.one_of(0.4, 0.6, 0.75) for _ in range(rank)))
        which = rng.random()
        settings = rng.some(return_indices=True)
        if which < 0.55:
            settings["output_size"] = rng.size(rank, 1, 5)
        if which > 0.5:
            settings["output_ratio"] = ratio
        shape = tuple(rng.randint(3, 6) for _ in range(rank)) if rng.random() < 0.5 else rng.dims(rank)[1:]
        return {"kernel_size": rng.size(rank, 1, 3), **settings}, one((2, *shape), rng.dtype())

    return draw


def unpooled(rank):
    def draw(rng):
        settings = rng.some(stride=rng.size(rank, 1, 3), padding=rng.size(rank, 0, 1))
        shape = rng.dims(rank, 4)
        places = shape if rng.random() < 0.9 else rng.dims(rank, 4)
        drawn = {"input": (shape, rng.dtype()), "indices": (places, rng.dtype("int64"))}
        if rng.random() < 0.5:
            drawn["like"] = (tuple(2 * size + rng.randint(0, 2) for size in shape), "float32")
        return {"kernel_size": rng.size(rank, 1, 3), **settings}, drawn

    return draw


def everywhere(rng):
    return rng.some(keepdim=True), one(rng.dims(rng.choice((0, 1, 2, 3, 4))), rng.dtype())


def ordered(median):
    def draw(rng):
        settings = rng.some(stride=rng.size(2, 1, 4), padding=rng.size(2, 0, 2))
        if median:
            settings |= rng.some(padding_mode=rng.one_of("zeros", "reflect", "replicate", "circular"))
        else:
            settings |= rng.some(dilation=rng.size(2, 1, 3), ceil_mode=rng.one_of(True, False))
        return {"kernel_size": rng.size(2, 1, 4), **settings}, one(rng.dims(2), rng.dtype())

    return draw


def one(shape, kind):
    return {"input": (shape, kind)}


POOLING = {
    **{f"MaxPool{rank}d": largest(rank) for rank in RANKS},
    "AvgPool3d": pooled(3),
    **{f"LPPool{rank}d": power(rank) for rank in RANKS},
    **{f"AdaptiveAvgPool{rank}d": adaptive(rank) for rank in RANKS},
    **{f"AdaptiveMaxPool{rank}d": adaptive(rank, best=True) for rank in RANKS},
    **{f"FractionalMaxPool{rank}d": fractional(rank) for rank in (2, 3)},
    **{f"MaxUnpool{rank}d": unpooled(rank) for rank in RANKS},
    "GlobalAvgPool": everywhere,
    "GlobalMaxPool": everywhere,
    "MinPool2d": ordered(median=False),
    "MedianPool2d": ordered(median=True),
}

# Padding


def bordered(rank, constant=False):
    def draw(rng):
        width = rng.one_of(rng.randint(-2, 3), tuple(rng.randint(-2, 3) for _ in range(2 * rank)))
        settings = {"value": rng.one_of(0.0, 1.0, 2.5)} if constant and rng.random() < 0.9 else {}
        return {"padding": width, **settings}, one(rng.dims(rank, 6 if rank == 3 else 9), rng.dtype())

    return draw


PADDING = {
    **{
        f"{kind}Pad{rank}d": bordered(rank)
        for kind in ("Zero", "Reflection", "Replication", "Circular")
        for rank in RANKS
    },
    **{f"ConstantPad{rank}d": bordered(rank, constant=True) for rank in RANKS},
}

# Normalization


def channelwise(*spatial):
    def draw(rng):
        settings = rng.some(
            eps=1e-3,
            momentum=0.5,
            affine=rng.one_of(True, False),
            track_running_stats=rng.one_of(True, False),
            bias=rng.one_of(True, False),
        )
        return settings, one(rng.dims(rng.choice(spatial)), rng.dtype())

    return draw


def grouped(rng):
    settings = rng.some(eps=1e-3, affine=rng.one_of(True, False), bias=rng.one_of(True, False))
    return {"num_groups": rng.randint(1, 4), **settings}, one(rng.dims(rng.randint(0, 3)), rng.dtype())


def root_mean_square(rng):
    shape = rng.any_dims(1, 3)
    settings = rng.some(eps=rng.one_of(1e-3, None), elementwise_affine=rng.one_of(True, False))
    if rng.random() < 0.7:
        settings["normalized_shape"] = shape[-rng.randint(1, len(shape)) :] if rng.random() < 0.7 else rng.any_dims(1)
    return settings, one(shape if rng.random() < 0.95 else (), rng.dtype())


def local_response(rng):
    settings = rng.some(alpha=1e-2, beta=0.5, k=2.0)
    return {"size": rng.randint(0, 5), **settings}, one(rng.dims(rng.randint(0, 4)), rng.dtype())


NORMALIZATION = {
    **{f"BatchNorm{rank}d": channelwise(*((0, 1) if rank == 1 else (rank,))) for rank in RANKS},
    **{f"InstanceNorm{rank}d": channelwise(rank) for rank in RANKS},
    "SyncBatchNorm": channelwise(-1, 0, 1, 2, 3),
    "GroupNorm": grouped,
    "RMSNorm": root_mean_square,
    "LocalResponseNorm": local_response,
}

# Dropouts


def dropped(*spatial):
    def draw(rng):
        settings = rng.some(p=rng.one_of(0.0, 0.3, 1.0, 1.2, -0.1))
        return settings, one(rng.dims(rng.choice(spatial)), rng.one_of("float32", "float32", rng.dtype("int64")))

    return draw


DROPOUTS = {
    **dict.fromkeys(("Dropout", "AlphaDropout", "FeatureAlphaDropout"), dropped(-1, 0, 1, 2, 3)),
    **{f"Dropout{rank}d": dropped(rank, rank, rank - 1) for rank in RANKS},
}

# Shapes


def shuffled(setting):
    """Dimensions that can be divided, or nearly."""

    def draw(rng):
        times = rng.randint(0, 3)
        of_channels, of_sides = {"upscale_factor": (times * times, 1), "downscale_factor": (1, times)}.get(
            setting, (times, 1)
        )
        sides = [rng.randint(1, 4) * (of_sides or 1) for _ in range(2 if rng.random() < 0.8 else rng.randint(0, 3))]
        shape = [rng.randint(1, 3) * (of_channels or 1), *sides]
        if rng.random() < 0.25:
            shape[rng.randrange(len(shape))] += 1
        return {setting: times}, one(tuple(shape), rng.dtype())

    return draw


def unflattened(rng):
    sizes = rng.any_dims(1, 3)
    total = 1
    for size in sizes:
        total *= size
    shape = rng.any_dims(0, 2)
    at = rng.randint(0, len(shape))
    shape = (*shape[:at], total if rng.random() < 0.8 else total + 1, *shape[at:])
    wanted = list(sizes)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        wanted[rng.randrange(len(wanted))] = -1
    dim = at + 1 if rng.random() < 0.7 else rng.randint(-3, 3)
    return {"dim": dim, "unflattened_size": tuple(wanted)}, one(shape, rng.dtype())


def window(rng):
    return rng.some(dilation=rng.size(2, 1, 2), padding=rng.size(2, 0, 2), stride=rng.size(2, 1, 3))


def unfolded(rng):
    return {"kernel_size": rng.size(2, 1, 3), **window(rng)}, one(rng.dims(2, 6), rng.dtype())


def folded(rng):
    """The shape Unfold would give, or nearly."""
    settings = {"kernel_size": rng.size(2, 1, 3), **window(rng)}
    size = tuple(rng.randint(2, 6) for _ in range(2))
    try:
        shape = nn.Unfold(**settings)(torch.rand(1, rng.randint(1, 3), *size)).shape[1:]
    except RuntimeError:
        shape = (4, 4)
    if rng.random() < 0.2:
        shape = tuple(max(size + rng.choice((-1, 0, 1)), 1) for size in shape)
    return {"output_size": size, **settings}, one(tuple(shape) if rng.random() < 0.95 else rng.any_dims(), rng.dtype())


def resized(rng):
    spatial = rng.randint(1, 3) if rng.random() < 0.9 else rng.choice((0, 4))
    right = {1: "linear", 2: rng.one_of("bilinear", "bicubic"), 3: "trilinear"}.get(spatial, "nearest")
    settings = rng.some(mode=right if rng.random() < 0.8 else rng.one_of("nearest-exact", "area", "bilinear", "linear"))
    if settings.get("mode") not in (None, "nearest", "nearest-exact", "area") or rng.random() < 0.1:
        settings |= rng.some(align_corners=rng.one_of(True, False))
    factors = (0.3, 0.5, 1.0, 1.1, 1.5, 1.7, 2.0, 3.0)
    if rng.random() < 0.6:
        many = tuple(rng.choice(factors) for _ in range(spatial if rng.random() < 0.9 else 2))
        settings["scale_factor"] = rng.one_of(rng.choice(factors), many or 2.0)
    else:
        settings["size"] = rng.one_of(rng.randint(1, 9), tuple(rng.randint(1, 9) for _ in range(spatial or 1)))
    shape = (2, *(rng.choice((1, 2, 3, 4, 5, 6)) for _ in range(spatial)))
    return settings, one(shape, rng.dtype())


SHAPES = {
    "PixelShuffle": shuffled("upscale_factor"),
    "PixelUnshuffle": shuffled("downscale_factor"),
    "ChannelShuffle": shuffled("groups"),
    "Unflatten": unflattened,
    "Unfold": unfolded,
    "Fold": folded,
    "Upsample": resized,
}

# A kernel set by hand


def set_by_hand(rng):
    rows, columns = rng.randint(1, 3), rng.randint(1, 3)
    settings = rng.some(
        kernel=rng.one_of("edge", "box_blur", "horizontal_edges", "sobel_x", "laplace"),
        stride=rng.size(2, 1, 3),
        padding=rng.size(4, 0, 3),
        padding_mode=rng.one_of("constant", "reflect", "replicate", "circular", "zeros"),
        padding_value=rng.one_of(0.0, 1.0, -2.5),
        dilation=rng.size(2, 1, 2),
        bias=0.5,
    )
    if rng.random() < 0.5:
        settings["numbers"] = tuple(tuple(rng.uniform(-2, 2) for _ in range(columns)) for _ in range(rows))
    return settings, one(rng.dims(2), rng.dtype())


# Two inputs


def nearly(rng, shape):
    """The shape, or one that broadcasts to it, or not."""
    kind = rng.random()
    if kind < 0.6:
        return shape
    if kind < 0.8:
        return tuple(1 if rng.random() < 0.4 else size for size in shape)
    return rng.any_dims(0, 3)


def compared(**settings):
    def draw(rng):
        shape = rng.any_dims(0, 3)
        drawn = {"x1": (shape, rng.dtype()), "x2": (nearly(rng, shape), rng.dtype())}
        return rng.some(**{name: choose(rng) for name, choose in settings.items()}), drawn

    return draw


def bilinear(rng):
    shape = rng.any_dims(1, 3)
    other = (*shape[:-1], rng.randint(1, 4)) if rng.random() < 0.8 else rng.any_dims(0, 3)
    drawn = {"input1": (shape, rng.dtype()), "input2": (other, rng.dtype())}
    return {"out_features": rng.randint(0, 4), **rng.some(bias=rng.one_of(True, False))}, drawn


TWO = {
    "CosineSimilarity": compared(dim=lambda rng: rng.randint(-3, 3), eps=lambda rng: 1e-3),
    "PairwiseDistance": compared(
        p=lambda rng: rng.one_of(1.0, 2.0, 3.5, 0.5), eps=lambda rng: 1e-3, keepdim=lambda rng: rng.one_of(True, False)
    ),
    "Bilinear": bilinear,
}
DRAW = {**POOLING, **PADDING, **NORMALIZATION, **DROPOUTS, **SHAPES, "FixedConv2d": set_by_hand, **TWO}

# torch's side


def run_torch(name, settings, tensors):
    """torch's outputs and module; what counts as wrong here raises, too."""
    x = next(iter(tensors.values()))
    if name in COMPUTE:
        return (COMPUTE[name](x, **settings),), None
    if name in {**POOLING, **PADDING} and x.ndim != int(name[-2]) + 2:
        raise ValueError("counted as wrong")
    if x.ndim == READ_WITHOUT_BATCH.get(name):
        raise ValueError("counted as wrong")
    if name == "RMSNorm":
        settings.setdefault("normalized_shape", x.shape[-1:])
    if name.startswith("CircularPad") and wraps_what_it_crops(x, settings["padding"]):
        raise ValueError("counted as wrong: torch leaves memory as it finds it")
    if name == "Bilinear":
        settings |= {"in1_features": x.shape[-1], "in2_features": tensors["input2"].shape[-1]}
        if min(t.ndim for t in tensors.values()) < 2:
            raise ValueError("counted as wrong")
    module = getattr(nn, name)(**{**settings, **known_from(name, x)}).train()
    if name.startswith("MaxUnpool"):
        sizes = {"output_size": tensors["like"].shape[2:]} if "like" in tensors else {}
        if "like" in tensors and tensors["like"].ndim != x.ndim:
            raise ValueError("counted as wrong")
        return (module(x, tensors["indices"], **sizes),), module
    result = module(*tensors.values())
    return (result if isinstance(result, tuple) else (result,)), module


def wraps_what_it_crops(x, padding):
    sides = padding if isinstance(padding, tuple) else (padding,) * (2 * (x.ndim - 2))
    pairs = zip(reversed(x.shape[2:]), sides[::2], sides[1::2], strict=True)
    return any(max(before, after) > size + min(before, 0) + min(after, 0) for size, before, after in pairs)


def known_from(name, x):
    """What our declaration works out from the input."""
    argument, axis = KNOWN_FROM_INPUT.get(name, (None, 0))
    return {argument: x.shape[axis]} if argument else {}


def over_places(function):
    def compute(x, keepdim=False):
        if not 3 <= x.ndim <= 5 or not x.is_floating_point():
            raise ValueError("counted as wrong")
        return function(x, dim=tuple(range(2, x.ndim)), keepdim=keepdim)

    return compute


def min_pool(x, **settings):
    if x.dtype in (torch.bool, torch.uint8):  # they have no negative values
        raise ValueError("counted as wrong")
    if x.ndim != 4:
        raise ValueError("counted as wrong")
    return -nn.functional.max_pool2d(-x, **settings)


def median_pool(x, kernel_size, stride=None, padding=0, padding_mode="zeros"):
    """Every window's lower middle, one window after the other."""
    (kh, kw), (ph, pw) = both(kernel_size), both(padding)
    sh, sw = both(kernel_size if stride is None else stride)
    if x.ndim != 4 or 2 * ph > kh or 2 * pw > kw or not x.is_floating_point():
        raise ValueError("counted as wrong")
    mode = "constant" if padding_mode == "zeros" else padding_mode
    x = nn.functional.pad(x, (pw, pw, ph, ph), mode=mode) if ph or pw else x
    rows = [
        torch.stack(
            [
                x[:, :, i : i + kh, j : j + kw].flatten(2).sort(dim=-1).values[..., (kh * kw - 1) // 2]
                for j in range(0, x.shape[3] - kw + 1, sw)
            ],
            dim=-1,
        )
        for i in range(0, x.shape[2] - kh + 1, sh)
    ]
    return torch.stack(rows, dim=-2)


def fixed_convolution(
    x, kernel="edge", numbers=None, padding=0, padding_mode="constant", padding_value=0.0, **settings
):
    """The same with a Conv2d whose weights are set, one group for each channel."""
    if x.ndim != 4:
        raise ValueError("counted as wrong")
    offset = settings.pop("bias", 0.0)
    weight = torch.tensor(numbers or KERNELS[kernel])
    channels = x.shape[1]
    convolution = nn.Conv2d(channels, channels, tuple(weight.shape), groups=channels, bias=False, **settings)
    convolution.weight.data.copy_(weight.expand_as(convolution.weight))
    sides = padding if isinstance(padding, tuple) else (padding,) * 4
    fill = {"value": padding_value} if padding_mode == "constant" else {}
    padded = nn.functional.pad(x, sides, mode=padding_mode, **fill)
    return (convolution(padded) + offset).detach()


def both(size):
    return size if isinstance(size, tuple) else (size, size)


KNOWN_FROM_INPUT = {
    "GroupNorm": ("num_channels", 1),
    **{f"{kind}Norm{rank}d": ("num_features", 1) for kind in ("Batch", "Instance") for rank in RANKS},
    "SyncBatchNorm": ("num_features", 1),
}
READ_WITHOUT_BATCH = (
    {"Unfold": 3, "Fold": 2, "PixelShuffle": 3, "PixelUnshuffle": 3, "Dropout1d": 2}
    | {f"InstanceNorm{rank}d": rank + 1 for rank in RANKS}
    | {"RMSNorm": 1}
)
COMPUTE = {
    "GlobalAvgPool": over_places(torch.mean),
    "GlobalMaxPool": over_places(torch.amax),
    "MinPool2d": min_pool,
    "MedianPool2d": median_pool,
    "FixedConv2d": fixed_convolution,
}
BELOW = dict.fromkeys((f"MaxUnpool{rank}d" for rank in RANKS), 1)  # places within the smallest output
NEVER_WRONG = ()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    few = 0 if name in NEVER_WRONG else 2
    bench.compare(rng, name, DRAW[name], run_torch, few, below=BELOW.get(name, 3))


@pytest.mark.parametrize("name", DRAW)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    bench.compare_open(rng, name, DRAW[name])


@pytest.mark.parametrize("name", DRAW)
def test_the_arithmetic_is_that_of_the_result(bench, rng, name):
    """Every right draw explains itself."""
    declared = registry.block_type(name)
    explained = 0
    for _ in range(20):
        values, drawn = DRAW[name](rng)
        inputs = bench.types(drawn)
        found = bench.verdict(name, values, inputs)
        if not isinstance(found, Exception):
            lines = dict(declared.explain(found[0], inputs, found[1]))
            explained += 1
            assert str(found[1].outputs["output"]) in lines["output"]
    assert explained
