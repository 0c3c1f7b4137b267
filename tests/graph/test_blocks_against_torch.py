"""torch is the judge: random right and wrong settings of every block type, held against the real module on the CPU.

Verdict, output shapes, dtypes, parameters, buffers and weight names must agree. Three things torch lets pass count as
wrong here: an input it would read as one sample without a batch, an output without a single value, and anything but
images in blocks documented for images.
"""

import pytest
import torch
from torch import nn

from graph.tensor_type import DTYPES

BATCH = 7

# Drawing settings and inputs


def convolution(rank):
    def draw(rng):
        kernel = rng.size(rank, 1, 4) if rng.random() < 0.97 else 0
        padding = rng.one_of(0, rng.size(rank, 0, 3), rng.size(rank, 0, 3), "same", "valid")
        settings = rng.some(
            stride=rng.size(rank, 1, 3) if rng.random() < 0.95 else 0,
            padding=padding,
            dilation=rng.size(rank, 1, 2) if rng.random() < 0.97 else 0,
            groups=rng.one_of(1, 2, 3),
            bias=rng.one_of(True, False),
            padding_mode=rng.one_of("zeros", "reflect", "replicate", "circular"),
        )
        return {"out_channels": rng.randint(1, 6), "kernel_size": kernel, **settings}, rng.dims(rank), rng.dtype()

    return draw


def transposed(rank):
    def draw(rng):
        settings = rng.some(
            stride=rng.size(rank, 1, 3),
            padding=rng.size(rank, 0, 3 if rank == 3 else 4),
            output_padding=rng.size(rank, 0, 2),
            groups=rng.one_of(1, 2, 3),
            bias=rng.one_of(True, False),
            dilation=rng.size(rank, 1, 3),
        )
        values = {"out_channels": rng.randint(1, 6), "kernel_size": rng.size(rank, 1, 4), **settings}
        return values, rng.dims(rank, 5), rng.dtype()

    return draw


def pool(rank, kind):
    def draw(rng):
        settings = {
            "stride": rng.size(rank, 1, 4),
            "padding": rng.size(rank, 0, 2),
            "ceil_mode": rng.one_of(True, False),
        }
        if kind == "max":
            settings["dilation"] = rng.size(rank, 1, 3)
        else:
            settings["count_include_pad"] = rng.one_of(True, False)
        if kind == "avg" and rank == 2:
            settings["divisor_override"] = rng.randint(0, 3)
        return {"kernel_size": rng.size(rank, 1, 4), **rng.some(**settings)}, rng.dims(rank), rng.dtype()

    return draw


def adaptive(rng):
    def wanted():
        return None if rng.random() < 0.2 else rng.randint(1, 5)

    size = rng.one_of(rng.randint(1, 5), (wanted(), wanted()))
    return {"output_size": size}, rng.dims(2), rng.dtype()


def linear(rng):
    return {"out_features": rng.randint(1, 5), **rng.some(bias=False)}, rng.any_dims(0, 3), rng.dtype()


def recurrent(name):
    def draw(rng):
        settings = {
            "num_layers": rng.randint(1, 3),
            "bias": rng.one_of(True, False),
            "dropout": rng.one_of(0.0, 0.5, 1.0, 1.5),
            "bidirectional": rng.one_of(True, False),
        }
        if name == "RNN":
            settings["nonlinearity"] = rng.one_of("tanh", "relu")
        if name == "LSTM":
            settings["proj_size"] = rng.randint(0, 4)
        rank = 2 if rng.random() < 0.85 else rng.one_of(1, 3)
        shape = tuple(rng.randint(1, 5) for _ in range(rank))
        return {"hidden_size": rng.randint(1, 5), **rng.some(**settings)}, shape, rng.dtype()

    return draw


def embedding(rng):
    rows = rng.randint(1, 5)
    settings = rng.some(padding_idx=rng.randint(-6, 6))
    kind = rng.one_of("int64", "int64", "int32", "uint8", "float32", "bool")
    return {"num_embeddings": rows, "embedding_dim": rng.randint(1, 4), **settings}, rng.any_dims(0, 3), kind


def batch_norm(spatial):
    def draw(rng):
        settings = rng.some(
            eps=1e-3,
            momentum=rng.one_of(None, 0.5),
            affine=rng.one_of(True, False),
            track_running_stats=rng.one_of(True, False),
        )
        return settings, rng.dims(rng.choice(spatial)), rng.dtype()

    return draw


def layer_norm(rng):
    shape = rng.any_dims(1, 3)
    given = {} if rng.random() < 0.4 else {"normalized_shape": shape[-rng.randint(1, len(shape)) :]}
    if given and rng.random() < 0.3:
        given = {"normalized_shape": rng.any_dims(1, 3)}
    settings = rng.some(eps=1e-3, elementwise_affine=rng.one_of(True, False), bias=rng.one_of(True, False))
    return {**given, **settings}, shape, rng.dtype()


def group_norm(rng):
    settings = rng.some(eps=1e-3, affine=rng.one_of(True, False))
    return {"num_groups": rng.randint(1, 4), **settings}, rng.dims(rng.randint(0, 3)), rng.dtype()


