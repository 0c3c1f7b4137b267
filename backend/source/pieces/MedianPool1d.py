"""Pooling of sequences by the middle value, which torch lacks."""

import torch.nn.functional as F
from torch import nn


class MedianPool1d(nn.Module):
    """Keeps the middle value of each window, of an even count the lower middle."""

    def __init__(self, kernel_size, stride, border=(0, 0), mode="constant"):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.border = border  # left, right
        self.mode = mode

    def forward(self, x):  # N x C x L
        x = F.pad(x, self.border, mode=self.mode)
        return x.unfold(2, self.kernel_size, self.stride).median(dim=-1).values
