"""The memory that reading a model may take for numbers it computes: counted before it is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_BYTES = 512 * 2**20  # of everything that is computed for one model


class CannotFold(ValueError):
    """An operation on numbers that is not computed while reading; the text says why."""


class Budget:
    """What is left of the memory for computed numbers."""

    def __init__(self):
        self._left = MOST_BYTES

    def take(self, shape: Sequence[int], itemsize: int = 8) -> None:
        """Count memory that is about to be taken; raises CannotFold."""
        if any(size < 0 for size in shape):
            raise CannotFold(f"a shape with {min(shape)}")
        wanted = math.prod(map(int, shape)) * itemsize
        self._left -= wanted
        if self._left < 0 or len(shape) > 16:
            raise CannotFold(
                f"{' x '.join(map(str, shape))} numbers would take {wanted:,} bytes; what is computed while reading"
                f" may take {MOST_BYTES:,} in all"
            )
