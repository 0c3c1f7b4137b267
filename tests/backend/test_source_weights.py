"""Weights in generated source: how they begin, typed in, frozen, shared; the same in torch as in the counts."""

import re

import pytest
import torch

from backend import compile_network, generate_source
from backend.compile import compile_program
from backend.source import SourceError
from graph import Document, Network, analyze
from graph.edits import RemoveBlocks, SetProperty
from graph.project_file import from_json, to_json
from graph.sketch import Sketch
from graph.weight_rules import Counts
from graph.weights import KINDS, WeightError, initial


def neuron(shape=(2,), out=1, activation="Sigmoid"):
    net = Network("Neuron")
    sketch = Sketch(net)
    sketch.add("Input", "x", shape=shape)
    sketch.add("Linear", "neuron", out_features=out)
    sketch.add(activation, "fire")
    sketch.add("Output", "y")
    return Document(net)


def decide(document, name, **properties):
    id = document.network.block(name).id
    for property, value in properties.items():
        document.do(SetProperty((id,), property, value))
    return document


def test_the_and_neuron():
    document = decide(neuron(), "neuron", weights={"weight": [[20, 20]], "bias": [-30]}, frozen=True)
    assert document.analysis.ok
    text = str(generate_source(document.network))
    assert "self.neuron.weight = nn.Parameter(torch.tensor([[20.0, 20.0]]))" in text
    assert "self.neuron.requires_grad_(False)" in text
    module = compile_network(document.network)
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert module(inputs).round().flatten().tolist() == [0, 0, 0, 1]
    assert not any(p.requires_grad for p in module.parameters())
    assert document.analysis.counts("neuron") == Counts(0, 3, 0) == document.analysis.total_counts


def test_the_edge_filter():
    net = Network("Edges")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(1, 5, 5))
    sketch.add("Conv2d", "edge", out_channels=1, kernel_size=3, bias=False)
    sketch.add("Output", "y")
    kernel = [[[[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]]]
    document = decide(Document(net), "edge", weights={"weight": kernel}, frozen=True)
    module = compile_network(document.network)
    assert torch.equal(module(torch.ones(1, 1, 5, 5)), torch.zeros(1, 1, 3, 3))
    assert to_json(from_json(to_json(document))) == to_json(document)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_begin_is_torchs(kind):
    document = decide(neuron((30,), 40), "neuron", initial={"weight": initial(kind).record()})
    text = str(generate_source(document.network))
    assert f"nn.init.{kind}_(self.neuron.weight" in text
    torch.manual_seed(3)
    weight = compile_network(document.network).neuron.weight
    torch.manual_seed(3)
    plain = torch.nn.Linear(30, 40)
    arguments = dict(initial(kind).arguments)
    getattr(torch.nn.init, f"{kind}_")(plain.weight, **arguments)
    assert torch.equal(weight, plain.weight)
    assert to_json(from_json(to_json(document))) == to_json(document)


def test_arguments_and_gains():
    ways = {"weight": {"kind": "xavier_normal", "gain": "tanh"}, "bias": {"kind": "constant", "val": 0.5}}
    text = str(generate_source(decide(neuron(), "neuron", initial=ways).network))
    assert 'nn.init.xavier_normal_(self.neuron.weight, gain=nn.init.calculate_gain("tanh"))' in text
    assert "nn.init.constant_(self.neuron.bias, val=0.5)" in text


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"weights": {"weight": [[1, 2, 3]]}}, "the numbers typed in for weight are 1 x 3; here it is 1 x 2"),
        ({"weights": {"kernel": [1]}}, "numbers were typed in for kernel, but its weights are weight, bias"),
        ({"initial": {"gamma": {"kind": "zeros"}}}, "no weight gamma that could begin as zeros"),
        ({"initial": {"bias": {"kind": "orthogonal"}}}, "bias has 1 dimension, and orthogonal is for matrices"),
    ],
)
def test_what_does_not_suit_is_a_problem_with_a_fix(properties, said):
    document = decide(neuron(), "neuron", **properties)
    before = to_json(document)
    (problem,) = [p for p in document.analysis.problems if p.severity == "error"]
    assert said in problem.text and problem.block == document.network.block("neuron").id
    with pytest.raises(SourceError, match=re.escape(said)):
        generate_source(document.network)
    document.apply_fix(problem.fixes[0])
    assert document.analysis.ok
    document.undo()
    assert to_json(document) == before


def twins():
    net = Network("Twins")
    left, right = net.add("Input", name="left", shape=(4,)), net.add("Input", name="right", shape=(4,))
    encode, again = net.add("Linear", name="encode", out_features=3), net.add("Linear", name="again", out_features=3)
    join, out = net.add("Concatenate", name="join"), net.add("Output", name="out")
    for a, b in ((left, encode), (right, again), (encode, join), (again, join), (join, out)):
        net.connect(a, b)
    return decide(Document(net), "again", reuses=encode.id)


