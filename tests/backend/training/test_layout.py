"""Pictures with their channels innermost: where, and that picking batches and every optimizer leave it so."""

import copy

import pytest
import torch
from torch import nn

from backend.training import optimizer as optimizers
from backend.training.layout import channels_innermost, pick
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe

CPU, GPU = torch.device("cpu"), torch.device("cuda")
ROWS = torch.tensor([4, 0, 3])
INNERMOST = torch.channels_last


def convolutions():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.Flatten(), nn.Linear(2 * 4 * 4, 3))


@pytest.mark.parametrize(
    ("recipe", "module", "device", "shard", "innermost"),
    [
        ({}, convolutions, CPU, False, True),
        ({}, convolutions, GPU, False, False),
        ({"channels_last": True}, convolutions, GPU, False, True),
        ({}, lambda: nn.Linear(3, 2), CPU, False, False),
        ({"optimizer": "LBFGS", "channels_last": True}, convolutions, CPU, False, False),
        ({"channels_last": True}, convolutions, GPU, True, False),
    ],
)
def test_where_channels_lie_innermost(recipe, module, device, shard, innermost):
    assert channels_innermost(Recipe(**recipe), module(), device, shard) is innermost


@pytest.mark.parametrize(
    "samples",
    [
        torch.randn(6, 3, 4, 5),
        torch.randn(6, 3, 4, 5).contiguous(memory_format=INNERMOST),
        torch.randn(6, 5, 4, 3).permute(0, 3, 2, 1),
        torch.randn(4, 6).t(),
        torch.arange(6),
    ],
    ids=["plain", "innermost", "another way", "columns", "labels"],
)
def test_a_batch_is_what_indexing_gives(samples):
    picked = pick(samples, ROWS)
    assert torch.equal(picked, samples[ROWS])
    for form in (torch.contiguous_format, *([INNERMOST] if samples.ndim == 4 else [])):
        assert picked.is_contiguous(memory_format=form) or not samples.is_contiguous(memory_format=form)
    assert pick(samples, slice(1, 3)).data_ptr() == samples[1:3].data_ptr()


@pytest.mark.parametrize("name", sorted(OPTIMIZERS.keys() - {"Muon"}))  # that moves matrices alone
def test_every_optimizer_moves_weights_as_if_they_lay_the_first_way(name):
    torch.manual_seed(0)
    one, images = convolutions(), torch.randn(5, 3, 8, 8)
    recipe, other = Recipe(optimizer=name, learning_rate=0.01), copy.deepcopy(one)
    if channels_innermost(recipe, one, CPU):
        one.to(memory_format=INNERMOST)
    for module in (one, other):
        optimizer = optimizers.build(recipe, optimizers.weights_of(module))

        def again(module=module, optimizer=optimizer):
            optimizer.zero_grad()
            loss = module(images).square().mean()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(again)
    for mine, reference in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-3, atol=2e-4)
