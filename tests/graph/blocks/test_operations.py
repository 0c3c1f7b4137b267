"""Tensor operations: shapes, words about what cannot be, and the expressions as people write them."""

import pytest

from backend import generate_source
from graph import Network, registry
from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")


def pair(input, other, dtype="float32"):
    return {"input": TensorType((N, *input), dtype), "other": TensorType((N, *other), dtype)}


@pytest.mark.parametrize(
    ("name", "values", "input", "output"),
    [
        ("Subtract", {}, pair((3, 8, 8), (3, 1, 1)), (3, 8, 8)),
        ("Divide", {}, pair((T, T), (T, 1)), (T, T)),
        ("MatMul", {}, pair((T, 64), (64, T)), (T, T)),
        ("MatMul", {}, pair((5, 4), (4, 2)), (5, 2)),
        ("Mean", {"dim": (2, 3)}, (64, 7, 7), (64,)),
        ("Mean", {"dim": (1,), "keepdim": True}, (T, 64), (1, 64)),
        ("ReduceMax", {"dim": (-1,)}, (64, T), (64,)),
        ("Norm", {"dim": (-1,), "keepdim": True}, (16,), (1,)),
        ("ArgMax", {"dim": 1}, (10, T), (T,)),
        ("Squeeze", {}, (16, 1), (16,)),
        ("Unsqueeze", {}, (T, 28), (1, T, 28)),
        ("Transpose", {}, (T, 28), (28, T)),
        ("Slice", {"start": 2, "end": 6}, (8, T), (4, T)),
        ("Slice", {"step": 2}, (T, 3), ("floor((T + 1)/2)", 3)),
        ("Slice", {"dim": -1, "start": -3}, (2, 9), (2, 3)),
        ("Split", {}, (8, T), (4, T)),
        ("Split", {"size": 3}, (8, 2), (3, 2)),
        ("Expand", {"shape": (-1, 7, 7)}, (64, 1, 1), (64, 7, 7)),
        ("Repeat", {"repeats": (3, 1, 2)}, (1, 8, T), (3, 8, 2 * T)),
    ],
)
def test_shapes(infer, name, values, input, output):
    found = next(iter(infer(name, input, **values).outputs.values()))
    assert found.dims == (N, *output)


def test_matrices_are_multiplied_place_by_place(explain):
    lines = explain("MatMul", pair((8, 16, 64), (8, 64, 16)))
    assert lines["multiply-adds"] == "8*16*16 * 64 = 131,072"


def test_what_is_left_of_a_split(infer):
    assert [x.dims for x in infer("Split", (8, 2), size=3).outputs.values()] == [(N, 3, 2), (N, 5, 2)]


