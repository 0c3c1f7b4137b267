"""Data as named fields over numpy arrays: built in, drawn from a seed, or read from files. No torch, no Qt.

dataset = load(source, base)
train, validation = split(len(dataset), recipe.validation, recipe.seed, dataset.labels)
dataset = dataset.standardize(train)
"""

from backend.data.catalog import SourceKind, catalog
from backend.data.dataset import Dataset, Scaling
from backend.data.errors import DataError, DataProblem
from backend.data.labels import check_labels
from backend.data.options import Option
from backend.data.paths import leaves_folder, named_from
from backend.data.sources import describe, load, offers
from backend.data.split import split

__all__ = [
    "DataError",
    "DataProblem",
    "Dataset",
    "Option",
    "Scaling",
    "SourceKind",
    "catalog",
    "check_labels",
    "describe",
    "leaves_folder",
    "load",
    "named_from",
    "offers",
    "split",
]
