"""A run as the worker has it, everything live: pipe, log, heartbeat, copies, checkpoints, watches. For benchmarks."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

from backend.messages import Probe, Start
from backend.probes.watching import Watching
from backend.run_folder import RunFolder
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training.checkpoint import Checkpoints
from backend.training.control import Control
from backend.training.follower import Follower
from backend.training.loop import train
from backend.training.preparation import prepare, read_project
from backend.training.resident import Resident
from backend.worker import Outbox, beat


def fresh_job(project, epochs, device="cpu", base=None):
    """A job ready for its first step, without validation: what it is compared with has none."""
    start = Start(project=project, run_folder="", device=device, epochs=epochs, base=base)
    return replace(prepare(read_project(project), start, lambda _: None).job, validation=Resident((), (), 0))


class Live:
    """The worker's side of a run: pipe, log, heart, watches."""

    def __init__(self, folder, pipe, project):
        self.outbox = Outbox(pipe)
        self.told = []
        self.folder = RunFolder(folder, project)
        self.writer = FrameWriter(new_prefix())
        self.watching = Watching(self.writer, self.tell)
        self.run = self  # what a heartbeat looks at: worker.run.follower
        self.follower = None

    def tell(self, event):
        self.told.append(event)
        if not isinstance(event, Probe):
            self.folder.append(event)
        self.outbox.put(event)

    def train(self, job):
        checkpoints = Checkpoints(job.module, self.folder.write)
        self.follower = Follower(job, Control(), self.watching, checkpoints, self.tell)
        self.watching.attach(job, None)
        assert train(job, self.follower)


@contextmanager
def live(folder, project, watches=()):
    """A Live whose pipe another process reads, as a window does."""
    reader = subprocess.Popen([sys.executable, "-c", "import os\nwhile os.read(0, 65536): pass"], stdin=subprocess.PIPE)
    run = Live(folder, reader.stdin.fileno(), project)
    threading.Thread(target=beat, args=(run, run.outbox), daemon=True).start()
    for watch in watches:
        run.watching.watch(watch)
    try:
        yield run
    finally:
        run.outbox.drain(5)
        run.writer.close()
        reader.kill()
        reader.wait()
