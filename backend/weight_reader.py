"""The process that opens a file of torch's for others: prints what is in it, and writes it as safetensors if asked.

`python -m backend.weight_reader FILE [TARGET]`; what it prints is one JSON table from names to [shape, dtype], or
one with the single entry `error`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from backend.training.checkpoint import to_bytes
from backend.transfer import read_state_dict, shapes
from backend.weight_files import WeightFileError
from graph.files import save_atomically


def main(path: Path, target: Path | None = None) -> dict:
    """What is to be printed."""
    try:
        tensors = read_state_dict(path)
        if target is not None:
            save_atomically(target, to_bytes(tensors, order=list(tensors)))
    except WeightFileError as error:
        return {"error": error.text}
    except OSError as fault:
        return {"error": f"{target} cannot be written: {fault.strerror}"}
    return {name: [list(one.shape), one.dtype] for name, one in shapes(tensors).items()}


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:3]))))
