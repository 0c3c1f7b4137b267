"""torch is the judge of windows and borders: pooling, unpooling, padding, and a kernel set by hand.

Counted as wrong here though torch lets it pass: an input it would read as one sample without a batch, an output without
a single value, and a circular border that copies from what is cropped, which torch leaves as it finds the memory.
"""

import pytest
import torch
from torch import nn

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
        return {"kernel_size": rng.size(rank, least, 4), **settings}, rng.one(rng.dims(rank), rng.dtype())

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
        return {"kernel_size": rng.size(rank, 1, 4), **settings}, rng.one(rng.dims(rank), rng.dtype())

    return draw


def power(rank):
    def draw(rng):
        settings = rng.some(stride=rng.size(rank, 0 if rng.random() < 0.1 else 1, 4), ceil_mode=rng.one_of(True, False))
        size = rng.size(rank, 1, 4) if rank > 1 else rng.randint(1, 4)  # torch's LPPool1d fails with (4,); ours is 4
        return {"norm_type": rng.one_of(1.0, 2.0, 3.5, 0.0), "kernel_size": size, **settings}, rng.one(
            rng.dims(rank), rng.dtype()
        )

    return draw


def adaptive(rank, best=False):
    def draw(rng):
        wanted = tuple(None if rng.random() < 0.2 and rank > 1 else rng.randint(1, 5) for _ in range(rank))
        settings = rng.some(return_indices=True) if best else {}
        size = rng.one_of(rng.randint(0, 5), wanted)
        return {"output_size": size, **settings}, rng.one(rng.dims(rank), rng.dtype())

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
        return {"kernel_size": rng.size(rank, 1, 3), **settings}, rng.one((2, *shape), rng.dtype())

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
    return rng.some(keepdim=True), rng.one(rng.dims(rng.choice((0, 1, 2, 3, 4))), rng.dtype())


def ordered(median, rank=2):
    def draw(rng):
        settings = rng.some(stride=rng.size(rank, 1, 4), padding=rng.size(rank, 0, 2))
        if median:
            settings |= rng.some(padding_mode=rng.one_of("zeros", "reflect", "replicate", "circular"))
        else:
            settings |= rng.some(dilation=rng.size(rank, 1, 3), ceil_mode=rng.one_of(True, False))
        return {"kernel_size": rng.size(rank, 1, 4), **settings}, rng.one(rng.dims(rank), rng.dtype())

    return draw


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
    "MinPool1d": ordered(median=False, rank=1),
    "MinPool2d": ordered(median=False),
    "MedianPool1d": ordered(median=True, rank=1),
    "MedianPool2d": ordered(median=True),
}

# Padding


def bordered(rank, constant=False):
    def draw(rng):
        width = rng.one_of(rng.randint(-2, 3), tuple(rng.randint(-2, 3) for _ in range(2 * rank)))
        settings = {"value": rng.one_of(0.0, 1.0, 2.5)} if constant and rng.random() < 0.9 else {}
        return {"padding": width, **settings}, rng.one(rng.dims(rank, 6 if rank == 3 else 9), rng.dtype())

    return draw


PADDING = {
    **{
        f"{kind}Pad{rank}d": bordered(rank)
        for kind in ("Zero", "Reflection", "Replication", "Circular")
        for rank in RANKS
    },
    **{f"ConstantPad{rank}d": bordered(rank, constant=True) for rank in RANKS},
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
    return settings, rng.one(rng.dims(2), rng.dtype())


DRAW = {**POOLING, **PADDING, "FixedConv2d": set_by_hand}

# torch's side


def run_torch(name, settings, tensors):
    """torch's outputs and module; what counts as wrong here raises, too."""
    x = next(iter(tensors.values()))
    if name in COMPUTE:
        return (COMPUTE[name](x, **settings),), None
    if x.ndim != int(name[-2]) + 2:
        raise ValueError("counted as wrong")
    if name.startswith("CircularPad") and wraps_what_it_crops(x, settings["padding"]):
        raise ValueError("counted as wrong")
    module = getattr(nn, name)(**settings).train()
    if name.startswith("MaxUnpool"):
        sizes = {"output_size": tensors["like"].shape[2:]} if "like" in tensors else {}
        if "like" in tensors and tensors["like"].ndim != x.ndim:
            raise ValueError("counted as wrong")
        return (module(x, tensors["indices"], **sizes),), module
    result = module(x)
    return (result if isinstance(result, tuple) else (result,)), module


def wraps_what_it_crops(x, padding):
    sides = padding if isinstance(padding, tuple) else (padding,) * (2 * (x.ndim - 2))
    pairs = zip(reversed(x.shape[2:]), sides[::2], sides[1::2], strict=True)
    return any(max(before, after) > size + min(before, 0) + min(after, 0) for size, before, after in pairs)


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


def min_pool_of_sequences(x, **settings):
    if x.dtype in (torch.bool, torch.uint8) or x.ndim != 3:
        raise ValueError("counted as wrong")
    return -nn.functional.max_pool1d(-x, **settings)


def median_pool_of_sequences(x, kernel_size, stride=None, padding=0, padding_mode="zeros"):
    """Every window's lower middle, one window after the other."""
    size, border, step = ((v if isinstance(v, int) else v[0]) for v in (kernel_size, padding, stride or kernel_size))
    if x.ndim != 3 or 2 * border > size or not x.is_floating_point():
        raise ValueError("counted as wrong")
    mode = "constant" if padding_mode == "zeros" else padding_mode
    x = nn.functional.pad(x, (border, border), mode=mode) if border else x
    windows = [
        x[:, :, i : i + size].sort(dim=-1).values[..., (size - 1) // 2] for i in range(0, x.shape[2] - size + 1, step)
    ]
    return torch.stack(windows, dim=-1)


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


COMPUTE = {
    "GlobalAvgPool": over_places(torch.mean),
    "GlobalMaxPool": over_places(torch.amax),
    "MinPool1d": min_pool_of_sequences,
    "MinPool2d": min_pool,
    "MedianPool1d": median_pool_of_sequences,
    "MedianPool2d": median_pool,
    "FixedConv2d": fixed_convolution,
}
BELOW = dict.fromkeys((f"MaxUnpool{rank}d" for rank in RANKS), 1)  # places within the smallest output


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    bench.compare(rng, name, DRAW[name], run_torch, wrong_at_least=2, below=BELOW.get(name, 3))


@pytest.mark.parametrize("name", DRAW)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    bench.compare_open(rng, name, DRAW[name])
