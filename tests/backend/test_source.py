"""Generated source: what it reads like, where its lines come from, and what becomes of broken drawings."""

import itertools
import re

import pytest

from backend import generate_source
from backend.source import SourceError
from graph import Field, Network, analyze


def chain(network, *blocks):
    for before, after in itertools.pairwise(blocks):
        network.connect(before, after)
    return network


def lenet():
    net = Network("LeNet")
    chain(
        net,
        net.add("Input", name="image", shape=(1, 32, 32)),
        net.add("Conv2d", name="conv1", out_channels=6, kernel_size=5),
        net.add("Tanh", name="tanh1"),
        net.add("AvgPool2d", name="pool1", kernel_size=2),
        net.add("Flatten", name="flatten"),
        net.add("Linear", name="fc1", out_features=10),
        net.add("Output", name="logits"),
    )
    return net


LENET = '''"""LeNet, drawn with Netloom."""

from torch import nn


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(kernel_size=2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(1176, 10)

    def forward(self, image):  # N x 1 x 32 x 32
        x = self.conv1(image)  # N x 6 x 28 x 28
        x = self.tanh1(x)      # N x 6 x 28 x 28
        x = self.pool1(x)      # N x 6 x 14 x 14
        x = self.flatten(x)    # N x 1176
        x = self.fc1(x)        # N x 10
        return x
'''


def body(text, function="forward"):
    """The statements of a function, without their remarks."""
    found = text.split(f"def {function}(")[1].split("\n", 1)[1]
    lines = []
    for line in found.split("\n"):
        if not line.strip() or not line.startswith("    "):
            break
        lines.append(re.sub(r"\s+#.*", "", line.strip()))
    return lines


def test_a_chain_reads_as_people_write_it():
    assert generate_source(lenet()).text == LENET


def test_the_text_is_the_same_for_the_same_drawing():
    assert str(generate_source(lenet())) == str(generate_source(lenet(), analysis=analyze(lenet()))) == LENET


def test_every_line_knows_its_block_and_every_block_its_lines():
    net = lenet()
    source = generate_source(net)
    lines = source.text.split("\n")
    for id, numbers in source.blocks.items():
        name = net.block(id).name
        if name not in ("logits", "image"):
            assert [name in lines[number - 1] for number in numbers] == [True, True]
            assert all(source.lines[number] == id for number in numbers)
    assert lines[source.blocks[net.block("logits").id][0] - 1].strip() == "return x"
    assert source.names[net.block("conv1").id] == "conv1"
    assert source.class_name == "LeNet"


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


def test_a_value_read_again_later_carries_its_blocks_name():
    assert body(generate_source(skip()).text) == [
        "x = self.conv1(image)",
        "relu1 = self.relu1(x)",
        "conv2 = self.conv2(relu1)",
        "x = self.shortcut(relu1)",
        "x = conv2 + x",
        "return x",
    ]


def test_hyperparameters_stand_only_where_they_differ_from_torch():
    text = generate_source(skip()).text
    assert "self.conv2 = nn.Conv2d(8, 8, kernel_size=3, padding=1, bias=False)" in text
    assert "self.shortcut = nn.Conv2d(8, 8, kernel_size=1)" in text
    assert "import torch\n" not in text and "as F" not in text


def test_recurrent_outputs_nobody_reads_are_underscores():
    net = Network("Rows")
    rows, lstm = net.add("Input", name="rows", shape=("T", 8)), net.add("LSTM", name="lstm", hidden_size=4)
    step, last = net.add("SelectStep", name="last"), net.add("SelectStep", name="top", dim=0)
    chain(net, rows, lstm, step, net.add("Output", name="out"))
    assert body(generate_source(net).text)[0] == "x, _ = self.lstm(rows)"
    net.connect(lstm, last, output="h_n")
    net.connect(last, net.add("Output", name="memory"))
    text = generate_source(net).text
    assert body(text) == [
        "x, (lstm_h_n, _) = self.lstm(rows)",
        "last = x[:, -1]",
        "top = lstm_h_n[-1]",
        "return last, top",
    ]
    assert "# N x T x 4, 1 x N x 4" in text


def test_an_input_called_input_is_x():
    net = Network("Plain")
    chain(net, net.add("Input", shape=(4,)), net.add("Linear", out_features=2), net.add("Output"))
    assert "def forward(self, x):" in generate_source(net).text


def test_an_argument_read_again_keeps_its_name():
    net = Network("Residual")
    x, fc, add = net.add("Input", name="x", shape=(4,)), net.add("Linear", name="fc", out_features=4), net.add("Add")
    chain(net, x, fc, add, net.add("Output"))
    net.connect(x, add)
    assert body(generate_source(net).text) == ["h = self.fc(x)", "h = h + x", "return h"]


