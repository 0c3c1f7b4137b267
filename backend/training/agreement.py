"""When the processes of a run look up from their work, and what they do then: the first one decides, all do the same.

Between two looks nobody talks: at each look the first process tells in how many steps the next one is, so that a
command takes effect after the same step everywhere. Knows no network.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from backend.messages import Command, SetLearningRate, Shutdown, Stop, decode_command, encode
from backend.training.ranks import Ranks

FOR_ALL = (Stop, Shutdown, SetLearningRate)  # commands that change what is computed
MOST = 10_000  # steps between two looks


@dataclass(frozen=True, slots=True)
class Agreed:
    """What all do after a look: obey the commands, keep a copy to go back to, save the run's state."""

    commands: tuple[Command, ...] = ()  # none for the first process, which has obeyed them
    keep: bool = False
    save: bool = False


class Agreement:
    """The looks of one run on several devices, `interval` seconds apart."""

    def __init__(self, ranks: Ranks, interval: float) -> None:
        self._ranks, self._interval = ranks, interval
        self._steps = self._left = 1
        self._obeyed: list[Command] = []
        self._looked = time.perf_counter()

    def due(self) -> bool:
        """Count one step; whether all look now."""
        self._left -= 1
        return self._left <= 0

    def note(self, command: Command) -> None:
        """Remember a command that the first process obeyed and that is for all."""
        if self._ranks.first and isinstance(command, FOR_ALL):
            self._obeyed.append(command)

    def settle(self, keep: bool, save: bool) -> Agreed:
        """Tell, or hear, what all do now; a pause of the first process is a long look of the others."""
        words = b""
        if self._ranks.first:
            self._plan()
            lines = [encode(command).decode() for command in self._obeyed]
            words = json.dumps({"steps": self._steps, "keep": keep, "save": save, "commands": lines}).encode()
            self._obeyed.clear()
        said = json.loads(self._ranks.from_first(words))
        self._steps = self._left = said["steps"]
        commands = () if self._ranks.first else tuple(decode_command(line.encode()) for line in said["commands"])
        return Agreed(commands, said["keep"], said["save"])

    def _plan(self) -> None:
        """As many steps as take an interval, judged by those since the last look; at most twice as many as then."""
        now = time.perf_counter()
        done = max(1, self._steps - max(self._left, 0))
        each = (now - self._looked) / done
        self._steps = max(1, min(int(self._interval / max(each, 1e-9)), 2 * self._steps, MOST))
        self._looked = now
