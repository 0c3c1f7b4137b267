"""Places told by turning pairs of features, as in RoFormer (2021): products then see only distances."""

import torch
from torch import nn


class RotaryEncoding(nn.Module):
    """Turns neighbouring features, two by two, by an angle that grows with their place."""

    def __init__(self, base=10000.0):
        super().__init__()
        self.base = base

    def forward(self, x):  # N x ... x T x features
        length, width = x.shape[-2:]
        places = torch.arange(length, device=x.device, dtype=x.dtype)
        rates = self.base ** (-torch.arange(0, width, 2, device=x.device, dtype=x.dtype) / width)
        angles = places[:, None] * rates
        sin, cos = angles.sin(), angles.cos()
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
