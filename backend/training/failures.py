"""Errors of a run as Failure messages: the place, the rule that was broken and what would be right."""

from __future__ import annotations

import traceback
from typing import Any

from backend.compile import block_of_error
from backend.data import DataError
from backend.messages import Failure, FailureKind
from backend.run_folder import RunFolderError
from backend.training.device import DeviceError, is_out_of_memory
from backend.training.labels import LabelError
from backend.training.objectives import RecipeError
from backend.training.optimizer import NothingToLearn
from backend.training.state import StateError
from graph import Network

DETAIL = 8000  # characters of a traceback that are kept
LOST = ("CUDA error", "device-side assert", "CUBLAS_STATUS_", "CUDNN_STATUS_EXECUTION_FAILED")
UNREPEATABLE = " does not have a deterministic implementation"
COMPILER = ("torch._dynamo", "torch._inductor")


class Unfit(Exception):
    """What was handed in cannot be trained; `kind` and `block` say where."""

    def __init__(self, kind: FailureKind, text: str, block: str | None = None) -> None:
        super().__init__(text)
        self.kind, self.block = kind, block


def failure(error: BaseException, network: Network | None, program: Any = None) -> Failure:
    """The Failure that tells people about `error`."""
    match error:
        case Unfit():
            return Failure(kind=error.kind, text=str(error), block=error.block)
        case DataError():
            return Failure(kind="data", text=str(error))
        case LabelError():
            return Failure(kind="labels", text=str(error), block=error.block)
        case DeviceError():
            return Failure(kind="device", text=str(error))
        case RunFolderError() | StateError():
            return Failure(kind="run_folder", text=str(error))
        case NothingToLearn() | RecipeError():
            return Failure(kind="network", text=str(error))
    detail = "".join(traceback.format_exception(error))[-DETAIL:]
    if is_out_of_memory(error):
        return Failure(kind="out_of_memory", text=f"No memory left: {first_line(error)}", detail=detail)
    if is_lost(error):
        text = f"The GPU reported an error: {first_line(error)}. It tells late, so the block is not known: "
        return Failure(kind="device", text=text + "the same run with --device cpu names it", detail=detail)
    if type(error).__module__.startswith(COMPILER):
        text = f"torch.compile cannot compile this network here: {_reason(error)}. Switch compile and cuda_graphs off"
        return Failure(kind="network", text=text, detail=detail)
    block = block_of_error(error, program.source) if program is not None else None
    if UNREPEATABLE in str(error):
        return Failure(kind="network", text=_unrepeatable(error), block=block, detail=detail)
    if block is not None and network is not None and block in network.blocks:
        named = network.block(block)
        text = f"{named.name} ({named.type}) failed while running: {first_line(error)}{_advice(error)}"
        return Failure(kind="network", text=text, block=block, detail=detail)
    return Failure(
        kind="internal",
        text=f"Training failed unexpectedly: {type(error).__name__}: {first_line(error)}",
        detail=detail,
    )


def is_lost(error: BaseException) -> bool:
    """Whether a GPU reported an error after which it does nothing more for this process."""
    if is_out_of_memory(error) or not isinstance(error, RuntimeError):
        return False
    return any(words in str(error) for words in LOST)


def _unrepeatable(error: BaseException) -> str:
    what = str(error).split(UNREPEATABLE)[0].split()[-1]
    return (
        f"The recipe is deterministic, and {what} cannot be repeated to the bit on this device: switch deterministic "
        "off, train on the processor, or take other blocks"
    )


def _reason(error: BaseException) -> str:
    """What stopped the compiler: the first line that says more than where it was."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if not line.endswith("raised:")), first_line(error))[:500].rstrip(".")


def first_line(error: BaseException) -> str:
    """The error's first line, at readable length."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]


def _advice(error: BaseException) -> str:
    if "more than 1 value per channel" in str(error):
        return ". Batch normalization cannot train on one sample: choose a batch_size of 2 or more"
    return ""
