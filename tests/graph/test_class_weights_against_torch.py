"""Losses that weigh classes: torch's own functions are the judge, settings out of the ordinary included."""

import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backend import compile_network
from backend.compile import compile_program
from backend.source import generate_source
from graph import Network, analyze, registry
from graph.dim import N
from graph.tensor_type import TensorType

BATCH, DRAWS = 7, 60
ROWS = {
    "CrossEntropyLoss": ("weight",),
    "NLLLoss": ("weight",),
    "MultiMarginLoss": ("weight",),
    "MultiLabelSoftMarginLoss": ("weight",),
    "BCELoss": ("weight",),
    "BCEWithLogitsLoss": ("weight", "pos_weight"),
}
NUMBERS = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")  # of classes; the others take yes or no for each
OLD = {"size_average", "reduce"}  # deprecated: reduction says it


def draw(rng, name):
    classes = rng.randint(2, 4)
    places = (3,) * (rng.random() < 0.3) if name not in ("MultiMarginLoss", "MultiLabelSoftMarginLoss") else ()
    shape = (BATCH, classes, *places) if name in NUMBERS else (BATCH, *places, classes)
    count = classes if rng.random() < 0.8 else rng.randint(1, 6)
    values = {key: tuple(rng.uniform(0, 3) for _ in range(count)) for key in ROWS[name] if rng.random() < 0.8}
    if rng.random() < 0.5:
        values["reduction"] = rng.choice(("mean", "sum", "none"))
    if name == "CrossEntropyLoss" and rng.random() < 0.4:
        values["label_smoothing"] = 0.2
    return values, classes, shape


@pytest.mark.parametrize("name", ROWS)
def test_torch_agrees(bench, rng, name):
    taken = refused = 0
    for _ in range(DRAWS):
        values, classes, shape = draw(rng, name)
        target_shape = (BATCH, *shape[2:]) if name in NUMBERS else shape
        kind = "int64" if name in NUMBERS else "float32"
        types = {
            "input": TensorType((N, *shape[1:])),
            "target": TensorType((N, *target_shape[1:]), kind),
        }
        x = torch.rand(shape, requires_grad=True)
        given = {"input": x, "target": torch.randint(0, classes if name in NUMBERS else 2, target_shape)}
        given["target"] = given["target"].to(getattr(torch, kind))
        ours = bench.verdict(name, values, types)
        wrong = any(len(values[row]) != classes for row in ROWS[name] if row in values)
        if isinstance(ours, Exception):
            assert wrong and "give one for each" in str(ours), f"{name}({values}) of {shape}: {ours}"
            refused += 1
            continue
        assert not wrong, f"{name}({values}) of {shape} should be refused"
        tensors = {key: torch.tensor(value) if key in ROWS[name] else value for key, value in values.items()}
        theirs = getattr(F, registry.block_type(name).function)(x, given["target"], **tensors)
        complete, inferred = ours
        assert bench.ours(inferred.outputs["loss"]) == bench.torchs(theirs)
        (found,) = bench.run(name, complete, types, inferred, given)
        assert torch.equal(found, theirs), f"{name}({values}) of {shape}"
        taken += 1
    assert taken > DRAWS // 2 and refused


def test_every_argument_of_torchs_losses_is_a_hyperparameter():
    for name in dir(nn):
        declared = registry.block_type(name)
        if not name.endswith("Loss") or declared.role == "unknown":
            continue
        theirs = set(inspect.signature(getattr(nn, name)).parameters) - OLD
        assert theirs <= {h.name for h in declared.hyperparameters}, name


def classifier(**loss):
    net = Network("Rare")
    x = net.add("Input", name="x", shape=(4,))
    fc = net.add("Linear", name="fc", out_features=3)
    net.connect(x, fc)
    net.connect(fc, net.add("Output", name="logits"))
    target = net.add("Target", name="label", shape=(), dtype="int64")
    block = net.add("CrossEntropyLoss", name="loss", **loss)
    net.connect(fc, block, input="input")
    net.connect(target, block, input="target")
    return net


def test_the_written_objective_is_torchs_weighted_loss():
    net = classifier(weight=(1, 2.5, 0.5), label_smoothing=0.1)
    assert "weight=logits.new_tensor((1.0, 2.5, 0.5))" in str(generate_source(net))
    program = compile_program(net)
    logits, labels = torch.randn(9, 3), torch.randint(0, 3, (9,))
    right = nn.CrossEntropyLoss(torch.tensor([1, 2.5, 0.5]), label_smoothing=0.1)(logits, labels)
    assert torch.equal(program.objective(logits, labels)["loss"], right)
    assert compile_network(net) is not None


def test_a_wrong_count_names_the_numbers_and_the_classes():
    problems = analyze(classifier(weight=(1, 2))).problems
    assert [p.code for p in problems if p.severity == "error"] == ["class_weights"]
    assert "weight has 2 numbers, but N x 3 are 3 classes" in problems[0].text


def test_typed_as_text():
    weight = registry.block_type("CrossEntropyLoss").hyperparameter("weight")
    assert weight.parse("1 2.5, 1/2") == (1.0, 2.5, 0.5)
    assert weight.format((1.0, 2.5, 0.5)) == "1 2.5 0.5"
    assert weight.parse("") is None
    for wrong in ("1 -2", "one two", "1 nan"):
        with pytest.raises(ValueError, match="finite numbers of at least 0 in a row"):
            weight.parse(wrong)
