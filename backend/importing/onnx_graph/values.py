"""What a name of an ONNX graph stands for while it is read: numbers, sizes, one number everywhere, or a block's output.

Values only; knows nothing of how they are computed or drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backend.importing.onnx_graph.layout import Layout
from graph.dim import Dim
from graph.tensor_type import TensorType


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Numbers that depend on no input; `source` is the initializer they are, "" where they were computed."""

    array: np.ndarray
    source: str = ""

    @property
    def sizes(self) -> tuple[Dim, ...]:
        return self.array.shape


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Whole numbers of which some are open dimensions: what becomes of a shape. At most a few of them."""

    array: np.ndarray  # of objects: int or Expr

    @property
    def sizes(self) -> tuple[Dim, ...]:
        return self.array.shape


@dataclass(frozen=True, slots=True)
class Filled:
    """One number at every place of a shape that may be open."""

    number: float | int | bool
    sizes: tuple[Dim, ...]
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """The first of a model's numbers along one dimension, as many as an open size says: positions of a sequence."""

    array: np.ndarray
    axis: int
    size: Dim
    source: str = ""

    @property
    def sizes(self) -> tuple[Dim, ...]:
        shape = self.array.shape
        return (*shape[: self.axis], self.size, *shape[self.axis + 1 :])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block's output, seen through a layout."""

    block: str
    port: str
    type: TensorType
    layout: Layout

    @property
    def sizes(self) -> tuple[Dim, ...]:
        return self.layout.sizes

    def seen(self, layout: Layout) -> Drawn:
        """The same values in another shape or order."""
        return replace(self, layout=layout)


Value = Known | Counted | Filled | Begun | Drawn


def number_of(value: Value | None) -> float | None:
    """The one number that a value is, whatever its shape; None for more than one."""
    if isinstance(value, Filled):
        return float(value.number)
    if isinstance(value, Known) and value.array.size == 1 and value.array.dtype.kind in "fiub":
        return float(value.array.reshape(-1)[0])
    return None
