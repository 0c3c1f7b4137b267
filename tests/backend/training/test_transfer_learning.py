"""Transfer learning by `netloom train`, from project files to weights: what is frozen stays, and helps."""

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file

from backend.messages import Epoch, Failure, Start, State
from backend.probes.watching import Watching
from backend.run_folder import read_run
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training.control import Control
from backend.training.preparation import prepare, read_project
from backend.training.run import Run
from graph import DataSource, Document, Network, Recipe, save_project
from graph.edits import SetProperty
from graph.transfer import StartWeights
from gui.cli import main

BODY = ("conv1", "conv2", "fc1")
RECIPE = {"batch_size": 32, "learning_rate": 0.01, "device": "cpu", "validation": 0.3, "seed": 5}


def run(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Half of the digits by their names; the other half by which pair they are of: 0 and 1, 2 and 3, ..."""
    from sklearn.datasets import load_digits

    found = load_digits()
    home = tmp_path_factory.mktemp("transfer")
    half = np.random.default_rng(9).random(len(found.target)) < 0.5
    for name, rows, label in (("first", half, found.target), ("second", ~half, found.target // 2)):
        image = (found.images[rows] / 16).astype("float32")[:, None]
        np.savez(home / f"{name}.npz", image=image, label=label[rows].astype("int64"))
    return home


def network(classes):
    """Two convolutions and a bottleneck of eight numbers, through which chance alone tells little."""
    net = Network("Digits")
    last = net.add("Input", name="image", field="image")
    for kind, name, values in (
        ("Conv2d", "conv1", {"out_channels": 8, "kernel_size": 3}),
        ("ReLU", "relu1", {}),
        ("Conv2d", "conv2", {"out_channels": 12, "kernel_size": 3}),
        ("ReLU", "relu2", {}),
        ("MaxPool2d", "pool1", {"kernel_size": 2}),
        ("Flatten", "flatten1", {}),
        ("Linear", "fc1", {"out_features": 8}),
        ("Tanh", "tanh1", {}),
        ("Linear", "head", {"out_features": classes}),
    ):
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    label = net.add("Target", name="label", field="label")
    net.connect(last, net.add("Output", name="output"))
    for kind, name in (("CrossEntropyLoss", "loss"), ("Accuracy", "accuracy")):
        judge = net.add(kind, name=name)
        net.connect(last, judge, input="input")
        net.connect(label, judge, input="target")
    return net


def project(folder, name, data, classes, frozen=(), **recipe):
    """The path of a project file."""
    document = Document(network(classes), Recipe(data=DataSource(kind="npz", path=f"{data}.npz"), **RECIPE | recipe))
    if frozen:
        document.do(SetProperty(tuple(document.network.block(block).id for block in frozen), "frozen", True))
    save_project(document, folder / f"{name}.netloom")
    return folder / f"{name}.netloom"


def train(*arguments):
    """`netloom train`, which must do well; what it said."""
    result = CliRunner().invoke(main, ["train", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def execute():
    """A run in this process, for what is only compared with; its events."""
    writer = FrameWriter(new_prefix())

    def run(path, to, **more):
        events = []
        start = Start(project=path.read_text(), run_folder=str(to), base=str(path.parent), **more)
        Run(Control(), Watching(writer, events.append), events.append).execute(start)
        return events

    yield run
    writer.close()


@pytest.fixture(scope="module")
def pretrained(folder, execute):
    """The run of ten classes on the first half."""
    execute(project(folder, "first", "first", 10, epochs=24), folder / "runs" / "first")
    return folder / "runs" / "first"


def best(run_folder):
    """The best validation accuracy in a run's log."""
    return max(e.event.validation["accuracy"] for e in read_run(run_folder).events if isinstance(e.event, Epoch))


def bits(path):
    return {name: tensor.tobytes() for name, tensor in load_file(path).items()}


def test_a_frozen_backbone_with_a_new_head_learns_what_chance_cannot(folder, pretrained, execute):
    path = project(folder, "second", "second", 5, BODY, epochs=8, learning_rate=0.03)
    told = train(path, "--run", folder / "runs" / "second", "--from", pretrained)
    assert "weights of first: 6 of 8 tensors; other shape: head" in told
    execute(path, folder / "runs" / "chance")
    helped, chance = best(folder / "runs" / "second"), best(folder / "runs" / "chance")
    assert helped > 0.8 and helped > chance + 0.2, (helped, chance)
    before, after = bits(pretrained / "best.safetensors"), bits(folder / "runs" / "second" / "last.safetensors")
    assert sum(name.startswith(BODY) for name in before) == 6
    assert all(after[name] == before[name] for name in before if name.startswith(BODY))


def test_a_wider_head_keeps_every_other_weight_to_the_bit(folder, pretrained, monkeypatch):
    weights = tuple([StartWeights(path="runs/first")])
    path = project(folder, "wider", "first", 12, start_weights=weights)
    document = read_project(path.read_text())
    told = []
    start = Start(project="", run_folder="", base=str(folder))
    module = prepare(document, start, told.append).job.module
    assert "weights of first: 6 of 8 tensors; other shape: head" in told
    begun = {name: tensor.numpy().tobytes() for name, tensor in module.state_dict().items()}
    before = bits(pretrained / "best.safetensors")
    assert all(begun[name] == before[name] for name in before if name.startswith(BODY))
    assert module.head.weight.shape == (12, 8)


def failure(events):
    return next(event for event in events if isinstance(event, Failure))


def loading(events):
    return [event.text for event in events if isinstance(event, State) and event.text.startswith("weights of")]


def test_only_chosen_blocks_are_filled_and_blocks_that_are_gone_are_said(folder, pretrained, execute):
    ids = {block.name: block.id for block in network(10).blocks.values()}
    some = (StartWeights(path="runs/first", blocks=(ids["conv1"], "b999")),)
    path = project(folder, "some", "first", 10, start_weights=some, epochs=1, learning_rate=1e-9)
    events = execute(path, folder / "runs" / "some")
    assert loading(events) == ["weights of first: 2 of 8 tensors; conv2, fc1, head not asked for"]
    before, after = load_file(pretrained / "best.safetensors"), load_file(folder / "runs" / "some" / "last.safetensors")
    assert np.allclose(after["conv1.weight"], before["conv1.weight"], atol=1e-5)
    assert not np.allclose(after["conv2.weight"], before["conv2.weight"], atol=1e-2)
    gone = (StartWeights(path="runs/first", blocks=(ids["relu1"], "b999")),)
    events = execute(project(folder, "gone", "first", 10, start_weights=gone), folder / "runs" / "gone")
    assert failure(events).kind == "weights" and "gone or hold no weights" in failure(events).text


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (StartWeights(path="nowhere.pth"), "nowhere.pth: there is no such file"),
        (StartWeights(path="first.npz"), "no file of weights alone"),
        (
            StartWeights(path="runs/first", blocks=(network(5).block("head").id,)),
            "none of its weights fits the network",
        ),
        (StartWeights(path="runs/first", strict=True), "head.weight: other shape, 10 x 8 there, 5 x 8 here (1 more)"),
        (StartWeights(path="/etc/hostname"), "outside its folder"),
        (StartWeights(path="../other"), "outside its folder"),
    ],
)
def test_what_cannot_begin_a_run_fails_it_before_a_step(begins, words, folder, pretrained, execute, tmp_path):
    path = project(folder, "wrong", "second", 5, start_weights=(begins,))
    events = execute(path, tmp_path / "run")
    assert failure(events).kind == "weights" and words in failure(events).text
    assert not (tmp_path / "run" / "last.safetensors").exists()


