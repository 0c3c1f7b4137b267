"""Writes the projects that new ones begin from: `python -m examples.build_templates`. A test holds the files to it.

Small, trained within a minute on data that ship with Netloom, and named so that every block is easily replaced.
"""

from __future__ import annotations

from pathlib import Path

from examples.build import chain, classify, on_data
from graph import DataSource, Document, Network, save_project

FOLDER = Path(__file__).parent / "templates"


def image_classifier() -> Document:
    """Two convolutions with batch normalization, then a linear layer, on handwritten digits of 8 x 8."""
    net = Network("ImageClassifier")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Conv2d", "conv1", {"out_channels": 16, "kernel_size": 3, "padding": 1, "bias": False}),
        ("BatchNorm2d", "norm1", {}),
        ("ReLU", "relu1", {}),
        ("MaxPool2d", "pool1", {"kernel_size": 2}),
        ("Conv2d", "conv2", {"out_channels": 32, "kernel_size": 3, "padding": 1, "bias": False}),
        ("BatchNorm2d", "norm2", {}),
        ("ReLU", "relu2", {}),
        ("AdaptiveAvgPool2d", "pool2", {"output_size": 2}),
        ("Flatten", "flatten", {}),
        ("Linear", "scores", {"out_features": 10}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="digits"), epochs=20, learning_rate=3e-3)


def sequence_classifier() -> Document:
    """A GRU that reads a digit as eight steps of eight values and answers after the last step."""
    net = Network("SequenceClassifier")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Reshape", "steps", {"shape": (8, 8)}),
        ("GRU", "gru", {"hidden_size": 48}),
        ("SelectStep", "last_step", {}),
        ("Linear", "scores", {"out_features": 10}),
    )
    classify(net, last)
    return on_data(net, DataSource(kind="digits"), epochs=25, learning_rate=5e-3)


def autoencoder() -> Document:
    """Sixty-four pixels through eight numbers and back; the image itself is the target."""
    net = Network("Autoencoder")
    image = net.add("Input", name="image", field="image")
    last = chain(
        net,
        image,
        ("Flatten", "flatten", {}),
        ("Linear", "encode1", {"out_features": 32}),
        ("ReLU", "relu1", {}),
        ("Linear", "code", {"out_features": 8}),
        ("ReLU", "relu2", {}),
        ("Linear", "decode1", {"out_features": 32}),
        ("ReLU", "relu3", {}),
        ("Linear", "decode2", {"out_features": 64}),
        ("Sigmoid", "sigmoid", {}),
        ("Reshape", "reshape", {"shape": (1, 8, 8)}),
    )
    target = net.add("Target", name="original", field="image")
    output = net.add("Output", name="output")
    loss = net.add("MSELoss", name="loss")
    net.connect(last, output)
    net.connect(last, loss, input="input")
    net.connect(target, loss, input="target")
    return on_data(net, DataSource(kind="digits"), epochs=30, learning_rate=3e-3)


TEMPLATES = (image_classifier, sequence_classifier, autoencoder)


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    for make in TEMPLATES:
        path = folder / f"{make.__name__}.netloom"
        save_project(make(), path)
        path.with_name(path.name + ".bak").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
