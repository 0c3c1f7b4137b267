"""The form of generated source: a formatter leaves it as it is, line lengths, imports, and the example at its end."""

import itertools
import random
import re
import subprocess
import sys

import pytest

from backend import generate_source
from graph import Network


def chain(network, *blocks):
    for before, after in itertools.pairwise(blocks):
        network.connect(before, after)
    return network


def skip():
    net = Network("Skip")
    image = net.add("Input", name="image", shape=(8, 16, 16))
    conv1 = net.add("Conv2d", name="conv1", out_channels=8, kernel_size=3, padding=1)
    relu1 = net.add("ReLU", name="relu1")
    conv2 = net.add("Conv2d", name="conv2", out_channels=8, kernel_size=3, padding=1, bias=False)
    shortcut = net.add("Conv2d", name="shortcut", out_channels=8, kernel_size=1)
    add = net.add("Add", name="add")
    chain(net, image, conv1, relu1, conv2, add, net.add("Output", name="out"))
    chain(net, relu1, shortcut, add)
    return net


def tidied(text):
    """What `ruff format` makes of the text; remarks in columns go back to two spaces first."""
    close = re.sub(r"(\S) {2,}# ", r"\1  # ", text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "-"]
    return close, subprocess.run(command, input=close, capture_output=True, text=True, check=True).stdout


def long_names():
    net = Network("A network with a very long name that goes on and on for ever")
    names = [f"a_block_with_quite_a_long_name_{i}" for i in range(9)]
    image = net.add("Input", name="an_input_with_a_very_long_name_as_well", shape=(4, "H", "W"))
    cat, add = net.add("Concatenate", name="the_concatenation_of_all_nine_of_them"), net.add("Add", name="their_sum")
    for name in names:
        net.add(
            "Conv2d", name=name, out_channels=4, kernel_size=(3, 5), padding=(1, 2), stride=2, padding_mode="circular"
        )
        chain(net, image, name, cat)
        net.connect(name, add)
        net.connect(name, net.add("Output"))
    lstm = net.add("LSTM", name="a_recurrent_block_with_a_really_long_name", hidden_size=4, num_layers=2)
    chain(net, net.add("Input", name="another_input_with_a_long_name_too", shape=("T", 4)), lstm)
    net.connect(lstm, net.add("Output"))
    chain(net, cat, net.add("BatchNorm2d"), net.add("Output", name="o1"))
    chain(net, add, net.add("BatchNorm2d", name="bn"), net.add("Output", name="o2"))
    return net


def judged():
    """Losses and metrics, one of them before the output."""
    net = Network("Judged")
    net.add("Target", name="label", shape=(), dtype="int64")
    chain(net, net.add("Input", name="point", shape=(2,)), net.add("Linear", name="fc", out_features=3))
    chain(net, net.block("fc"), net.add("Softmax", name="softmax"), net.add("Output", name="out"))
    for type, source in (("CrossEntropyLoss", "fc"), ("Accuracy", "softmax")):
        block = net.add(type)
        net.connect(source, block)
        net.connect("label", block)
    net.add("Dropout", name="idle")
    return net


def open_sizes():
    """Dimensions left open, whose remarks are long."""
    net = Network("Open")
    last = net.add("Input", name="picture", shape=(3, "H", "W"))
    for i in range(5):
        conv = net.add("Conv2d", name=f"convolution_{i}", out_channels=8, kernel_size=5, stride=3, padding=1)
        net.connect(last, conv)
        last = conv
    net.connect(last, net.add("Output"))
    return net


def unfinished():
    """Broken layers and a broken loss."""
    net = skip()
    net.set("conv2", kernel_size=40)
    net.add("MSELoss", name="mse")
    net.add("Input", name="lonely", shape=(1,))
    return net


@pytest.mark.parametrize(
    "build",
    [skip, judged, long_names, open_sizes, lambda: random_network(3), unfinished],
)
def test_a_formatter_leaves_it_as_it_is(build):
    for example in (False, True):
        close, formatted = tidied(generate_source(build(), partial=True, example=example).text)
        assert close == formatted


def test_no_line_is_longer_than_a_hundred_columns_but_for_remarks():
    text = generate_source(long_names()).text
    assert max(len(line) for line in text.split("\n") if not line.strip().startswith("#")) <= 100


def random_network(seed):
    """Many blocks in random wiring, all of one shape."""
    draw = random.Random(seed)
    net = Network("Random")
    blocks = [net.add("Input", name="image", shape=(4, 8, 8))]
    for _ in range(60):
        kind = draw.choice(["Conv2d", "ReLU", "BatchNorm2d", "Add", "Multiply", "Dropout2d"])
        values = {"out_channels": 4, "kernel_size": 3, "padding": 1} if kind == "Conv2d" else {}
        block = net.add(kind, **values)
        for source in draw.sample(blocks, min(len(blocks), draw.randint(2, 4) if kind in ("Add", "Multiply") else 1)):
            net.connect(source, block)
        blocks.append(block)
    net.connect(blocks[-1], net.add("Output"))
    net.connect(blocks[-2], net.add("Output"))
    return net


ALONE = """
import runpy, sys
import torch
from safetensors.torch import load_file, save_file

net = runpy.run_path("skip.py")["Skip"]()
net.load_state_dict(load_file("best.safetensors"))
save_file({"result": net.eval()(load_file("image.safetensors")["image"]).detach()}, "result.safetensors")
assert not {"graph", "backend", "gui"} & set(sys.modules)
"""


def test_an_exported_file_alone_computes_the_same_to_the_last_bit(tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    from backend import compile_network

    module, image = compile_network(skip()).eval(), torch.randn(3, 8, 16, 16)
    save_file(module.state_dict(), tmp_path / "best.safetensors")
    save_file({"image": image}, tmp_path / "image.safetensors")
    (tmp_path / "skip.py").write_text(generate_source(skip(), example=True).text, encoding="utf-8")
    subprocess.run([sys.executable, "-I", "-c", ALONE], cwd=tmp_path, check=True)
    with torch.no_grad():
        assert torch.equal(load_file(tmp_path / "result.safetensors")["result"], module(image))


def test_an_exported_file_runs_by_itself_with_weights_and_without(tmp_path):
    import torch
    from safetensors.torch import save_file

    from backend import compile_network

    module = compile_network(skip()).eval()
    save_file(module.state_dict(), tmp_path / "best.safetensors")
    (tmp_path / "skip.py").write_text(generate_source(skip(), example=True).text, encoding="utf-8")
    for arguments in ([], ["best.safetensors"]):
        command = [sys.executable, "-I", "skip.py", *arguments]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    with torch.no_grad():
        assert run.stdout.strip() == str(module(torch.zeros(1, 8, 16, 16)))


def test_only_what_is_used_is_imported():
    net = Network("Names")
    chain(
        net, net.add("Input", name="mytorch", shape=(4,)), net.add("Reshape", name="f", shape=(2, 2)), net.add("Output")
    )
    text = generate_source(net).text
    assert [line for line in text.split("\n") if "import" in line] == ["from torch import nn"]
    net.add("Concatenate", name="cat")
    net.connect("f", "cat")
    net.connect("cat", net.add("Output", name="more"))
    assert "import torch\nfrom torch import nn" in generate_source(net).text
