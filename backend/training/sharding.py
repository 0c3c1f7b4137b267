"""A network whose parameters, gradients and optimizer state are spread over the processes of a run: torch's FSDP2.

How weights are cut up and put together again. Knows no data, no loop and no files; costs a second to import, so that
only runs that ask for it do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from backend.training.ranks import Ranks


def shard(module: nn.Module, ranks: Ranks, device: torch.device) -> None:
    """Spread the module's parameters over all processes; each layer is put together while it computes."""
    ranks.follow_first(module.state_dict().values())
    mesh = init_device_mesh(device.type, (ranks.size,))
    for part in _apart(module):
        fully_shard(part, mesh=mesh)
    fully_shard(module, mesh=mesh)
    if hasattr(module, "compute"):
        register_fsdp_forward_method(module, "compute")
    ranks.averaged = True


def _apart(module: nn.Module) -> list[nn.Module]:
    """The parts with parameters that no other part uses; of mere lists, their members."""
    parts: list[nn.Module] = []
    waiting = list(module.children())
    while waiting:
        part = waiting.pop()
        if isinstance(part, nn.ModuleList | nn.ModuleDict):
            waiting.extend(part.children())
        elif any(True for _ in part.parameters()):
            parts.append(part)
    users: dict[int, int] = {}
    for part in parts:
        for parameter in part.parameters():
            users[id(parameter)] = users.get(id(parameter), 0) + 1
    return [part for part in parts if all(users[id(parameter)] == 1 for parameter in part.parameters())]


def whole(value: Any) -> Any:
    """A state with every tensor put together, in host memory, that is spread over processes; all must ask for it."""
    match value:
        case DTensor():
            return value.detach().full_tensor().cpu()  # at once: a device need not hold all of them
        case dict():
            return {key: whole(one) for key, one in value.items()}
        case list() | tuple():
            return type(value)(whole(one) for one in value)
    return value


def laid_as(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A whole tensor, which all processes have, spread as another one is."""
    if not isinstance(like, DTensor) or isinstance(value, DTensor):
        return value
    return distribute_tensor(value.to(like.device, like.dtype), like.device_mesh, like.placements, src_data_rank=None)


def load(module: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Load whole weights into a module, whether it is spread or not."""
    own = module.state_dict()
    module.load_state_dict(
        {name: laid_as(value, own[name]) if name in own else value for name, value in weights.items()}
    )
