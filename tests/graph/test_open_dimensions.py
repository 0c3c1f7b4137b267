"""Open dimensions: arithmetic flows, equal is equal, what cannot be decided is a warning that an assumption ends."""

import random

import pytest
import torch

from backend import compile_network, generate_source
from graph import Document, Network, analyze, ready_modules
from graph.dim import is_open, multiple, substitute, symbol
from graph.edits import Assume
from graph.project_file import ProjectError, from_json, to_json
from graph.sketch import Sketch
from graph.undecided import assumption, may_agree


def unet(depth=2):
    net = Network("UNet")
    for name in ("UNetDown", "UNetUp"):
        ready_modules.add(net, name)
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(3, "H", "W"))
    skips = [sketch.add("DoubleConv", "start", channels=4)]
    for level in range(1, depth + 1):
        skips.append(sketch.add("UNetDown", f"down{level}", channels=4 * 2**level))
    skips.pop()
    for level in range(depth, 0, -1):
        up = net.add("UNetUp", f"up{level}", channels=4 * 2 ** (level - 1))
        net.connect(sketch.last, up, input="x")
        net.connect(skips.pop(), up, input="skip")
        sketch.last = up
    sketch.add("Conv2d", "scores", out_channels=2, kernel_size=1)
    sketch.add("Output", "y")
    return net


def halved_and_doubled():
    net = Network("Net")
    sketch = Sketch(net)
    image = sketch.add("Input", "image", shape=(4, "H", "W"))
    sketch.add("MaxPool2d", "pool", kernel_size=2)
    up = sketch.add("Upsample", "up", scale_factor=2)
    sketch.add("Add", "add", after=(image, up))
    sketch.add("Output", "y")
    return Document(net)


def test_arithmetic_flows_through():
    net = Network("Net")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(3, "H", "W"))
    sketch.add("Conv2d", "conv", out_channels=4, kernel_size=3, stride=2, padding=1)
    found = analyze(net)
    assert found.output("conv").shape == ("N", 4, "floor((H - 1)/2) + 1", "floor((W - 1)/2) + 1")
    assert substitute(found.total_macs, {"H": 9, "W": 7}) == 3 * 4 * 9 * 5 * 4


def test_undecided_is_a_warning_that_an_assumption_ends():
    document = halved_and_doubled()
    (problem,) = document.analysis.problems
    assert problem.severity == "warning" and problem.block == document.network.block("add").id
    assert "H and 2*floor(H/2) are equal only if H is divisible by 2" in problem.text
    assert document.analysis.ok and document.analysis.output("add").shape == ("N", 4, "H", "W")
    before = to_json(document)
    assert problem.fixes[0].title == "Assume H is divisible by 2 and W is divisible by 2"
    document.apply_fix(problem.fixes[0])
    assert document.analysis.problems == []
    assert document.analysis.output("pool").shape == ("N", 4, "H/2", "W/2")
    assert document.analysis.output("add").shape == ("N", 4, "H", "W")
    assert '"assumptions": {"H": 2, "W": 2}' in to_json(document)
    again = from_json(to_json(document))
    assert to_json(again) == to_json(document) and again.analysis.problems == []
    document.undo()
    assert to_json(document) == before and len(document.analysis.problems) == 1


def test_what_is_certainly_wrong_stays_an_error():
    net = Network("Net")
    sketch = Sketch(net)
    image = sketch.add("Input", "image", shape=(4, "H", "W"))
    conv = sketch.add("Conv2d", "conv", out_channels=4, kernel_size=3)
    sketch.add("Add", "add", after=(image, conv))
    (problem,) = [p for p in analyze(net).problems if p.severity == "error"]
    assert problem.block == net.block("add").id  # H and H - 2 never agree


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_unet_of_any_size(depth):
    document = Document(unet(depth))
    factor = 2**depth
    (*rest, last) = [p for p in document.analysis.problems if p.code == "undecided"]
    assert len(rest) == depth - 1 and last.text.startswith("join inside: ")
    while found := [p for p in document.analysis.problems if p.code == "undecided"]:
        document.apply_fix(found[0].fixes[0])
    assert document.network.assumptions == {"H": factor, "W": factor}
    assert not [p for p in document.analysis.problems if p.severity != "hint"], document.analysis.problems
    assert document.analysis.output("scores").shape == ("N", 2, "H", "W")
    module = compile_network(document.network).eval()
    for height, width in ((factor * 2, factor * 3), (factor * 4, factor)):
        assert module(torch.zeros(1, 3, height, width)).shape == (1, 2, height, width)


