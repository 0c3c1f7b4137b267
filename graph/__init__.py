"""Netloom's document: networks of blocks, their shapes and problems, edits and files. No torch, no Qt."""

from graph import edits, registry
from graph.analysis import Analysis
from graph.analyzer import analyze
from graph.block_type import BlockType, Inferred, ShapeError
from graph.data_source import DataSource, Field
from graph.document import Document
from graph.hyperparameter import HyperparameterError
from graph.network import Block, ConnectError, Network, Wire
from graph.problem import Fix, Problem
from graph.recipe import Recipe
from graph.tensor_type import TensorType

__all__ = [
    "Analysis",
    "Block",
    "BlockType",
    "ConnectError",
    "DataSource",
    "Document",
    "Field",
    "Fix",
    "HyperparameterError",
    "Inferred",
    "Network",
    "Problem",
    "Recipe",
    "ShapeError",
    "TensorType",
    "Wire",
    "analyze",
    "edits",
    "load_project",
    "registry",
    "save_project",
]


def __getattr__(name: str):
    if name in ("load_project", "save_project"):
        from graph import project_file

        return getattr(project_file, name)
    raise AttributeError(f"module 'graph' has no attribute {name!r}")
