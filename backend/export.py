"""What leaves Netloom: a network as a Python file that needs torch alone. Imports no torch itself."""

from __future__ import annotations

from pathlib import Path

from backend.source import Normalized, generate_source
from graph.analysis import Analysis
from graph.document import Document
from graph.files import save_atomically
from graph.network import Network
from graph.recipe import Recipe


def export_python(document: Document, path: Path) -> None:
    """Write the document's network with a few lines that load its weights; raises SourceError or OSError."""
    save_atomically(path, exported(document).encode("utf-8"))


def exported(document: Document) -> str:
    """The text of that file; raises SourceError."""
    normalized = normalized_inputs(document.network, document.analysis, document.recipe)
    source = generate_source(
        document.network, document.recipe.fields, analysis=document.analysis, example=True, normalized=normalized
    )
    return source.text


def normalized_inputs(network: Network, analysis: Analysis, recipe: Recipe) -> dict[str, Normalized]:
    """What the recipe says of the pictures among the inputs, by block; figures only where it gives them."""
    how = recipe.normalization
    if how.kind == "none":
        return {}
    given = Normalized(how.mean, how.deviation) if how.kind == "given" else Normalized()
    return {block.id: given for block in network.with_role("input") if _is_picture(analysis, block.id)}


def _is_picture(analysis: Analysis, id: str) -> bool:
    tensor = analysis.output(id)
    return (
        tensor is not None
        and tensor.rank == 4
        and tensor.dtype in ("float32", "float64", "float16", "bfloat16")
        and all(side != 1 for side in tensor.dims[2:])
    )
