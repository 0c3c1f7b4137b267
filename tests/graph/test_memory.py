"""Memory and depth: torch's saved tensors and parameters are the judge, papers for the depth."""

import pytest
import torch

from backend import compile_network
from examples import build_zoo
from graph import Network, analyze, ready_modules
from graph.depth import Depth, depth_of, depths
from graph.flatten import flatten
from graph.memory import STATE, UnknownSize, kept_activations, largest_batch, output_bytes, training_memory
from graph.sketch import Sketch

CONV = ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1})


def saved_bytes(module, *inputs):
    """What autograd keeps of a forward pass, parameters and buffers aside, each memory once."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*module.parameters(), *module.buffers())}
    found, alive = {}, []

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        module(*inputs)
    return sum(found.values())


def chain(*blocks, shape):
    net = Network("Net")
    sketch = Sketch(net)
    sketch.add("Input", "x", shape=shape)
    for kind, values in blocks:
        sketch.add(kind, **values)
    sketch.add("Output", "y")
    return net


def compare(net, batch=2, within=0.01):
    found = analyze(net)
    assert found.ok, found.problems
    module = compile_network(net).train()
    inputs = [torch.randn(batch, *found.output(block).dims[1:]) for block in net.with_role("input")]
    measured = saved_bytes(module, *inputs)
    assert kept_activations(flatten(net, found), batch, "float32") == pytest.approx(measured, rel=within)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "googlenet", "resnet18", "resnet50", "vgg11"])
def test_activations_of_published_networks(name):
    compare(build_zoo.ZOO[name]())


@pytest.mark.parametrize(
    ("blocks", "shape"),
    [
        ([("Linear", {"out_features": 8}), (kind, {}), ("Linear", {"out_features": 3})], (5,))
        for kind in ("ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softplus", "Hardswish", "Softmax",
                     "LogSoftmax", "Dropout", "LayerNorm", "Identity")
    ]
    + [
        ([CONV, (kind, values), CONV], (3, 12, 12))
        for kind, values in (
            ("MaxPool2d", {"kernel_size": 2}), ("AvgPool2d", {"kernel_size": 2}), ("GroupNorm", {"num_groups": 2}),
            ("AdaptiveAvgPool2d", {"output_size": 1}), ("AdaptiveAvgPool2d", {"output_size": 2}), ("BatchNorm2d", {}),
            ("ConvTranspose2d", {"out_channels": 4, "kernel_size": 2, "stride": 2}),
        )
    ]
    + [([(kind, {"hidden_size": 16, "num_layers": layers})], (12, 6)) for kind in ("RNN", "GRU") for layers in (1, 2)],
    ids=lambda value: "-".join(kind for kind, _ in value) if isinstance(value, list) else "",
)  # fmt: skip
def test_activations_of_single_layers(blocks, shape):
    compare(chain(*blocks, shape=shape), batch=8, within=0.06)  # statistics and first states aside


def test_attention_keeps_the_square_of_the_length():
    net = Network("Net")
    x = net.add("Input", name="x", shape=(20, 16))
    before = net.add("Linear", name="before", out_features=16)
    attention = net.add("MultiheadAttention", name="attention", num_heads=4)
    net.connect(x, before)
    for port in ("query", "key", "value"):
        net.connect(before, attention, input=port)
    net.connect(attention, net.add("Output", name="y"))
    compare(net, batch=4, within=0.05)


def test_what_lies_before_all_that_trains_keeps_nothing():
    net = chain(
        ("Conv2d", {"name": "a", "out_channels": 4, "kernel_size": 3}),
        ("ReLU", {}),
        ("Conv2d", {"name": "b", "out_channels": 4, "kernel_size": 3}),
        shape=(3, 12, 12),
    )
    compare(net)
    for name in ("a",):
        net.replace_block(net.block(name).having(frozen=True))
    found, module = analyze(net), compile_network(net)
    measured = saved_bytes(module, torch.randn(2, 3, 12, 12))
    assert kept_activations(flatten(net, found), 2, "float32") == measured
    assert training_memory(net, found).gradients == 4 * found.parameters("b")


def test_the_whole_of_training():
    net = build_zoo.ZOO["resnet50"]()
    found = analyze(net)
    adam = training_memory(net, found, 32)
    assert adam.weights == adam.gradients == 4 * 25_557_032 and adam.optimizer == 8 * 25_557_032
    assert adam.buffers == 4 * sum(b.numel() for b in compile_network(net).buffers())
    sgd = training_memory(net, found, 32, optimizer="SGD")
    assert adam.total - sgd.total == 8 * 25_557_032
    half = training_memory(net, found, 32, precision="bfloat16")
    assert half.weights == adam.weights and half.activations < 0.7 * adam.activations
    assert set(STATE) >= {"SGD", "Adam", "AdamW"}


def test_the_largest_batch_fits_and_one_more_does_not():
    net = build_zoo.ZOO["resnet18"]()
    found = analyze(net)
    memory = 4 * 2**30
    batch = largest_batch(net, found, memory)
    assert training_memory(net, found, batch).total <= memory < training_memory(net, found, batch + 1).total
    assert largest_batch(net, found, 1000) == 0


def test_open_sizes_ask_for_numbers():
    net = chain(("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1}), ("ReLU", {}), shape=(3, "H", "W"))
    found = analyze(net)
    with pytest.raises(UnknownSize, match="give the open dimensions sizes"):
        training_memory(net, found)
    known = training_memory(net, found, 2, sizes={"H": 12, "W": 10})
    assert known.activations == 4 * 2 * (3 + 4) * 12 * 10
    assert (
        output_bytes(found.output(net.wires_into("y")[0].source), 2, "float16", {"H": 12, "W": 10}) == 2 * 2 * 4 * 120
    )


@pytest.mark.parametrize(
    ("name", "layers"), [("alexnet", 8), ("vgg16", 16), ("googlenet", 22), ("resnet18", 18), ("resnet152", 152)]
)
def test_depth_is_that_of_the_names(name, layers):
    net = build_zoo.ZOO[name]()
    assert depth_of(net, analyze(net)).layers == layers


def test_depth_follows_the_longest_way_and_every_pass():
    net = Network("Net")
    ready_modules.add(net, "BasicBlock")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(8, 32, 32))
    sketch.add("BasicBlock", "blocks", channels=8, repeat=3)
    found = depths(net, analyze(net))
    assert found[net.block("blocks").id] == Depth(3 * 7, 3 * 2) and found[net.block("image").id] == Depth()
