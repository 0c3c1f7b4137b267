"""What operations are read with: the drawing, what is computed beforehand, ways from one kind of value to another.

Numbers become blocks here, where a block needs them: learned ones Parameters, few fixed ones Constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from zlib import crc32

import numpy as np

from backend.importing.onnx_graph.arranging import plain
from backend.importing.onnx_graph.budget import Budget
from backend.importing.onnx_graph.drawing import Drawing
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.naming import Scopes, of_weight
from backend.importing.onnx_graph.tensors import Tensors
from backend.importing.onnx_graph.values import Begun, Counted, Drawn, Filled, Known, Value
from graph.dim import is_open
from graph.number_lists import Matrix

GIVE_NUMBERS = "give the model's inputs numbers there (onnx.tools.update_model_dims does)"
MASKS = 1e9  # larger numbers shut scores out
MOST_DRAWN = 2**26  # numbers of one Parameter that was no initializer


@dataclass(slots=True)
class Context:
    """The state of a reading that operations share."""

    drawing: Drawing
    budget: Budget
    tensors: Tensors
    opset: int
    readers: Mapping[str, Sequence[Node]]  # the nodes that read a name
    wanted: frozenset[str]  # what the model gives
    scopes: Scopes  # what blocks for its nodes are called

    def fail(self, text: str) -> NoReturn:
        self.drawing.fail(text)

    def note(self, text: str) -> None:
        self.drawing.note(text)

    # Values of the kind that is wanted

    def array(self, value: Value | None, what: str) -> np.ndarray:
        """The numbers of a value that must not depend on an input."""
        if isinstance(value, Filled) and not any(map(is_open, value.sizes)):
            self.budget.take(value.sizes, np.dtype(value.dtype).itemsize)
            return np.full(value.sizes, value.number, value.dtype)
        if isinstance(value, Filled):
            self.fail(f"its {what} is {value.number} everywhere in a shape that is open, which cannot be drawn")
        if isinstance(value, Begun):
            self.fail(f"its {what} is cut to {value.size}, which is open; {GIVE_NUMBERS}")
        if isinstance(value, Counted):
            self.fail(f"its {what} is the size of an open dimension; {GIVE_NUMBERS}")
        if not isinstance(value, Known):
            self.fail(f"its {what} is computed from the input; blocks have numbers of their own there")
        return value.array

    def integers(self, value: Value | None, what: str) -> list[int] | None:
        """Known whole numbers, None where nothing is there."""
        if value is None:
            return None
        array = self.array(value, what)
        if array.dtype.kind not in "iu" or array.size > 1000:
            self.fail(f"its {what} must be a few whole numbers")
        return [int(number) for number in array.reshape(-1)]

    def sizes(self, value: Value, what: str) -> list:
        """Whole numbers of which some may be open sizes."""
        if isinstance(value, Counted):
            return list(value.array.reshape(-1))
        return self.integers(value, what)

    def ones_go(self, node: Node) -> bool:
        """Whether all that read a node's output take dimensions of size 1 away at once."""
        readers = self.readers.get(node.outputs[0], ())
        gone = all(reader.op in ("Flatten", "Squeeze", "Reshape") for reader in readers)
        return bool(readers) and gone and node.outputs[0] not in self.wanted

    def source(self, value: Value | None) -> str:
        """The initializer a value is, "" where it is none."""
        return value.source if isinstance(value, Known | Begun) else ""

    def named(self, *values: Value | None) -> tuple[str, ...]:
        """What a block would be called after the weights it has."""
        return tuple(filter(None, (of_weight(self.source(value)) for value in values)))

    # Blocks for values

    def drawn(self, value: Value | None, what: str = "input") -> Drawn:
        """A value as a block's output; numbers are drawn as blocks."""
        if value is None:
            self.fail(f"its {what} is missing")
        if isinstance(value, Drawn):
            return value
        array = self.array(value, what)
        return self.standing(array, self.source(value)).seen(Layout.of((1, *array.shape)).squeezed([0]))

    def plain(self, value: Value | None, what: str = "input") -> Drawn:
        """A value as a block's output in its own shape and order."""
        return plain(self.drawing, self.drawn(value, what))

    def standing(self, array: np.ndarray, source: str = "", like: Drawn | None = None) -> Drawn:
        """A block that gives these numbers, 1 x their shape, or once for every sample of `like`."""
        key = (
            ("standing", source, array.shape, like is not None, crc32(np.ascontiguousarray(array))) if source else None
        )
        if key in self.drawing.made:
            return self.drawing.made[key]
        if not array.size or (array.size > MOST_DRAWN and not source):
            self.fail(f"{array.size:,} numbers that are no initializer would have to be drawn; 1 to {MOST_DRAWN:,} can")
        made = self._standing(array, source, {} if like is None else {"like": like})
        if key is not None:
            self.drawing.made[key] = made
        return made

    def _standing(self, array: np.ndarray, source: str, inputs: dict[str, Drawn]) -> Drawn:
        if array.dtype == bool:
            numbers = self._standing(array.astype(np.float32), "", inputs)
            return self.drawing.draw("Compare", {"input": numbers}, relation="above", number=0.5)
        if array.dtype.kind != "f":
            self.fail("whole numbers that stand in the model cannot be drawn as a block; only float32 ones can")
        name = (source, f"{self.drawing.label}_constant" if self.drawing.label else "")
        rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
        finite = bool(np.isfinite(array).all())
        if not source and finite and max(rows.shape) <= Matrix.largest:
            values = {"numbers": tuple(tuple(map(float, row)) for row in rows), "shape": array.shape}
            return self.drawing.place_block("Constant", inputs, name, values, {"numbers": array[None]})[0]
        frozen = not source or not finite or np.abs(array).max() > MASKS  # a mask is nothing that learns
        if frozen:
            self.note("Numbers that do not learn became a frozen Parameter")
        values, weights = {"shape": array.shape}, {"weight": array[None]}
        return self.drawing.place_block("Parameter", inputs, name, values, weights, frozen=frozen)[0]
