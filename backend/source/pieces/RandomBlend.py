"""Points between two tensors, at random (Gulrajani et al., 2017): where a critic's slope is looked at."""

import torch
from torch import nn


class RandomBlend(nn.Module):
    """A mixture of both for every sample, with a share drawn anew; gradients end here and can be asked for."""

    def forward(self, one, other):  # N x ..., N x ...
        share = torch.rand(one.shape[0], *(1 for _ in one.shape[1:]), device=one.device)
        blend = share * one.detach() + (1 - share) * other.detach()
        return blend.requires_grad_() if torch.is_grad_enabled() else blend
