"""Filters: the weights of a block as an array, output units first. Reads weights, runs nothing."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

LARGEST = 4 * 1024 * 1024  # numbers sent; of a larger weight the first units


class NothingToSee(Exception):
    """A block has not what was asked for; the text says why."""


def filters(part: nn.Module) -> np.ndarray:
    """The weight of a block: (out, in, kh, kw) of a 2-d convolution, (out, in) of a Linear.

    A transposed convolution's is turned to the same order; a recurrent block shows the input weights of its
    first layer. Raises NothingToSee for a block without weights of two dimensions or more.
    """
    candidates = [weight for name, weight in part.named_parameters() if "weight" in name and weight.dim() >= 2]
    if not candidates:
        raise NothingToSee(f"{type(part).__name__} has no filters: choose a convolution or a Linear")
    weight = candidates[0].detach()
    if isinstance(part, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        weight = weight.transpose(0, 1)
    units = max(1, LARGEST // max(1, weight[0].numel()))
    return as_array(weight[:units])


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """A float32 copy in host memory."""
    return np.asarray(tensor.detach().to("cpu", torch.float32, copy=True).numpy(), order="C")
