"""A learned tensor that depends on no input: a class token, a query, a scale."""

import torch
from torch import nn


class LearnedTensor(nn.Module):
    """Gives the same learned tensor for every sample; with `like`, once for each of its samples."""

    def __init__(self, shape, std=0.02):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, *shape) * std)

    def forward(self, like=None):
        if like is None:
            return self.weight
        return self.weight.expand(like.shape[0], *self.weight.shape[1:])
