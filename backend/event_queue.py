"""A bounded queue of events that merges what may be merged, for a reader slower than the writer.

Steps of a run join into one event and thin out above a limit; of Probe, Progress and Heartbeat the newest
stays. Ready, State, Epoch, Failure and Finished are never dropped nor reordered. Knows no threads, no pipes.
"""

from __future__ import annotations

from collections.abc import Hashable

from backend.messages import Event, Heartbeat, Probe, Progress, Ready, State, Steps

ROWS = 20_000  # steps kept between two reads; about the width of five screens


class EventQueue:
    """Events in order of arrival; `take` empties it."""

    def __init__(self, rows: int = ROWS) -> None:
        self._rows = rows
        self._events: list[Event] = []
        self._merging: dict[Hashable, int] = {}  # what may be merged -> where it stands in _events

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        """Add one event, merging it into a waiting one of its kind."""
        key = _merge_key(event)
        at = self._merging.get(key) if key is not None else None
        if at is not None:
            waiting = self._events[at]
            self._events[at] = _joined(waiting, event, self._rows) if isinstance(event, Steps) else event
            return
        if isinstance(event, State | Ready):
            self._merging.clear()  # what came before a change of state is told before it
        elif key is not None:
            self._merging[key] = len(self._events)
        self._events.append(event)

    def take(self) -> list[Event]:
        """All waiting events, oldest first."""
        events, self._events = self._events, []
        self._merging.clear()
        return events


def _merge_key(event: Event) -> Hashable:
    if isinstance(event, Probe):
        return "probe", event.kind, event.block
    if isinstance(event, Steps | Progress | Heartbeat):
        return event.type
    return None


def _joined(waiting: Steps, event: Steps, rows: int) -> Steps:
    if waiting.metrics.keys() != event.metrics.keys():
        return event
    every = slice(None, None, 1 if len(waiting.steps) + len(event.steps) <= rows else 2)
    return event.model_copy(
        update={
            "steps": (waiting.steps + event.steps)[every],
            "metrics": {name: (waiting.metrics[name] + event.metrics[name])[every] for name in event.metrics},
        }
    )
