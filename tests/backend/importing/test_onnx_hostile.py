"""ONNX files that are damaged or mean harm: refused with the place, nothing read outside, no memory taken for it."""

import os
import random
import struct
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from backend.importing import CannotImport
from backend.importing.onnx_graph import drawing, model_file
from backend.importing.onnx_model import read_onnx

pytest.importorskip("onnx")
sys.path.insert(0, str(Path(__file__).parent))
import onnx
from onnx_made import computes_the_same, floats, model, node, save, whole

MODELS = sorted((Path(__file__).parent / "models").glob("*.onnx"))
ROW = ("N", 6)
FAR = 2**40


def refusal(path):
    with pytest.raises(CannotImport) as caught:
        read_onnx(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"not a model at all", "ONNX"),
        (b"\x00" * 5000, "ONNX"),
        (b"\x08\x0a", "ONNX"),
        ((MODELS[0].parent / "unet_script.onnx").read_bytes()[:3000], "damaged"),
    ],
)
def test_what_is_no_model(data, said, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert said in refusal(path)


def test_a_folder_and_a_pipe_are_no_models(tmp_path):
    with pytest.raises((CannotImport, OSError)):
        read_onnx(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.onnx")
        assert "regular" in refusal(tmp_path / "pipe.onnx")


def test_size_and_counts_are_bounded(tmp_path, monkeypatch):
    path = save(model([node("Relu", "x", "a"), node("Relu", "a")], {"x": ROW}), tmp_path)
    monkeypatch.setattr(model_file, "MOST_NODES", 1)
    assert "2 nodes" in refusal(path)
    monkeypatch.setattr(model_file, "LARGEST_FILE", 50)
    assert "at most 50" in refusal(path)


HUGE = {
    "a constant": ([node("ConstantOfShape", "huge", "c"), node("Add", "x c")], {"huge": whole(FAR, 6)}),
    "a large constant": (
        [node("ConstantOfShape", "huge", "c"), node("Mul", "c c", "d"), node("Add", "x d")],
        {"huge": whole(2**30)},
    ),
    "expanded": ([node("Expand", "p huge", "c"), node("Add", "x c")], {"p": floats(6), "huge": whole(FAR, 6)}),
    "tiled": ([node("Tile", "p huge", "c"), node("Add", "x c")], {"p": floats(1, 6), "huge": whole(FAR, 1)}),
    "a range": (
        [node("Range", "zero huge one", "c"), node("Cast", "c", "d", to=1), node("Add", "x d")],
        {"zero": np.int64(0), "huge": np.int64(FAR), "one": np.int64(1)},
    ),
    "an outer product": ([node("Mul", "p q", "c"), node("Add", "x c")], {"p": floats(60_000, 1), "q": floats(60_000)}),
    "doubled and doubled": (
        [*(node("Concat", f"c{i} c{i}", f"c{i + 1}", axis=0) for i in range(26)), node("Add", "x c26")],
        {"c0": floats(6)},
    ),
    "looked up": (
        [node("Gather", "p many", "c"), node("Add", "x c")],
        {"p": floats(10, 9000), "many": np.zeros((9000, 2), np.int64)},
    ),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_would_take_all_memory_is_refused_before_it_does(name, tmp_path):
    nodes, numbers = HUGE[name]
    path = save(model(nodes, {"x": ROW}, numbers), tmp_path)
    tracemalloc.start()
    try:
        refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 2**29
    finally:
        tracemalloc.stop()


def test_weights_told_of_again_and_again_are_bounded(tmp_path, monkeypatch):
    nodes = [node("Gemm", f"a{i} w b{i}", f"a{i + 1}") for i in range(20)]
    numbers = {"w": floats(50, 50)} | {f"b{i}": floats(50) for i in range(20)}
    path = save(model([*nodes, node("Relu", "a20")], {"a0": ("N", 50)}, numbers), tmp_path)
    read_onnx(path)
    monkeypatch.setattr(drawing, "MOST_WEIGHTS", 100_000)
    assert "more than 100,000 bytes" in refusal(path)


@pytest.mark.parametrize("dims", [(FAR, FAR), (2**62, 0), (-1, 6), (7,), ()])
def test_a_tensor_holds_what_its_shape_says(dims, tmp_path):
    made = model(node("Add", "x p"), {"x": ROW}, {"p": floats(6)})
    made.graph.initializer[0].dims[:] = dims
    assert "initializer p" in refusal(save(made, tmp_path)) or dims == (2**62, 0)


def test_numbers_in_lists_are_read(tmp_path):
    made = model(node("Gemm", "x w"), {"x": ROW}, {"w": floats(6, 2)})
    proto = made.graph.initializer[0]
    values = np.frombuffer(proto.raw_data, np.float32)
    proto.ClearField("raw_data")
    proto.float_data[:] = values
    computes_the_same(made, tmp_path)
    del proto.float_data[0]
    assert "11" in refusal(save(made, tmp_path))


@pytest.mark.parametrize("kind", ["float16", "double", "bfloat16"])
def test_other_floats_become_float32(kind, tmp_path):
    weight = floats(6, 2).round(1)
    made = model(node("Gemm", "x w"), {"x": ROW}, {"w": weight})
    number = {"float16": 10, "double": 11, "bfloat16": 16}[kind]
    if kind == "bfloat16":
        bits = (weight.view(np.uint32) >> 16).astype(np.uint16)
        made.graph.initializer[0].raw_data = bits.tobytes()
        weight = (bits.astype(np.uint32) << 16).view(np.float32)
    else:
        made.graph.initializer[0].raw_data = weight.astype(kind).tobytes()
    made.graph.initializer[0].data_type = number
    (found,) = read_onnx(save(made, tmp_path)).weights.values()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, weight.T, atol=1e-3)


# Numbers in files of their own


def outside(folder, **said):
    """A model whose weight stands in another file, told of as `said`."""
    made = model(node("Gemm", "x w"), {"x": ROW}, {"w": floats(6, 2)})
    proto = made.graph.initializer[0]
    proto.ClearField("raw_data")
    proto.data_location = onnx.TensorProto.EXTERNAL
    for key, value in said.items():
        proto.external_data.add(key=key, value=str(value))
    return save(made, folder)


def test_numbers_beside_the_model_are_read(tmp_path):
    (tmp_path / "deeper").mkdir()
    numbers = np.arange(12, dtype=np.float32)
    (tmp_path / "deeper" / "w.bin").write_bytes(bytes(8) + numbers.tobytes())
    imported = read_onnx(outside(tmp_path, location="deeper/w.bin", offset=8, length=48))
    np.testing.assert_array_equal(imported.weights["linear.weight"], numbers.reshape(6, 2).T)


@pytest.mark.parametrize(
    "location",
    ["../w.bin", "/etc/passwd", "a/../../w.bin", "..\\w.bin", "C:w.bin", "\\\\host\\w.bin", "", "link", "a\0b"],
)
def test_numbers_elsewhere_are_not(location, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(48))
    if hasattr(os, "symlink"):
        (folder / "link").symlink_to(tmp_path / "w.bin")
    assert "nothing outside" in refusal(outside(folder, location=location))


@pytest.mark.parametrize(
    "said",
    [
        {"location": "gone.bin"},
        {"location": "w.bin", "offset": 4},
        {"location": "w.bin", "length": 2**40},
        {"location": "w.bin", "offset": "much"},
        {"location": "w.bin", "offset": -8},
        {"location": "."},
    ],
)
def test_files_of_numbers_hold_what_is_said(said, tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(48))
    assert "initializer w" in refusal(outside(tmp_path, **said))


# Graphs that make no sense


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([node("Add", "x y", "y")], "circle"),
        ([node("Add", "b x", "a"), node("Add", "a x", "b"), node("Relu", "b")], "circle"),
        ([node("Add", "x nothing")], "nothing before it makes"),
        ([node("Relu", "x", "a"), node("Relu", "x", "a"), node("Relu", "a")], "already"),
        ([node("Add", "x")], "2"),
        ([node("Relu", "x x")], "inputs"),
        ([node("Conv", "x ")], "inputs"),
        ([node("Transpose", "x", perm=[0, 5])], "perm"),
        ([node("Concat", "x x", axis=7)], "axis 7"),
        ([node("LeakyRelu", "x", alpha=[1.0, 2.0])], "alpha"),
        ([node("Flatten", "x", axis=-9)], "axis"),
    ],
)
def test_graphs_that_make_no_sense(nodes, said, tmp_path):
    assert said in refusal(save(model(nodes, {"x": ROW}), tmp_path))


