"""In a step no number is asked for and none is brought from the host: on a GPU each would wait for all before it.

Counted in torch's dispatcher on the processor, where both cost nothing; tests/gpu has a GPU refuse them.
"""

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from backend.training.augmentation import build
from backend.training.normalization import Scale, moments
from graph import Network, Recipe
from graph.augmentation import AUGMENTATIONS
from graph.data_source import Field

ASKED = ("aten._local_scalar_dense.default", "aten.is_nonzero.default", "aten.equal.default", "aten.nonzero.default")
BROUGHT = ("aten.lift_fresh.default",)  # torch.tensor([...]), new_tensor
DRAWN_ON_THE_HOST = ("blur", "mixup", "cutmix")  # and sent off without waiting
EVERYTHING = {
    "precision": "bfloat16",
    "accumulate": 2,
    "clip_norm": 1.0,
    "clip_value": 0.5,
    "l1": 1e-4,
    "averaging": "ema",
    "schedule": {"kind": "cosine", "warmup": 3},
}


class Waits(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if str(function) in ASKED + BROUGHT:
            self.found.append(str(function))
        return function(*args, **(kwargs or {}))


def waits(job):
    rows = torch.arange(16)
    for _ in range(2):
        job.learner(*job.batch(rows))
    with Waits() as mode:
        for _ in range(4):
            job.learner(*job.batch(rows))
    return mode.found


@pytest.mark.parametrize("recipe", [{}, EVERYTHING, {**EVERYTHING, "precision": "float16"}, {"averaging": "swa"}])
@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD", "Adagrad"])  # in one kernel each
def test_a_step_asks_for_no_number(make_job, recipe, optimizer):
    assert waits(make_job(optimizer=optimizer, **recipe)) == []


def test_what_would_wait_is_seen(make_job):
    def objective(logits, label):
        loss = torch.nn.functional.cross_entropy(logits, label, weight=logits.new_tensor((1.0, 2.0, 3.0)))
        return {"loss": loss * (1.0 if loss.item() else 2.0)}

    assert set(waits(make_job(objective=objective))) == {ASKED[0], BROUGHT[0]}


@pytest.mark.parametrize("kind", [kind for kind in AUGMENTATIONS if kind not in DRAWN_ON_THE_HOST])
def test_augmentation_asks_for_no_number(make_job, kind):
    job = make_job()
    net = Network("Net")
    image, label = net.add("Input", name="image", field="image"), net.add("Target", name="label", field="label")
    fields = (Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=("a", "b", "c")))
    recipe = Recipe(augmentation=({"kind": kind, "p": 0.5},))
    scale = Scale(*(one.float().view(-1, 1, 1) for one in moments(job.train.inputs[0])))
    augment = build(recipe, net, fields, [image.id], [label.id], job.train, (scale,))
    assert waits(replace(job, augment=augment)) == []
