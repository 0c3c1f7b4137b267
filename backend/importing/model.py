"""Reading a model file of another tool, and writing it down as a project with its weights beside it.

What a file is is told by its name; the readers are loaded only when they are wanted. Imports no torch.
"""

from __future__ import annotations

import re
from pathlib import Path

import safetensors.numpy

from backend.importing.imported import CannotImport, Imported
from graph import Document, save_project
from graph.annotations import LONGEST, NOTE, Annotation, fresh_id
from graph.files import DISK, save_atomically
from graph.layout import NOMINAL_SIZE, lay_out_levels
from graph.recipe import Recipe
from graph.transfer import StartWeights

PYTHON = ".py"
ONNX = ".onnx"
KINDS = (PYTHON, ONNX)
MOST_PYTHON = 2**20  # bytes of source
WEIGHTS = ".safetensors"
NOTE_WIDTH, NOTE_GAP = 320.0, 60.0  # canvas units
NOTE_HEAD, NOTE_LINE, HIGHEST_NOTE = 40.0, 14.0, 900.0
LETTERS = 44  # of a note that fit in one of its lines


def read_model(path: Path) -> Imported:
    """The network in a Python or ONNX file; raises CannotImport, or OSError where it cannot be read."""
    ending = path.suffix.lower()
    if ending == PYTHON:
        from backend.importing.python_model import read_python

        return read_python(_text(path), path.name)
    if ending == ONNX:
        from backend.importing.onnx_model import read_onnx

        return read_onnx(path)
    raise CannotImport(path.name, f"only models that end in {' or '.join(KINDS)} can be imported")


def write_project(imported: Imported, target: Path, origin: str) -> list[Path]:
    """Write a project, laid out, with its weights beside it; returns the files, raises ProjectError or OSError.

    A note on the canvas names the `origin` and says what was assumed.
    """
    lay_out_levels(imported.network)
    if imported.notes:
        _note(imported, origin)
    recipe, written = Recipe(), [target]
    if imported.weights:
        weights = target.with_suffix(WEIGHTS)
        save_atomically(weights, safetensors.numpy.save(dict(imported.weights)))
        recipe = recipe.having(start_weights=(StartWeights(path=weights.name),))
        written.append(weights)
    save_project(Document(imported.network, recipe), target)
    return written


def _note(imported: Imported, origin: str) -> None:
    """Write onto the canvas, left of the drawing, what was assumed."""
    network = imported.network
    notes = [note[:1].upper() + note[1:] for note in imported.notes]
    text = "\n\n".join([f"**Imported from {_plain(origin)}**", *map(_plain, notes)])[:LONGEST]
    left = min((x for x, _ in network.positions.values()), default=0.0) - NOMINAL_SIZE[0] / 2
    lines = sum(2 + len(note) // LETTERS for note in notes)
    place = (left - NOTE_WIDTH - NOTE_GAP, 0.0, NOTE_WIDTH, min(HIGHEST_NOTE, NOTE_HEAD + NOTE_LINE * lines))
    made = Annotation(fresh_id(network), NOTE, text, *place, colour="yellow")
    network.annotations[made.id] = made


def _plain(text: str) -> str:
    """A line of a note without what Markdown would make of it."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))


def _text(path: Path) -> str:
    data = DISK.read(path, MOST_PYTHON + 1)
    if len(data) > MOST_PYTHON:
        raise CannotImport(
            path.name, f"has more than {MOST_PYTHON:,} bytes; a file with the model alone would be right"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotImport(path.name, f"byte {error.start:,} is no UTF-8; save the file as UTF-8") from None
