"""The lectures' convolutions once more, through FixedConv2d: kernels by name or typed, any border."""

import json
from pathlib import Path

import pytest
import torch

from backend import compile_network
from graph import Network, analyze
from graph.blocks.fixed_convolution import KERNELS

VECTORS = json.loads((Path(__file__).parent / "lecture_vectors.json").read_text())["vectors"]
CONVOLUTIONS = [v for v in VECTORS if v["kind"] == "conv2d"]
STEPS = [v for v in VECTORS if v["kind"] == "conv2d_step"]
NAMED = {
    "000-L315-edge": "edge",
    "000-L322-sharpen-constant": "sharpen",
    "000-L328-boxblur": "box_blur",
    "003-L324-identity": "identity",
    "003-L456-hedge": "horizontal_edges",
    "003-L456-vedge": "vertical_edges",
}


def run(image, **values):
    """What one FixedConv2d makes of an image (C x H x W), and that nothing of it learns."""
    image = torch.tensor(image, dtype=torch.float32)
    network = Network("Kernel")
    source = network.add("Input", name="image", shape=tuple(image.shape))
    block = network.add("FixedConv2d", **values)
    network.connect(source, block)
    network.connect(block, network.add("Output"))
    analysis, module = analyze(network), compile_network(network)
    result = module(image[None])
    assert tuple(result.shape) == (1, *analysis.output(block).shape[1:])
    assert analysis.parameters(block) == 0 and not list(module.parameters())
    assert analysis.inferred(block).buffers == sum(buffer.numel() for buffer in module.buffers())
    return result[0]


def settings(given):
    rows, columns = given["padding"]
    return {
        "stride": tuple(given["stride"]),
        "padding": (columns, columns, rows, rows),
        "padding_mode": given.get("padding_mode", "constant"),
        "padding_value": float(given.get("padding_value", 0)),
        "bias": float(given.get("bias", 0)),
    }


@pytest.mark.parametrize("vector", CONVOLUTIONS, ids=lambda v: v["id"])
def test_typed_kernels(vector):
    given = vector["inputs"]
    result = run([given["image"]], numbers=given["kernel"], dilation=tuple(given["dilation"]), **settings(given))
    torch.testing.assert_close(result[0], torch.tensor(vector["expected"], dtype=torch.float32), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("id", "kernel"), NAMED.items())
def test_named_kernels_are_the_lectures(id, kernel):
    vector = next(v for v in CONVOLUTIONS if v["id"] == id)
    torch.testing.assert_close(torch.tensor(KERNELS[kernel]), torch.tensor(vector["inputs"]["kernel"]).float())
    result = run([vector["inputs"]["image"]], kernel=kernel, **settings(vector["inputs"]))
    torch.testing.assert_close(result[0], torch.tensor(vector["expected"], dtype=torch.float32), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "vector", [v for v in STEPS if isinstance(v["inputs"]["kernel"][0][0], int)], ids=lambda v: v["id"]
)
def test_single_places_of_the_window(vector):
    given, expected = vector["inputs"], vector["expected"]
    result = run([given["image"]], numbers=given["kernel"], **settings(given))[0]
    if "position" in given:
        row, column = given["position"]
        assert result[row, column] == expected["value"]
    else:
        assert result.flatten()[: given["first_n"]].tolist() == expected["values"]


def test_every_channel_is_filtered_alone():
    image = torch.rand(3, 5, 6)
    together = run(image.tolist(), kernel="sobel_x")
    alone = [run([image[channel].tolist()], kernel="sobel_x")[0] for channel in range(3)]
    torch.testing.assert_close(together, torch.stack(alone))
