"""Random numbers in forward: the sampling of a variational autoencoder, and noise that is added."""

from __future__ import annotations

from math import log
from typing import Any

from backend.importing.python.drawing import draw, output, place
from backend.importing.python.running import Run
from backend.importing.python.values import Noise, Tensor
from graph.network import Block


def times_noise(run: Run, noise: Noise, factor: Any) -> Noise:
    """Noise times a deviation; a second one is multiplied in."""
    if noise.factor is None:
        return Noise(noise.like, factor)
    if isinstance(noise.factor, int | float) and isinstance(factor, int | float):
        return Noise(noise.like, noise.factor * factor)
    return run.refuse("random numbers are multiplied more than once; only mean + deviation * noise is read")


def plus_noise(run: Run, mean: Any, noise: Noise) -> Any:
    """mean + deviation * noise: a Reparameterize, or a GaussianNoise where it is only added while training."""
    if not isinstance(mean, Tensor):
        run.refuse("random numbers are only read where they are added to a tensor")
    factor = 1.0 if noise.factor is None else noise.factor
    if isinstance(factor, int | float):
        if run.training:
            return draw(run, "GaussianNoise", mean, {"std": float(factor)})
        log_variance = _constant_log_variance(run, mean, float(factor))
    else:
        log_variance = _log_variance(run, factor)
    values = {"sample_in_evaluation": False} if run.training else {}
    block = place(run, "Reparameterize", [("mean", mean), ("log_variance", log_variance)], values)
    return output(run, block, mean.level)


def drawn_noise(run: Run, noise: Noise) -> Tensor:
    """Random numbers by themselves: a sample around zero."""
    return plus_noise(run, draw(run, "Scale", noise.like, {"factor": 0.0}), noise)


def _constant_log_variance(run: Run, mean: Tensor, std: float) -> Tensor:
    nothing = draw(run, "Scale", mean, {"factor": 0.0})
    return draw(run, "Shift", nothing, {"amount": 2 * log(std)}) if std > 0 and std != 1 else nothing


def _log_variance(run: Run, deviation: Tensor) -> Tensor:
    """What exp(log_variance / 2) was computed from; else the logarithm of the deviation's square."""
    network = deviation.level.network
    block = network.blocks[deviation.block]
    if block.type == "Exp":
        wire = network.wires_into(block)[0]
        half = network.blocks[wire.source]
        if _is_half(half):
            inner = network.wires_into(half)[0]
            return Tensor(deviation.level, inner.source, inner.output)
        return draw(run, "Scale", Tensor(deviation.level, wire.source, wire.output), {"factor": 2.0})
    return draw(run, "Scale", draw(run, "Log", deviation), {"factor": 2.0})


def _is_half(block: Block) -> bool:
    return block.type == "Scale" and block.hyperparameters.get("factor") == 0.5
