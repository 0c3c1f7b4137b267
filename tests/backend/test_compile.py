"""Compiled programs: exactly the shown text runs, says which block failed, and equals torch written by hand."""

import subprocess
import sys
import traceback

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import backend
from backend import compile_network, generate_source
from backend.compile import block_of_error, compile_program, execute
from graph import Field, Network, registry
from graph.dim import substitute

POINTS = (Field(name="point", shape=(2,)), Field(name="label", shape=(), dtype="int64", classes=("a", "b", "c")))


def network(name="Net"):
    net = Network(name)
    image = net.add("Input", name="image", shape=(1, 12, 12))
    conv = net.add("Conv2d", name="conv", out_channels=4, kernel_size=3)
    relu, flat = net.add("ReLU", name="relu"), net.add("Flatten", name="flat")
    fc, out = net.add("Linear", name="fc", out_features=3), net.add("Output", name="out")
    for before, after in ((image, conv), (conv, relu), (relu, flat), (flat, fc), (fc, out)):
        net.connect(before, after)
    return net


def classifier():
    net = Network("Points")
    point, label = net.add("Input", name="p", field="point"), net.add("Target", name="t", field="label")
    fc, softmax = net.add("Linear", name="fc", out_features=3), net.add("Softmax", name="softmax")
    loss, hits = net.add("CrossEntropyLoss", name="ce"), net.add("Accuracy", name="hits")
    net.connect(point, fc)
    net.connect(fc, softmax)
    net.connect(softmax, net.add("Output", name="probabilities"))
    net.connect(fc, loss)
    net.connect(label, loss)
    net.connect(softmax, hits)
    net.connect(label, hits)
    return net


def test_it_is_a_plain_module_with_the_blocks_names():
    module = compile_network(network())
    assert isinstance(module, nn.Module) and type(module).__name__ == "Net"
    assert list(module.state_dict()) == ["conv.weight", "conv.bias", "fc.weight", "fc.bias"]
    assert [name for name, _ in module.named_children()] == ["conv", "relu", "flat", "fc"]
    assert not module.relu.inplace


def test_it_computes_what_the_same_torch_by_hand_computes():
    torch.manual_seed(3)
    module = compile_network(network())
    torch.manual_seed(3)
    by_hand = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3))
    image = torch.randn(2, 1, 12, 12)
    assert torch.equal(module(image), by_hand(image))


def test_the_text_that_runs_is_the_text_that_is_shown():
    program = compile_program(network())
    assert program.source.text == generate_source(network()).text
    with pytest.raises(RuntimeError) as raised:
        program.module(torch.zeros(1, 3, 12, 12))
    shown = "".join(traceback.format_exception(raised.value))
    assert f'File "{program.filename}", line' in shown
    assert "x = self.conv(image)" in shown  # linecache has the text


@pytest.mark.parametrize(
    ("image", "block"),
    [(torch.zeros(1, 3, 12, 12), "conv"), (torch.zeros(1, 1, 14, 14), "fc"), (torch.zeros(1, 1, 2, 2), "conv")],
)
def test_an_error_while_running_is_that_of_its_block(image, block):
    net = network()
    program = compile_program(net)
    with pytest.raises(RuntimeError) as raised:
        program.module(image)
    assert block_of_error(raised.value, program.source) == net.block(block).id


def test_an_error_elsewhere_belongs_to_no_block():
    try:
        raise RuntimeError("elsewhere")
    except RuntimeError as error:
        assert block_of_error(error, generate_source(network())) is None


def test_an_error_in_the_objective_is_that_of_its_loss():
    net = classifier()
    program = compile_program(net, POINTS)
    with pytest.raises(IndexError) as raised:
        program.objective(torch.zeros(2, 3), torch.zeros(2, 3), torch.tensor([0, 7]))
    assert block_of_error(raised.value, program.source) == net.block("ce").id


def test_two_programs_of_one_network_share_nothing():
    first, second = compile_network(network()), compile_network(network())
    assert type(first) is not type(second)
    assert not torch.equal(first.conv.weight, second.conv.weight)


def test_several_outputs_come_as_a_tuple_in_order():
    net = network()
    net.connect("relu", net.add("Output", name="seen"))
    logits, seen = compile_network(net)(torch.zeros(2, 1, 12, 12))
    assert logits.shape == (2, 3) and seen.shape == (2, 4, 10, 10)


def test_inputs_and_targets_name_their_fields():
    program = compile_program(classifier(), POINTS)
    assert program.input_fields == ("point",) and program.target_fields == ("label",)
    assert {name: id for name, id in program.blocks.items()} == {
        "fc": classifier().block("fc").id,
        "softmax": classifier().block("softmax").id,
    }


