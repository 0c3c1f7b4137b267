"""What leaves Netloom: a network as a Python file that needs torch alone. Imports no torch itself."""

from __future__ import annotations

from pathlib import Path

from backend.source import generate_source
from graph.document import Document
from graph.files import save_atomically


def export_python(document: Document, path: Path) -> None:
    """Write the document's network with a few lines that load its weights; raises SourceError or OSError."""
    source = generate_source(document.network, document.recipe.fields, analysis=document.analysis, example=True)
    save_atomically(path, source.text.encode("utf-8"))
