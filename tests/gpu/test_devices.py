"""Several GPUs of one machine: NCCL between own processes, held against one GPU with the double batch."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "backend"))
from worker_runs import CNN, Heard, classifier, start

from backend.client import SubprocessClient
from backend.messages import SetLearningRate, Steps, Stop
from graph import DataSource

pytestmark = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
LAYERS = [block for block in CNN if block[0] not in ("BatchNorm2d", "Dropout")]


def losses(client, folder, recipe, **more):
    heard = Heard(client)
    data = DataSource(kind="digits")
    project = classifier(*LAYERS, data=data, field="image", epochs=2, learning_rate=0.003, **recipe)
    start(heard, folder, project, device="cuda", **more)
    assert heard.over(timeout=300).type == "finished", heard.failure()
    return [loss for told in heard.of(Steps) for loss in told.metrics["loss"]]


@pytest.mark.parametrize("shard", [False, True])
def test_two_gpus_are_one_with_the_double_batch(tmp_path, shard):
    with SubprocessClient() as client:
        alone = losses(client, tmp_path / "one", {"batch_size": 64})
        both = losses(client, tmp_path / "two", {"batch_size": 32}, devices=2, shard=shard)
    assert both == pytest.approx(alone, rel=1e-3) and both[-1] < both[0] / 2


WAYS = [
    {"precision": "bfloat16"},
    {"precision": "float16", "clip_norm": 1.0},
    {"compile": True},
    {"cuda_graphs": True},
    {"cuda_graphs": True, "accumulate": 2},
    {"channels_last": True, "averaging": "ema"},
]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_way_of_computing_goes_on_two_gpus(tmp_path, way):
    with SubprocessClient() as client:
        alone = losses(client, tmp_path / "one", {"batch_size": 64, **way})
        both = losses(client, tmp_path / "two", {"batch_size": 32, **way}, devices=2)
    near = 0.1 if "precision" in way else 1e-2
    assert both[:10] == pytest.approx(alone[:10], rel=near, abs=near) and both[-1] < both[0] / 2


def test_commands_reach_both(tmp_path):
    with SubprocessClient() as client:
        heard = Heard(client)
        project = classifier(*LAYERS, data=DataSource(kind="digits"), field="image", epochs=100_000)
        start(heard, tmp_path / "run", project, device="cuda", devices=2)
        heard.until(Steps)
        client.send(SetLearningRate(value=0.5))
        client.send(Stop())
        assert heard.over().stopped