def test_it_is_exported_with_dynamic_sizes():
    document = Document(unet(1))
    for name in ("H", "W"):
        document.do(Assume(name, 2))
    assert not any(word in str(generate_source(document.network)) for word in ("28", "reshape"))
    module = compile_network(document.network).eval()
    height, width = (2 * torch.export.Dim(name, min=2, max=64) for name in ("half_h", "half_w"))
    program = torch.export.export(module, (torch.zeros(1, 3, 8, 12),), dynamic_shapes=({2: height, 3: width},))
    image = torch.randn(1, 3, 20, 6)
    torch.testing.assert_close(program.module()(image), module(image))


def test_it_trains_at_several_sizes():
    torch.manual_seed(0)
    module = compile_network(unet(1))
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-2)
    images = {size: torch.randn(4, 3, *size) for size in ((8, 8), (4, 12))}
    losses = []
    for step in range(60):
        image = images[list(images)[step % 2]]
        loss = torch.nn.functional.cross_entropy(module(image), (image.mean(1) > 0).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-4:]) < 0.7 * sum(losses[:4])


def test_an_lstm_reads_any_length():
    net = Network("Reader")
    sketch = Sketch(net)
    sketch.add("Input", "words", shape=("T",), dtype="int64")
    sketch.add("Embedding", "embedding", num_embeddings=20, embedding_dim=4)
    sketch.add("LSTM", "lstm", hidden_size=6)
    sketch.add("SelectStep", "last")
    sketch.add("Output", "y")
    found = analyze(net)
    assert found.output("lstm").shape == ("N", "T", 6) and found.output("last").shape == ("N", 6)
    assert is_open(found.macs("lstm"))
    module = compile_network(net)
    for length in (3, 11):
        assert module(torch.zeros(2, length, dtype=torch.int64)).shape == (2, 6)


def test_shares_print_as_people_write_them():
    h = multiple("H", 32)
    assert str(h) == "H" and str(h // 2) == "H/2" and str(h // 32) == "H/32" and str(3 * (h // 4)) == "3*H/4"
    assert str((h - 1) // 2 + 1) == "H/2" and str(h * multiple("W", 2)) == "H*W"
    assert substitute(h // 4, {"H": 64}) == 16
    assert str((symbol("H") // 2 + 1) // 2) == "floor((H + 2)/4)"


def test_what_may_agree_and_what_would_decide_it():
    h, w = symbol("H"), symbol("W")
    assert may_agree(h, 2 * (h // 2)) and may_agree(h, w) and may_agree(h, 5)
    assert not may_agree(h, h - 2) and not may_agree(4, 5) and not may_agree(symbol("N"), h)
    assert assumption(h, 2 * (h // 2)) == {"H": 2}
    assert assumption(h // 2, 4 * (h // 8)) == {"H": 8}
    assert assumption(h, w) == {}


@pytest.mark.parametrize("wrong", [{"N": 2}, {"H": 0}, {"H": -3}, {"a b": 2}, {"H": 10**9}])
def test_files_with_wrong_assumptions_are_refused(wrong):
    import json

    raw = json.loads(to_json(halved_and_doubled()))
    raw["assumptions"] = wrong
    with pytest.raises(ProjectError, match="assumptions"):
        from_json(json.dumps(raw))


def test_what_holds_openly_holds_for_every_size():
    """A random chain with open sizes, then with numbers: the same verdict, unless a warning or a small size says so."""
    rng = random.Random(2)
    compared = 0
    for _ in range(150):
        plan = []
        for _ in range(rng.randint(1, 4)):
            kind = rng.choice(["Conv2d", "MaxPool2d", "AvgPool2d", "Upsample", "ConvTranspose2d", "ZeroPad2d"])
            values = {
                "Conv2d": {"out_channels": 4, "kernel_size": rng.randint(1, 4), "stride": rng.choice((1, 2, 3))},
                "MaxPool2d": {"kernel_size": rng.randint(2, 3), "ceil_mode": rng.random() < 0.5},
                "AvgPool2d": {"kernel_size": 2, "stride": rng.randint(1, 3)},
                "Upsample": {"scale_factor": rng.randint(2, 3)},
                "ConvTranspose2d": {"out_channels": 4, "kernel_size": 3, "stride": rng.randint(1, 2)},
                "ZeroPad2d": {"padding": rng.randint(0, 2)},
            }[kind]  # fmt: skip
            plan.append((kind, values))

        def drawn(shape, plan=plan):
            net = Network("Net")
            sketch = Sketch(net)
            sketch.add("Input", "image", shape=shape)
            for kind, values in plan:
                sketch.add(kind, **values)
            return net, sketch.last

        net, last = drawn((4, "H", "W"))
        openly = analyze(net).output(last)
        assert openly is not None
        sizes = {"H": rng.randint(30, 50), "W": rng.randint(30, 50)}
        net, last = drawn((4, sizes["H"], sizes["W"]))
        numbers = analyze(net).output(last)
        if numbers is None:
            continue  # too small for this chain
        assert tuple(substitute(dim, sizes) for dim in openly.dims[1:]) == numbers.dims[1:]
        compared += 1
    assert compared > 100
