"""Beginning from weights is one step that undo takes back whole; the head is the one last layer."""

import pytest

from graph import Document, Network
from graph.transfer import StartWeights
from graph.transfer_commands import Head, begin_anew, begin_from, head


def document(*layers, heads=1):
    net = Network("Net")
    last = net.add("Input", name="x", shape=(8,))
    for kind, name, values in layers:
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    for number in range(heads):
        end = net.add("Linear", name=f"head{number}", out_features=3)
        net.connect(last, end)
        act = net.add("Softmax", name=f"act{number}", dim=1)
        net.connect(end, act)
        net.connect(act, net.add("Output", name=f"y{number}"))
    return Document(net)


BODY = (("Linear", "fc1", {"out_features": 8}), ("ReLU", "relu1", {}))


def test_the_head_is_the_last_layer_with_weights():
    made = document(*BODY)
    assert head(made.network, made.analysis) == Head(made.network.block("head0").id, "out_features", 3)
    assert head(document(heads=2).network, document(heads=2).analysis) is None
    none = document(*BODY, heads=0)
    assert head(none.network, none.analysis).block == none.network.block("fc1").id
    norm = document(("LayerNorm", "norm", {"normalized_shape": (8,)}), heads=0)
    assert head(norm.network, norm.analysis) is None


def test_recipe_freezing_and_the_new_head_are_one_step():
    made = document(*BODY)
    net, before = made.network, made.recipe
    ids = {block.name: block.id for block in net.blocks.values()}
    new = Head(ids["head0"], "out_features", 7)
    made.do(begin_from(made, StartWeights(path="runs/a"), (ids["fc1"], ids["head0"]), new))
    assert [one.path for one in made.recipe.start_weights] == ["runs/a"] and made.undo_text == "Load weights"
    assert net.block("fc1").frozen and not net.block("head0").frozen
    assert made.analysis.values("head0")["out_features"] == 7
    made.undo()
    assert made.recipe == before and not net.block("fc1").frozen and not made.can_undo
    assert made.analysis.values("head0")["out_features"] == 3


def test_a_frozen_head_trains_once_it_is_new():
    made = document(*BODY)
    id = made.network.block("head0").id
    made.do(begin_from(made, StartWeights(path="a"), (id,)))
    assert made.network.block("head0").frozen
    made.do(begin_from(made, StartWeights(path="a"), (id,), Head(id, "out_features", 3)))
    assert not made.network.block("head0").frozen


@pytest.mark.parametrize("again", ["a", "b"])
def test_weights_of_another_path_are_kept_and_those_of_the_same_replaced(again):
    made = document(*BODY)
    made.do(begin_from(made, StartWeights(path="a", strict=True)))
    made.do(begin_from(made, StartWeights(path=again)))
    assert made.recipe.start_weights[-1] == StartWeights(path=again)
    assert len(made.recipe.start_weights) == (1 if again == "a" else 2)
    made.do(begin_anew(made))
    assert made.recipe.start_weights == ()
