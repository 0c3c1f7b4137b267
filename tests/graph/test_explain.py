"""Every number unfolds into arithmetic that really comes to it."""

import json
import re

import pytest

from examples import build, build_zoo
from graph import Network, analyze
from graph.explain import NUMBERS, explain, explain_memory, explain_total
from graph.sketch import Sketch

LENET = build.lenet5()


def lenet(name, number):
    return explain(LENET.network, LENET.analysis, name, number)


def test_lenet_in_lecture_notation():
    assert lenet("c1", "parameters").text() == "parameters of c1: 6*(1*5*5) + 6 = 156"
    output = lenet("c1", "output")
    assert output.value == "N x 6 x 28 x 28"
    assert "height: floor((32 + 2*0 - 5)/1) + 1 = 28" in output.text()
    seen = lenet("c3", "receptive field")
    assert seen.value == "14 x 14"
    assert [(step.what, step.arithmetic, step.value) for step in seen.because] == [
        ("image", "every position is itself", "1"),
        ("c1", "1 + (5 - 1)*1", "5"),
        ("s2", "5 + (2 - 1)*1, steps of 2*1 = 2", "6"),
        ("c3", "6 + (5 - 1)*2", "14"),
    ]


def evaluated(arithmetic):
    """The arithmetic computed, where it is pure numbers."""
    words = re.sub(r"(?<=\d),(?=\d{3})", "", arithmetic.split(", steps")[0])
    if not re.fullmatch(r"[\d\s+*()/.-]+", words):
        return None
    return eval(words)


def walk(tree):
    yield tree
    for one in tree.because:
        yield from walk(one)


@pytest.mark.parametrize("name", ["lenet5", "vgg11", "resnet18", "googlenet", "resnet50"])
def test_all_arithmetic_comes_to_its_value(name):
    net = build_zoo.ZOO[name]()
    found = analyze(net)
    checked = 0
    for block in net.blocks:
        for number in NUMBERS:
            tree = explain(net, found, block, number)
            for one in walk(tree) if tree else ():
                value = evaluated(one.arithmetic)
                if value is not None and re.fullmatch(r"[\d,]+", one.value):
                    assert value == int(one.value.replace(",", "")), one
                    checked += 1
    assert checked > 20
    for number in ("parameters", "multiply-adds"):
        total = explain_total(net, found, number)
        whole = found.total_parameters if number == "parameters" else found.total_macs
        assert evaluated(total.arithmetic) == whole == int(total.value.replace(",", ""))


def test_modules_unfold_into_their_passes():
    net = build_zoo.ZOO["resnet18"]()
    tree = explain(net, analyze(net), "stage1", "parameters")
    assert [one.what for one in tree.because] == ["parameters of stage1, time 1", "parameters of stage1, time 2"]
    assert "parameters of conv1: 64*(64*3*3) = 36,864" in tree.text()


def test_as_data():
    data = lenet("c1", "output").data()
    assert json.loads(json.dumps(data)) == data and set(data) == {"what", "arithmetic", "value", "because"}


def test_memory_is_the_sum_of_its_parts():
    tree = explain_memory(LENET.network, LENET.analysis, 64, "float32", "Adam")
    assert [one.what for one in tree.because] == ["weights", "buffers", "gradients", "state of Adam", "activations"]
    assert "61,706 parameters * 4 bytes = 241 KiB" in tree.text()


def test_what_is_not_known_has_no_explanation():
    net = Network("Broken")
    sketch = Sketch(net)
    sketch.add("Input", "x", shape=(1, 4, 4))
    sketch.add("Conv2d", "conv", out_channels=1, kernel_size=9)
    found = analyze(net)
    assert all(explain(net, found, "conv", number) is None for number in NUMBERS)
    with pytest.raises(KeyError, match="is none of output, parameters"):
        explain(net, found, "conv", "weight")


def test_shared_parameters_are_taken_off():
    net = Network("Twins")
    sketch = Sketch(net)
    x = sketch.add("Input", "x", shape=(4,))
    one = sketch.add("Linear", "one", out_features=4)
    two = sketch.add("Linear", "two", out_features=4, after=x)
    sketch.add("Add", after=(one, two))
    net.replace_block(two.having(reuses=one.id))
    assert explain_total(net, analyze(net), "parameters").text().startswith("parameters of Twins: 20 + 20 - 20 = 20")
