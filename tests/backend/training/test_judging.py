"""What judges a network's answers: in full precision on a GPU, its tables of numbers copied there once."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from backend.training.judging import holding_its_numbers, judged

TEXT = "F.cross_entropy(x, y, weight=x.new_tensor((1.0, 2.0, 3.0)))"


def program(objective, text):
    return SimpleNamespace(objective=objective, source=SimpleNamespace(text=text))


def weighed(x, y):
    return {"loss": F.cross_entropy(x, y, weight=x.new_tensor((1.0, 2.0, 3.0)))}


def test_numbers_are_copied_once():
    made, tables = torch.Tensor.new_tensor, []

    def objective(x, y):
        tables.append(x.new_tensor((1.0, 2.0, 3.0)))
        return {"loss": F.cross_entropy(x, y, weight=tables[-1])}

    x, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    gpu = torch.device("cuda")
    held = holding_its_numbers(program(objective, TEXT), gpu)
    first, second = held(x, y)["loss"], held(x, y)["loss"]
    assert torch.equal(first, weighed(x, y)["loss"]) and torch.equal(first, second)
    assert tables[0] is tables[1] and held(x.double(), y)["loss"].dtype == torch.float64
    assert torch.Tensor.new_tensor is made
    assert holding_its_numbers(program(objective, TEXT), torch.device("cpu")) is objective
    assert holding_its_numbers(program(objective, "F.mse_loss(x, y)"), gpu) is objective


def test_mixed_precision_ends_before_the_loss_on_a_gpu(monkeypatch):
    seen = []

    def objective(x, y):
        seen.append((x.dtype, torch.is_autocast_enabled("cuda")))
        return {"loss": F.binary_cross_entropy(x, y)}

    chances, yes = torch.rand(4).bfloat16(), torch.ones(4)
    with torch.autocast("cpu", torch.bfloat16):
        judged(objective, chances.float(), (yes,))
    enabled = torch.is_autocast_enabled
    torch.set_autocast_enabled("cuda", True)
    try:
        judged(objective, (chances,), (yes,))
    finally:
        torch.set_autocast_enabled("cuda", False)
    assert seen == [(torch.float32, False)] * 2 and enabled("cuda") is False


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_binary_cross_entropy_trains_in_half_precision():
    layer, x = torch.nn.Linear(4, 1).cuda(), torch.rand(8, 4, device="cuda")
    with torch.autocast("cuda", torch.bfloat16):
        values = judged(
            lambda p, y: {"loss": F.binary_cross_entropy(p, y)}, layer(x).sigmoid(), (torch.ones_like(x[:, :1]),)
        )
    values["loss"].backward()
    assert torch.isfinite(layer.weight.grad).all()
