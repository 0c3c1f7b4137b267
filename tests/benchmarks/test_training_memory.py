"""Memory of the worker and of the window over a long run: flat after the first quarter.

NETLOOM_LONG=1 measures the worker over 200,000 steps instead of 20,000; the window always takes in 200,000.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backend"))
from worker_runs import classifier, linux

from backend.client import SubprocessClient
from backend.messages import Failure, Finished, Progress, Start
from graph import DataSource

LONG = bool(os.environ.get("NETLOOM_LONG"))
STEPS = 200_000 if LONG else 20_000
TOLD = 200_000  # steps the window is told of
EPOCH = 23  # steps of one
GROWTH = 5 * 2**20
GROWTH_OF_WINDOW = 2 * 2**20
TINY = (
    ("Flatten", "flatten1", {}),
    ("Linear", "fc1", {"out_features": 8}),
    ("Tanh", "tanh1", {}),
    ("Linear", "fc2", {"out_features": 10}),
)

pytestmark = [linux, pytest.mark.timeout(900)]


def resident(pid="self"):
    """Bytes of a process that lie in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class Course:
    """Memory at steps of a run."""

    def __init__(self, steps):
        self.steps, self.seen = steps, []

    def note(self, step, size):
        """Take down the bytes at a step."""
        self.seen.append((step / self.steps, size))

    def between(self, low, high):
        return [size for share, size in self.seen if low <= share <= high]

    @property
    def growth(self):
        """From the fullest moment about the first quarter to the fullest of the last tenth."""
        return max(self.between(0.9, 1.0)) - max(self.between(0.2, 0.3))

    def __str__(self):
        marks = [f"{max(self.between(at, at + 0.1)) / 2**20:.1f}" for at in (0.0, 0.2, 0.45, 0.7, 0.9)]
        return f"{self.steps:,} steps: {', '.join(marks)} MiB at 5, 25, 50, 75, 95 %; {self.growth / 2**20:+.2f} MiB"


def test_memory_of_the_worker_is_flat(tmp_path, capsys):
    project = classifier(
        *TINY, data=DataSource(kind="digits"), field="image", batch_size=64, epochs=STEPS // EPOCH + 1, steps=STEPS
    )
    course, last = Course(STEPS), None
    with SubprocessClient() as client:
        client.send(Start(project=project, run_folder=str(tmp_path / "run"), device="cpu"))
        for event in client.events():
            assert not isinstance(event, Failure), event.text
            if isinstance(event, Progress):
                course.note(event.step, resident(client.process.pid))
            if isinstance(event, Finished):
                last = event
                break
    with capsys.disabled():
        print(f"\nworker over {course}")
    assert last.step == STEPS and course.growth < GROWTH


def test_memory_of_the_window_is_flat(tmp_path, capsys):
    """In a process of its own: what other tests leave behind is not the window's."""
    command = [sys.executable, str(Path(__file__).with_name("window_memory.py")), str(TOLD), str(tmp_path)]
    course = Course(TOLD)
    for line in subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout.splitlines():
        course.note(*map(int, line.split()))
    with capsys.disabled():
        print(f"\nwindow over {course}")
    assert course.growth < GROWTH_OF_WINDOW
