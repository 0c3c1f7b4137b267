"""How far the slope of a score is from the one wanted (Gulrajani et al., 2017): keeps a critic from being too steep."""

import torch
from torch import nn


class GradientPenalty(nn.Module):
    """The squared difference between the norm of each sample's gradient and `slope`; 0 where gradients are off."""

    def __init__(self, slope=1.0):
        super().__init__()
        self.slope = slope

    def forward(self, score, point):  # N x ..., N x ... -> N
        if not (torch.is_grad_enabled() and point.requires_grad):
            return score.new_zeros(score.shape[0])
        (gradient,) = torch.autograd.grad(score.sum(), point, create_graph=True)
        return (gradient.flatten(1).norm(dim=1) - self.slope).square()