def test_one_layer_called_twice():
    document = twins()
    assert document.analysis.ok and document.analysis.total_parameters == 15
    assert document.analysis.total_counts == Counts(15, 0, 15)
    text = str(generate_source(document.network))
    assert text.count("nn.Linear") == 1 and text.count("self.encode(") == 2 and "again" not in text.split("def ")[1]
    module = compile_network(document.network)
    x = torch.randn(2, 4)
    result = module(x, x)
    assert torch.equal(result[:, :3], result[:, 3:]) and sum(p.numel() for p in module.parameters()) == 15
    assert to_json(from_json(to_json(document))) == to_json(document)


def test_the_heir_takes_over_and_undo_gives_back():
    document = twins()
    before = to_json(document)
    document.do(RemoveBlocks((document.network.block("encode").id,)))
    assert document.network.block("again").reuses is None
    document.undo()
    assert to_json(document) == before and document.analysis.total_parameters == 15
    document.redo()
    document.undo()
    assert to_json(document) == before


def test_other_sizes_cannot_be_shared():
    from graph.edits import SetHyperparameter

    document = twins()
    document.do(SetHyperparameter(document.network.block("again").id, "out_features", 5))
    assert document.analysis.ok is False or document.analysis.total_parameters > 15
    (problem,) = [p for p in document.analysis.problems if p.code == "reuses"]
    assert "weight 5 x 4, bias 5 here, weight 3 x 4, bias 3 there" in problem.text
    document.apply_fix(problem.fixes[0])
    assert document.analysis.ok and document.analysis.total_parameters == 15 + 25


@pytest.mark.parametrize("wrong", ["itself", "chain", "taken", "nothing"])
def test_reuse_has_one_owner(wrong):
    document = twins()
    encode, again = (document.network.block(name).id for name in ("encode", "again"))
    takers = {"itself": (encode, encode), "chain": (encode, again), "taken": (encode, again), "nothing": (again, "b99")}
    with pytest.raises(WeightError):
        document.do(SetProperty((takers[wrong][0],), "reuses", takers[wrong][1]))


def language_model():
    net = Network("Language")
    sketch = Sketch(net)
    sketch.add("Input", "words", shape=(6,), dtype="int64")
    embedding = sketch.add("Embedding", "embedding", num_embeddings=50, embedding_dim=8)
    sketch.add("LSTM", "lstm", hidden_size=8)
    sketch.add("Linear", "head", out_features=50)
    sketch.add("Output", "scores")
    return decide(Document(net), "head", reuses=embedding.id)


def test_tied_embedding_and_output_layer():
    document = language_model()
    assert document.analysis.ok
    lstm = document.analysis.parameters("lstm")
    assert document.analysis.total_parameters == 50 * 8 + lstm + 50
    text = str(generate_source(document.network))
    assert "self.head.weight = self.embedding.weight" in text
    module = compile_network(document.network)
    assert module.head.weight is module.embedding.weight
    assert sum(p.numel() for p in module.parameters()) == document.analysis.total_parameters


def test_shared_weights_are_saved_and_loaded(tmp_path):
    from safetensors.torch import load

    from backend.training.checkpoint import to_bytes

    module = compile_network(language_model().network)
    saved = load(to_bytes(module.state_dict(), epoch=1))
    again = compile_network(language_model().network)
    again.load_state_dict(saved)
    words = torch.randint(0, 50, (2, 6))
    assert torch.equal(again(words), module(words)) and again.head.weight is again.embedding.weight


def test_frozen_weights_stay_in_training():
    document = decide(neuron(), "neuron", initial={"weight": {"kind": "ones"}})
    program = compile_program(document.network)
    assert all(p.requires_grad for p in program.module.parameters())
    document.do(SetProperty(tuple(document.network.blocks), "frozen", True))
    assert not any(p.requires_grad for p in compile_program(document.network).module.parameters())
    hints = [p for p in document.analysis.problems if p.code == "frozen_nothing"]
    assert len(hints) == 3 and document.analysis.ok
    document.undo()
    assert not any(block.frozen for block in document.network.blocks.values())


def test_all_that_is_decided_is_written_inside_modules_too():
    from graph.module import define

    net = Network("Net")
    inner = Sketch(define(net, "Layer").network)
    inner.add("Input", "x", shape=(4,))
    first = inner.add("Linear", "first", out_features=4)
    second = inner.add("Linear", "second", out_features=4)
    inner.add("Output", "y")
    inner.network.replace_block(second.having(reuses=first.id))
    inner.network.replace_block(first.having(initial={"weight": initial("orthogonal")}, frozen=True))
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(4,))
    sketch.add("Layer", "layers", repeat=2)
    sketch.add("Output", "out")
    found = analyze(net)
    assert found.ok and found.total_parameters == 2 * 20
    module = compile_network(net)
    assert sum(p.numel() for p in module.parameters()) == 40
    assert "nn.init.orthogonal_(self.first.weight)" in str(generate_source(net))
