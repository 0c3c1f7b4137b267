"""The process that reads a foreign model for others: `python -m backend.importing.process MODEL TARGET`.

Writes the project TARGET, with weights beside it, and prints one JSON table: `files` and `notes`, or `error`. So a
file that harms its reader harms no window.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from backend.importing.asking import MOST_NOTES
from backend.importing.imported import CannotImport
from backend.importing.model import read_model, write_project


def main(model: Path, target: Path) -> dict:
    """What is to be printed."""
    try:
        imported = read_model(model)
        files = write_project(imported, target, model.name)
    except (CannotImport, ValueError) as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"{error.filename or model}: {error.strerror or error}"}
    except (MemoryError, RecursionError):
        return {"error": f"{model.name}: it takes more memory or depth to read than a model does"}
    return {"files": [str(file) for file in files], "notes": list(imported.notes[:MOST_NOTES])}


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:3]))))
