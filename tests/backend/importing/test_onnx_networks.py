"""Whole networks in ONNX: made by hand, and files of torch's two exporters, at batches other than the exported one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from backend.importing.onnx_model import read_onnx

pytest.importorskip("onnx")
sys.path.insert(0, str(Path(__file__).parent))
from onnx import numpy_helper
from onnx_made import (
    INT64,
    RNG,
    answers,
    compiled,
    computes_the_same,
    floats,
    model,
    node,
    save,
    types,
    whole,
)

MODELS = Path(__file__).parent / "models"
FIXED = sorted(MODELS.glob("*_fixed.onnx"))
OPEN = sorted(set(MODELS.glob("*.onnx")) - set(FIXED))


def name(path):
    return path.stem


@pytest.mark.parametrize("path", OPEN, ids=name)
@pytest.mark.parametrize("batch", [1, 5])
def test_exported_files_compute_the_same_at_any_batch(path, batch, tmp_path):
    front = ("sequence",) if path.stem.startswith("rnn") else None
    computes_the_same(path, tmp_path, batch=batch, front=front)


@pytest.mark.parametrize("path", FIXED, ids=name)
def test_files_for_one_sample_take_several(path, tmp_path):
    imported = computes_the_same(path, tmp_path)
    assert any("batches of 1" in note for note in imported.notes)
    module = compiled(imported)
    entry = next(b for b in imported.network.blocks.values() if b.type == "Input").hyperparameters
    several = floats(4, *entry["shape"]) if "dtype" not in entry else RNG.integers(0, 5, (4, *entry["shape"]))
    alone = [answers(module, several[i : i + 1]) for i in range(4)]
    for found, *parts in zip(answers(module, several), *alone, strict=True):
        np.testing.assert_allclose(found, np.concatenate(parts), rtol=1e-3, atol=1e-5)


def test_lenet(tmp_path):
    numbers = {
        **{"conv1.weight": floats(6, 1, 5, 5), "conv1.bias": floats(6), "conv2.weight": floats(16, 6, 5, 5)},
        **{"conv2.bias": floats(16), "fc1.weight": floats(12, 256), "fc1.bias": floats(12)},
        **{"fc2.weight": floats(10, 12), "fc2.bias": floats(10)},
    }
    nodes = [
        node("Conv", "image conv1.weight conv1.bias", "a"),
        node("Tanh", "a", "b"),
        node("AveragePool", "b", "c", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "c conv2.weight conv2.bias", "d"),
        node("Relu", "d", "e"),
        node("MaxPool", "e", "f", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "f", "g"),
        node("Gemm", "g fc1.weight fc1.bias", "h", transB=1),
        node("Sigmoid", "h", "i"),
        node("Gemm", "i fc2.weight fc2.bias", "scores", transB=1),
    ]
    imported = computes_the_same(model(nodes, {"image": ("N", 1, 28, 28)}, numbers, ("scores",)), tmp_path)
    assert list(imported.weights) == list(numbers)  # the very names of the file
    assert imported.notes == ()
    assert imported.network.blocks["b2"].name == "conv1"


def lstm(direction="forward", **more):
    """Nodes around an LSTM as exporters write it for batch_first, its weights, and how many directions it has."""
    count = 2 if direction == "bidirectional" else 1
    numbers = {"w": floats(count, 24, 5), "r": floats(count, 24, 6), "b": floats(count, 48), "last": np.int64(-1)}
    nodes = [
        node("Transpose", "x", "steps", perm=[1, 0, 2]),
        node("LSTM", "steps w r b", "every h c", hidden_size=6, direction=direction, **more),
        node("Transpose", "every", "turned", perm=[0, 2, 1, 3]),
        node("Reshape", "turned flat", "joined"),
        node("Transpose", "joined", "y", perm=[1, 0, 2]),
    ]
    return nodes, {**numbers, "flat": whole(0, 0, -1)}


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_lstm_between_transposes_is_one_block(direction, tmp_path):
    nodes, numbers = lstm(direction)
    made = model(nodes, {"x": ("N", 7, 5)}, numbers, ("y", "h", "c"))
    path = save(made, tmp_path)
    if direction == "forward":
        imported = computes_the_same(made, tmp_path)
    else:  # ONNX's own evaluator computes one direction only
        imported = read_onnx(path)
    assert types(imported) == ["LSTM"]


@pytest.mark.parametrize(("op", "gates"), [("GRU", 3), ("RNN", 1)])
def test_gated_and_plain_recurrent_layers(op, gates, tmp_path):
    numbers = {"w": floats(1, 6 * gates, 5), "r": floats(1, 6 * gates, 6), "b": floats(1, 12 * gates)}
    more = {"linear_before_reset": 1} if op == "GRU" else {}
    nodes = [node(op, "x w r b", "y h", hidden_size=6, **more), node("Squeeze", "y one", "z")]
    made = model(nodes, {"x": ("T", "batch", 5)}, {**numbers, "one": whole(1)}, ("z", "h"))
    imported = read_onnx(save(made, tmp_path))
    assert types(imported) == [op]
    assert imported.notes == (
        "Input x has the batch in front, where the file has it in place 1",
        "Output z has the batch in front, where the file has it in place 1",
    )
    computes_the_same(made, tmp_path, batch=3, sizes={"T": 4}, front=("x", "z"))


def test_two_recurrent_layers_hand_on_their_state(tmp_path):
    def numbers(n):
        return {f"w{n}": floats(1, 18, 5), f"r{n}": floats(1, 18, 6), f"b{n}": floats(1, 36)}

    nodes = [
        node("Transpose", "x", "xs", perm=[1, 0, 2]),
        node("Transpose", "z", "zs", perm=[1, 0, 2]),
        node("GRU", "xs w1 r1 b1", "first h", hidden_size=6, linear_before_reset=1),
        node("GRU", "zs w2 r2 b2  h", "second last", hidden_size=6, linear_before_reset=1),
        node("Squeeze", "last zero", "y"),
    ]
    nodes[3].input[:] = ["zs", "w2", "r2", "b2", "", "h"]
    made = model(nodes, {"x": ("N", 4, 5), "z": ("N", 3, 5)}, {**numbers(1), **numbers(2), "zero": whole(0)})
    assert types(computes_the_same(made, tmp_path)).count("GRU") == 2


def test_sizes_taken_from_the_input_are_computed_while_reading(tmp_path):
    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape first", "n"),
        node("Unsqueeze", "n axis", "n1"),
        node("Concat", "n1 rest", "target", axis=0),
        node("Reshape", "x target", "y"),
    ]
    numbers = {"first": np.int64(0), "axis": whole(0), "rest": whole(-1)}
    imported = computes_the_same(model(nodes, {"x": ("N", 2, 3, 4)}, numbers), tmp_path)
    assert types(imported) == ["Flatten"]


def test_open_lengths_stay_open(tmp_path):
    nodes = [
        node("Conv", "x w", "a", pads=[1, 1]),
        node("Transpose", "a", "b", perm=[0, 2, 1]),
        node("MatMul", "b v", "c"),
        node("ReduceMean", "c one", "y", keepdims=0),
    ]
    numbers = {"w": floats(6, 4, 3), "v": floats(6, 3), "one": whole(1)}
    made = model(nodes, {"x": ("N", 4, "length")}, numbers)
    for length in (5, 12):
        imported = computes_the_same(made, tmp_path, sizes={"length": length})
    assert imported.network.blocks["b1"].hyperparameters["shape"] == (4, "length")


@pytest.mark.parametrize("how", ["cut", "counted"])
def test_positions_of_an_open_length_are_a_learned_encoding(how, tmp_path):
    nodes = [
        node("Gather", "word.weight x", "words"),
        node("Shape", "x", "shape"),
        node("Gather", "shape one", "length"),
        node("Unsqueeze", "length zero", "end"),
        node("Slice", "ids zero end axis", "places") if how == "cut" else node("Range", "first length one", "places"),
        node("Gather", "pos.weight places", "rows"),
        node("Add", "words rows", "a"),
        node("ConstantOfShape", "shape", "none", value=numpy_helper.from_array(whole(0))),
        node("Gather", "type.weight none", "kind"),
        node("Add", "a kind"),
    ]
    tables = {"word.weight": floats(20, 6), "pos.weight": floats(9, 6), "type.weight": floats(2, 6)}
    ids = np.arange(9)[None] if how == "cut" else np.arange(9)
    singles = {"one": np.int64(1), "first": np.int64(0), "zero": whole(0), "axis": whole(1), "ids": ids}
    made = model(nodes, {"x": ("batch", "time")}, tables | singles, kinds={"x": INT64})
    for time in (4, 9):
        imported = computes_the_same(made, tmp_path, sizes={"time": time})
    assert types(imported)[:2] == ["Embedding", "LearnedEncoding"]
    assert [name for name in imported.weights if name.startswith("pos")] == ["pos.weight"]


def test_channels_last_as_tensorflow_writes_it(tmp_path):
    nodes = [
        node("Transpose", "x", "a", perm=[0, 3, 1, 2]),
        node("Conv", "a w", "b", auto_pad="SAME_UPPER"),
        node("Transpose", "b", "c", perm=[0, 2, 3, 1]),
        node("Add", "c bias", "d"),
        node("Relu", "d", "e"),
        node("Transpose", "e", "f", perm=[0, 3, 1, 2]),
        node("GlobalAveragePool", "f", "g"),
        node("Squeeze", "g places", "y"),
    ]
    numbers = {"w": floats(6, 3, 3, 3), "bias": floats(6), "places": whole(2, 3)}
    imported = computes_the_same(model(nodes, {"x": ("N", 8, 8, 3)}, numbers), tmp_path)
    assert types(imported) == ["Permute", "Conv2d", "Parameter", "Add", "ReLU", "GlobalAvgPool"]


def test_steps_among_the_samples_and_back(tmp_path):
    nodes = [
        node("Reshape", "x frames", "a"),
        node("Conv", "a w", "b"),
        node("GlobalAveragePool", "b", "c"),
        node("Reshape", "c steps", "y"),
    ]
    numbers = {"frames": whole(-1, 2, 6, 6), "steps": whole(-1, 4, 3), "w": floats(3, 2, 3, 3)}
    imported = computes_the_same(model(nodes, {"x": ("N", 4, 2, 6, 6)}, numbers), tmp_path)
    assert "MergeSteps" in types(imported) and "SplitSteps" in types(imported)


def test_several_inputs_and_outputs(tmp_path):
    nodes = [
        node("Gather", "table words", "a"),
        node("ReduceMean", "a one", "b", keepdims=0),
        node("Concat", "b features", "c", axis=1),
        node("Gemm", "c w", "scores"),
        node("Softmax", "scores", "shares"),
    ]
    numbers = {"table": floats(9, 4), "one": whole(1), "w": floats(7, 3)}
    made = model(
        nodes,
        {"words": ("batch", 5), "features": ("batch", 3)},
        numbers,
        ("scores", "shares"),
        kinds={"words": INT64},
    )
    imported = computes_the_same(made, tmp_path)
    blocks = {block.name: block for block in imported.network.blocks.values()}
    assert blocks["words"].hyperparameters == {"shape": (5,), "dtype": "int64"}
    assert {"features", "scores", "shares"} <= set(blocks)


def test_layers_with_the_same_weights_are_one_layer_called_twice(tmp_path):
    nodes = [
        node("Gemm", "x fc.weight", "a", transB=1),
        node("Relu", "a", "b"),
        node("Gemm", "b fc.weight", "y", transB=1),
    ]
    imported = computes_the_same(model(nodes, {"x": ("N", 4)}, {"fc.weight": floats(4, 4)}), tmp_path)
    assert list(imported.weights) == ["fc.weight"]
    assert [block.reuses for block in imported.network.blocks.values() if block.type == "Linear"] == [None, "b2"]


def test_an_embedding_and_its_transpose_share_their_table(tmp_path):
    nodes = [node("Gather", "wte.weight x", "a"), node("Gemm", "b wte.weight", "y", transB=1)]
    nodes.insert(1, node("ReduceMean", "a one", "b", keepdims=0))
    numbers = {"wte.weight": floats(9, 4), "one": whole(1)}
    imported = computes_the_same(model(nodes, {"x": ("N", 3)}, numbers, kinds={"x": INT64}), tmp_path)
    linear = next(block for block in imported.network.blocks.values() if block.type == "Linear")
    assert imported.network.blocks[linear.reuses].type == "Embedding"


@pytest.mark.parametrize(("heads", "causal"), [(4, 0), (4, 1), (2, 0)])
def test_attention_as_one_node(heads, causal, tmp_path):
    features = 3 * heads
    made = model(
        [
            node("MatMul", "x q", "a"),
            node("MatMul", "x k", "b"),
            node("MatMul", "x v", "c"),
            node("Attention", "a b c", "y", q_num_heads=4, kv_num_heads=heads, is_causal=causal),
        ],
        {"x": ("N", 5, 8)},
        {"q": floats(8, 12), "k": floats(8, features), "v": floats(8, features)},
        opset=23,
    )
    found = types(computes_the_same(made, tmp_path))
    assert found.count("MatMul") == 2 and found.count("Softmax") == 1


@pytest.mark.parametrize(("taken", "type"), [(True, "ReLU"), (False, "Tanh")])
def test_of_an_if_whose_condition_is_known_one_way_is_drawn(taken, type, tmp_path):
    ways = [model(node(op, "a", f"{op}_out"), {}, {}, (f"{op}_out",)).graph for op in ("Relu", "Tanh")]
    nodes = [node("Sigmoid", "x", "a"), node("If", "way", then_branch=ways[0], else_branch=ways[1])]
    imported = computes_the_same(model(nodes, {"x": ("N", 4)}, {"way": np.array(taken)}), tmp_path)
    assert types(imported) == ["Sigmoid", type]


def test_a_one_in_second_place_is_the_batch_where_the_first_cannot_be(tmp_path):
    nodes = [node("Slice", "x zero one zero", "a"), node("Squeeze", "a zero", "b"), node("Gemm", "b w")]
    numbers = {"zero": whole(0), "one": whole(1), "w": floats(3, 2)}
    imported = computes_the_same(model(nodes, {"x": (5, 1, 3)}, numbers), tmp_path, front=("x",))
    assert types(imported) == ["SelectStep", "Linear"]
    assert imported.notes[0].startswith("Input x has the batch in front")


PATTERNS = [
    (
        "GELU",
        [("Div", "x root", "a"), ("Erf", "a", "b"), ("Add", "b one", "c"), ("Mul", "x c", "d"), ("Mul", "d half", "y")],
    ),
    (
        "GELU",
        [("Mul", "x half", "h"), ("Div", "x root", "a"), ("Erf", "a", "b"), ("Add", "one b", "c"), ("Mul", "h c", "y")],
    ),
    ("SiLU", [("Sigmoid", "x", "a"), ("Mul", "x a", "y")]),
    ("Hardswish", [("HardSigmoid", "x", "a"), ("Mul", "a x", "y")]),
    ("Mish", [("Softplus", "x", "a"), ("Tanh", "a", "b"), ("Mul", "x b", "y")]),
    ("ReLU6", [("Relu", "x", "a"), ("Clip", "a zero six", "y")]),
    (
        "LayerNorm",
        [
            *[("ReduceMean", "x", "m"), ("Sub", "x m", "d"), ("Pow", "d two", "s"), ("ReduceMean", "s", "v")],
            *[("Add", "v eps", "e"), ("Sqrt", "e", "q"), ("Div", "d q", "n"), ("Mul", "n g", "t"), ("Add", "t o", "y")],
        ],
    ),
]


@pytest.mark.parametrize(("type", "parts"), PATTERNS)
def test_nodes_that_are_one_layer_are_read_as_it(type, parts, tmp_path):
    singles = {"root": 2**0.5, "one": 1, "half": 0.5, "zero": 0, "six": 6, "two": 2, "eps": 1e-5}
    numbers = {key: np.float32(value) for key, value in singles.items()} | {"g": floats(6), "o": floats(6)}
    settings = {"ReduceMean": {"axes": [-1]}, "HardSigmoid": {"alpha": 1 / 6}}
    nodes = [node(op, inputs, output, **settings.get(op, {})) for op, inputs, output in parts]
    imported = computes_the_same(model(nodes, {"x": ("N", 6)}, numbers, opset=17), tmp_path)
    assert types(imported) == [type]
    assert len(imported.notes) == 1 and "read as" in imported.notes[0]


def test_a_part_that_others_read_too_is_kept(tmp_path):
    nodes = [node("Sigmoid", "x", "a"), node("Mul", "x a", "b"), node("Add", "a b")]
    assert types(computes_the_same(model(nodes, {"x": ("N", 6)}), tmp_path)) == ["Sigmoid", "Multiply", "Add"]