def plain(**settings):
    def draw(rng):
        chosen = rng.some(**{name: rng.choice(values) for name, values in settings.items()})
        kind = rng.one_of("float32", *DTYPES)
        return chosen, rng.any_dims(), kind

    return draw


def softmax(rng):
    return {"dim": rng.randint(-5, 4)}, rng.any_dims(), rng.one_of("float32", "float32", *DTYPES)


def flatten(rng):
    return rng.some(start_dim=rng.randint(-5, 4), end_dim=rng.randint(-5, 4)), rng.any_dims(), rng.dtype()


def reshape(rng):
    shape = rng.any_dims(0, 3)
    wanted = list(shape if rng.random() < 0.5 else rng.any_dims(0, 3))
    rng.shuffle(wanted)
    if wanted and rng.random() < 0.6:
        wanted[rng.randrange(len(wanted))] = -1
    return {"shape": tuple(wanted)}, shape, rng.dtype()


def permute(rng):
    shape = rng.any_dims(0, 3)
    order = [0, *rng.sample(range(1, len(shape) + 1), len(shape))]
    if rng.random() < 0.3:
        order[rng.randrange(len(order))] = rng.randint(-4, 4)
    return {"dims": tuple(order)}, shape, rng.dtype()


def select(rng):
    return rng.some(index=rng.randint(-5, 4), dim=rng.randint(-4, 3)), rng.any_dims(0, 3), rng.dtype()


DRAW = {
    **{f"Conv{rank}d": convolution(rank) for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": transposed(rank) for rank in (1, 2, 3)},
    **{f"MaxPool{rank}d": pool(rank, "max") for rank in (1, 2, 3)},
    **{f"AvgPool{rank}d": pool(rank, "avg") for rank in (1, 2)},
    "AdaptiveAvgPool2d": adaptive,
    "AdaptiveMaxPool2d": adaptive,
    "Linear": linear,
    **{name: recurrent(name) for name in ("RNN", "LSTM", "GRU")},
    "Embedding": embedding,
    "BatchNorm1d": batch_norm((0, 1)),
    "BatchNorm2d": batch_norm((2,)),
    "LayerNorm": layer_norm,
    "GroupNorm": group_norm,
    **{name: plain() for name in ("ReLU", "SiLU", "Sigmoid", "Tanh", "Hardswish")},
    "LeakyReLU": plain(negative_slope=(0.0, 0.2, -0.1)),
    "ELU": plain(alpha=(0.5, 2.0)),
    "GELU": plain(approximate=("none", "tanh", "erf")),
    "Softplus": plain(beta=(0.5, 2.0), threshold=(1.0, 30.0)),
    "Softmax": softmax,
    "LogSoftmax": softmax,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "SelectStep": select,
    "Identity": plain(),
}
KNOWN_FROM_INPUT = {
    **{name: ("in_channels", 1) for name in DRAW if name.startswith("Conv")},
    **{name: ("input_size", 2) for name in ("RNN", "LSTM", "GRU")},
    "Linear": ("in_features", -1),
    "BatchNorm1d": ("num_features", 1),
    "BatchNorm2d": ("num_features", 1),
    "GroupNorm": ("num_channels", 1),
}
READ_WITHOUT_BATCH = {  # the number of dimensions torch would read as one sample
    **{name: int(name[-2]) + 1 for name in DRAW if "Pool" in name or "Conv" in name},
    **{name: 2 for name in ("RNN", "LSTM", "GRU")},
    "Linear": 1,
    "LayerNorm": 1,
}
FOR_IMAGES = ("AdaptiveAvgPool2d",)

# The two verdicts


def run_torch(name, settings, tensors):
    """The real thing's outputs and module; what counts as wrong here raises, too."""
    x = tensors["input"]
    if x.ndim == READ_WITHOUT_BATCH.get(name) or (name in FOR_IMAGES and x.ndim != 4):
        raise ValueError("counted as wrong")
    if name == "Reshape":
        return (x.reshape(BATCH, *settings["shape"]),), None
    if name == "Permute":
        return (x.permute(settings["dims"]),), None
    if name == "SelectStep":
        return (x.select(settings.get("dim", 1), settings.get("index", -1)),), None
    if name in KNOWN_FROM_INPUT:
        argument, axis = KNOWN_FROM_INPUT[name]
        settings[argument] = x.shape[axis]
    if name == "LayerNorm":
        settings.setdefault("normalized_shape", x.shape[-1:])
    if name in ("RNN", "LSTM", "GRU"):
        settings["batch_first"] = True
    module = getattr(nn, name)(**settings).train()
    result = module(x.clone().requires_grad_() if x.is_floating_point() else x)
    outputs = (result,) if torch.is_tensor(result) else (result[0], *_states(result[1]))
    return outputs, module


def _states(states):
    return states if isinstance(states, tuple) else (states,)


def with_one_input(draw):
    """A draw of (settings, dimensions, dtype) as one of inputs by port."""

    def drawn(rng):
        values, shape, kind = draw(rng)
        return values, {"input": (shape, kind)}

    return drawn


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    few = 0 if name in ("Sigmoid", "Tanh", "Identity") else 2
    bench.compare(rng, name, with_one_input(DRAW[name]), run_torch, few)


@pytest.mark.parametrize("name", DRAW)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    bench.compare_open(rng, name, with_one_input(DRAW[name]))
