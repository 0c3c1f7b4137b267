"""Jobs on a GPU made from small projects, and what they do step by step.

NETLOOM_GPU_TESTS_ON=cpu runs the same tests on the processor, so that the tests themselves can be tried anywhere.
"""

import os

import pytest
import torch
from worker_runs import classifier

from backend.messages import Start
from backend.probes.watching import Watching
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training import state as states
from backend.training.checkpoint import Checkpoints
from backend.training.control import Control
from backend.training.follower import Follower
from backend.training.loop import train
from backend.training.preparation import prepare, read_project
from graph import DataSource, Document, Network, Recipe
from graph.objective import LossShare, Objective
from graph.project_file import to_json

DEVICE = os.environ.get("NETLOOM_GPU_TESTS_ON", "cuda")
needs_gpu = pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="needs a GPU")
CONV = (
    ("Conv2d", "conv1", {"out_channels": 8, "kernel_size": 3, "padding": 1}),
    ("BatchNorm2d", "norm1", {}),
    ("ReLU", "relu1", {}),
)
HEAD = (("Flatten", "flatten1", {}), ("Linear", "fc1", {"out_features": 32}), ("Linear", "fc2", {"out_features": 10}))
CNN = (*CONV, *HEAD)
DROPPING = (*CONV, ("Dropout", "drop1", {"p": 0.3}), *HEAD)
SMALL = {"batch_size": 128, "epochs": 3, "learning_rate": 3e-3}


def project(*blocks, **recipe):
    """1,797 handwritten digits of 8 x 8 in ten classes; an epoch's last batch is smaller."""
    return classifier(*(blocks or CNN), data=DataSource(kind="digits"), field="image", **{**SMALL, **recipe})


def in_turns(**recipe):
    """Two objectives that move a head each and keep the other still, as the players of a GAN do."""
    net = Network("Turns")
    image, label = net.add("Input", name="image", field="image"), net.add("Target", name="label", field="label")
    flat, found = net.add("Flatten", name="flat"), []
    net.connect(image, flat)
    for name in ("one", "other"):
        head, loss = net.add("Linear", name=name, out_features=10), net.add("CrossEntropyLoss", name=f"{name}_loss")
        net.connect(flat, head)
        net.connect(head, net.add("Output", name=f"{name}_out"))
        net.connect(head, loss, input="input")
        net.connect(label, loss, input="target")
        found.append(Objective(name=name, losses=(LossShare(loss=loss.id),), trains=(head.id,)))
    recipe = {**SMALL, **recipe, "objectives": tuple(found)}
    return to_json(Document(net, Recipe(data=DataSource(kind="digits"), **recipe)))


def job_of(text, device=DEVICE):
    """A job ready for its first step."""
    return prepare(read_project(text), Start(project=text, run_folder="", device=device), lambda _: None).job


class Followed:
    """A job with a follower, and what it told."""

    def __init__(self, text, device=DEVICE):
        self.job, self.told = job_of(text, device), []
        self.watching = Watching(FrameWriter(new_prefix()), self.told.append)
        self.checkpoints = Checkpoints(self.job.module, lambda *_: None)
        self.follower = Follower(self.job, Control(), self.watching, self.checkpoints, self.told.append)
        self.watching.attach(self.job, None)

    def train(self):
        assert train(self.job, self.follower)
        self.follower.end()
        return {name: tensor.cpu().clone() for name, tensor in self.job.module.state_dict().items()}

    def losses(self):
        return [loss for told in self.told if told.type == "steps" for loss in told.metrics["loss"]]

    def state(self):
        return states.take(self.job, meter=self.follower.meter, checkpoints=self.checkpoints)

    def put_back(self, state):
        states.put_back(self.job, state, meter=self.follower.meter, checkpoints=self.checkpoints)


def losses(text, device=DEVICE):
    """The loss of every step of a whole run."""
    followed = Followed(text, device)
    followed.train()
    return followed.losses()
