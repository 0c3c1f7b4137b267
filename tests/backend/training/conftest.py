"""Jobs over networks written by hand, so that the loop is tested apart from the source generator."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backend.training.course import Course
from backend.training.job import Job
from backend.training.objectives import Length, build_learner
from backend.training.resident import Batches, Resident
from graph.recipe import Recipe


class Small(nn.Module):
    """Everything that could be disturbed by looking: dropout draws numbers, normalization keeps statistics."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.norm1 = nn.BatchNorm2d(4)
        self.relu1 = nn.ReLU()
        self.drop1 = nn.Dropout(0.3)
        self.flatten1 = nn.Flatten()
        self.linear1 = nn.Linear(4 * 6 * 6, 3)

    def forward(self, image):
        x = self.drop1(self.relu1(self.norm1(self.conv1(image))))
        return self.linear1(self.flatten1(x))


def objective(logits, label):
    return {
        "loss": F.cross_entropy(logits, label),
        "accuracy": (logits.argmax(1) == label).float().mean(),
    }


def samples(count, seed=1):
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 3, (count,), generator=generator)
    image = torch.randn(count, 1, 8, 8, generator=generator) + label.view(-1, 1, 1, 1)
    return Resident((image,), (label,), count)


@pytest.fixture
def make_job():
    def make(module=Small, objective=objective, train=None, validation=None, network=None, **recipe):
        recipe = Recipe(**{"batch_size": 16, "epochs": 3, "learning_rate": 0.01, "seed": 3, **recipe})
        torch.manual_seed(recipe.seed)
        module = module()
        names = [name for name, _ in module.named_children()]
        program = SimpleNamespace(
            module=module,
            objective=objective,
            blocks={name: f"id of {name}" for name in names},
            input_fields=("image",),
            target_fields=("label",),
            source=SimpleNamespace(text="", lines={}),
        )
        train = train if train is not None else samples(100)
        normalizes = any(isinstance(part, nn.BatchNorm2d) for part in module.modules())
        batches = Batches(len(train), recipe.batch_size, join_single=normalizes)
        steps = recipe.epochs * len(batches)
        length = Length(min(steps, recipe.steps or steps), len(batches))
        return Job(
            program=program,
            recipe=recipe,
            device=torch.device("cpu"),
            epochs=recipe.epochs,
            train=train,
            validation=validation if validation is not None else samples(30, seed=2),
            learner=build_learner(program, network, recipe, torch.device("cpu"), length),
            batches=batches,
            course=Course(recipe.seed),
        )

    return make


@pytest.fixture
def follow(tmp_path):
    """A follower of a job with everything it needs; `events` is what it told, `written` the weights."""
    from backend.probes.watching import Watching
    from backend.shared_arrays import FrameWriter, new_prefix
    from backend.training.checkpoint import Checkpoints
    from backend.training.control import Control
    from backend.training.follower import Follower

    writers = []

    def make(job):
        events, written, control = [], {}, Control()
        writers.append(FrameWriter(new_prefix()))
        watching = Watching(writers[-1], events.append)
        checkpoints = Checkpoints(job.module, written.__setitem__)
        follower = Follower(job, control, watching, checkpoints, events.append)
        watching.attach(job, None)
        return SimpleNamespace(follower=follower, events=events, written=written, control=control, watching=watching)

    yield make
    for writer in writers:
        writer.close()
