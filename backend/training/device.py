"""Which device a run uses, what it is called, and how to warm it up. Knows no networks and no messages."""

from __future__ import annotations

import contextlib
import gc
import os
import platform

import torch
from torch import nn

PER_THREAD = 10_000_000  # multiply-adds of a batch, forwards, worth a thread
SHORT_OF_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed")  # CUDA, the host, cuBLAS and cuDNN

# Without it cuBLAS, and LSTMs by it, may sum in another order from run to run. It counts from a process' first kernel.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


_broken: dict[str, str] = {}  # devices that failed their first operations -> why


class DeviceError(Exception):
    """An asked-for device is not on this machine; the text names those that are."""


class NoRoom(DeviceError):
    """What was to lie on a device is more than it has free."""


def available() -> tuple[str, ...]:
    """The devices a recipe may name here, best first."""
    found = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*(name for name in found if name not in _broken), "cpu")


def pick(asked: str) -> torch.device:
    """The device for a recipe's word; "auto" takes CUDA, else MPS, else the CPU. Raises DeviceError."""
    found = available()
    name = {"auto": found[0], "cuda": "cuda:0"}.get(asked, asked)
    if name in _broken:
        raise DeviceError(f'device "{asked}" cannot compute: {_broken[name]}; there are {", ".join(found)}')
    if name not in found:
        raise DeviceError(f'device "{asked}" is not on this machine; it has {", ".join(found)}')
    return torch.device(name)


def describe(device: torch.device) -> tuple[str, int]:
    """The device's name for people and its memory in bytes."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return properties.name, properties.total_memory
    cores = processors()
    name = "Apple GPU" if device.type == "mps" else f"CPU, {cores} core{'s' if cores > 1 else ''}"
    return f"{name} ({platform.machine()})", _host_memory()


def processors() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_processors(multiply_adds: int, processes: int = 1) -> int:
    """Choose how many threads compute a batch of so many multiply-adds on the CPU; returns their number.

    One core stays with the window: threads that meet at a barrier all wait for the one that was put aside
    (LeNet on two busy cores: 5 ms a step with one thread, up to 80 ms with two). Below PER_THREAD a further
    thread costs more than it brings. OMP_NUM_THREADS overrules.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, min((processors() - 1) // processes, multiply_adds // PER_THREAD)))
    return torch.get_num_threads()


def be_exact(device: torch.device, deterministic: bool = False) -> None:
    """Let the same seed give the same weights: cuDNN is to choose among its repeatable kernels only.

    With `deterministic` every operation is held to it; one that has no repeatable kernel raises RuntimeError. What
    names no GPU means this device from now on, and the peak of its memory is counted anew.
    """
    torch.use_deterministic_algorithms(deterministic)
    if device.type == "cuda":
        torch.cuda.init()
        torch.cuda.set_device(device)
        torch.cuda.reset_peak_memory_stats(device)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False


def warm_up(device: torch.device) -> None:
    """Do once what the first training step would otherwise wait for: kernels, thread pools, the optimizer."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)).to(device)
        optimizer = torch.optim.Adam(module.parameters(), fused=device.type in ("cpu", "cuda"))
        label = torch.zeros(4, dtype=torch.int64, device=device)
        nn.functional.cross_entropy(module(torch.zeros(4, 1, 8, 8, device=device)), label).backward()
        optimizer.step()


def warmed_up() -> torch.device:
    """The best device that computes, warmed up; one whose driver or age forbids it is left out from now on."""
    while True:
        device = pick("auto")
        try:
            warm_up(device)
        except RuntimeError as error:
            if device.type == "cpu":
                raise
            if not is_out_of_memory(error):  # others may leave a full one soon
                _broken[str(device)] = str(error).strip().splitlines()[0]
                continue
        return device


def free_memory(device: torch.device) -> int:
    """Bytes of the device's memory that are free; of the host's, all there is."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else _host_memory() or 1 << 33


def peak_memory(device: torch.device) -> int:
    """The most bytes this process has held on the device at once; 0 where that is not known."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "cpu":
        with contextlib.suppress(ImportError):
            import resource

            unit = 1 if platform.system() == "Darwin" else 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return 0


def synchronize(device: torch.device) -> None:
    """Wait for the device to have done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def release_memory(device: torch.device) -> None:
    """Give cached memory back, after an out-of-memory error has left its handler."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def make_room(device: torch.device) -> None:
    """Give a GPU's memory back that what came before holds only in a circle: runs and those who follow them."""
    if device.type != "cpu":
        gc.collect()
        release_memory(device)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that the device, or the host, has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError | NoRoom):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in SHORT_OF_MEMORY)


def random_state(device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The states of the random number generators that a step on `device` may use."""
    if device.type == "cuda":
        return torch.get_rng_state(), torch.cuda.get_rng_state(device)
    if device.type == "mps":
        return torch.get_rng_state(), torch.mps.get_rng_state()
    return torch.get_rng_state(), None


def set_random_state(device: torch.device, state: tuple[torch.Tensor, torch.Tensor | None]) -> None:
    """Put back what `random_state` gave."""
    torch.set_rng_state(state[0])
    if state[1] is not None:
        if device.type == "cuda":
            torch.cuda.set_rng_state(state[1], device)
        else:
            torch.mps.set_rng_state(state[1])


def _host_memory() -> int:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0