def test_a_run_whose_weights_are_a_link_that_leads_outside_is_asked_about(folder, pretrained, execute, tmp_path):
    (tmp_path / "home" / "run").mkdir(parents=True)
    (tmp_path / "home" / "run" / "best.safetensors").symlink_to(pretrained / "best.safetensors")
    path = project(tmp_path / "home", "linked", "first", 10, start_weights=(StartWeights(path="run"),))
    np.savez(tmp_path / "home" / "first.npz", **np.load(folder / "first.npz"))
    failed = failure(execute(path, tmp_path / "1"))
    assert failed.kind == "weights" and "outside its folder" in failed.text
    assert loading(execute(path, tmp_path / "2", agreed=("run",), epochs=1))


def test_a_path_outside_is_read_once_it_was_agreed_to(folder, pretrained, execute, tmp_path):
    outside = str(pretrained / "best.safetensors")
    begins = (StartWeights(path=outside),)
    document = Document(network(10), Recipe(data=DataSource(kind="digits"), epochs=1, device="cpu"))
    document.recipe = document.recipe.having(start_weights=begins, data=DataSource(kind="digits", options={"size": 8}))
    save_project(document, tmp_path / "p.netloom")
    assert failure(execute(tmp_path / "p.netloom", tmp_path / "1")).kind == "weights"
    assert loading(execute(tmp_path / "p.netloom", tmp_path / "2", agreed=(outside,)))
    assert loading(execute(tmp_path / "p.netloom", tmp_path / "3", outside=True))


def test_a_resumed_run_does_not_begin_again(folder, pretrained, execute):
    path = project(folder, "twice", "first", 10, start_weights=(StartWeights(path="runs/first"),), epochs=1)
    to = folder / "runs" / "twice"
    assert loading(execute(path, to))
    events = execute(path, to, resume=True, epochs=2)
    assert not loading(events) and any("going on from step" in event.text for event in events if event.type == "state")


def test_what_is_frozen_keeps_its_statistics_too(folder, execute):
    net = network(10)
    norm = net.add("BatchNorm2d", name="norm1")
    wire = next(wire for wire in net.wires.values() if net.blocks[wire.target].name == "relu1")
    net.remove_wire(wire.id)
    net.connect("conv1", norm)
    net.connect(norm, "relu1")
    found = {}
    for frozen in (False, True):
        document = Document(net, Recipe(data=DataSource(kind="npz", path="first.npz"), **RECIPE | {"epochs": 1}))
        if frozen:
            document.do(SetProperty((norm.id,), "frozen", True))
        save_project(document, folder / "norm.netloom")
        execute(folder / "norm.netloom", folder / "runs" / f"norm {frozen}")
        found[frozen] = load_file(folder / "runs" / f"norm {frozen}" / "last.safetensors")
    assert found[False]["norm1.num_batches_tracked"] > 0 and found[True]["norm1.num_batches_tracked"] == 0
    assert not found[True]["norm1.running_mean"].any() and (found[True]["norm1.running_var"] == 1).all()
