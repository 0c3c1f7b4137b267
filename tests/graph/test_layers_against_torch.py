"""torch is the judge of pooling, padding, normalization, dropouts, pixel shuffles and distances.

Counted as wrong here though torch lets it pass: an input it would read as one sample without a batch, and an output
without a single value.
"""

import pytest
import torch
from torch import nn

from graph import registry

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
DRAW = {**POOLING, **PADDING, **NORMALIZATION}

# torch's side


def run_torch(name, settings, tensors):
    """torch's outputs and module; what counts as wrong here raises, too."""
    x = tensors["input"]
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


def both(size):
    return size if isinstance(size, tuple) else (size, size)


KNOWN_FROM_INPUT = {
    "GroupNorm": ("num_channels", 1),
    **{f"{kind}Norm{rank}d": ("num_features", 1) for kind in ("Batch", "Instance") for rank in RANKS},
    "SyncBatchNorm": ("num_features", 1),
}
READ_WITHOUT_BATCH = {f"InstanceNorm{rank}d": rank + 1 for rank in RANKS} | {"RMSNorm": 1}
COMPUTE = {
    "GlobalAvgPool": over_places(torch.mean),
    "GlobalMaxPool": over_places(torch.amax),
    "MinPool2d": min_pool,
    "MedianPool2d": median_pool,
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