def test_several_inputs_come_in_order_of_creation_even_if_one_is_idle():
    net = Network("Two")
    left, right = net.add("Input", name="left", shape=(4,)), net.add("Input", name="right", shape=(4,))
    net.add("Input", name="idle", shape=(1,))
    add = net.add("Add", name="both")
    net.connect(right, add)
    net.connect(left, add)
    net.connect(add, net.add("Output"))
    text = generate_source(net).text
    assert "def forward(self, left, right, idle):  # left: N x 4, right: N x 4, idle: N x 1" in text
    assert "x = right + left" in text
    assert "__init__" not in text


def test_without_output_and_loss_the_open_ends_are_returned():
    net = lenet()
    net.remove("logits")
    net.add("ReLU", name="relu")
    net.connect("tanh1", "relu")
    assert body(generate_source(net).text)[-1] == "return fc1, relu"


# Broken and unfinished drawings


def test_what_leads_nowhere_is_left_out_and_named():
    net = lenet()
    net.add("Dropout", name="dropout")
    net.add("Linear", name="spare", out_features=3)
    net.connect("flatten", "spare")
    text = generate_source(net).text
    assert "    # Drawn, but not connected to an output: dropout, spare\n" in text
    assert "self.spare" not in text and "self.dropout" not in text


def test_an_error_names_the_block_and_what_is_wrong():
    net = lenet()
    net.set("conv1", kernel_size=50)
    with pytest.raises(SourceError, match=r"LeNet cannot be written as source: conv1: .*50") as raised:
        generate_source(net)
    assert [name for name, _ in raised.value.problems] == ["conv1"]
    assert raised.value.block == net.block("conv1").id


def test_an_error_beside_the_way_to_the_output_does_not_matter():
    net = lenet()
    net.add("Linear", name="spare", out_features=3)
    net.connect("image", "spare")
    net.add("Conv2d", name="huge", out_channels=1, kernel_size=99)
    net.connect("image", "huge")
    assert "not connected to an output: spare, huge" in generate_source(net).text


@pytest.mark.parametrize("build", [lambda: Network("Empty"), lambda: _only_input()])
def test_nothing_to_compute_is_an_error_and_an_empty_page(build):
    with pytest.raises(SourceError, match="computes nothing yet"):
        generate_source(build())
    assert "pass" in generate_source(build(), partial=True).text


def _only_input():
    net = Network("Image")
    net.add("Input", name="image", shape=(1, 8, 8))
    return net


def test_a_drawing_in_progress_shows_what_is_valid_and_remarks_on_the_rest():
    net = lenet()
    net.set("pool1", kernel_size=40)
    source = generate_source(net, partial=True)
    lines = source.text.split("\n")
    assert "        x = self.conv1(image)  # N x 6 x 28 x 28" in lines
    remark = next(line for line in lines if "# pool1: " in line)
    assert "40" in remark
    assert "        # flatten: waits for pool1" in lines
    assert "        # logits: waits for fc1" in lines
    assert [line for line in body(source.text) if line[0] != "#"] == [
        "x = self.conv1(image)",
        "x = self.tanh1(x)",
        "return x",
    ]
    assert source.lines[lines.index(remark) + 1] == net.block("pool1").id


def test_every_prefix_of_a_drawing_has_a_page():
    net = Network("Growing")
    for block, type in (
        ("image", "Input"),
        ("conv", "Conv2d"),
        ("flat", "Flatten"),
        ("fc", "Linear"),
        ("out", "Output"),
    ):
        values = {"Input": {"shape": (1, 8, 8)}, "Conv2d": {"out_channels": 2, "kernel_size": 3}}
        net.add(type, name=block, **values.get(type, {"out_features": 2} if type == "Linear" else {}))
        generate_source(net, partial=True)
    for before, after in (("fc", "out"), ("image", "conv"), ("flat", "fc"), ("conv", "flat")):
        net.connect(before, after)
        text = generate_source(net, partial=True).text
    assert text == generate_source(net).text


def test_shapes_come_from_the_data_an_input_is_bound_to():
    net = Network("Bound")
    chain(net, net.add("Input", name="image", field="image"), net.add("Flatten"), net.add("Output"))
    source = generate_source(net, (Field(name="image", shape=(1, 8, 8)),))
    assert "def forward(self, image):    # N x 1 x 8 x 8" in source.text
    with pytest.raises(SourceError, match="image: the data have no field 'image'"):
        generate_source(net)


def test_an_input_may_be_the_output():
    net = Network("Wire")
    chain(net, net.add("Input", name="image", shape=(4,)), net.add("Output"))
    assert body(generate_source(net).text) == ["return image"]


def test_an_expression_too_deep_for_python_is_an_error_not_a_crash():
    net = Network("Deep")
    image, add = net.add("Input", name="image", shape=(4,)), net.add("Add")
    for _ in range(8000):
        net.connect(image, add)
    net.connect(add, net.add("Output"))
    with pytest.raises(SourceError, match="too deep for Python"):
        generate_source(net)
