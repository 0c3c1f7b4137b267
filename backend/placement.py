"""Where one process stands among those that compute a run together, as torchrun, SLURM or we ourselves say it.

Reads the environment only: imports no torch and starts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIRST_PORT, PORTS = 20_000, 20_000  # a SLURM job meets at a port of its own


@dataclass(frozen=True, slots=True)
class Place:
    """One of `size` processes, numbered over all machines and over its own; `store` is the file where they meet.

    Without a file they meet at `address`, or as torch's environment variables say.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    store: str | None = None
    address: str | None = None  # "tcp://first-machine:29500"


class PlacementError(ValueError):
    """The environment does not say where this process stands; the text names the variable."""


def from_environment(environment: Mapping[str, str]) -> Place | None:
    """The place torchrun or SLURM's srun gave this process; None where it was started by itself."""
    if "RANK" in environment and "WORLD_SIZE" in environment:
        size = _number(environment, "WORLD_SIZE", 1)
        local_size = _number(environment, "LOCAL_WORLD_SIZE", size)
        rank = _number(environment, "RANK", 0)
        place = Place(rank, size, _number(environment, "LOCAL_RANK", rank % local_size), local_size)
    elif "SLURM_PROCID" in environment and "SLURM_STEP_NUM_TASKS" in environment:  # a task of srun, no batch script
        place = _of_slurm(environment)
    else:
        return None
    if not 0 <= place.rank < place.size:
        raise PlacementError(f"this is process {place.rank} of {place.size}: RANK must be below WORLD_SIZE")
    return place if place.size > 1 else None


def _of_slurm(environment: Mapping[str, str]) -> Place:
    rank, size = _number(environment, "SLURM_PROCID", 0), _number(environment, "SLURM_STEP_NUM_TASKS", 1)
    per_machine = re.match(r"\d+", environment.get("SLURM_STEP_TASKS_PER_NODE", ""))
    host = environment.get("MASTER_ADDR") or first_host(environment.get("SLURM_STEP_NODELIST", "localhost"))
    own_port = FIRST_PORT + _number(environment, "SLURM_JOB_ID", 0) % PORTS
    return Place(
        rank,
        size,
        _number(environment, "SLURM_LOCALID", 0),
        int(per_machine[0]) if per_machine else size,
        address=f"tcp://{host}:{_number(environment, 'MASTER_PORT', own_port)}",
    )


def first_host(hosts: str) -> str:
    """The first machine of a SLURM list: "node[07-09,12],gpu1" gives "node07"."""
    found = re.match(r"([^,\[]+)(?:\[([^,\-\]]+)[^\]]*\]([^,]*))?", hosts)
    if found is None:
        raise PlacementError(f"SLURM_STEP_NODELIST is {hosts!r}, which names no machine: set MASTER_ADDR")
    return "".join(part or "" for part in found.groups())


def _number(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    text = environment.get(name, str(otherwise))
    if not re.fullmatch(r"\d{1,9}", text):
        raise PlacementError(f"{name} is {text!r}: it must be a whole number from 0")
    return int(text)