def test_dtypes(infer):
    assert infer("Divide", pair((3,), (3,), "int64")).outputs["output"].dtype == "float32"
    assert infer("Sum", (3,), "bool", dim=(1,)).outputs["output"].dtype == "int64"
    assert infer("Compare", (3,)).outputs["output"].dtype == "bool"
    assert infer("ArgMax", (3,)).outputs["output"] == TensorType((N,), "int64", 3)
    assert infer("OneHot", {"input": TensorType((N, T), "int64", 5)}).outputs["output"] == TensorType((N, T, 5))


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        ("Subtract", {}, pair((3,), (2,)), "broadcast", "but gets N x 3 and N x 2"),
        ("Subtract", {}, pair((3,), (T,)), "open", "give their Inputs the same numbers or names"),
        ("Subtract", {}, pair((3,), (3,), "bool"), "dtype", "Subtract computes with numbers, but gets bool"),
        ("MatMul", {}, pair((5, 4), (3, 2)), "matmul", "columns and rows, 4 and 3, differ"),
        ("MatMul", {}, pair((5, T), (3, 2)), "open", "columns and rows, T and 3,"),
        ("Clamp", {"min": 2.0}, (3,), "bounds", "min 2 is above max 1"),
        ("Clamp", {"min": None, "max": None}, (3,), "bounds", "set one"),
        ("Mean", {"dim": (1, -1)}, (3,), "axis", "names a dimension of N x 3 twice"),
        ("Mean", {"dim": (2,)}, (3,), "axis", "dim 2 is no dimension of N x 3"),
        ("Squeeze", {}, (3,), "squeeze", "dimension 1 of N x 3 is 3"),
        ("Squeeze", {}, (T,), "open", "is open"),
        ("Squeeze", {"dim": 0}, (1,), "batch", "is the batch"),
        ("Transpose", {"dim0": 0}, (3, 4), "batch", "has to stay in front"),
        ("Slice", {"start": 9}, (8,), "slice", "nothing of the 8 of dimension 1 lies from 9 to 8"),
        ("Slice", {"end": 2}, (T,), "open", "how much of T"),
        ("Split", {}, (7,), "split", "has no halves"),
        ("Split", {"size": 7}, (7,), "split", "size must be below 7"),
        ("Expand", {"shape": (4, 4)}, (2, 1), "expand", "2 of N x 2 x 1 is to become 4"),
        ("Repeat", {"repeats": (2,)}, (2, 1), "rank", "a number for each of the 2 dimensions"),
        ("OneHot", {}, {"input": TensorType((N,), "int64")}, "classes", "set num_classes"),
        ("OneHot", {"num_classes": 4}, {"input": TensorType((N,), "int64", 5)}, "classes", "set num_classes to 5"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_putting_the_batch_together_is_doubted(infer):
    assert infer("Mean", (3,), dim=(0,)).warnings[0][0] == "batch"


def written(name, shapes, dtypes=(), **values):
    """The line of one block between Inputs a, b, c and an Output."""
    net = Network("Operation")
    block = net.add(name, name="found", **values)
    dtypes = dtypes or ("float32",) * len(shapes)
    ports = registry.block_type(name).inputs
    for i, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        source = net.add("Input", name="abc"[i], shape=shape, dtype=dtype)
        net.connect(source, block, input=ports[min(i, len(ports) - 1)].name)
    for port in registry.block_type(name).outputs:
        net.connect(block, net.add("Output"), output=port.name)
    lines = [line.split("  #")[0].strip() for line in generate_source(net).text.split("\n")]
    return next(line for line in reversed(lines) if line.startswith(("found = ", "x = ", "found, "))).split(" = ", 1)[1]


@pytest.mark.parametrize(
    ("name", "values", "shapes", "line"),
    [
        ("Subtract", {}, [(3,), (3,)], "a - b"),
        ("Divide", {}, [(3,), (3,)], "a / b"),
        ("MatMul", {}, [(3, 4), (4, 3)], "a @ b"),
        ("Scale", {"factor": 0.125}, [(3,)], "a * 0.125"),
        ("Shift", {"amount": 1.5}, [(3,)], "a + 1.5"),
        ("Shift", {"amount": -1.5}, [(3,)], "a - 1.5"),
        ("Power", {"exponent": 2.0}, [(3,)], "a.pow(2.0)"),
        ("Negate", {}, [(3,)], "-a"),
        ("Clamp", {"max": None}, [(3,)], "a.clamp(min=0.0)"),
        ("Compare", {"relation": "at_least"}, [(3,)], "a >= 0.0"),
        ("Mean", {"dim": (2, 3), "keepdim": True}, [(3, 4, 4)], "a.mean(dim=(2, 3), keepdim=True)"),
        ("ReduceMax", {"dim": (1,)}, [(3, 4)], "a.amax(dim=1)"),
        ("Norm", {"dim": (-1,)}, [(3,)], "a.norm(p=2.0, dim=-1)"),
        ("ArgMax", {}, [(3,)], "a.argmax(dim=-1)"),
        ("Squeeze", {}, [(3, 1)], "a.squeeze(-1)"),
        ("Unsqueeze", {}, [(3,)], "a.unsqueeze(1)"),
        ("Transpose", {}, [(3, 4)], "a.transpose(1, -1)"),
        ("Slice", {"dim": -1, "end": -1}, [(3, 4)], "a[:, :, :-1]"),
        ("Slice", {"start": 1, "step": 2}, [(3, 4)], "a[:, 1::2]"),
        ("Split", {}, [(8,)], "a.chunk(2, dim=1)"),
        ("Split", {"size": 3}, [(8,)], "a.split((3, 5), dim=1)"),
        ("Expand", {"shape": (3, -1)}, [(1, 4)], "a.expand(-1, 3, -1)"),
        ("Repeat", {"repeats": (3, 1)}, [(1, 4)], "a.repeat(1, 3, 1)"),
        ("Stack", {}, [(3,), (3,)], "torch.stack([a, b], dim=1)"),
    ],
)
def test_expressions_read_as_people_write_them(name, values, shapes, line):
    assert written(name, shapes, **values) == line


def test_masks_and_classes_are_written_too():
    kinds = ("bool", "float32", "float32")
    assert written("Where", [(3,)] * 3, kinds) == "torch.where(a, b, c)"
    assert written("OneHot", [(3,)], ("int64",), num_classes=5) == "F.one_hot(a, num_classes=5).float()"
