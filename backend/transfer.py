"""Weights of files and runs put into a module before it is trained, matched by name and shape.

Numbers are read only for what matched, so that a file costs no more memory than the network. Foreign state dicts are
loaded as weights only: nothing in them is ever executed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import nn

from backend.layer_pairing import Contents, Shaped
from backend.weight_files import (
    MOST_DIMS,
    MOST_TENSORS,
    SAFETENSORS,
    WeightFileError,
    located,
    open_weights,
    printable,
    read_header,
)
from backend.weight_matching import Table, match
from graph.transfer import StartWeights

MOST_LEGACY = 4 * 2**30  # bytes of a file in the format before torch 1.6, which must be read whole
MOST_PICKLE = 64 * 2**20  # bytes of the part that says what the tensors are
NESTED = ("state_dict", "model_state_dict", "model", "module", "net", "weights", "params", "ema")
DEEPEST = 4  # tables in tables in which a state dict is looked for

Tensors = dict[str, torch.Tensor]


def put_in(module: nn.Module, start: StartWeights, base: Path | str | None, asked: Iterable[str] | None) -> Table:
    """Load what matches into the module and return the table; raises WeightFileError, with nothing loaded.

    `asked` are the submodules that may be filled, None all.
    """
    path = located(start, base)
    own = module.state_dict()
    source = Weights(path)
    table = match(shapes(own), source.shapes, asked, start.renames)
    if not table.loaded:
        raise WeightFileError(path, f"none of its weights fits the network: {table.sentence()}")
    if start.strict and table.missing:
        row = table.missing[0]
        more = f" ({len(table.missing) - 1} more)" if len(table.missing) > 1 else ""
        text = f"{row.ours}: {row.outcome}{f', {row.why}' if row.why else ''}{more}; every weight asked for must fit"
        raise WeightFileError(path, text)
    read = source.read(row.theirs for row in table.loaded)
    fitting = {row.ours: read[row.theirs].to(own[row.ours].dtype) for row in table.loaded}
    for row in table.loaded:
        if not bool(torch.isfinite(fitting[row.ours]).all()):
            text = f"tensor {printable(row.theirs)} holds numbers that are not finite: nothing can be learned from it"
            raise WeightFileError(path, text)
    with torch.no_grad():
        for name, tensor in fitting.items():
            own[name].copy_(tensor)
    return table


def shapes(tensors: Tensors) -> dict[str, Shaped]:
    """What the tensors are, without their numbers."""
    return {name: Shaped(tuple(one.shape), str(one.dtype).removeprefix("torch.")) for name, one in tensors.items()}


class Weights:
    """The tensors of one file; what they are is known at once, their numbers when they are read."""

    def __init__(self, path: Path) -> None:
        """Raises WeightFileError."""
        self.path = path
        self._tensors: Tensors | None = None
        if path.suffix.lower() == SAFETENSORS:
            self.shapes = read_header(path)
        else:
            self._tensors = read_state_dict(path)
            self.shapes = Contents(shapes(self._tensors), ordered=True)

    def read(self, names: Iterable[str]) -> Tensors:
        """The numbers of these tensors; raises WeightFileError."""
        if self._tensors is not None:
            return {name: self._tensors[name] for name in names}
        try:
            with safetensors.safe_open(self.path, "pt", device="cpu") as file:
                return {name: file.get_tensor(name) for name in names}
        except Exception as error:
            raise WeightFileError(self.path, f"its numbers cannot be read: {_first_line(error)}") from None


def read_state_dict(path: Path) -> Tensors:
    """The tensors of a file that torch saved, without executing anything in it; raises WeightFileError."""
    mapped = _check_container(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:
        raise WeightFileError(path, f"is no file of weights alone: {_first_line(error)}") from None
    tensors = _tensors(found)
    if not tensors:
        raise WeightFileError(path, "holds no state dict: a table from names to tensors is wanted")
    if len(tensors) > MOST_TENSORS:
        raise WeightFileError(path, f"holds {len(tensors):,} tensors; at most {MOST_TENSORS:,} are read")
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.dim() > MOST_DIMS:
            raise WeightFileError(path, f"tensor {printable(name)} is not a plain, dense one")
    return tensors


def _check_container(path: Path) -> bool:
    """Whether the file's tensors can be mapped; raises WeightFileError for what would unpack to more than it is."""
    file, size = open_weights(path)
    with file:
        if not zipfile.is_zipfile(file):
            if size > MOST_LEGACY:
                text = f"is of torch's old format and {size:,} bytes long; at most {MOST_LEGACY:,} are read"
                raise WeightFileError(path, text)
            return False
        try:
            entries = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise WeightFileError(path, f"is damaged: {_first_line(error)}") from None
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise WeightFileError(path, "holds compressed parts, which torch never writes")
    if sum(entry.file_size for entry in entries) > size:
        raise WeightFileError(path, "says to hold more than it is long: it is damaged or made to mislead")
    if any(entry.filename.endswith(".pkl") and entry.file_size > MOST_PICKLE for entry in entries):
        raise WeightFileError(path, f"describes its tensors in more than {MOST_PICKLE:,} bytes")
    return True


def _tensors(found: Any, depth: int = 0) -> Tensors:
    """The state dict in what was loaded: itself, or what is nested under one of the usual names."""
    if not isinstance(found, dict) or depth > DEEPEST:
        return {}
    own = {name: one for name, one in found.items() if isinstance(name, str) and isinstance(one, torch.Tensor)}
    if own:
        return {name: one.detach() for name, one in own.items()}
    nested = (_tensors(found[name], depth + 1) for name in NESTED if name in found)
    return next((one for one in nested if one), {})


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
