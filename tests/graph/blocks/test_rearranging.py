"""Norms of channels, dropouts, shuffles, patches and distances: shapes, counts, and the words of what does not fit."""

import pytest

from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")


@pytest.mark.parametrize(
    ("name", "values", "input", "shape", "parameters", "buffers"),
    [
        ("BatchNorm3d", {}, (6, 4, 4, 4), (6, 4, 4, 4), 12, 13),
        ("BatchNorm2d", {"bias": False}, (6, 4, 4), (6, 4, 4), 6, 13),
        ("SyncBatchNorm", {}, (6, T), (6, T), 12, 13),
        ("InstanceNorm1d", {}, (6, T), (6, T), 0, 0),
        ("InstanceNorm2d", {"affine": True}, (6, 4, 4), (6, 4, 4), 12, 0),
        ("InstanceNorm3d", {"track_running_stats": True}, (6, 4, 4, 4), (6, 4, 4, 4), 0, 13),
        ("GroupNorm", {"num_groups": 2, "bias": False}, (6, T), (6, T), 6, 0),
        ("RMSNorm", {}, (T, 512), (T, 512), 512, 0),
        ("RMSNorm", {"elementwise_affine": False}, (T, 512), (T, 512), 0, 0),
        ("LocalResponseNorm", {"size": 5}, (96, 55, 55), (96, 55, 55), 0, 0),
        ("Dropout1d", {}, (6, T), (6, T), 0, 0),
        ("Dropout3d", {}, (6, 4, 4, 4), (6, 4, 4, 4), 0, 0),
        ("AlphaDropout", {}, (6,), (6,), 0, 0),
        ("FeatureAlphaDropout", {}, (6, 4), (6, 4), 0, 0),
        ("PixelShuffle", {"upscale_factor": 2}, (12, 4, T), (3, 8, 2 * T), 0, 0),
        ("PixelUnshuffle", {"downscale_factor": 4}, (3, 8, 8), (48, 2, 2), 0, 0),
        ("ChannelShuffle", {"groups": 3}, (6, T), (6, T), 0, 0),
        ("Unflatten", {"dim": 1, "unflattened_size": (16, 5, -1)}, (400,), (16, 5, 5), 0, 0),
        ("Unflatten", {"dim": -1, "unflattened_size": (8, 64)}, (T, 512), (T, 8, 64), 0, 0),
        ("Unfold", {"kernel_size": 3, "padding": 1}, (3, 8, 8), (27, 64), 0, 0),
        ("Fold", {"output_size": 8, "kernel_size": 2, "stride": 2}, (12, 16), (3, 8, 8), 0, 0),
        ("Upsample", {"scale_factor": (2, 1.5)}, (6, 7, 9), (6, 14, 13), 0, 0),
        ("Upsample", {"size": 4, "mode": "area"}, (6, 8, 8), (6, 4, 4), 0, 0),
        ("Upsample", {"scale_factor": 2, "mode": "nearest-exact"}, (6, T), (6, 2 * T), 0, 0),
    ],
)
def test_shapes_and_counts(infer, name, values, input, shape, parameters, buffers):
    inferred = infer(name, input, **values)
    assert inferred.outputs["output"].dims == (N, *shape)
    assert (inferred.parameters, inferred.buffers) == (parameters, buffers)


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        ("BatchNorm3d", {}, (6, 4, 4), "rank", "use BatchNorm2d"),
        ("InstanceNorm2d", {}, (6, 4), "rank", "use InstanceNorm1d"),
        ("InstanceNorm2d", {}, (6, 1, 1), "one_place", "there is no variance"),
        ("RMSNorm", {"normalized_shape": (5,)}, (4, 6), "normalized_shape", "must be the last dimensions"),
        ("LocalResponseNorm", {"size": 5}, (96,), "rank", "at least one direction"),
        ("Dropout1d", {}, (6, 4, 4), "rank", "N x channels x length"),
        (
            "PixelShuffle",
            {"upscale_factor": 2},
            (6, 4, 4),
            "multiple",
            "channels of N x 6 x 4 x 4 must be a multiple of 4",
        ),
        ("PixelUnshuffle", {"downscale_factor": 2}, (6, T, 4), "open", "that T is a multiple of 2"),
        ("ChannelShuffle", {"groups": 4}, (6, 4), "multiple", "must be a multiple of 4, but are 6"),
        ("Unflatten", {"dim": 1, "unflattened_size": (3, -1)}, (400,), "reshape", "400 values"),
        ("Unflatten", {"dim": 0, "unflattened_size": (3, -1)}, (400,), "batch", "is the batch"),
        ("Fold", {"output_size": 8, "kernel_size": 2}, (12, 16), "fold", "has 49 patches, but N x 12 x 16 brings 16"),
        ("Fold", {"output_size": 8, "kernel_size": 2, "stride": 2}, (10, 16), "fold", "no multiple of the kernel's 4"),
        ("Unfold", {"kernel_size": 9}, (3, 8, 8), "kernel_too_large", "patch 9 x 9 is larger than the input"),
        ("Upsample", {"scale_factor": (2, 2, 2)}, (6, 7, 9), "upsample", "does not fit the 2 directions"),
        (
            "Upsample",
            {"scale_factor": 2, "mode": "area", "align_corners": True},
            (6, 7),
            "upsample",
            "no meaning for mode area",
        ),
    ],
)
def test_what_does_not_fit_says_what_would(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def two(first, second, names=("x1", "x2")):
    return dict(zip(names, (TensorType((N, *first)), TensorType((N, *second))), strict=True))


def test_two_vectors_become_one_number(infer):
    assert infer("CosineSimilarity", two((128,), (128,))).outputs["output"].dims == (N,)
    assert infer("CosineSimilarity", two((T, 128), (T, 128)), dim=-1).outputs["output"].dims == (N, T)
    found = infer("PairwiseDistance", two((5, 128), (1, 128)), keepdim=True)
    assert found.outputs["output"].dims == (N, 5, 1) and found.macs == 5 * 128


def test_bilinear_joins_every_pair(infer, explain):
    inputs = two((20,), (30,), ("input1", "input2"))
    found = infer("Bilinear", inputs, out_features=40)
    assert found.outputs["output"].dims == (N, 40)
    assert found.weights == (("weight", (40, 20, 30)), ("bias", (40,)))
    assert explain("Bilinear", inputs, out_features=40)["parameters"] == "40*20*30 + 40 = 24,040"
    with pytest.raises(ShapeError, match="alike but for the last"):
        infer("Bilinear", two((4, 20), (30,), ("input1", "input2")), out_features=1)
