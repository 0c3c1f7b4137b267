"""Shaping and merging: where the values go, and the words of what does not fit."""

import pytest

from graph import registry
from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T, H = symbol("T"), symbol("H")


def tensors(*shapes):
    return {"inputs": tuple(TensorType((N, *shape)) for shape in shapes)}


@pytest.mark.parametrize(
    ("name", "values", "input", "shape"),
    [
        ("Flatten", {}, (16, 5, 5), (400,)),
        ("Flatten", {}, (10,), (10,)),
        ("Flatten", {"start_dim": 2}, (T, 4, 4), (T, 16)),
        ("Flatten", {"end_dim": 2}, (T, 4, 5), (4 * T, 5)),
        ("Reshape", {"shape": (1, 8, 8)}, (64,), (1, 8, 8)),
        ("Reshape", {"shape": (-1, 4)}, (8, 3), (6, 4)),
        ("Reshape", {"shape": (-1, 20)}, (T, 5, 4), (T, 20)),
        ("Reshape", {"shape": (2, -1)}, (T, 4), (2, 2 * T)),
        ("Reshape", {"shape": ()}, (1, 1), ()),
        ("Permute", {"dims": (0, 2, 1)}, (T, 8), (8, T)),
        ("Permute", {"dims": (0, -1, 1, 2)}, (3, H, 8), (8, 3, H)),
        ("SelectStep", {}, (T, 64), (64,)),
        ("SelectStep", {"index": 2, "dim": -1}, (5, 64), (5,)),
        ("Upsample", {"scale_factor": 2.0}, (6, 7, T), (6, 14, 2 * T)),
        ("Upsample", {"scale_factor": 1.5, "mode": "bilinear"}, (6, 7, 9), (6, 10, 13)),
        ("Upsample", {"size": 32}, (6, H, 9), (6, 32, 32)),
        ("Upsample", {"size": (4, 6), "mode": "bicubic", "align_corners": True}, (6, 7, 9), (6, 4, 6)),
        ("Upsample", {"scale_factor": 3, "mode": "linear"}, (6, 7), (6, 21)),
        ("ZeroPad2d", {"padding": (1, 2, 3, 4)}, (6, T, 8), (6, T + 7, 11)),
        ("ConstantPad2d", {"padding": 1, "value": -1.0}, (6, 4, 8), (6, 6, 10)),
        ("Identity", {}, (6, T), (6, T)),
    ],
)
def test_shaping(infer, name, values, input, shape):
    assert infer(name, input, **values).outputs["output"].dims == (N, *shape)


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        ("Flatten", {"start_dim": 3}, (4, 4), "axis", "start_dim 3 is no dimension of N x 4 x 4"),
        ("Flatten", {"start_dim": 2, "end_dim": 1}, (4, 4), "axis", "start_dim 2 comes after end_dim 1"),
        ("Reshape", {"shape": (3, 5)}, (4, 4), "reshape", "16 values of N x 4 x 4 do not fill 3 x 5: that holds 15"),
        ("Reshape", {"shape": (3, -1)}, (4, 4), "reshape", "16 is no multiple of 3"),
        ("Reshape", {"shape": (3, 4)}, (T, 4), "open", "3 x 4 has no place for the open dimension of N x T x 4"),
        ("Reshape", {"shape": (8, -1)}, (T, 4), "open", "whether 4*T values fill 8 x -1 is open"),
        ("Permute", {"dims": (0, 2, 1)}, (4, 4, 4), "permute", "name each of 0 to 3 once"),
        ("Permute", {"dims": (1, 0, 2)}, (4, 4), "batch", "away from the front: begin with 0"),
        ("SelectStep", {"index": 5}, (5, 3), "index", "there is no step 5 among 5: use -5 to 4"),
        ("SelectStep", {"dim": 0}, (5, 3), "batch", "is the batch"),
        ("Upsample", {}, (6, 4, 4), "upsample", "either a size or a scale_factor, but neither is set"),
        ("Upsample", {"scale_factor": 2, "mode": "linear"}, (6, 4, 4), "rank", "use nearest or bilinear or bicubic"),
        ("Upsample", {"scale_factor": 0.1}, (6, 4, 4), "upsample", "leaves nothing of N x 6 x 4 x 4"),
        ("Upsample", {"size": (4, 4, 4)}, (6, 4, 4), "upsample", "give 1 number or 2"),
    ],
)
def test_what_does_not_fit_says_what_would(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_the_states_of_an_lstm_can_be_used(infer):
    h_n = {"input": TensorType((4, N, 6))}
    assert infer("SelectStep", h_n, dim=0).outputs["output"].dims == (N, 6)
    assert infer("Permute", h_n, dims=(1, 0, 2)).outputs["output"].dims == (N, 4, 6)


def test_class_numbers_stay_known(infer):
    labels = {"input": TensorType((N, 2, 3), "int64", 10)}
    assert infer("Flatten", labels).outputs["output"] == TensorType((N, 6), "int64", 10)


@pytest.mark.parametrize(
    ("name", "values", "inputs", "shape"),
    [
        ("Add", {}, tensors((64, 8, 8), (64, 8, 8)), (64, 8, 8)),
        ("Add", {}, tensors((64, T, H), (64, 1, 1), (1, T, H)), (64, T, H)),
        ("Multiply", {}, tensors((64, 1, 1), (64, 8, 8)), (64, 8, 8)),
        ("Concatenate", {}, tensors((64, 8, T), (32, 8, T), (3, 8, T)), (99, 8, T)),
        ("Concatenate", {"dim": -1}, tensors((4, T), (4, H)), (4, T + H)),
    ],
)
def test_merging(infer, name, values, inputs, shape):
    inferred = infer(name, inputs, **values)
    assert inferred.outputs["output"].dims == (N, *shape)
    assert not inferred.warnings


@pytest.mark.parametrize(
    ("name", "inputs", "code", "text"),
    [
        ("Add", tensors((64, 8, 8), (32, 8, 8)), "broadcast", "but gets N x 64 x 8 x 8 and N x 32 x 8 x 8"),
        ("Add", tensors((5,), ()), "broadcast", "but gets N x 5 and N"),
        ("Add", tensors((T, 4), (H, 4)), "open", "give their Inputs the same numbers or names"),
        ("Multiply", tensors((T, 4), (5, 4)), "open", "whether N x T x 4 and N x 5 x 4 fit is open"),
        ("Concatenate", tensors((4, 8, 8), (4, 8, 7)), "concat", "differ: 8 and 7"),
        ("Concatenate", tensors((4, 8), (4,)), "concat", "equally many dimensions"),
        ("Concatenate", tensors((4, T), (4, 8)), "open", "agree besides dimension 1 is open"),
        ("Concatenate", {"inputs": (TensorType((N,)),)}, "axis", "dim 1 is no dimension of N"),
    ],
)
def test_what_cannot_be_merged(infer, name, inputs, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, inputs)
    assert caught.value.code == code
    assert text in caught.value.text


def test_doubts_about_merging(infer):
    assert infer("Add", tensors((4,))).warnings[0][0] == "one_input"
    assert infer("Concatenate", tensors((4,), (4,)), dim=0).warnings[0][0] == "batch"


def test_expressions_read_as_a_person_writes_them():
    class Here:
        def __init__(self, **values):
            self.values = values
            self.inputs = {"input": TensorType((N, 8, 3))}

        one = staticmethod(lambda port: "x")
        many = staticmethod(lambda port: ["x", "skip"])
        literal = staticmethod(repr)

    def written(name, **values):
        return registry.block_type(name).forward(Here(**values))

    assert written("Add") == "x + skip"
    assert written("Multiply") == "x * skip"
    assert written("Concatenate", dim=1) == "torch.cat([x, skip], dim=1)"
    assert written("Reshape", shape=(-1, 4)) == "x.reshape(x.shape[0], -1, 4)"
    assert written("Permute", dims=(0, 2, 1)) == "x.permute(0, 2, 1)"
    assert written("SelectStep", index=-1, dim=1) == "x[:, -1]"
    assert written("SelectStep", index=3, dim=-1) == "x[:, :, 3]"
