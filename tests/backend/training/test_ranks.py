"""Two processes on one network: to the last digits what one computes with the double batch; none lives alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_runs import FOREVER, MLP, Heard, classifier, linux, start

from backend.client import SubprocessClient
from backend.messages import Epoch, Finished, Steps
from backend.training.device import DeviceError
from backend.training.ranks import Place, Ranks
from backend.training.resident import Batches
from backend.training.state import StateError, check_processes

PATIENCE = 120  # seconds; each process imports torch
PROGRAM = Path(__file__).parent / "rank_cases.py"
REPOSITORY = Path(__file__).parents[3]
ALIKE = [
    "plain",
    "convolutions",
    "a last batch of one sample",
    "accumulated",
    "penalty",
    "averaged weights",
    "learned weights of losses",
    "objectives in turn",
    "weights without gradients",
    "shards",
    "shards of convolutions",
    "shards moved by SGD",
]


@pytest.fixture(scope="module")
def found():
    """What two processes found that met as those of torchrun do."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "PYTHONPATH": str(REPOSITORY)}
    both = [
        subprocess.Popen(
            [sys.executable, PROGRAM], env={**os.environ, **shared, "RANK": str(rank)}, stdout=subprocess.PIPE
        )
        for rank in (0, 1)
    ]
    try:
        said = both[0].communicate(timeout=150)[0]
        return json.loads(said)
    finally:
        for one in both:
            one.kill()
            one.communicate()


@pytest.mark.parametrize("case", ALIKE)
def test_two_processes_are_one_with_the_double_batch(found, case):
    far = found[case]
    assert far["losses"] < 2e-6 and far["epochs"] < 2e-6 and far["weights"] < 2e-6
    assert abs(far["learned"]) > 1e-3  # there was something to compare


@pytest.mark.parametrize("case", ["half precision", "shards in half precision"])
def test_halves_are_as_near_as_halves_are(found, case):
    assert found[case]["losses"] < 2e-2 and found[case]["weights"] < 2e-2


def test_the_last_batches_were_uneven(found):
    assert found["plain"]["last"] == [400, 495] and found["a last batch of one sample"]["last"] == [494, 495]


def test_gradients_are_averaged_while_they_are_computed_where_one_loss_is_minimised(found):
    assert found["plain"]["averaged"] and found["weights without gradients"]["averaged"] and found["shards"]["averaged"]
    assert not found["accumulated"]["averaged"]  # once for several batches


def test_two_processes_go_on_to_the_bit(found):
    assert found["resumes"] and found["resumes in shards"]


def test_a_command_takes_effect_after_the_same_step_everywhere(found):
    first, second = found["together"]
    assert first == second and first[0] < first[1] < 100 and not first[2]


def test_what_one_process_meets_is_traced_by_all(found):
    step, block, what, restored = found["not finite"]
    assert (step, block) == (1, "fc1") and "given values that are not finite" in what and restored


def test_random_numbers_differ_between_processes(found):
    first, second = found["random"]
    assert first != second


def test_what_several_devices_cannot_do_is_refused(found):
    alone, spread = found["refused"]
    assert "LBFGS" in alone and "L1 penalty, Rprop" in spread and "--shard" in spread


# ---- shares


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_every_sample_counts_once(count, size):
    parts = [Ranks(Place(rank, size)).part(count) for rank in range(size)]
    counted = [row for part in parts if part.share for row in range(part.start, part.stop)]
    assert counted == list(range(count)) and sum(part.share for part in parts) == pytest.approx(1)
    assert all(part.stop > part.start for part in parts)  # all take part in what they do together


def test_each_process_has_two_samples_of_the_last_batch_to_normalize():
    assert Batches(100, 32, join_single=True).bounds()[-1] == (96, 100)
    assert Batches(99, 32, join_single=True, processes=2).bounds()[-1] == (64, 99)
    assert Batches(100, 32, join_single=True, processes=2).bounds()[-1] == (96, 100)


def test_several_devices_are_of_one_kind():
    ranks = Ranks(Place(1, 2, 1, 2))
    assert ranks.device("cpu").type == "cpu"
    with pytest.raises(DeviceError, match='"cuda:1" is a single one'):
        ranks.device("cuda:1")
    with pytest.raises(DeviceError, match="--device cpu"):
        Ranks(Place(0, 4096, 0, 4096)).device("cuda")


def test_each_task_of_slurm_may_see_only_the_gpu_that_is_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    task = Place(3, 4, 3, 4, address="tcp://node1:29500")
    assert [str(Ranks(task).device(asked)) for asked in ("auto", "cuda", "cpu")] == ["cuda:0", "cuda:0", "cpu"]
    with pytest.raises(DeviceError, match="4 processes need a device each, but this machine has 1 CUDA device"):
        Ranks(Place(3, 4, 3, 4)).device("cuda")


def test_a_run_goes_on_with_as_many_processes():
    check_processes({"others": [None]}, 2)
    with pytest.raises(StateError, match="--devices 1: its batches were shared by 2"):
        check_processes({"others": [None]}, 1)


# ---- processes


def children(pid):
    """The processes that a process has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def ends(pid, within=10.0):
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


@linux
def test_no_process_lives_without_the_others(tmp_path):
    project = classifier(*MLP, epochs=FOREVER)
    with SubprocessClient() as client:
        heard, worker = Heard(client), client.process.pid
        start(heard, tmp_path / "first", project, devices=2)
        heard.until(Epoch, PATIENCE)
        (other,) = children(worker)
        os.kill(other, signal.SIGKILL)
        assert heard.over().state == "failed"
        assert heard.failure().kind == "process" and "Process 2 of 2" in heard.failure().text
        assert "SIGKILL" in heard.failure().text and not children(worker)
        start(heard, tmp_path / "second", project, devices=2)
        heard.until(Steps, PATIENCE)
        (other,) = children(worker)
        os.kill(worker, signal.SIGKILL)
        assert heard.over().state == "failed" and not isinstance(heard.events[-1], Finished)
        assert ends(other)
