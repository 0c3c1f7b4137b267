"""What if: the shapes a network would have, exactly those it gets, while the network itself stays as it is."""

import pytest

from graph import Document, HyperparameterError, Network
from graph.edits import Compound, SetHyperparameter
from graph.level import Level
from graph.module import Exposed, define
from graph.what_if import WhatIf


def chain():
    net = Network("Chain")
    net.add("Input", name="image", shape=(3, 32, 32))
    net.add("Conv2d", name="a", out_channels=8, kernel_size=3)
    net.add("Conv2d", name="b", out_channels=4, kernel_size=3)
    net.add("Flatten", name="flat")
    net.add("Linear", name="fc", out_features=10)
    for pair in (("image", "a"), ("a", "b"), ("b", "flat"), ("flat", "fc")):
        net.connect(*pair)
    return Document(net)


def known(document):
    analysis = document.analysis
    blocks = {
        b.name: (analysis.inferred(b), [p.text for p in analysis.problems_of(b)])
        for b in document.network.blocks.values()
    }
    return blocks, analysis.total_parameters, analysis.total_macs


@pytest.mark.parametrize(
    ("name", "hyperparameter", "values"),
    [("a", "out_channels", (9, 16, 8)), ("a", "kernel_size", (5, (1, 7), 40, 3)), ("fc", "out_features", (1, 1000))],
)
def test_what_is_supposed_is_what_comes_true(name, hyperparameter, values):
    document = chain()
    before = known(document)
    supposed = WhatIf(document)
    id = document.network.block(name).id
    for value in values:
        differing = supposed.suppose(SetHyperparameter(id, hyperparameter, value))
        told = known(supposed)
        assert known(document) == before
        document.do(SetHyperparameter(id, hyperparameter, value))
        true = known(document)
        assert told[1:] == true[1:]
        changed = {n for n in true[0] if true[0][n][0] != before[0][n][0]}
        assert {n: told[0][n][0] for n in told[0]} == {n: true[0][n][0] for n in true[0]}
        assert changed <= {document.network.blocks[i].name for i in differing}
        document.undo()


def test_one_supposition_replaces_the_last():
    document = chain()
    a, b = document.network.block("a").id, document.network.block("b").id
    supposed = WhatIf(document)
    supposed.suppose(SetHyperparameter(a, "out_channels", 64))
    supposed.suppose(SetHyperparameter(b, "out_channels", 5))
    assert supposed.analysis.output("a").shape == ("N", 8, 30, 30)
    assert supposed.analysis.output("b").shape == ("N", 5, 28, 28)


def test_what_cannot_be_leaves_nothing_supposed():
    document = chain()
    supposed = WhatIf(document)
    a = document.network.block("a").id
    supposed.suppose(SetHyperparameter(a, "out_channels", 64))
    wrong = Compound("both", (SetHyperparameter(a, "stride", 2), SetHyperparameter(a, "out_channels", -1)))
    with pytest.raises(HyperparameterError):
        supposed.suppose(wrong)
    assert known(supposed)[0]["a"] == known(document)[0]["a"]
    assert known(supposed)[1:] == known(document)[1:]


def test_a_break_downstream_is_told_where_it_would_be():
    document = chain()
    supposed = WhatIf(document)
    supposed.suppose(SetHyperparameter(document.network.block("a").id, "kernel_size", 31))
    assert supposed.analysis.inferred("b") is None
    assert any(p.severity == "error" for p in supposed.analysis.problems_of("b"))
    assert document.analysis.ok


def test_inside_a_module_its_own_values_count():
    net = Network("Outer")
    module = define(net, "Widen", (Exposed("channels", 4),))
    inner = module.network
    inner.add("Input", name="x", shape=(1, 8, 8))
    inner.add("Conv2d", name="conv", out_channels="=2*channels", kernel_size=3)
    inner.add("Output", name="y")
    inner.connect("x", "conv")
    inner.connect("conv", "y")
    net.add("Input", name="image", shape=(3, 20, 20))
    place = net.add("Widen", name="wide", channels=16)
    net.connect("image", place)
    level = Level(Document(net), (place.id,))
    supposed = WhatIf(level)
    supposed.suppose(SetHyperparameter(inner.block("conv").id, "kernel_size", 5))
    assert supposed.analysis.output("conv").shape == ("N", 32, 16, 16)
    assert level.analysis.output("conv").shape == ("N", 32, 18, 18)
