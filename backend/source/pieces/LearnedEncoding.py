"""Places told by a learned vector for each, as in BERT and GPT-2."""

import torch
from torch import nn


class LearnedEncoding(nn.Module):
    """Adds a learned vector to every place of a sequence."""

    def __init__(self, length, width, std=0.02):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, width) * std)

    def forward(self, x):  # N x T x features
        return x + self.weight[: x.shape[1]]
