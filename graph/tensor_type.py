"""TensorType: what travels along a wire, known before anything is computed: dimensions and dtype."""

from __future__ import annotations

from dataclasses import dataclass

from graph.dim import Dim

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool")


@dataclass(frozen=True, slots=True)
class TensorType:
    """Dimensions (the batch N first) and dtype; `classes` is how many values an integer tensor may take."""

    dims: tuple[Dim, ...]
    dtype: str = "float32"
    classes: int | None = None

    @property
    def shape(self) -> tuple[int | str, ...]:
        """The dimensions as ints and names: ("N", 6, 28, 28)."""
        return tuple(dim if isinstance(dim, int) else str(dim) for dim in self.dims)

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def is_float(self) -> bool:
        return self.dtype in ("float32", "float64", "float16", "bfloat16")

    def with_dims(self, dims: tuple[Dim, ...]) -> TensorType:
        """The same kind of values in another shape."""
        return TensorType(dims, self.dtype, self.classes)

    def __str__(self) -> str:
        return " x ".join(str(dim) for dim in self.dims) or "scalar"
