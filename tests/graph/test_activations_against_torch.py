"""torch is the judge of the further activations: verdict, shape, dtype, learned slopes and every value.

Counted as wrong here though torch lets it pass: a Softmax2d of three dimensions (torch would read one image without a
batch), bounds in which the dtype has no value, a slope range or a shrinkage turned around, alpha 0.
"""

import pytest
import torch
from torch import nn

from graph.tensor_type import DTYPES


def plain(**settings):
    def draw(rng):
        chosen = {name: rng.choice(values) for name, values in settings.items() if rng.random() < 0.7}
        return chosen, rng.one(rng.any_dims(), rng.one_of("float32", *DTYPES))

    return draw


def required(**settings):
    def draw(rng):
        chosen = {name: rng.choice(values) for name, values in settings.items() if rng.random() < 0.9}
        return chosen, rng.one(rng.any_dims(), rng.one_of("float32", *DTYPES))

    return draw


def along_a_dimension(rng):
    return {"dim": rng.randint(-4, 3)}, rng.one(rng.any_dims(), rng.one_of("float32", "float32", *DTYPES))


def images(rng):
    return {}, rng.one(rng.dims(2), rng.dtype())


def slopes(rng):
    shape = rng.any_dims()
    count = shape[0] if shape and rng.random() < 0.6 else rng.randint(0, 4)
    return rng.some(num_parameters=count, init=rng.one_of(0.1, -0.5)), rng.one(shape, rng.dtype())


BENDS = {
    **{name: plain() for name in ("SELU", "Tanhshrink", "Hardsigmoid", "ReLU6", "LogSigmoid", "Mish", "Softsign")},
    "CELU": plain(alpha=(0.5, 2.0, -1.0, 0.0)),
    "Hardshrink": plain(lambd=(0.1, 0.9, -0.5)),
    "Softshrink": plain(lambd=(0.1, 0.0, -0.5)),
    "Hardtanh": plain(min_val=(-0.5, 0.0, 0.25), max_val=(0.5, 0.2, 3.0)),
    "Threshold": required(threshold=(0.3, -1.0, 1.0), value=(2.0, -3.0, 300.0)),
    "RReLU": plain(lower=(0.0, 0.2), upper=(0.1, 0.5)),
    "PReLU": slopes,
    "GLU": along_a_dimension,
    "Softmin": along_a_dimension,
    "Softmax2d": images,
    "Step": plain(threshold=(0.5, -1.0, 1.0)),
    "Sign": plain(),
}


def step(x, threshold=0.0):
    """torch's own threshold function, which says explicitly what it is at the threshold."""
    x = x if x.is_floating_point() else x.float()
    return torch.heaviside(x.detach() - threshold, torch.ones((), dtype=x.dtype))


def judge(name, settings, tensors):
    x = tensors["input"]
    signed = x.clone() - 1 if x.dtype in (torch.int64, torch.int32) else x
    tensors["input"] = signed - 0.5 if x.is_floating_point() else signed
    x = tensors["input"]
    if (name == "Softmax2d" and x.ndim != 4) or (name in ("Step", "Sign") and x.dtype == torch.bool):
        raise ValueError("counted as wrong")
    if name == "GLU" and settings["dim"] in (0, -x.ndim):
        raise ValueError("counted as wrong: half the batch would gate the other")
    if name == "RReLU" and settings.get("lower", 1 / 8) > settings.get("upper", 1 / 3):
        raise ValueError("counted as wrong")
    if x.dtype == torch.uint8 and not all(0 <= value <= 255 for value in bounds(name, settings)):
        raise ValueError("counted as wrong")
    if name == "Step":
        return (step(x, **settings),), None
    if name == "Sign":
        return (torch.sign(x),), None
    module = getattr(nn, name)(**settings).train()
    return (module(x.clone().requires_grad_() if x.is_floating_point() else x),), module


def bounds(name, settings):
    if name == "Hardtanh":
        return settings.get("min_val", -1.0), settings.get("max_val", 1.0)
    return settings.values() if name == "Threshold" else ()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BENDS)
def test_torch_agrees(bench, rng, name):
    bench.compare(rng, name, BENDS[name], judge, 1)


@pytest.mark.parametrize("name", BENDS)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    bench.compare_open(rng, name, BENDS[name])
