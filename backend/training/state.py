"""The whole state of a run between two steps, and the run put back into it: to the bit, where the machine is the same.

Written in turn into two files, each of them whole at any moment; if one rotted, the other is there. Knows files by
name, but neither the log nor the messages of a run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch

from backend.run_folder import STATES
from backend.training import device as devices
from backend.training import tree
from backend.training.job import Job

FORMAT = 1
MOST_THREADS = 1024  # that a state may ask for: each of them takes memory
LOOKED_AT = 64  # rows of each field that the fingerprint is made of

Snapshot = dict[str, Any]


class StateError(Exception):
    """A run cannot go on from the state it left; the text says why."""


class Kept(Protocol):
    """What else has a state: meters, checkpoints, schedules."""

    def state(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...


class States:
    """The state files of one run folder."""

    def __init__(self, folder: Path, write: Callable[[str, bytes], object]) -> None:
        self._folder, self._write = folder, write
        self._slot = 0

    def save(self, state: Snapshot) -> None:
        """Write the state over the older one."""
        self._write(STATES[self._slot], tree.to_bytes(state))
        self._slot = (self._slot + 1) % len(STATES)

    def newest(self) -> Snapshot | None:
        """The newest state that is whole, None where there is none; raises StateError when all are broken."""
        found: list[tuple[int, int, Snapshot]] = []
        faults = []
        for slot, name in enumerate(STATES):
            try:
                state = tree.read_tree(self._folder / name)
                if state["format"] != FORMAT:
                    raise tree.TreeError(f"{name} has format {state['format']}; this Netloom reads {FORMAT}")
                found.append((state["meter"]["step"], slot, state))
            except FileNotFoundError:
                continue
            except (tree.TreeError, OSError, LookupError, TypeError) as error:
                faults.append(str(error))
        if not found:
            if faults:
                raise StateError(f"the run cannot go on: {'; '.join(faults)}")
            return None
        _, slot, state = max(found, key=lambda one: one[0])
        self._slot = (slot + 1) % len(STATES)
        return state


def take(job: Job, **kept: Kept) -> Snapshot:
    """The state of a run between two steps; `kept` are the parts that know their own."""
    return {
        "format": FORMAT,
        "torch": torch.__version__,
        "device": str(job.device),
        "threads": torch.get_num_threads(),
        "data": fingerprint(job),
        "random": devices.random_state(job.device),
        "others": _random_of_others(job),
        "course": job.course.state(),
        "module": job.ranks.whole(job.module.state_dict()),
        "learner": job.ranks.whole(job.learner.state()),
        **{name: part.state() for name, part in kept.items()},
    }


def put_back(job: Job, state: Snapshot, **kept: Kept) -> None:
    """Let the job be where the state was taken; raises StateError when it is another job's."""
    if state["data"] != fingerprint(job):
        raise StateError("the run cannot go on: its data have changed since it was begun. Begin a new run")
    try:
        job.ranks.load(job.module, state["module"])
        job.learner.restore(state["learner"])
        job.course.restore(state["course"])
        for name, part in kept.items():
            part.restore(state[name])
        threads = min(max(1, int(state["threads"])), MOST_THREADS)
    except (RuntimeError, ValueError, LookupError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise StateError(f"the run cannot go on: its state is of another network or recipe ({reason})") from error
    if job.device.type == "cpu":
        torch.set_num_threads(threads)  # sums are taken in another order by more threads
    own = [state["random"], *state["others"]][job.ranks.rank]
    if state["device"].split(":")[0] == job.device.type:
        devices.set_random_state(job.device, own)
    else:
        torch.set_rng_state(own[0])


def check_processes(state: Snapshot, size: int) -> None:
    """Raise StateError unless the state is of a run whose batches so many processes shared."""
    then = 1 + len(state.get("others", ()))
    if then != size:
        raise StateError(
            f"the run cannot go on with --devices {size}: its batches were shared by {then}. Go on with as many, or "
            "begin a new run"
        )


def differences(job: Job, state: Snapshot) -> str:
    """Why the run will not go on to the bit, in words; empty where it will."""
    now = {"torch": torch.__version__, "device": str(job.device)}
    changed = [f"{name} was {state[name]} and is {value}" for name, value in now.items() if state[name] != value]
    return f"not to the bit: {', '.join(changed)}" if changed else ""


def _random_of_others(job: Job) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
    """The random states of the processes but the first, which draw numbers of their own."""
    host, device = devices.random_state(job.device)
    hosts = job.ranks.gather(host)
    return list(zip(hosts, job.ranks.gather(device) if device is not None else [None] * len(hosts), strict=True))[1:]


def fingerprint(job: Job) -> dict[str, Any]:
    """A few numbers that other data would hardly have: counts, and a checksum of some rows of every field."""
    found: dict[str, Any] = {}
    for name, data in (("train", job.train), ("validation", job.validation)):
        rows = torch.arange(0, len(data), max(1, len(data) // LOOKED_AT))[:LOOKED_AT]
        check = 0
        for tensor in (*data.inputs, *data.targets) if len(data) else ():
            some = tensor[rows.to(tensor.device)].to("cpu").contiguous()
            check = zlib.crc32(some.reshape(-1).view(torch.uint8).numpy(), check)
        found[name] = {"samples": len(data), "check": check}
    return found
