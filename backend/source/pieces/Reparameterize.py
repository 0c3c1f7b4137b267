"""Sampling that gradients pass through (Kingma and Welling, 2013): the heart of a variational autoencoder."""

import torch
from torch import nn


class Reparameterize(nn.Module):
    """Draws from a normal distribution with the given mean and logarithm of the variance."""

    def __init__(self, sample_in_evaluation=True):
        super().__init__()
        self.sample_in_evaluation = sample_in_evaluation

    def forward(self, mean, log_variance):
        if not self.training and not self.sample_in_evaluation:
            return mean
        return mean + (log_variance / 2).exp() * torch.randn_like(mean)
