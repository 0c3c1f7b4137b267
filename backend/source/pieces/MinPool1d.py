"""Pooling of sequences by the smallest value, which torch lacks: the largest of what is turned around."""

from torch import nn


class MinPool1d(nn.Module):
    """Keeps the smallest value of each window; the border never wins."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        super().__init__()
        self.pool = nn.MaxPool1d(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)

    def forward(self, x):  # N x C x L
        return -self.pool(-x)
