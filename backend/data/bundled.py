"""The real data sets that come with scikit-learn, imported only when one is loaded: that takes a second.

Imported by name at run time, so that a window that merely describes data can never reach it.
"""

from __future__ import annotations

import importlib
from typing import Any

from backend.data.errors import DataError


def bundled(name: str) -> Any:
    """scikit-learn's bunch (`data`, `target` ...) of the data set it calls load_NAME; nothing is downloaded."""
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as fault:
        raise DataError(
            name, f"comes with scikit-learn, which cannot be imported here ({fault}); pip install scikit-learn"
        ) from None
    return getattr(datasets, f"load_{name}")()
