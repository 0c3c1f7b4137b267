"""A kernel set by hand, the same for every channel; it is no parameter and never trains."""

import torch
import torch.nn.functional as F
from torch import nn


class FixedConv2d(nn.Module):
    """Filters every channel with one kernel that is set by hand and does not train."""

    def __init__(self, kernel, stride=1, border=(0, 0, 0, 0), mode="constant", value=0.0, dilation=1, bias=0.0):
        super().__init__()
        self.stride = stride
        self.border = border  # left, right, top, bottom
        self.mode = mode
        self.value = value
        self.dilation = dilation
        self.bias = bias
        self.register_buffer("kernel", torch.tensor(kernel))

    def forward(self, x):  # N x C x H x W
        if self.mode == "constant":
            x = F.pad(x, self.border, value=self.value)
        else:
            x = F.pad(x, self.border, mode=self.mode)
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, 1, -1, -1)
        return F.conv2d(x, kernel, None, self.stride, 0, self.dilation, channels) + self.bias