def test_what_comes_out_in_another_shape_than_the_file_says_is_refused(tmp_path):
    made = model(node("Relu"), {"x": ROW})
    for size in (0, 7):
        made.graph.output[0].type.tensor_type.shape.dim.add(dim_value=size)
    assert "N x 6, but the file says ? x 7" in refusal(save(made, tmp_path))


def test_names_of_any_kind_become_blocks(tmp_path):
    names = ["import os", "class", "\u202e\u0000x", "q" * 5000, "é" * 90, "'; --", "weight", "__init__"]
    nodes = [node("Relu", "x", "a0")]
    nodes += [node("Relu", f"a{i}", f"a{i + 1}", name=name) for i, name in enumerate(names)]
    computes_the_same(model([*nodes, node("Relu", f"a{len(names)}")], {"x": ROW}), tmp_path)


def test_subgraphs_and_functions_are_refused_by_name(tmp_path):
    body = model(node("Relu", "x"), {"x": ROW}).graph
    made = model(node("If", "x", then_branch=body, else_branch=body), {"x": ROW})
    assert "(If)" in refusal(save(made, tmp_path))
    made = model(node("Relu", "x"), {"x": ROW})
    made.functions.add(name="own", domain="mine")
    assert "functions" in refusal(save(made, tmp_path))


