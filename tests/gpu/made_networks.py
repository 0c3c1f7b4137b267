"""Networks of the size of their trade, with made-up data: ResNet-18 and VGG-11 on 32 x 32 pictures, and an LSTM."""

import numpy as np

from backend.data import describe
from graph import Document, Network, ready_modules
from graph.data_source import DataSource
from graph.recipe import Recipe
from graph.sketch import Sketch

CLASSES = 10


def resnet18(sketch):
    """He et al. 2016 in the form for small pictures: a first convolution of 3 x 3 and no pooling after it."""
    ready_modules.add(sketch.network, "BasicStage")
    sketch.add("Input", "image", shape=(3, 32, 32), field="image")
    sketch.conv("conv1", 64, 3, padding=1, relu="relu")
    sketch.add("BasicBlock", "stage1", channels=64, repeat=2)
    for index in (1, 2, 3):
        sketch.add("BasicStage", f"stage{index + 1}", channels=64 * 2**index, blocks=2)
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=1)
    sketch.add("Flatten", "flatten")


def vgg11(sketch):
    """Simonyan and Zisserman 2015, configuration A with batch normalization and one linear layer."""
    sketch.add("Input", "image", shape=(3, 32, 32), field="image")
    for stage, (channels, count) in enumerate(((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)), 1):
        for at in range(1, count + 1):
            sketch.conv(f"conv{stage}_{at}", channels, 3, padding=1, relu=f"relu{stage}_{at}")
        sketch.add("MaxPool2d", f"pool{stage}", kernel_size=2)
    sketch.add("Flatten", "flatten")


def lstm(sketch):
    """Two layers of 512 over 64 steps of 64 numbers."""
    sketch.add("Input", "sequence", shape=(64, 64), field="sequence")
    sketch.add("LSTM", "lstm", hidden_size=512, num_layers=2)
    sketch.add("Select", "last", dim=1, index=-1)


NETWORKS = {"ResNet-18": resnet18, "VGG-11": vgg11, "LSTM": lstm}


def made_data(folder, name, count):
    """An NPZ file with so many random samples for the network."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, count)
    if name == "LSTM":
        arrays = {"sequence": generator.standard_normal((count, 64, 64), np.float32), "label": labels}
    else:
        arrays = {"image": generator.integers(0, 256, (count, 32, 32, 3), np.uint8), "label": labels}
    path = folder / f"{name}.npz"
    np.savez(path, **arrays)
    return path


def document(folder, name, count, **recipe):
    """The network with its data and a recipe, ready to train."""
    net = Network(name.replace("-", ""))
    sketch = Sketch(net)
    NETWORKS[name](sketch)
    last = sketch.add("Linear", "scores", out_features=CLASSES)
    label = net.add("Target", name="label", field="label")
    net.connect(last, net.add("Output", name="output"))
    for kind, called in (("CrossEntropyLoss", "loss"), ("Accuracy", "accuracy")):
        judge = net.add(kind, name=called)
        net.connect(last, judge, input="input")
        net.connect(label, judge, input="target")
    data = DataSource(kind="npz", path=str(made_data(folder, name, count)))
    data = data.model_copy(update={"fields": tuple(describe(data))})
    return Document(net, Recipe(data=data, validation=0.2, optimizer="Adam", learning_rate=1e-3, **recipe))
