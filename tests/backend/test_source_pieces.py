"""Pieces: classes torch lacks stand once in the file, word for word; anything that only looks like one is stopped."""

import pytest

from backend import generate_source
from backend.source import ForeignSource, piece_texts
from backend.source.validation import validate
from graph import Network, registry
from graph.sketch import Sketch


def edges(count=2, name="Edges"):
    net = Network(name)
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(1, 8, 8))
    for index in range(count):
        sketch.add("FixedConv2d", f"edge{index}")
    sketch.add("Output", "y")
    return net


def test_a_piece_stands_once_above_the_class():
    text = str(generate_source(edges()))
    assert text.count("class FixedConv2d(nn.Module):") == 1
    assert piece_texts.text_of("FixedConv2d") in text
    assert text.index("class FixedConv2d") < text.index("class Edges")
    assert text.index("import torch.nn.functional as F") < text.index("class FixedConv2d")
    assert "FixedConv2d" not in str(generate_source(edges(0)))


def test_a_network_of_the_same_name_gets_another():
    assert "class FixedConv2dNetwork(nn.Module):" in str(generate_source(edges(1, "FixedConv2d")))


@pytest.mark.parametrize("part", ["return F.conv2d", "self.kernel.expand", "super().__init__()"])
def test_a_changed_piece_is_stopped(part):
    text = str(generate_source(edges()))
    assert part in text
    with pytest.raises(ForeignSource):
        validate(text.replace(part, "exec", 1))


@pytest.mark.parametrize("name", piece_texts.names())
def test_every_piece_belongs_to_a_block_type_and_is_short(name):
    assert any(name in getattr(declared, "pieces", ()) for declared in registry.all_types())
    lines = piece_texts.text_of(name).splitlines()
    assert len(lines) < 60 and max(map(len, lines)) <= 120
