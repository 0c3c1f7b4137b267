"""What somebody watches inside the network, and sending it: at most ten looks a second, at a bounded price.

Arrays go through shared memory, messages name them. A watch outlives its run: the next one is watched as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np

from backend.data import Scaling
from backend.messages import Event, Failure, Frame, Probe, ProbeKind, Unwatch, Watch
from backend.probes.answer_picture import answer_picture
from backend.probes.feature_maps import look
from backend.probes.filters import NothingToSee, filters
from backend.probes.prediction import prediction
from backend.shared_arrays import FrameWriter
from backend.training.job import Job
from graph.data_source import Field

INTERVAL = 0.1  # seconds between two looks
LOGITS = "binary_cross_entropy_with_logits"  # in the source: answers are logits of shares
PRICE = 0.02  # share of the time that looking may take

Key = tuple[ProbeKind, str]


class Watching:
    """The watches of one worker and, while there is one, the job they look into."""

    def __init__(self, writer: FrameWriter, emit: Callable[[Event], None]) -> None:
        self._writer, self._emit = writer, emit
        self._watches: dict[Key, Watch] = {}
        self._told: set[Key] = set()  # watches that cannot be served and were said so
        self._job: Job | None = None
        self._identifiers: dict[str, str] = {}  # block id -> submodule
        self._target: Field | None = None
        self._scaling: Scaling | None = None
        self._not_before = 0.0
        self._last = (0, 0)

    def attach(self, job: Job, target: Field | None, scaling: Scaling | None = None) -> None:
        """Look into this job from now on; its first target is described by a field, and was scaled so."""
        self._job, self._target, self._scaling = job, target, scaling
        self._identifiers = {block: name for name, block in job.program.blocks.items()}
        self._not_before, self._last = 0.0, (0, 0)
        self._told.clear()

    def detach(self) -> None:
        """The job is gone."""
        self._job = None

    def watch(self, watch: Watch) -> None:
        """Begin or change a watch."""
        self._told.discard((watch.kind, watch.block))
        self._watches[watch.kind, watch.block] = watch

    def unwatch(self, unwatch: Unwatch) -> None:
        """End the watches that match."""
        for key in list(self._watches):
            if unwatch.kind in (None, key[0]) and unwatch.block in (None, key[1]):
                del self._watches[key]
                for part in ("array", "image", "answer"):
                    self._writer.drop((*key, part))

    def look(self, step: int, epoch: int, only: Watch | None = None, at_once: bool = False) -> None:
        """Send what is watched, if its time has come; `only` sends one watch, at once."""
        self._last = (step, epoch)
        begun = time.perf_counter()
        if self._job is None or not self._watches or (begun < self._not_before and only is None and not at_once):
            return
        self._send(self._watches.values() if only is None else (only,))
        ended = time.perf_counter()
        if only is None:
            self._not_before = max(begun + INTERVAL * 0.9, ended + (ended - begun) / PRICE)

    def look_again(self, watch: Watch) -> None:
        """Serve one watch between runs, at the step where the last one ended."""
        self.look(*self._last, only=watch)

    def _send(self, watches: Iterable[Watch]) -> None:
        by_sample: dict[int, list[Watch]] = {}
        for watch in watches:
            if (watch.kind, watch.block) in self._told:
                continue
            if watch.kind == "filters":
                self._send_filters(watch)
            else:
                by_sample.setdefault(watch.sample % self._samples, []).append(watch)
        for row, group in by_sample.items():
            self._send_maps(group, row)

    def _send_filters(self, watch: Watch) -> None:
        part = getattr(self._job.module, self._identifiers.get(watch.block, ""), None)
        if part is None:
            self._cannot(watch, "it has no weights in the running network")
            return
        try:
            frame = self._frame(watch, filters(part))
        except NothingToSee as reason:
            self._cannot(watch, str(reason))
            return
        if frame is not None:
            self._emit(self._probe(watch, frame))

    def _send_maps(self, watches: list[Watch], row: int) -> None:
        seen = look(self._job, [watch.block for watch in watches], row)
        said = prediction(seen, row, self._samples, self._target, self._scaling)
        picture = answer_picture(seen, LOGITS in self._job.program.source.text)
        for watch in watches:
            if watch.block not in seen.maps:
                self._cannot(watch, "the running network computes no tensor there")
                continue
            frame = self._frame(watch, seen.maps[watch.block])
            image = self._frame(watch, seen.image, "image")
            answer = None if picture is None else self._frame(watch, picture, "answer")
            if frame is not None:
                self._emit(self._probe(watch, frame, image=image, answer=answer, prediction=said))

    def _probe(self, watch: Watch, frame: Frame, **more: object) -> Probe:
        step, epoch = self._last
        return Probe(kind=watch.kind, block=watch.block, step=step, epoch=epoch, array=frame, **more)

    def _frame(self, watch: Watch, array: np.ndarray, part: str = "array") -> Frame | None:
        try:
            return self._writer.write((watch.kind, watch.block, part), array)
        except OSError as error:
            self._cannot(watch, f"the machine has no shared memory left for pictures ({error.strerror})")
            return None

    def _cannot(self, watch: Watch, why: str) -> None:
        self._told.add((watch.kind, watch.block))
        what = "filters" if watch.kind == "filters" else "feature maps"
        self._emit(Failure(kind="command", block=watch.block, text=f"Cannot show {what}: {why}."))

    @property
    def _samples(self) -> int:
        return len(self._job.validation) or len(self._job.train)
