"""The declared optimizers against torch's: names, arguments, defaults, what they keep, fused kernels."""

import inspect

import pytest
import torch

from graph.hyperparameter import HyperparameterError
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe

NOT_ASKED = {
    *("params", "lr", "weight_decay", "foreach", "maximize", "capturable", "differentiable", "fused"),
    *("tolerance_grad", "tolerance_change", "max_eval"),  # of LBFGS: where it stops within a step
}
SPLIT = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("smallest_step", "largest_step"),
    "ns_coefficients": ("ns_a", "ns_b", "ns_c"),
}
BESIDE = {"Muon": {"beta1", "beta2"}}  # of AdamW, which moves what it does not
UNLIKE = {  # the recipe's own; two values, one of them None; AdamW is that
    *(("SGD", "momentum"), ("Adafactor", "eps"), ("Adam", "decoupled_weight_decay")),
    ("Muon", "adjust_lr_fn"),  # one rate serves AdamW too
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_arguments_and_defaults_are_torchs(name):
    declared = OPTIMIZERS[name]
    ours = {argument.name: argument.default for argument in declared.arguments}
    signature = inspect.signature(getattr(torch.optim, name)).parameters
    for argument, parameter in signature.items():
        if argument in NOT_ASKED or (name, argument) in UNLIKE:
            continue
        names = SPLIT.get(argument, (argument,))
        defaults = parameter.default if argument in SPLIT else (parameter.default,)
        for own, default in zip(names, defaults, strict=True):
            assert own in ours, f"{name} lacks {own}"
            found = ours.pop(own)
            assert found == (default if default is not None else "none"), f"{name} {own}"
    ours.pop("adjust_lr_fn", None)
    assert set(ours) == BESIDE.get(name, set())
    assert signature["lr"].default == pytest.approx(declared.learning_rate)
    assert ("weight_decay" in signature) == declared.decays
    assert not declared.fused or "fused" in signature


def test_no_optimizer_of_torch_is_forgotten():
    there = {name for name in torch.optim.__all__ if inspect.isclass(getattr(torch.optim, name))}
    left_out = {"Optimizer", "SparseAdam"}  # the base; for sparse gradients only, which no block makes
    assert there - left_out == set(OPTIMIZERS)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "LBFGS"])
def test_what_it_keeps_for_every_weight_is_what_is_counted(name):
    weight = torch.nn.Parameter(torch.zeros(40, 50))
    momentum = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)([weight], lr=0.1, **momentum)
    for _ in range(2):
        weight.grad = torch.ones_like(weight)
        optimizer.step()
    kept = sum(v.numel() for v in optimizer.state[weight].values() if torch.is_tensor(v))
    assert round(kept / weight.numel()) == OPTIMIZERS[name].kept


def test_a_wrong_argument_is_named_with_what_there_is():
    with pytest.raises(HyperparameterError, match="SGD has no argument beta1; it has dampening, nesterov"):
        OPTIMIZERS["SGD"].complete({"beta1": 0.5})
    with pytest.raises(ValueError, match=r"optimizer_arguments: alpha must be a number from 0 to 1, not 2.0"):
        Recipe(optimizer="RMSprop", optimizer_arguments={"alpha": 2.0})
