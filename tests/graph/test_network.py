"""The network: identities, ports, cycles, and a topological order that is the same for the same drawing."""

import random

import networkx as nx
import pytest

from graph import ConnectError, HyperparameterError, Network
from graph.names import NamingError


@pytest.fixture
def net():
    net = Network("Test")
    net.add("Input", name="image", shape=(8,))
    net.add("Linear", name="fc1", out_features=4)
    net.add("Linear", name="fc2", out_features=2)
    return net


def test_blocks_are_found_by_themselves_by_id_and_by_name(net):
    fc1 = net.block("fc1")
    assert net.block(fc1.id) == net.block(fc1) == fc1
    with pytest.raises(KeyError, match="no block 'fc9'"):
        net.block("fc9")


def test_wires_live_in_a_networkx_multigraph(net):
    wire = net.connect("image", "fc1")
    assert isinstance(net.graph, nx.MultiDiGraph)
    assert net.graph.has_edge(wire.source, wire.target, key=wire.id)
    net.remove("fc1")
    assert net.graph.number_of_edges() == 0
    assert "fc1" not in [block.name for block in net.blocks.values()]


def test_a_cycle_is_refused_and_named(net):
    net.connect("fc1", "fc2")
    with pytest.raises(ConnectError, match="close a cycle: fc1 already leads to fc2"):
        net.connect("fc2", "fc1")
    assert net.why_not("fc1", None, "fc1", None) == "a block cannot feed itself"


def test_a_taken_port_is_refused_and_names_its_holder(net):
    net.connect("image", "fc2")
    with pytest.raises(ConnectError, match="input of fc2 is taken by image"):
        net.connect("fc1", "fc2", input="input")
    with pytest.raises(ConnectError, match="every input of fc2 is taken"):
        net.connect("fc1", "fc2")


@pytest.mark.parametrize(
    ("source", "output", "target", "input", "words"),
    [
        ("image", "h_n", "fc1", None, "has no output 'h_n'; its outputs are output"),
        ("image", None, "fc1", "h_0", "has no input 'h_0'; its inputs are input"),
        ("fc1", None, "image", None, "takes no input"),
    ],
)
def test_ports_that_are_not_there(net, source, output, target, input, words):
    with pytest.raises(ConnectError, match=words):
        net.connect(source, target, output=output, input=input)


def test_a_port_of_many_wires_keeps_their_order(net):
    both = net.add("Concatenate", name="both")
    first = net.connect("fc2", both)
    second = net.connect("fc1", both)
    assert [wire.id for wire in net.wires_into(both)] == [first.id, second.id]
    net.remove_wire(first.id)
    third = net.connect("fc2", both)
    assert [wire.id for wire in net.wires_into(both)] == [second.id, third.id]


@pytest.mark.parametrize("name", ["", " x", "x\n", "x" * 81, "tab\there"])
def test_bad_names(net, name):
    with pytest.raises(NamingError, match="1 to 80 printable characters"):
        net.add("ReLU", name=name)


def test_names_are_unique(net):
    with pytest.raises(NamingError, match="'fc1' already"):
        net.add("ReLU", name="fc1")
    assert net.free_name("fc1") == "fc3"
    assert net.add("ReLU").name == "relu"
    assert net.add("ReLU").name == "relu1"


def test_wrong_hyperparameters_name_the_block_the_value_and_the_rule(net):
    with pytest.raises(HyperparameterError, match=r"conv1 \(Conv2d\): kernel_size must be .* not 0"):
        net.add("Conv2d", name="conv1", out_channels=6, kernel_size=0)
    with pytest.raises(HyperparameterError, match="has no hyperparameter 'units'; it has out_features, bias"):
        net.add("Linear", units=3)
    with pytest.raises(HyperparameterError, match="Linear 'linear' needs out_features"):
        net.add("Linear")
    with pytest.raises(KeyError, match="close to Conv2d"):
        net.add("Conv2", out_channels=3)


def test_order_is_topological_and_independent_of_history():
    random.seed(1)
    for _ in range(30):
        net = Network("Random")
        blocks = [net.add("Concatenate") for _ in range(12)]
        places = random.sample(range(12), 12)
        wires = [(a, b) for a in range(12) for b in range(12) if places[a] < places[b] and random.random() < 0.3]
        for a, b in random.sample(wires, len(wires)):
            net.connect(blocks[a], blocks[b])
            assert all(net.rank(w.source) < net.rank(w.target) for w in net.wires.values())
        again = Network("Again")
        for _ in range(12):
            again.add("Concatenate")
        for a, b in wires:
            again.connect(blocks[a].id, blocks[b].id)
        assert net.order() == again.order()
        assert nx.is_directed_acyclic_graph(net.graph)


def test_cycles_are_refused_exactly_when_networkx_sees_one():
    random.seed(2)
    refused = 0
    for _ in range(20):
        net = Network("Random")
        blocks = [net.add("Concatenate") for _ in range(10)]
        for _ in range(40):
            a, b = random.sample(blocks, 2)
            closes = nx.has_path(net.graph, b.id, a.id)
            assert (net.why_not(a, None, b, None) is not None) == closes
            refused += closes
            if not closes:
                net.connect(a, b)
    assert refused > 50
