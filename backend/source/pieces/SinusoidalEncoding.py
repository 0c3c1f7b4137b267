"""Places told by waves of falling frequency, as in "Attention is all you need" (2017); nothing is learned."""

import torch
from torch import nn


class SinusoidalEncoding(nn.Module):
    """Adds to every feature a sine or cosine of its place."""

    def __init__(self, base=10000.0):
        super().__init__()
        self.base = base

    def forward(self, x):  # N x T x features
        length, width = x.shape[1:]
        places = torch.arange(length, device=x.device, dtype=x.dtype)
        rates = self.base ** (-torch.arange(0, width, 2, device=x.device, dtype=x.dtype) / width)
        angles = places[:, None] * rates
        waves = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)  # sine and cosine in turn
        return x + waves[:, :width]
