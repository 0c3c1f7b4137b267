"""In a training step the host never waits for the GPU, with everything on; torch itself is asked to refuse it."""

import copy

import pytest
import torch
from gpu_runs import CNN, DEVICE, DROPPING, job_of, needs_gpu, project

from graph.augmentation import AUGMENTATIONS
from graph.optimizers import OPTIMIZERS
from graph.project_file import from_json, to_json

pytestmark = [needs_gpu, pytest.mark.timeout(600), pytest.mark.xdist_group("gpu")]
WAIT = ("LBFGS", "Adafactor")  # torch's look at their numbers on the host
EVERYTHING = {
    "precision": "bfloat16",
    "accumulate": 2,
    "clip_norm": 1.0,
    "clip_value": 0.5,
    "l1": 1e-4,
    "averaging": "ema",
    "schedule": {"kind": "cosine", "warmup": 3},
    "normalization": {"kind": "data"},
    "channels_last": True,
}


def steps_without_waiting(text, warm=4, count=6):
    job = job_of(text)
    rows = torch.arange(job.recipe.batch_size, device=job.device)
    for _ in range(warm):
        job.learner(*job.batch(rows))
    refuse_waiting(job, rows, count)


def refuse_waiting(job, rows, count=6):
    """Do steps in each of which torch refuses to let the host wait."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(count):
            job.learner(*job.batch(rows))
    finally:
        if DEVICE == "cuda":
            torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name not in WAIT])
def test_no_optimizer_waits(optimizer):
    steps_without_waiting(project(*DROPPING, optimizer=optimizer, learning_rate=1e-4))


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name not in WAIT])
def test_no_optimizer_waits_after_its_state_was_put_back(optimizer):
    """What an optimizer reads on the host lies there again."""
    job = job_of(project(*DROPPING, optimizer=optimizer, learning_rate=1e-4))
    rows = torch.arange(job.recipe.batch_size, device=job.device)
    job.learner(*job.batch(rows))
    job.learner.restore(copy.deepcopy(job.learner.state()))
    refuse_waiting(job, rows)


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_no_augmentation_waits(kind):
    steps_without_waiting(project(*CNN, augmentation=({"kind": kind, "p": 0.5},), normalization={"kind": "data"}))


@pytest.mark.parametrize(
    "way",
    [{}, {"compile": True}, {"cuda_graphs": True}, {"precision": "float16"}, {"cuda_graphs": True, "accumulate": 1}],
    ids=str,
)
def test_nothing_waits_with_everything_on(way):
    steps_without_waiting(project(*DROPPING, **{**EVERYTHING, **way}))


def test_weights_of_classes_lie_on_the_gpu():
    document = from_json(project())
    loss = next(block for block in document.network.blocks.values() if block.type == "CrossEntropyLoss")
    loss.hyperparameters["weight"] = tuple(float(one) for one in range(1, 11))
    text = to_json(document)
    assert "new_tensor((1.0, 2.0" in job_of(text).program.source.text
    steps_without_waiting(text)


def test_a_causal_transformer_does_not_ask_whether_it_is_one():
    blocks = (
        ("Reshape", "rows", {"shape": (8, 8)}),
        ("TransformerEncoder", "encoder", {"nhead": 2, "num_layers": 2, "dim_feedforward": 16, "causal": True}),
        ("Flatten", "flatten1", {}),
        ("Linear", "fc1", {"out_features": 10}),
    )
    steps_without_waiting(project(*blocks))
