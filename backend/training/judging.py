"""From what a network answers to its losses and metrics: in full precision, and without copies from the host.

Knows neither how the answer was computed nor what becomes of the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from backend.training.resident import Tensors
from backend.training.turn import Values

if TYPE_CHECKING:
    from backend.compile import Program

Objective = Callable[..., Values]


def judged(objective: Objective, outputs: Any, targets: Tensors) -> Values:
    """Loss and metrics by name; `outputs` is what the network gave, one tensor or several.

    On a GPU mixed precision ends here: torch refuses some losses there (binary cross-entropy), and sums over a batch
    want all their digits.
    """
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if not torch.is_autocast_enabled("cuda"):
        return objective(*outputs, *targets)
    with torch.autocast("cuda", enabled=False):
        return objective(*map(_wide, outputs), *targets)


def _wide(output: Any) -> Any:
    is_half = isinstance(output, torch.Tensor) and output.dtype in (torch.bfloat16, torch.float16)
    return output.float() if is_half else output


def holding_its_numbers(program: Program, device: torch.device) -> Objective:
    """The program's objective, its tables of numbers (weights of classes) held on a GPU.

    As it is written it copies them there in every step, and each copy waits for all the GPU was given before.
    """
    objective = program.objective
    if device.type == "cpu" or ".new_tensor(" not in program.source.text:
        return objective
    held = _Held()

    def judge(*tensors: torch.Tensor) -> Values:
        with held:
            return objective(*tensors)

    return judge


class _Held(TorchFunctionMode):
    """Gives what tensor.new_tensor(numbers) gave before."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Any, torch.Tensor] = {}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is not torch.Tensor.new_tensor or kwargs:
            return function(*args, **(kwargs or {}))
        like, numbers = args
        key = (like.dtype, like.device, numbers)
        if key not in self._known:
            self._known[key] = function(like, numbers)
        return self._known[key]
