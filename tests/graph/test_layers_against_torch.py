"""torch is the judge of normalization, dropouts, what arranges or resizes, and what compares two inputs.

Counted as wrong here though torch lets it pass: an input it would read as one sample without a batch, and an output
without a single value.
"""

import pytest
import torch
from torch import nn

RANKS = (1, 2, 3)

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
        return settings, rng.one(rng.dims(rng.choice(spatial)), rng.dtype())

    return draw


def grouped(rng):
    settings = rng.some(eps=1e-3, affine=rng.one_of(True, False), bias=rng.one_of(True, False))
    return {"num_groups": rng.randint(1, 4), **settings}, rng.one(rng.dims(rng.randint(0, 3)), rng.dtype())


def root_mean_square(rng):
    shape = rng.any_dims(1, 3)
    settings = rng.some(eps=rng.one_of(1e-3, None), elementwise_affine=rng.one_of(True, False))
    if rng.random() < 0.7:
        settings["normalized_shape"] = shape[-rng.randint(1, len(shape)) :] if rng.random() < 0.7 else rng.any_dims(1)
    return settings, rng.one(shape if rng.random() < 0.95 else (), rng.dtype())


def local_response(rng):
    settings = rng.some(alpha=1e-2, beta=0.5, k=2.0)
    return {"size": rng.randint(0, 5), **settings}, rng.one(rng.dims(rng.randint(0, 4)), rng.dtype())


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
        return settings, rng.one(rng.dims(rng.choice(spatial)), rng.one_of("float32", "float32", rng.dtype("int64")))

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
        return {setting: times}, rng.one(tuple(shape), rng.dtype())

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
    return {"dim": dim, "unflattened_size": tuple(wanted)}, rng.one(shape, rng.dtype())


def window(rng):
    return rng.some(dilation=rng.size(2, 1, 2), padding=rng.size(2, 0, 2), stride=rng.size(2, 1, 3))


def unfolded(rng):
    return {"kernel_size": rng.size(2, 1, 3), **window(rng)}, rng.one(rng.dims(2, 6), rng.dtype())


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
    return {"output_size": size, **settings}, rng.one(
        tuple(shape) if rng.random() < 0.95 else rng.any_dims(), rng.dtype()
    )


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
    return settings, rng.one(shape, rng.dtype())


SHAPES = {
    "PixelShuffle": shuffled("upscale_factor"),
    "PixelUnshuffle": shuffled("downscale_factor"),
    "ChannelShuffle": shuffled("groups"),
    "Unflatten": unflattened,
    "Unfold": unfolded,
    "Fold": folded,
    "Upsample": resized,
}

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
DRAW = {**NORMALIZATION, **DROPOUTS, **SHAPES, **TWO}

# torch's side


def run_torch(name, settings, tensors):
    """torch's outputs and module; what counts as wrong here raises, too."""
    x = next(iter(tensors.values()))
    if x.ndim == READ_WITHOUT_BATCH.get(name):
        raise ValueError("counted as wrong")
    if name == "RMSNorm":
        settings.setdefault("normalized_shape", x.shape[-1:])
    if name == "Bilinear":
        settings |= {"in1_features": x.shape[-1], "in2_features": tensors["input2"].shape[-1]}
        if min(t.ndim for t in tensors.values()) < 2:
            raise ValueError("counted as wrong")
    module = getattr(nn, name)(**{**settings, **known_from(name, x)}).train()
    return (module(*tensors.values()),), module


def known_from(name, x):
    """What our declaration works out from the input."""
    argument, axis = KNOWN_FROM_INPUT.get(name, (None, 0))
    return {argument: x.shape[axis]} if argument else {}


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    bench.compare(rng, name, DRAW[name], run_torch, wrong_at_least=2)


@pytest.mark.parametrize("name", DRAW)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    bench.compare_open(rng, name, DRAW[name])
