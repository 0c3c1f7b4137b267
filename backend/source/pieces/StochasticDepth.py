"""Leaving out whole branches while training (Huang et al., 2016), also called drop path."""

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """Makes a branch zero for a random share of the samples while training, and scales the others."""

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):  # N x ...
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return x * 0
        keep = torch.rand(x.shape[0], *(1 for _ in x.shape[1:]), device=x.device) >= self.p
        return x * keep / (1 - self.p)
