"""Reads an ONNX file: the graph of nodes becomes a network of blocks, its initializers their weights.

Nothing of the file is run. It needs the package `onnx`, an optional one; imports no torch.
"""

from __future__ import annotations

from pathlib import Path

from backend.importing.imported import CannotImport, Imported
from backend.importing.onnx_graph.conversion import convert
from backend.importing.onnx_graph.model_file import read_file


def read_onnx(path: Path) -> Imported:
    """The network in an ONNX file with its weights; raises CannotImport, or OSError where the file cannot be had."""
    path = Path(path)
    try:
        return convert(read_file(path), path.stem)
    except (MemoryError, RecursionError):
        text = "it takes more memory or depth to read than a model does"
        raise CannotImport(path.name, text) from None
