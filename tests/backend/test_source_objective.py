"""The objective in generated source: losses, metrics, the default, and what they compare besides the outputs."""

import itertools
import re

import pytest

from backend import generate_source
from backend.source import SourceError
from graph import Field, Network


def chain(network, *blocks):
    for before, after in itertools.pairwise(blocks):
        network.connect(before, after)
    return network


def body(text, function="forward"):
    """The statements of a function, without their remarks."""
    found = text.split(f"def {function}(")[1].split("\n", 1)[1]
    lines = []
    for line in found.split("\n"):
        if not line.strip() or not line.startswith("    "):
            break
        lines.append(re.sub(r"\s+#.*", "", line.strip()))
    return lines


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
    net = classifier(loss=False, metric=False)
    net.remove("label")
    source = generate_source(net)
    assert "no single Output and Target" in source.no_objective and "objective" not in source.text


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


def test_without_an_output_every_value_compared_has_a_name_of_its_own():
    net = Network("States")
    rows, lstm = net.add("Input", name="rows", shape=(5, 3)), net.add("LSTM", name="lstm", hidden_size=3)
    net.connect(rows, lstm)
    for port, shape in (("output", (5, 3)), ("h_n", None)):
        mse = net.add("MSELoss", name=f"{port}_error")
        net.connect(lstm, mse, output=port, input="input")
        net.connect(rows if shape else lstm, mse, output="output" if shape else "c_n", input="target")
    text = generate_source(net).text
    assert "def objective(lstm, lstm_h_n, lstm_c_n, rows):" in text
    assert body(text)[-1] == "return lstm, lstm_h_n, lstm_c_n"


def test_a_default_that_does_not_fit_says_why_there_is_none():
    net = classifier(loss=False, metric=False)
    net.set("label", shape=None, dtype=None, field="label")
    fields = (Field(name="label", shape=(), dtype="int64", classes=("a", "b", "c", "d")),)
    source = generate_source(net, fields)
    assert (
        "# there is no loss, and CrossEntropyLoss between scores and label does not fit: the data have 4" in source.text
    )
    assert source.no_objective.startswith("there is no loss") and "def objective" not in source.text
