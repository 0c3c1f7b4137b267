"""Generated source: what it reads like, where its lines come from, and that a formatter would leave it as it is."""

import itertools
import random
import re
import subprocess
import sys

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


# Losses and metrics


def classifier(loss=True, metric=True, softmax=False):
    net = Network("Classifier")
    point = net.add("Input", name="point", shape=(2,))
    label = net.add("Target", name="label", shape=(), dtype="int64")
    fc = net.add("Linear", name="fc", out_features=3)
    out = net.add("Output", name="scores")
    last = fc
    if softmax:
        last = net.add("Softmax", name="softmax")
        net.connect(fc, last)
    chain(net, point, fc)
    net.connect(last, out)
    if loss:
        ce = net.add("CrossEntropyLoss", name="ce")
        net.connect(fc, ce)
        net.connect(label, ce)
    if metric:
        accuracy = net.add("Accuracy", name="hits")
        net.connect(last, accuracy)
        net.connect(label, accuracy)
    return net


def test_the_objective_holds_the_loss_and_metrics_under_their_names():
    text = generate_source(classifier()).text
    assert text.endswith(
        "def objective(scores, label):\n"
        "    loss = F.cross_entropy(scores, label)\n"
        "    hits = (scores.argmax(dim=1) == label).float().mean()\n"
        '    return {"loss": loss, "hits": hits}\n'
    )


def test_without_a_loss_the_single_output_meets_the_single_target():
    assert body(generate_source(classifier(loss=False, metric=False)).text, "objective") == [
        "loss = F.cross_entropy(scores, label)",
        "accuracy = (scores.argmax(dim=1) == label).float().mean()",
        'return {"loss": loss, "accuracy": accuracy}',
    ]
    assert body(generate_source(classifier(loss=False)).text, "objective") == [
        "loss = F.cross_entropy(scores, label)",
        "hits = (scores.argmax(dim=1) == label).float().mean()",
        'return {"loss": loss, "hits": hits}',
    ]


def test_without_a_loss_values_are_compared_by_squares():
    net = Network("Regression")
    chain(net, net.add("Input", name="x", shape=(4,)), net.add("Linear", out_features=1), net.add("Output", name="y"))
    net.add("Target", name="price", shape=(1,), dtype="float32")
    assert body(generate_source(net).text, "objective") == ["loss = F.mse_loss(y, price)", 'return {"loss": loss}']


def test_without_any_target_there_is_no_objective():
    source = generate_source(lenet())
    assert not source.has_objective and "objective" not in source.text


def test_several_losses_are_added_up():
    net = Network("Autoencoder")
    image, fc = net.add("Input", name="image", shape=(4,)), net.add("Linear", name="fc", out_features=4)
    chain(net, image, fc, net.add("Output", name="copy"))
    for type, name in (("MSELoss", "squares"), ("L1Loss", "loss")):
        net.add(type, name=name)
        net.connect(fc, name, input="input")
        net.connect(image, name, input="target")
    text = generate_source(net).text
    assert "def objective(copy, image):" in text
    assert body(text, "objective") == [
        "squares = F.mse_loss(copy, image)",
        "loss_ = F.l1_loss(copy, image)",
        "loss = squares + loss_",
        'return {"loss": loss, "squares": squares, "loss_": loss_}',
    ]


def test_a_loss_before_the_output_shares_one_computation():
    source = generate_source(classifier(softmax=True))
    assert body(source.text) == ["return self.compute(point)[0]"]
    assert body(source.text, "compute") == ["fc = self.fc(point)", "softmax = self.softmax(fc)", "return softmax, fc"]
    assert "def objective(scores, fc, label):" in source.text
    assert [port for _, port in source.compared] == ["output"]


def test_layers_between_a_target_and_a_loss_join_the_objective():
    net = Network("Segmentation")
    image, mask = net.add("Input", name="image", shape=(1, 4, 4)), net.add("Target", name="mask", shape=(1, 4, 4))
    net.set(mask, dtype="int64")
    conv = net.add("Conv2d", name="conv", out_channels=3, kernel_size=1)
    flat, ce = net.add("Reshape", name="flat", shape=(4, 4)), net.add("CrossEntropyLoss", name="ce")
    chain(net, image, conv, net.add("Output", name="scores"))
    net.connect(conv, ce, input="input")
    chain(net, mask, flat)
    net.connect(flat, ce, input="target")
    assert body(generate_source(net).text, "objective") == [
        "flat = mask.reshape(mask.shape[0], 4, 4)",
        "loss = F.cross_entropy(scores, flat)",
        'return {"loss": loss}',
    ]


def test_without_an_output_the_losses_inputs_are_returned():
    net = classifier()
    net.remove("scores")
    assert body(generate_source(net).text) == ["x = self.fc(point)", "return x"]
    assert "def objective(fc, label):" in generate_source(net).text


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


def test_an_output_that_sees_the_target_is_refused():
    net = classifier(loss=False, metric=False)
    net.add("Add", name="sum")
    net.remove("scores")
    net.add("Target", name="truth", shape=(3,), dtype="float32")
    net.connect("fc", "sum")
    net.connect("truth", "sum")
    net.connect("sum", net.add("Output", name="out"))
    with pytest.raises(SourceError, match="out: it depends on a Target"):
        generate_source(net)


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


def test_a_broken_loss_is_remarked_on_where_it_would_stand():
    net = classifier()
    net.add("L1Loss", name="sparse")
    text = generate_source(net, partial=True).text
    assert "    # sparse: its input 'input' is not connected\n    return" in text
    net = Network("Bare")
    net.add("MSELoss", name="mse")
    assert "\n\n\n# mse: its input 'input' is not connected\n" in generate_source(net, partial=True).text


def test_a_module_between_a_target_and_a_loss_is_refused_with_advice():
    net = classifier()
    net.remove("ce")
    net.add("Target", name="mask", shape=(1, 3), dtype="float32")
    net.add("L1Loss", name="l1")
    chain(net, net.block("mask"), net.add("Flatten", name="flat"))
    net.connect("fc", "l1")
    net.connect("flat", "l1")
    with pytest.raises(SourceError, match=r"flat: it stands between a Target and a loss, .* Reshape"):
        generate_source(net)
    assert "# flat: it stands" in generate_source(net, partial=True).text


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


# Form


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


@pytest.mark.parametrize(
    "build",
    [lenet, skip, classifier, lambda: classifier(softmax=True), long_names, lambda: random_network(3), _only_input],
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


def test_the_example_loads_weights_and_runs(tmp_path):
    import torch
    from safetensors.torch import save_file

    from backend import compile_network

    net = skip()
    module = compile_network(net).eval()
    save_file(module.state_dict(), tmp_path / "best.safetensors")
    (tmp_path / "skip.py").write_text(generate_source(net, example=True).text)
    run = subprocess.run(
        [sys.executable, "skip.py", "best.safetensors"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    with torch.no_grad():
        assert run.stdout.strip() == str(module(torch.zeros(1, 8, 16, 16)))
