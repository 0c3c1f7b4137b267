"""Bypassed and muted blocks: identities and gaps that heal, in shapes, costs, source and numbers; undone exactly."""

import pytest
import torch

from backend import compile_network
from backend.source import generate_source
from graph import Document, Network, analyze
from graph.aside import AsideError, without_aside
from graph.depth import depth_of
from graph.edits import SetHyperparameter, SetProperty
from graph.flatten import flattened
from graph.memory import training_memory
from graph.module_commands import make_module
from graph.project_file import from_json, to_json
from graph.receptive_field import receptive_field


def residual():
    """x -> conv -> relu -> add(x) -> y: a branch and a shortcut."""
    net = Network("Residual")
    x = net.add("Input", name="x", shape=(4, 8, 8))
    conv = net.add("Conv2d", name="conv", out_channels=4, kernel_size=3, padding=1)
    relu, add = net.add("ReLU", name="relu"), net.add("Add", name="add")
    for pair in ((x, conv), (conv, relu), (x, add), (relu, add), (add, net.add("Output", name="y"))):
        net.connect(*pair)
    return Document(net)


def put(document, name, way):
    document.do(SetProperty((document.network.block(name).id,), "aside", way))


def wires(network):
    return {(network.blocks[w.source].name, network.blocks[w.target].name) for w in network.wires.values()}


@pytest.mark.parametrize("way", ["bypassed", "muted"])
def test_in_a_chain_what_comes_in_goes_on(way):
    document = residual()
    before = to_json(document)
    put(document, "conv", way)
    assert document.analysis.ok and document.analysis.total_parameters == 0
    assert document.analysis.output("conv").shape == ("N", 4, 8, 8)
    assert wires(without_aside(document.network)) == {("x", "relu"), ("x", "add"), ("relu", "add"), ("add", "y")}
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(compile_network(document.network)(x), x + x.relu())
    document.undo()
    assert to_json(document) == before and document.analysis.total_parameters == 148


def test_a_muted_branch_is_left_out_of_a_sum_and_a_bypassed_one_is_not():
    document, x = residual(), torch.randn(2, 4, 8, 8)
    put(document, "relu", "muted")
    put(document, "conv", "bypassed")
    assert len(document.analysis.inputs("add")["inputs"]) == 1
    assert torch.equal(compile_network(document.network)(x), x)
    put(document, "relu", "bypassed")
    assert len(document.analysis.inputs("add")["inputs"]) == 2
    assert torch.equal(compile_network(document.network)(x), 2 * x)


def test_shapes_behind_follow():
    net = Network("Chain")
    last = net.add("Input", name="x", shape=(1, 12, 12))
    for type, name, values in (
        ("MaxPool2d", "pool", {"kernel_size": 2}),
        ("Flatten", "flat", {}),
        ("Linear", "fc", {"out_features": 3}),
    ):
        block = net.add(type, name=name, **values)
        net.connect(last, block)
        last = block
    document = Document(net)
    assert document.analysis.parameters("fc") == 36 * 3 + 3
    put(document, "pool", "bypassed")
    assert document.analysis.output("flat").shape == ("N", 144) and document.analysis.parameters("fc") == 144 * 3 + 3
    document.do(SetHyperparameter(net.block("pool").id, "kernel_size", 50))  # a mistake inside does not matter
    assert document.analysis.ok
    put(document, "pool", "")
    assert not document.analysis.ok


def test_costs_depth_and_the_flat_form_leave_it_out():
    document = residual()
    put(document, "conv", "bypassed")
    assert depth_of(document.network, document.analysis).layers == 0
    assert {b.name for b in flattened(document.network, document.analysis).blocks.values()} == {"x", "relu", "add", "y"}
    assert "conv" not in str(generate_source(document.network, analysis=document.analysis))
    network, analysis = document.network, document.analysis
    assert training_memory(network, analysis, 8).weights == 0
    assert receptive_field(network, analysis, "add").size == (1, 1)


def test_inside_a_module_every_place_follows():
    document = residual()
    ids = [document.network.block(name).id for name in ("conv", "relu")]
    document.do(make_module(document.network, ids, "Branch", document.analysis))
    from graph.module_edits import Inside

    inner = document.network.modules["Branch"].network.block("conv").id
    document.do(Inside("Branch", SetProperty((inner,), "aside", "bypassed")))
    assert document.analysis.ok and document.analysis.total_parameters == 0
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(compile_network(document.network)(x), x + x.relu())
    assert "Conv2d" not in str(generate_source(document.network, analysis=document.analysis))


def test_who_shares_weights_with_it_has_them_then():
    net = Network("Shared")
    x = net.add("Input", name="x", shape=(4,))
    a, b = (net.add("Linear", name=name, out_features=4) for name in "ab")
    for pair in ((x, a), (a, b), (b, net.add("Output", name="y"))):
        net.connect(*pair)
    document = Document(net)
    document.do(SetProperty((b.id,), "reuses", a.id))
    put(document, "a", "bypassed")
    left = without_aside(net)
    assert left.block("b").reuses is None and net.block("b").reuses == a.id
    assert sum(p.numel() for p in compile_network(net).parameters()) == 20


def test_files_keep_it_and_refuse_other_words():
    document = residual()
    put(document, "conv", "muted")
    text = to_json(document)
    assert '"aside": "muted"' in text and to_json(from_json(text)) == text
    with pytest.raises(ValueError, match="aside"):
        from_json(text.replace('"muted"', '"gone"'))


def test_what_nothing_passes_through_cannot_be_put_aside():
    document = residual()
    with pytest.raises(AsideError, match=r"x \(Input\) cannot be bypassed or muted"):
        put(document, "x", "muted")
    assert not document.can_undo


def test_with_nothing_reaching_it_what_follows_waits():
    net = Network("Loose")
    net.connect(net.add("ReLU", name="relu"), net.add("Output", name="y"))
    document = Document(net)
    put(document, "relu", "bypassed")
    assert document.analysis.inferred("relu") is None and analyze(net).partial
