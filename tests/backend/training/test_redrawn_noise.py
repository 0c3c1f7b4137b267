"""Noise beside the samples: other numbers for every batch of training, the same for validation, one for all who ask."""

import numpy as np
import torch

from backend.training.resident import to_device

NOISE = np.zeros((6, 3), np.float32)
ARRAYS = {"noise": NOISE, "point": np.arange(12, dtype=np.float32).reshape(6, 2)}


def resident(**options):
    return to_device(ARRAYS, ("point", "noise"), ("noise",), torch.device("cpu"), **options)


def test_every_batch_gets_other_noise_the_same_at_all_places():
    samples = resident(redrawn=("noise",))
    torch.manual_seed(0)
    (point, noise), (target,) = samples.take(torch.tensor([1, 4]))
    assert point.tolist() == [[2.0, 3.0], [8.0, 9.0]]
    assert noise.shape == (2, 3) and noise.abs().min() > 0
    assert torch.equal(noise, target)  # a diffusion model is to tell the very noise that was added
    again = samples.take(torch.tensor([1, 4]))[0][1]
    assert not torch.equal(noise, again)
    torch.manual_seed(0)
    assert torch.equal(samples.take(torch.tensor([1, 4]))[0][1], noise)  # a run that goes on draws the same


def test_noise_that_is_not_redrawn_stays():
    (_, noise), (target,) = resident().take(slice(0, 6))
    assert not noise.any() and not target.any()
    state = torch.get_rng_state()
    resident().take(slice(0, 2))
    assert torch.equal(torch.get_rng_state(), state)
