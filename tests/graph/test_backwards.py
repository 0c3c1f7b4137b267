"""From the wanted size back to the hyperparameters: every suggestion, done, gives what was asked for."""

import random
import time

import pytest

from examples import build, build_zoo
from graph import Document, Network
from graph.backwards import suggest
from graph.project_file import to_json
from graph.sketch import Sketch


def document():
    net = Network("Net")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(3, 32, 32))
    sketch.add("Conv2d", "conv1", out_channels=16, kernel_size=3)
    sketch.add("ReLU", "relu")
    sketch.add("MaxPool2d", "pool", kernel_size=2)
    sketch.add("Conv2d", "conv2", out_channels=32, kernel_size=3)
    sketch.add("Output", "y")
    return Document(net)


def does_what_it_says(document, ref, wanted):
    found = suggest(document.network, document.analysis, ref, wanted)
    before = to_json(document)
    for suggestion in found:
        document.do(suggestion.edit)
        shape = document.analysis.output(ref).shape
        assert shape == suggestion.shape
        assert all(w is None or w == s for w, s in zip(wanted, shape[1:], strict=True)), suggestion
        document.undo()
    assert to_json(document) == before
    return [suggestion.text for suggestion in found]


def test_seven_by_seven():
    texts = does_what_it_says(document(), "conv2", (None, 7, 7))
    assert texts[0] == "Set stride 2 of conv2"
    assert "Set kernel_size 9 of conv2" in texts and any("pool" in text for text in texts)


def test_so_many_channels():
    assert does_what_it_says(document(), "conv2", (128, None, None))[0] == "Set out_channels 128 of conv2"
    texts = does_what_it_says(document(), "relu", (128, None, None))
    assert texts == ["Set out_channels 128 of conv1"]


def test_what_keeps_the_size_comes_first():
    texts = does_what_it_says(document(), "conv2", (None, 15, 15))
    assert texts[:3] == ["Set padding 1 of conv2", "Set kernel_size 1 of conv2", "Set padding same of conv2"]
    assert does_what_it_says(document(), "conv2", (None, 1000, 7)) == []


def test_the_wrong_number_of_sizes_is_said():
    one = document()
    with pytest.raises(ValueError, match="name 3 sizes, not 2"):
        suggest(one.network, one.analysis, "conv2", (7, 7))


def test_it_is_quick_on_large_networks():
    net = build_zoo.ZOO["resnet50"]()
    one = Document(net)
    begun = time.perf_counter()
    found = suggest(net, one.analysis, "stage4", (None, 14, 14))
    assert time.perf_counter() - begun < 2  # some tens of milliseconds on a free machine
    assert any("stride" in suggestion.text for suggestion in found)


def test_random_wishes_on_lenet():
    rng = random.Random(4)
    one = build.lenet5()
    hits = 0
    for _ in range(25):
        block = rng.choice(["c1", "s2", "c3", "s4", "f5", "tanh1"])
        rank = one.analysis.output(block).rank - 1
        wanted = tuple(rng.choice([None, rng.randint(1, 30)]) for _ in range(rank))
        hits += bool(does_what_it_says(one, block, wanted))
    assert hits > 5