def damaged(data, rng):
    """Some bytes of a file changed, cut off or left out."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 40))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.3:
        at = rng.randrange(len(data))
        data = data[:at] if rng.random() < 0.5 else data[:at] + data[at + rng.randrange(1, 50) :]
    return bytes(data) or b"?"


def senseless(data, rng):
    """A well-formed file whose settings, shapes and wires are wrong."""
    made = onnx.ModelProto.FromString(data)
    graph = made.graph
    numbers = (0, -1, 1, 3, 10**6, 2**31, FAR, -(2**63), 2**63 - 1)
    for _ in range(rng.randint(1, 4)):
        one = rng.choice(graph.node)
        what = rng.randrange(6)
        if what == 0 and one.attribute:
            attribute = rng.choice(one.attribute)
            attribute.i, attribute.f = rng.choice(numbers), rng.choice((float("nan"), float("inf"), -1.0))
            attribute.ints[:] = [rng.choice(numbers) for _ in attribute.ints]
        elif what == 1 and one.input:
            one.input[rng.randrange(len(one.input))] = rng.choice(("", rng.choice(graph.node).output[0]))
        elif what == 2:
            one.op_type = rng.choice(graph.node).op_type
        elif what == 3 and graph.initializer:
            tensor = rng.choice(graph.initializer)
            tensor.data_type = rng.choice((tensor.data_type, rng.randrange(20)))
            tensor.dims[:] = [rng.choice(numbers) for _ in tensor.dims]
        elif what == 4 and graph.initializer:
            tensor = rng.choice(graph.initializer)
            if tensor.data_type == 7:
                count = len(tensor.raw_data) // 8
                tensor.raw_data = struct.pack(f"<{count}q", *(rng.choice(numbers) for _ in range(count)))
        else:
            for dim in rng.choice(graph.input).type.tensor_type.shape.dim:
                dim.dim_value = rng.choice(numbers)
    return made.SerializeToString()


@pytest.mark.parametrize("harm", [damaged, senseless])
def test_hundreds_of_harmed_files_are_read_or_refused(harm, tmp_path):
    rng = random.Random(7)
    files = [path.read_bytes() for path in MODELS]
    path, refused = tmp_path / "harmed.onnx", 0
    for _ in range(250):
        path.write_bytes(harm(rng.choice(files), rng))
        try:
            read_onnx(path)
        except CannotImport:
            refused += 1
    assert refused > 120
