"""Normalization, dropout and embeddings: the shape stays or grows by a vector; what is learned and kept."""

import pytest

from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")


@pytest.mark.parametrize(
    ("name", "values", "input", "parameters", "buffers"),
    [
        ("BatchNorm2d", {}, (64, 8, T), 128, 129),
        ("BatchNorm2d", {"affine": False}, (64, 8, 8), 0, 129),
        ("BatchNorm2d", {"track_running_stats": False}, (64, 8, 8), 128, 0),
        ("BatchNorm1d", {}, (10,), 20, 21),
        ("BatchNorm1d", {}, (10, T), 20, 21),
        ("LayerNorm", {}, (T, 512), 1024, 0),
        ("LayerNorm", {"normalized_shape": (4, 4)}, (3, 4, 4), 32, 0),
        ("LayerNorm", {"bias": False}, (5, 8), 8, 0),
        ("LayerNorm", {"elementwise_affine": False}, (5, 8), 0, 0),
        ("GroupNorm", {"num_groups": 4}, (12, T), 24, 0),
        ("Dropout", {"p": 0.2}, (3, T), 0, 0),
        ("Dropout2d", {}, (3, 4, 4), 0, 0),
    ],
)
def test_the_shape_stays(infer, name, values, input, parameters, buffers):
    inferred = infer(name, input, **values)
    assert inferred.outputs["output"].dims[1:] == input
    assert (inferred.parameters, inferred.buffers, inferred.macs) == (parameters, buffers, 0)


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        ("BatchNorm2d", {}, (10,), "rank", "but gets N x 10: use BatchNorm1d"),
        ("BatchNorm1d", {}, (3, 4, 4), "rank", "but gets N x 3 x 4 x 4: use BatchNorm2d"),
        ("BatchNorm2d", {}, (T, 4, 4), "open", "must know its number of channels"),
        ("LayerNorm", {}, (4, T), "open", "must know the size it normalizes over"),
        ("LayerNorm", {"normalized_shape": (3,)}, (4, 5), "normalized_shape", "leave it empty, or use 4 x 5"),
        ("GroupNorm", {"num_groups": 5}, (12, 4), "num_groups", "12 channels cannot be split into 5 groups"),
        ("Dropout2d", {}, (), "rank", "but gets N"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_dropout_2d_is_doubted_away_from_images(infer):
    assert infer("Dropout2d", (3, 4)).warnings[0][0] == "dropout_rank"
    assert infer("Dropout", (3, 4), p=1.0).warnings[0][0] == "drops_all"


def test_embedding(infer, explain):
    inferred = infer("Embedding", (T,), "int64", num_embeddings=1000, embedding_dim=16)
    assert inferred.outputs["output"] == TensorType((N, T, 16))
    assert inferred.parameters == 16_000
    assert explain("Embedding", (5,), "int64", num_embeddings=10, embedding_dim=3)["parameters"] == "10*3 = 30"


@pytest.mark.parametrize(
    ("values", "tensor", "code", "text"),
    [
        ({}, TensorType((N, 4)), "dtype", "looks up whole numbers, int64 or int32, but gets float32"),
        ({}, TensorType((N, 4), "int64", 12), "classes", "set num_embeddings to 12"),
        ({"padding_idx": 10}, TensorType((N, 4), "int64"), "index", "padding_idx 10 is no row of 10: use -10 to 9"),
    ],
)
def test_embedding_of_what_the_table_does_not_hold(infer, values, tensor, code, text):
    with pytest.raises(ShapeError) as caught:
        infer("Embedding", {"input": tensor}, num_embeddings=10, embedding_dim=3, **values)
    assert caught.value.code == code
    assert text in caught.value.text
