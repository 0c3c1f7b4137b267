"""What blocks demand of their inputs: the errors, in the user's words, that several families raise alike.

Only words are made here, and only once something is wrong; the rules themselves stand in the families.
"""

from __future__ import annotations

from graph.block_type import ShapeError
from graph.tensor_type import TensorType

FLOATS = frozenset(("float32", "float64", "float16", "bfloat16"))
LAYOUTS = {
    1: "N x channels x length",
    2: "N x channels x height x width",
    3: "N x channels x depth x height x width",
}


def wrong_dtype(type: str, x: TensorType, right: str = "float32", port: str = "input") -> ShapeError:
    """The block cannot compute with numbers of this kind."""
    hint = "; an Embedding turns whole numbers into features" if right == "float32" and not x.is_float else ""
    return ShapeError(f"{type} computes with {right}, but gets {x.dtype}{hint}", port, code="dtype")


def wrong_rank(type: str, x: TensorType, right: str, port: str = "input", hint: str = "") -> ShapeError:
    """The input has too few or too many dimensions."""
    return ShapeError(f"{type} needs {right}, but gets {x}{hint}", port, code="rank")


def wrong_layout(type: str, x: TensorType, rank: int) -> ShapeError:
    """The input is no batch of sequences, images or volumes with channels."""
    hint = ""
    if x.rank == rank + 1:
        hint = f": a Reshape to 1 x {' x '.join(map(str, x.dims[1:]))} would add the channel"
    elif x.rank == 2:
        hint = ": a Reshape would arrange its values so"
    return wrong_rank(type, x, LAYOUTS[rank], hint=hint)


def open_dim(type: str, x: TensorType, what: str, port: str = "input") -> ShapeError:
    """The block needs a number where the input leaves a dimension open."""
    text = f"{type} must know {what}, but it is open in {x}: give the Input a number there"
    return ShapeError(text, port, code="open")


def no_such_axis(type: str, x: TensorType, axis: int, name: str, port: str = "input") -> ShapeError:
    """A dimension is named that the input does not have."""
    text = f"{name} {axis} is no dimension of {x}: it has {x.rank}, counted {-x.rank} to {x.rank - 1}"
    return ShapeError(f"{type}: {text}", port, name, "axis")


def count(number) -> str:
    """A count as people read it: 117,600; open ones as their expression."""
    return f"{number:,}" if isinstance(number, int) else str(number)
