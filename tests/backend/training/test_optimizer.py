"""Optimizers: the recipe's values reach torch, fused, and a network without parameters is refused."""

import pytest
import torch
from torch import nn

from backend.training import optimizer as optimizers
from backend.training.optimizer import Weight
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe


@pytest.mark.parametrize(
    ("name", "kind"), [("Adam", torch.optim.Adam), ("AdamW", torch.optim.AdamW), ("SGD", torch.optim.SGD)]
)
def test_the_recipe_is_what_runs(name, kind):
    recipe = Recipe(optimizer=name, learning_rate=0.02, momentum=0.7, weight_decay=0.3)
    optimizer = optimizers.build(recipe, optimizers.weights_of(nn.Linear(2, 2)))
    assert type(optimizer) is kind
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"], group["fused"]) == (0.02, 0.3, True)
    assert group.get("momentum", 0.7) == 0.7
    optimizers.set_learning_rate(optimizer, 0.5)
    assert [g["lr"] for g in optimizer.param_groups] == [0.5]


def test_nothing_to_learn_is_said():
    with pytest.raises(optimizers.NothingToLearn, match="Linear or Conv2d"):
        optimizers.build(Recipe(), optimizers.weights_of(nn.ReLU()))


def test_one_kernel_is_asked_for_where_this_torch_has_it(monkeypatch):
    fused = [name for name, one in OPTIMIZERS.items() if one.fused]
    assert all(optimizers._has_kernel(name, "cpu") for name in fused) and not optimizers._has_kernel("Adam", "mps")
    monkeypatch.setattr(torch._C, "_dispatch_has_kernel_for_dispatch_key", lambda name, key: "adagrad" not in name)
    weights = (Weight(None, nn.Parameter(torch.zeros(2))),)
    made = {name: optimizers.build(Recipe(optimizer=name), weights) for name in ("Adam", "Adagrad")}
    assert [made[name].param_groups[0]["fused"] for name in made] == [True, False]
