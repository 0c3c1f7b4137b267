"""What can become of a file that is dropped or imported: a project opens, its export finds it, the rest is said.

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
IMPORTS = N_("Python exported by Netloom (*.py);;Models (*.onnx *.pt *.pth *.h5 *.keras);;All files (*)")
PYTHON_LIMIT = 2**20  # bytes; a longer file was not exported by Netloom
MOST_NEIGHBOURS = 50
EXPORTED = re.compile(r'"""([A-Z][A-Za-z0-9]{0,60}), drawn with Netloom\."""')
MODELS = {
    ".onnx": N_("ONNX models"),
    ".pt": N_("PyTorch checkpoints"),
    ".pth": N_("PyTorch checkpoints"),
    ".pt2": N_("exported PyTorch programs"),
    ".ckpt": N_("checkpoints"),
    ".h5": N_("Keras models"),
    ".keras": N_("Keras models"),
    ".tflite": N_("TensorFlow Lite models"),
    ".pb": N_("TensorFlow models"),
    ".safetensors": N_("weights alone, which hold no drawing,"),
    ".ipynb": N_("notebooks"),
}
DATA = (".npz", ".npy", ".csv", ".gz")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The project to open, if there is one, and what is to be said about it."""

    project: Path | None
    text: str = ""


def dropped_files(data: QMimeData) -> list[Path]:
    """The files that are being dropped, as far as there is something to do or to say about them."""
    urls = data.urls() if data.hasUrls() else []
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in (PROJECT, ".py", *MODELS, *DATA)]


def judge(path: Path) -> Verdict:
    """What a file is to an editor of drawings."""
    ending = path.suffix.lower()
    if ending == PROJECT:
        return Verdict(path)
    if ending == ".py":
        return _of_python(path)
    if ending in DATA:
        text = tr("{name} is data, not a network. Choose it under Data, in the inspector of a network.")
        return Verdict(None, text.format(name=path.name))
    kind = tr(MODELS.get(ending, N_("such files")))
    kind = kind[:1].upper() + kind[1:]
    text = tr("{kind} cannot be imported yet. Netloom opens its own projects (*.netloom).")
    return Verdict(None, text.format(kind=kind))


def _of_python(path: Path) -> Verdict:
    """The project that a Python file was exported from, if Netloom wrote it and the project lies beside it."""
    try:
        text = DISK.read(path, PYTHON_LIMIT).decode("utf-8", "replace")
    except OSError as error:
        return Verdict(None, f"{path}: {error.strerror or error}")
    named = EXPORTED.match(text)
    if named is None:
        words = tr(
            "{name} was not written by Netloom. Python models cannot be imported yet; a file that Netloom exported "
            "leads back to its project."
        )
        return Verdict(None, words.format(name=path.name))
    found = _beside(path, named[1])
    if found is None:
        words = tr(
            "{name} was exported from a network {network}, but no project of that name lies beside it in {folder}. "
            "Put the project there, or open it by itself."
        )
        return Verdict(None, words.format(name=path.name, network=named[1], folder=path.parent))
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
    from backend.source import generate_source  # only who imports needs it; a start must not wait for it

    try:
        fields = document.recipe.fields
        return generate_source(document.network, fields, analysis=document.analysis, example=True).text
    except ValueError:  # the project has errors now
        return ""
