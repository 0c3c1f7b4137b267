"""Writes systems of the lectures with losses of their own: `python -m examples.build_lectures`; tests hold them to it.

Each trains within a minute on data that ship with Netloom, by `netloom train` as in the window.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from backend.data import describe
from examples.build import chain, classify, on_data
from graph import DataSource, Document, Network, save_project
from graph.network import Block
from graph.objective import LossShare, Objective
from graph.transfer import StartWeights

FOLDER = Path(__file__).parent / "lectures"
DIGITS = StartWeights(path="digits.safetensors")
ALICE = DataSource(kind="alice", options={"step": 32})  # windows that share no letter: none is seen and held out


def variational_autoencoder() -> Document:
    """Digits through a normal distribution of eight numbers and back. Kingma and Welling, 2013."""
    net = Network("VAE")
    image = net.add("Input", name="image", field="image")
    hidden = chain(
        net,
        image,
        ("Flatten", "flatten", {}),
        ("Linear", "encoder", {"out_features": 128}),
        ("ReLU", "relu1", {}),
    )
    mean = chain(net, hidden, ("Linear", "mean", {"out_features": 8}))
    log_variance = chain(net, hidden, ("Linear", "log_variance", {"out_features": 8}))
    sample = net.add("Reparameterize", name="sample")
    divergence = net.add("KLNormalLoss", name="divergence", beta=1 / 64)  # the other loss is a mean of 64 pixels
    for block in (sample, divergence):
        net.connect(mean, block, input="mean")
        net.connect(log_variance, block, input="log_variance")
    logits = chain(
        net,
        sample,
        ("Linear", "decoder", {"out_features": 128}),
        ("ReLU", "relu2", {}),
        ("Linear", "pixels", {"out_features": 64}),
        ("Reshape", "logits", {"shape": (1, 8, 8)}),
    )
    compare(net, "BCEWithLogitsLoss", "reconstruction", logits, image)
    net.connect(chain(net, logits, ("Sigmoid", "picture", {})), net.add("Output", name="output"))
    return on_data(net, DataSource(kind="digits"), epochs=40, learning_rate=2e-3)


def generative_adversarial_network() -> Document:
    """A generator that learns eight spots on a ring from a critic that learns to tell. Goodfellow et al., 2014."""
    net = Network("GAN")
    noise = net.add("Input", name="noise", field="noise")
    point = net.add("Input", name="point", field="point")
    fake = chain(
        net,
        noise,
        ("Linear", "g1", {"out_features": 64}),
        ("ReLU", "g_relu1", {}),
        ("Linear", "g2", {"out_features": 64}),
        ("ReLU", "g_relu2", {}),
        ("Linear", "fake", {"out_features": 2}),
    )
    real_score = _critic(net, point, "d")
    fake_score = _critic(net, fake, "again", reuses="d")
    as_real = value(net, chain(net, real_score, ("LogSigmoid", "says_real", {})), "real_is_real", -1.0)
    as_fake = value(net, chain(net, fake_score, ("Softplus", "says_not_fake", {})), "fake_is_fake", 1.0)
    fooled = value(net, chain(net, fake_score, ("LogSigmoid", "says_fake_real", {})), "fake_is_real", -1.0)
    net.connect(fake, net.add("Output", name="output"))
    objectives = (
        Objective(name="critic", losses=(share(as_real), share(as_fake)), trains=ids(net, "d1", "d2", "d3")),
        Objective(name="generator", losses=(share(fooled),), trains=ids(net, "g1", "g2", "fake")),
    )
    source = DataSource(kind="gaussian_ring", options={"noise_size": 8, "samples": 2000})
    return on_data(
        net,
        source,
        epochs=250,
        batch_size=128,
        learning_rate=2e-3,
        averaging="ema",
        objectives=objectives,
        optimizer_arguments={"beta1": 0.5},
        validation=0.1,
    )


def multi_task() -> Document:
    """One trunk that names a digit and draws it again; what each task counts is learned. Kendall et al., 2018."""
    net = Network("MultiTask")
    image = net.add("Input", name="image", field="image")
    label = net.add("Target", name="label", field="label")
    trunk = chain(
        net,
        image,
        ("Flatten", "flatten", {}),
        ("Linear", "trunk", {"out_features": 96}),
        ("ReLU", "relu1", {}),
    )
    scores = chain(net, trunk, ("Linear", "scores", {"out_features": 10}))
    drawn = chain(
        net,
        trunk,
        ("Linear", "draw", {"out_features": 64}),
        ("Sigmoid", "squeeze", {}),
        ("Reshape", "drawn", {"shape": (1, 8, 8)}),
    )
    net.connect(scores, net.add("Output", name="digit"))
    net.connect(drawn, net.add("Output", name="picture"))
    compare(net, "CrossEntropyLoss", "naming", scores, label)
    compare(net, "MSELoss", "drawing", drawn, image)
    compare(net, "Accuracy", "accuracy", scores, label)
    both = Objective(name="both", weighting="learned")
    return on_data(net, DataSource(kind="digits"), epochs=30, learning_rate=3e-3, objectives=(both,))


def regression() -> Document:
    """How far diabetes advances in a year, from ten measures: numbers in, a number out, squared error."""
    net = Network("Regression")
    features = net.add("Input", name="features", field="features")
    target = net.add("Target", name="target", field="target")
    answer = chain(
        net,
        features,
        ("Linear", "fc1", {"out_features": 32}),
        ("ReLU", "relu1", {}),
        ("Dropout", "drop1", {"p": 0.2}),
        ("Linear", "answer", {"out_features": 1}),
    )
    net.connect(answer, net.add("Output", name="output"))
    compare(net, "MSELoss", "loss", answer, target)
    return on_data(net, DataSource(kind="diabetes"), epochs=200, learning_rate=3e-3, patience=30)


def language_model() -> Document:
    """An LSTM that reads Alice in Wonderland letter by letter and says which comes next; `netloom sample` writes on."""
    net = Network("LanguageModel")
    text = net.add("Input", name="text", field="text")
    following = net.add("Target", name="next", field="next")
    letters = len(describe(ALICE)[0].classes)
    scores = chain(
        net,
        text,
        ("Embedding", "letters", {"num_embeddings": letters, "embedding_dim": 32}),
        ("LSTM", "lstm", {"hidden_size": 128}),
        ("Linear", "scores", {"out_features": letters}),
    )
    net.connect(scores, net.add("Output", name="output"))
    by_class = chain(net, scores, ("Permute", "classes_first", {"dims": (0, 2, 1)}))
    compare(net, "CrossEntropyLoss", "loss", by_class, following)
    compare(net, "Accuracy", "accuracy", by_class, following)
    return on_data(net, ALICE, epochs=60, batch_size=16, learning_rate=5e-3, clip_norm=1.0, patience=12, monitor="loss")


def segmentation() -> Document:
    """A small U-Net that colours every pixel: background, circle or square. Ronneberger et al., 2015."""
    net = Network("UNet")
    image = net.add("Input", name="image", field="image")
    mask = net.add("Target", name="mask", field="mask")
    fine = chain(net, image, *_twice("down1", 8))
    coarse = chain(net, fine, ("MaxPool2d", "pool1", {"kernel_size": 2}), *_twice("down2", 16))
    coarsest = chain(net, coarse, ("MaxPool2d", "pool2", {"kernel_size": 2}), *_twice("bottom", 32))
    up2 = chain(net, coarsest, ("ConvTranspose2d", "up2", {"out_channels": 16, "kernel_size": 2, "stride": 2}))
    joined = chain(net, _joined(net, "join2", coarse, up2), *_twice("right2", 16))
    up1 = chain(net, joined, ("ConvTranspose2d", "up1", {"out_channels": 8, "kernel_size": 2, "stride": 2}))
    scores = chain(
        net,
        _joined(net, "join1", fine, up1),
        *_twice("right1", 8),
        ("Conv2d", "scores", {"out_channels": 3, "kernel_size": 1}),
    )
    net.connect(scores, net.add("Output", name="output"))
    compare(net, "CrossEntropyLoss", "loss", scores, mask)
    compare(net, "Accuracy", "accuracy", scores, mask)
    return on_data(net, DataSource(kind="shapes"), epochs=8, batch_size=16, learning_rate=5e-3)


def adversarial_noise() -> Document:
    """One faint picture that, added to any digit, misleads a trained network: the input learns, the weights do not."""
    net = Network("AdversarialNoise")
    image = net.add("Input", name="image", field="image")
    label = net.add("Target", name="label", field="label")
    noise = net.add("Parameter", name="noise", shape=(1, 8, 8), std=0.0)
    faint = chain(net, noise, ("Hardtanh", "faint", {"min_val": -0.25, "max_val": 0.25}))
    disturbed = net.add("Add", name="disturbed")
    net.connect(image, disturbed)
    net.connect(faint, disturbed)
    scores = _trained_digits(net, disturbed)
    net.connect(scores, net.add("Output", name="output"))
    loss = compare(net, "CrossEntropyLoss", "loss", scores, label)
    compare(net, "Accuracy", "accuracy", scores, label)
    mislead = Objective(name="mislead", losses=(LossShare(loss=loss.id, weight=-1.0),), trains=ids(net, "noise"))
    return on_data(
        net,
        DataSource(kind="digits"),
        epochs=10,
        learning_rate=0.02,
        objectives=(mislead,),
        start_weights=(DIGITS,),
        monitor="mislead",
    )


def activation_maximisation() -> Document:
    """The picture a trained network would most surely call a three, found by its gradient. Erhan et al., 2009."""
    net = Network("Dream")
    image = net.add("Input", name="image", field="image")
    picture = net.add("Parameter", name="picture", shape=(1, 8, 8))
    net.connect(image, picture, input="like")
    scores = _trained_digits(net, chain(net, picture, ("Sigmoid", "pixels", {})))
    net.connect(chain(net, scores, ("Softmax", "probabilities", {})), net.add("Output", name="output"))
    three = chain(net, scores, ("LogSoftmax", "log", {}), ("Slice", "three", {"start": 3, "end": 4}))
    value(net, three, "be_a_three", -1.0)
    return on_data(net, DataSource(kind="digits"), epochs=10, learning_rate=0.02, start_weights=(DIGITS,))


LECTURES = (
    variational_autoencoder,
    generative_adversarial_network,
    multi_task,
    regression,
    language_model,
    segmentation,
    adversarial_noise,
    activation_maximisation,
)


def _trained_digits(net: Network, source: Block) -> Block:
    """A classifier of digits whose weights are there and stay as they are; its scores."""
    last = chain(
        net,
        source,
        ("Flatten", "flatten", {}),
        ("Linear", "fc1", {"out_features": 64}),
        ("ReLU", "relu1", {}),
        ("Linear", "scores", {"out_features": 10}),
    )
    for name in ("fc1", "scores"):
        block = net.block(name)
        net.replace_block(block.having(frozen=True, silenced=frozenset({"frozen_in_between"})))
    return last


def write_digits(folder: Path) -> None:
    """Train the classifier that others look at, and keep its weights."""
    net = Network("Digits")
    classify(net, _trained_digits(net, net.add("Input", name="image", field="image")))
    for name in ("fc1", "scores"):
        net.replace_block(net.block(name).having(frozen=False, silenced=frozenset()))
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "digits.netloom"
        save_project(on_data(net, DataSource(kind="digits"), epochs=30, learning_rate=3e-3), project)
        run = Path(place) / "run"
        command = [sys.executable, "-m", "gui.cli", "train", str(project), "--run", str(run), "--device", "cpu"]
        subprocess.run(command, check=True)
        shutil.copy(run / "best.safetensors", folder / DIGITS.path)


def _twice(name: str, channels: int) -> tuple:
    """Two convolutions that keep the size, normalized and bent."""
    return tuple(
        one
        for i in (1, 2)
        for one in (
            ("Conv2d", f"{name}_conv{i}", {"out_channels": channels, "kernel_size": 3, "padding": 1, "bias": False}),
            ("BatchNorm2d", f"{name}_norm{i}", {}),
            ("ReLU", f"{name}_relu{i}", {}),
        )
    )


def _joined(net: Network, name: str, *sources: Block) -> Block:
    """Channels of several behind one another."""
    join = net.add("Concatenate", name=name)
    for source in sources:
        net.connect(source, join)
    return join


def _critic(net: Network, source: Block, prefix: str, reuses: str | None = None) -> Block:
    """Three layers that give a point a score; with `reuses` they are another critic's, called again."""
    last = chain(
        net,
        source,
        ("Linear", f"{prefix}1", {"out_features": 64}),
        ("LeakyReLU", f"{prefix}_relu1", {"negative_slope": 0.2}),
        ("Linear", f"{prefix}2", {"out_features": 64}),
        ("LeakyReLU", f"{prefix}_relu2", {"negative_slope": 0.2}),
        ("Linear", f"{prefix}3", {"out_features": 1}),
    )
    if reuses is not None:
        for number in "123":
            block = net.block(prefix + number)
            net.replace_block(block.having(reuses=net.block(reuses + number).id))
    return last


def compare(net: Network, kind: str, name: str, answer: Block, truth: Block, **values) -> Block:
    """A loss or metric between an answer and the truth."""
    judge = net.add(kind, name=name, **values)
    net.connect(answer, judge, input="input")
    net.connect(truth, judge, input="target")
    return judge


def value(net: Network, source: Block, name: str, weight: float) -> Block:
    """A value that is a loss itself."""
    loss = net.add("ValueAsLoss", name=name, weight=weight)
    net.connect(source, loss)
    return loss


def ids(net: Network, *names: str) -> tuple[str, ...]:
    return tuple(net.block(name).id for name in names)


def share(loss: Block) -> LossShare:
    return LossShare(loss=loss.id)


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    if not (folder / DIGITS.path).exists():
        write_digits(folder)
    for make in LECTURES:
        save_project(make(), folder / f"{make.__name__}.netloom")


if __name__ == "__main__":
    main()
