"""Ready modules: each stands, repeats where it can, writes one class, and computes in torch what the analysis says."""

import pytest
import torch

from backend import compile_network, generate_source
from graph import Network, analyze, ready_modules
from graph.flatten import flattened
from graph.module import ModuleError

SMALL = {"UNetUp": {"x": (8, 8, 8), "skip": (4, 16, 16)}}
VALUES = {
    "BasicBlock": {"channels": 8}, "Bottleneck": {"channels": 2}, "InvertedResidual": {"channels": 8, "hidden": 12},
    "SqueezeExcitation": {"channels": 8, "squeezed": 2}, "TransformerPreNorm": {"width": 8, "heads": 2},
    "TransformerPostNorm": {"width": 8, "heads": 2}, "ConvNeXtBlock": {"channels": 8}, "Highway": {"width": 8},
}  # fmt: skip


def placed(name, repeat=1):
    net = Network("Net")
    module = ready_modules.add(net, name)
    block = net.add(name, name="block", repeat=repeat, **VALUES.get(name, {}))
    for port in module.inputs:
        example = net.modules[name].network.block(port.name).hyperparameters["shape"]
        shape = SMALL.get(name, {}).get(port.name) or {1: (8,), 2: (6, 8), 3: (8, 16, 16)}[len(example)]
        net.connect(net.add("Input", name=f"in_{port.name}", shape=shape), block, input=port.name)
    net.connect(block, net.add("Output", name="out"))
    return net


@pytest.mark.parametrize("name", ready_modules.READY)
def test_it_computes_what_the_analysis_says(name):
    net = placed(name)
    found = analyze(net)
    assert found.ok, found.problems
    compiled = compile_network(net).eval()
    assert sum(p.numel() for p in compiled.parameters()) == found.total_parameters
    inputs = [torch.randn(2, *found.output(block).shape[1:]) for block in net.with_role("input")]
    result = compiled(*inputs)
    assert tuple(result.shape) == (2, *found.output("block").shape[1:])
    flat = flattened(net)
    plain = compile_network(flat).eval()
    same = zip(plain.state_dict().items(), compiled.state_dict().values(), strict=True)
    plain.load_state_dict({key: value for (key, _), value in same})
    assert torch.equal(plain(*inputs), result)


@pytest.mark.parametrize("name", [n for n in ready_modules.READY if n in VALUES or n in ("DenseLayer", "DenseBlock")])
def test_what_keeps_its_shape_repeats(name):
    net = placed(name, repeat=3)
    found = analyze(net)
    assert found.ok, found.problems
    compiled = compile_network(net)
    assert sum(p.numel() for p in compiled.parameters()) == found.total_parameters
    assert str(generate_source(net)).count(f"class {name}(") == 1


@pytest.mark.parametrize("name", ready_modules.READY)
def test_it_is_explained_and_offers_what_it_says(name):
    ready = ready_modules.READY[name]
    assert len(ready.help) > 20 and ready.source
    module = ready_modules.add(Network("Net"), name)
    inner = module.network
    asked = set()
    for block in inner.blocks.values():
        for value in block.hyperparameters.values():
            asked |= getattr(value, "names", frozenset())
    assert asked <= {one.name for one in module.exposed}
    assert {one.name for one in module.exposed} - asked <= {"width"}  # attention takes its width from the input
    assert all(one.help for one in module.exposed)
    own = analyze(inner)
    assert own.ok, own.problems


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ModuleError, match="there is no ready module 'Resnet'; there are BasicBlock"):
        ready_modules.add(Network("Net"), "Resnet")
