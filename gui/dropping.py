"""What can become of a file that is dropped: a project opens, its export finds it, a model is read, the rest is said.

Reads the head of Python files as text and runs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData

from graph import Document
from graph.files import DISK
from gui.language import N_, tr
from gui.opening import CannotOpen, read

PROJECT = ".netloom"
PROJECTS = N_("Netloom projects (*.netloom)")
IMPORTS = N_("Models (*.py *.onnx);;All files (*)")
IMPORTED = (".py", ".onnx")
PYTHON_LIMIT = 2**20  # bytes; a longer file was not exported by Netloom
MOST_NEIGHBOURS = 50
EXPORTED = re.compile(r'"""([A-Z][A-Za-z0-9]{0,60}), drawn with Netloom\."""')
WEIGHTS = (".pt", ".pth", ".ckpt", ".safetensors")
OTHERS = {
    ".pt2": N_("an exported PyTorch program"),
    ".h5": N_("a Keras model"),
    ".keras": N_("a Keras model"),
    ".tflite": N_("a TensorFlow Lite model"),
    ".pb": N_("a TensorFlow model"),
}
NOTEBOOK = ".ipynb"
DATA = (".npz", ".npy", ".csv", ".gz")
TOLD = (PROJECT, *IMPORTED, *WEIGHTS, *OTHERS, NOTEBOOK, *DATA)  # what something can be done with or said of


@dataclass(frozen=True, slots=True)
class Verdict:
    """The project to open, if there is one, or else whether to read the file as a model, and what is to be said."""

    project: Path | None
    text: str = ""
    model: bool = False


def dropped_files(data: QMimeData) -> list[Path]:
    """The files that are being dropped, as far as there is something to do or to say about them."""
    urls = data.urls() if data.hasUrls() else []
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in TOLD]


def judge(path: Path) -> Verdict:
    """What a file is to an editor of drawings."""
    ending = path.suffix.lower()
    if ending == PROJECT:
        return Verdict(path)
    if ending == ".py":
        return _of_python(path)
    if ending in IMPORTED:
        return Verdict(None, model=True)
    return Verdict(None, _refusal(ending).format(name=path.name, kind=tr(OTHERS.get(ending, ""))))


def _refusal(ending: str) -> str:
    """Why a file is no drawing, and what would be."""
    if ending in DATA:
        return tr("{name} is data, not a network. Choose it under Data, in the inspector of a network.")
    if ending in WEIGHTS:
        return tr(
            "{name} holds weights without a drawing. Draw or import its network, and put them into it with Run > Load "
            "Weights."
        )
    if ending in OTHERS:
        return tr("{name} is {kind}, which Netloom does not read. Save it as ONNX (*.onnx), which it draws.")
    if ending == NOTEBOOK:
        return tr("{name} is a notebook. Save the cells that make the model as a Python file (*.py), which is drawn.")
    return tr("{name} is nothing that Netloom reads: projects (*.netloom), models in Python (*.py) or ONNX (*.onnx).")


def _of_python(path: Path) -> Verdict:
    """The project that a Python file was exported from, if it lies beside it; else the file is read as a model."""
    try:
        text = DISK.read(path, PYTHON_LIMIT).decode("utf-8", "replace")
    except OSError as error:
        return Verdict(None, f"{path}: {error.strerror or error}")
    named = EXPORTED.match(text)
    found = _beside(path, named[1]) if named else None
    if found is None:
        return Verdict(None, model=True)
    project, document = found
    words = tr("{name} was exported from {project}, which is open now.")
    if _exported(document) != text:
        words += " " + tr("The two differ: the project, not the Python file, is what you see.")
    return Verdict(project, words.format(name=path.name, project=project.name))


def _beside(path: Path, name: str) -> tuple[Path, Document] | None:
    """The project of this name in the file's folder, the one with the file's own name first."""
    from backend.source.identifiers import class_name

    own = path.with_suffix(PROJECT)
    try:
        others = sorted(other for other in path.parent.glob("*" + PROJECT) if other != own)[:MOST_NEIGHBOURS]
    except OSError:
        others = []
    for project in (own, *others):
        try:
            document = read(project).document
        except CannotOpen:
            continue
        if class_name(document.network.name) in (name, name.removesuffix("Network")):
            return project, document
    return None


def _exported(document: Document) -> str:
    from backend.export import exported  # only who imports needs it; a start must not wait for it

    try:
        return exported(document)
    except ValueError:  # the project has errors now
        return ""
