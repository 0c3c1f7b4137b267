"""Edits of one weight at a time: the others stay, and each is one step that is taken back whole."""

import pytest

from graph import Document, Network, analyze
from graph.weight_commands import begin, lenders, type_in
from graph.weights import WeightError, initial


@pytest.fixture
def document():
    net = Network("Twins")
    net.add("Input", name="x", shape=(4,))
    for name, features in (("a", 4), ("b", 4), ("c", 3)):
        net.add("Linear", name=name, out_features=features)
    for pair in (("x", "a"), ("a", "b"), ("b", "c")):
        net.connect(*pair)
    return Document(net)


def ids(document, *names):
    return tuple(document.network.block(name).id for name in names)


def test_one_weight_begins_otherwise_and_the_other_stays(document):
    both = ids(document, "a", "b")
    document.do(begin(document.network, both, "bias", initial("zeros")))
    document.do(begin(document.network, both, "weight", initial("orthogonal", gain=2.0)))
    for id in both:
        assert {k: w.kind for k, w in document.network.blocks[id].initial.items()} == {
            "bias": "zeros",
            "weight": "orthogonal",
        }
    document.undo()
    assert all(set(document.network.blocks[id].initial) == {"bias"} for id in both)
    document.do(begin(document.network, both, "bias", None))
    assert not any(document.network.blocks[id].initial for id in both)


def test_numbers_and_a_way_to_begin_exclude_each_other(document):
    (a,) = ids(document, "a")
    document.do(begin(document.network, (a,), "bias", initial("ones")))
    document.do(type_in(document.network, (a,), "bias", (1.0, 2.0, 3.0, 4.0)))
    block = document.network.blocks[a]
    assert block.weights == {"bias": (1.0, 2.0, 3.0, 4.0)} and not block.initial
    document.do(begin(document.network, (a,), "bias", initial("zeros")))
    block = document.network.blocks[a]
    assert not block.weights and block.initial["bias"].kind == "zeros"
    document.undo()
    document.undo()
    assert document.network.blocks[a].initial["bias"].kind == "ones" and not document.network.blocks[a].weights


def test_numbers_that_are_none_change_nothing(document):
    (a,) = ids(document, "a")
    with pytest.raises(WeightError):
        document.do(type_in(document.network, (a,), "bias", ((1.0,), (1.0, 2.0))))
    assert not document.network.blocks[a].weights and not document.can_undo


def test_weights_are_lent_where_name_and_shape_agree(document):
    net = document.network
    a, b, c = ids(document, "a", "b", "c")
    assert lenders(net, document.analysis, (b,)) == [a]
    assert lenders(net, document.analysis, (c,)) == []
    from graph.edits import SetProperty

    document.do(SetProperty((b,), "reuses", a))
    assert lenders(net, document.analysis, (a,)) == []  # its own are used by another
    assert lenders(net, analyze(net), (b,)) == [a]
