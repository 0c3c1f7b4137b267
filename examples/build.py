"""Writes the example projects: `python -m examples.build`. A test holds the files against what this writes."""

from __future__ import annotations

from pathlib import Path

from backend.data import describe
from graph import DataSource, Document, Network, Recipe, save_project
from graph.layout import layout

BLOCK_SIZE = (200.0, 76.0)  # about what the canvas draws; enough to place rows


def lenet_digits() -> Document:
    """LeNet as it is drawn today (ReLU, max pooling) on scikit-learn's handwritten digits, enlarged to 32 x 32."""
    net = Network("LeNet")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Conv2d", "conv1", {"out_channels": 6, "kernel_size": 5}),
        ("ReLU", "relu1", {}),
        ("MaxPool2d", "pool1", {"kernel_size": 2}),
        ("Conv2d", "conv2", {"out_channels": 16, "kernel_size": 5}),
        ("ReLU", "relu2", {}),
        ("MaxPool2d", "pool2", {"kernel_size": 2}),
        ("Flatten", "flatten", {}),
        ("Linear", "fc1", {"out_features": 120}),
        ("ReLU", "relu3", {}),
        ("Linear", "fc2", {"out_features": 84}),
        ("ReLU", "relu4", {}),
        ("Linear", "fc3", {"out_features": 10}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="digits", options={"size": 32}), epochs=60, learning_rate=1e-3)


def lenet5() -> Document:
    """LeNet-5 of LeCun et al. (1998) with a fully connected second layer: tanh, average pooling, 61,706 parameters."""
    net = Network("LeNet5")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Conv2d", "c1", {"out_channels": 6, "kernel_size": 5}),
        ("Tanh", "tanh1", {}),
        ("AvgPool2d", "s2", {"kernel_size": 2}),
        ("Conv2d", "c3", {"out_channels": 16, "kernel_size": 5}),
        ("Tanh", "tanh2", {}),
        ("AvgPool2d", "s4", {"kernel_size": 2}),
        ("Flatten", "flatten", {}),
        ("Linear", "f5", {"out_features": 120}),
        ("Tanh", "tanh3", {}),
        ("Linear", "f6", {"out_features": 84}),
        ("Tanh", "tanh4", {}),
        ("Linear", "scores", {"out_features": 10}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="digits", options={"size": 32}), epochs=60, learning_rate=1e-3)


def mlp_spirals() -> Document:
    """A multilayer perceptron that untangles two spirals."""
    net = Network("SpiralMLP")
    point = net.add("Input", name="point", field="point")
    last = chain(
        net,
        point,
        ("Linear", "fc1", {"out_features": 64}),
        ("Tanh", "tanh1", {}),
        ("Linear", "fc2", {"out_features": 64}),
        ("Tanh", "tanh2", {}),
        ("Linear", "fc3", {"out_features": 2}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="spirals"), epochs=150, learning_rate=5e-3)


def lstm_rows() -> Document:
    """An LSTM that reads a digit row by row, eight steps of eight pixels, and answers after the last."""
    net = Network("RowReader")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Reshape", "rows", {"shape": (8, 8)}),
        ("LSTM", "lstm", {"hidden_size": 64}),
        ("SelectStep", "last_step", {}),
        ("Linear", "scores", {"out_features": 10}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="digits"), epochs=25, learning_rate=5e-3)


EXAMPLES = (lenet_digits, lenet5, mlp_spirals, lstm_rows)


def chain(net: Network, last, *blocks):
    """Blocks one after the other; the last of them."""
    for kind, name, values in blocks:
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    return last


def classify(net: Network, scores) -> None:
    """The answer, what it should be, and how far apart they are."""
    label = net.add("Target", name="label", field="label")
    output = net.add("Output", name="output")
    loss = net.add("CrossEntropyLoss", name="loss")
    accuracy = net.add("Accuracy", name="accuracy")
    net.connect(scores, output)
    for judge in (loss, accuracy):
        net.connect(scores, judge, input="input")
        net.connect(label, judge, input="target")


def on_data(net: Network, source: DataSource, **recipe) -> Document:
    """The network laid out, with a recipe on this data."""
    source = source.model_copy(update={"fields": tuple(describe(source, None))})
    net.positions.update(layout(net, dict.fromkeys(net.blocks, BLOCK_SIZE)))
    return Document(net, Recipe(data=source, **recipe))


def main(folder: Path = Path(__file__).parent) -> None:
    for make in EXAMPLES:
        save_project(make(), folder / f"{make.__name__}.netloom")


if __name__ == "__main__":
    main()
