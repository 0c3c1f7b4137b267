"""One run in this process: what only a rigged network or a rigged disk can bring about."""

import errno
import json

import pytest
import torch

from backend import run_folder
from backend.messages import Epoch, Failure, Finished, Start, State
from backend.probes.watching import Watching
from backend.run_folder import read_run
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training import preparation
from backend.training.control import Control
from backend.training.run import Run
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json


def project(**recipe):
    net = Network("Net")
    image = net.add("Input", name="point", field="point")
    fc1 = net.add("Linear", name="fc1", out_features=8)
    act = net.add("ReLU", name="relu1")
    fc2 = net.add("Linear", name="fc2", out_features=2)
    output = net.add("Output", name="output")
    net.add("Target", name="label", field="label")
    for a, b in ((image, fc1), (fc1, act), (act, fc2), (fc2, output)):
        net.connect(a, b)
    settings = {"epochs": 2, "batch_size": 64, "device": "cpu", **recipe}
    return to_json(Document(net, Recipe(data=DataSource(kind="xor"), **settings)))


@pytest.fixture
def execute(tmp_path):
    writer = FrameWriter(new_prefix())

    def run(text, folder="run"):
        events = []
        Run(Control(), Watching(writer, events.append), events.append).execute(
            Start(project=text, run_folder=str(tmp_path / folder))
        )
        return events

    yield run
    writer.close()


@pytest.fixture
def rig(monkeypatch):
    """Change the compiled program before it is trained."""

    def change(**changes):
        compiled = preparation.compile_program

        def compile_program(*arguments):
            program = compiled(*arguments)
            for name, make in changes.items():
                object.__setattr__(program, name, make(program))
            return program

        monkeypatch.setattr(preparation, "compile_program", compile_program)

    return change


def failure(events):
    [found] = [event for event in events if isinstance(event, Failure)]
    return found


def test_a_network_without_losses_trains_with_the_default_objective(execute, tmp_path):
    events = execute(project())
    assert isinstance(events[-1], Finished)
    assert events[-1].best.keys() == {"loss", "accuracy"}


def test_out_of_memory_advises_a_batch_size_that_was_tried(execute, rig):
    def limited(program):
        inner = program.objective

        def objective(logits, label):
            if len(label) > 20:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
            return inner(logits, label)

        return objective

    rig(objective=limited)
    told = failure(execute(project()))
    assert told.kind == "out_of_memory"
    assert "batch_size 64 does not fit; 16 was tried and does" in told.text
    assert told.batch_size == 16 and "were taken at most" in told.text


def test_an_error_in_the_generated_text_is_told_on_its_block(execute, rig):
    def broken(program):
        module = program.module
        module.fc2 = torch.nn.Linear(9, 2)
        return module

    rig(module=broken)
    told = failure(execute(project()))
    assert (told.kind, told.block) == ("network", "b4")
    assert told.text.startswith("fc2 (Linear) failed while running: mat1 and mat2")
    assert "Traceback" in told.detail


def test_an_error_of_ours_is_told_with_its_traceback(execute, rig):
    rig(objective=lambda _: "no function")
    told = failure(execute(project()))
    assert told.kind == "internal" and "Traceback" in told.detail


def test_a_full_disk_is_told_once_and_the_run_goes_on(execute, monkeypatch, tmp_path):
    append, written = run_folder.RunFolder.append, []

    def limited(self, event):
        written.append(event)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, event)

    monkeypatch.setattr(run_folder.RunFolder, "append", limited)
    events = execute(project(epochs=5))
    told = failure(events)
    assert told.kind == "run_folder" and "No space left" in told.text and str(tmp_path / "run") in told.text
    assert len([event for event in events if isinstance(event, Epoch)]) == 5
    assert isinstance(events[-1], Finished)
    assert read_run(tmp_path / "run").manifest is None


def test_a_network_without_parameters_is_refused(execute):
    document = json.loads(project())
    for block in document["blocks"]:
        if block["type"] == "Linear":
            block["type"], block["hyperparameters"] = "Tanh", {}
    told = failure(execute(json.dumps(document)))
    assert (told.kind, told.text.split(":")[0]) == ("network", "the network has no learnable parameters")


def test_states_tell_the_story(execute):
    states = [event.state for event in execute(project()) if isinstance(event, State)]
    assert states[-2:] == ["training", "finished"] and set(states[:-2]) == {"loading"}


def test_the_same_project_gives_the_same_weights_and_another_seed_others(execute, tmp_path):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        execute(project(seed=seed), folder)
    a, b, c = ((tmp_path / name / "last.safetensors").read_bytes() for name in "abc")
    assert a == b != c
