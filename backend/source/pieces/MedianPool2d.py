"""Pooling by the middle value, which torch lacks."""

import torch.nn.functional as F
from torch import nn


class MedianPool2d(nn.Module):
    """Keeps the middle value of each window, of an even count the lower middle."""

    def __init__(self, kernel_size, stride, border=(0, 0, 0, 0), mode="constant"):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.border = border  # left, right, top, bottom
        self.mode = mode

    def forward(self, x):  # N x C x H x W
        x = F.pad(x, self.border, mode=self.mode)
        x = x.unfold(2, self.kernel_size[0], self.stride[0])
        x = x.unfold(3, self.kernel_size[1], self.stride[1])  # N x C x H' x W' x kernel
        return x.flatten(-2).median(dim=-1).values