def test_the_objective_sees_more_than_the_module_returns():
    program = compile_program(classifier(), POINTS)
    point, label = torch.randn(5, 2), torch.tensor([0, 1, 2, 0, 1])
    probabilities, logits = program.module.compute(point)
    assert torch.equal(program.module(point), probabilities)
    judged = program.objective(probabilities, logits, label)
    assert torch.equal(judged["loss"], F.cross_entropy(program.module.fc(point), label))
    assert judged["hits"] == (logits.argmax(1) == label).float().mean()
    judged["loss"].backward()
    assert program.module.fc.weight.grad.abs().sum() > 0


def test_without_loss_and_target_there_is_no_objective():
    assert compile_program(network()).objective is None


def test_the_seed_decides_the_weights():
    weights = []
    for _ in range(2):
        torch.manual_seed(5)
        weights.append(compile_network(network()).fc.weight)
    assert torch.equal(*weights)


def test_open_dimensions_run_at_any_size():
    net = Network("Open")
    image, conv = net.add("Input", name="image", shape=(3, "H", "W")), net.add("Conv2d", out_channels=2, kernel_size=3)
    pool, flat = net.add("AdaptiveAvgPool2d", output_size=1), net.add("Flatten")
    for before, after in ((image, conv), (conv, pool), (pool, flat), (flat, net.add("Output"))):
        net.connect(before, after)
    module = compile_network(net)
    assert module(torch.zeros(1, 3, 9, 7)).shape == module(torch.zeros(1, 3, 20, 31)).shape == (1, 2)


@pytest.mark.parametrize("bias", [True, False])
def test_recurrent_states_are_wired_by_name(bias):
    net = Network("Translator")
    text, lstm = (
        net.add("Input", name="text", shape=("T", 3)),
        net.add("LSTM", name="encoder", hidden_size=4, bias=bias),
    )
    again = net.add("LSTM", name="decoder", hidden_size=4, bias=bias)
    net.connect(text, lstm)
    net.connect(text, again)
    net.connect(lstm, again, output="h_n", input="h_0")
    net.connect(lstm, again, output="c_n", input="c_0")
    net.connect(again, net.add("Output"))
    module, steps = compile_network(net), torch.randn(2, 5, 3)
    _, states = module.encoder(steps)
    assert torch.equal(module(steps), module.decoder(steps, states)[0])


SHAPES = {"Conv1d": (4, 9), "Conv3d": (4, 5, 5, 5), "Linear": (6,), "Embedding": (7,), "Squeeze": (4, 1)}
SHAPES |= {"MaxUnpool1d": (4, 9), "MaxUnpool3d": (4, 5, 5, 5), "PixelUnshuffle": (4, 8, 8), "Fold": (8, 49)}
LOOK_UP = ("Embedding", "EmbeddingBag", "OneHot")  # they take whole numbers
SET = {"OneHot": {"num_classes": 3}}  # what no data tell here
LAYERS = [declared.name for declared in registry.all_types() if declared.role == "layer"]


@pytest.mark.parametrize("type", LAYERS)
def test_every_layer_compiles_and_gives_the_shape_and_parameters_it_promised(type):
    shape = SHAPES.get(type)
    for candidate in [shape] if shape else [(4, 9, 9), (4, 9), (6,), (6, 8), (4, 5, 5, 5)]:
        net = Network(type)
        dtype = "int64" if type in LOOK_UP else "float32"
        source = net.add("Input", name="data", shape=candidate, dtype=dtype)
        declared = registry.block_type(type)
        block = net.add(type, name="layer", **declared.suggested(), **SET.get(type, {}))
        for port in declared.inputs:
            for _ in range(0 if port.optional else 2 if port.many else 1):
                before = net.connect(source, net.add("Compare")).target if port.name == "mask" else source
                if type == "SplitSteps" and port.name == "input":
                    before = net.add("MergeSteps")
                    net.connect(source, before)
                if port.name == "indices":
                    before = net.add("Input", name="places", shape=candidate, dtype="int64")
                net.connect(before, block, input=port.name)
        net.connect(block, net.add("Output"))
        from graph import analyze

        analysis = analyze(net)
        if analysis.inferred(block) is not None:
            break
    module = compile_network(net)
    data = [
        torch.zeros(3, *candidate, dtype=getattr(torch, x.hyperparameters["dtype"])) for x in net.with_role("input")
    ]
    promised = tuple(substitute(dim, {"N": 3}) for dim in analysis.output(block).dims)
    assert tuple(module(*data).shape) == promised
    assert sum(p.numel() for p in module.parameters()) == analysis.parameters(block)
    named = [(name.removeprefix("layer."), tuple(p.shape)) for name, p in module.named_parameters()]
    assert named == [(name, tuple(shape)) for name, shape in analysis.inferred(block).weights]


def test_the_package_imports_no_torch():
    code = """import sys
import backend, backend.source
assert callable(backend.generate_source)
assert "torch" not in sys.modules and "PySide6" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError):
        backend.no_such_thing  # noqa: B018


def test_executing_defines_what_the_text_says():
    namespace = execute(generate_source(classifier(), POINTS))
    assert {name for name in namespace if not name.startswith("__")} == {"F", "nn", "Points", "objective"}
