"""The merging queue: bounded whatever comes, and never losing or reordering what must not be lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.event_queue import EventQueue
from backend.messages import Epoch, Failure, Frame, Heartbeat, Probe, State, Steps


def steps(*numbers, metric="loss"):
    values = tuple(float(n) for n in numbers)
    return Steps(epoch=1, steps=numbers, metrics={metric: values}, images_per_second=float(numbers[-1]))


def probe(block, step):
    return Probe(
        kind="filters", block=block, step=step, epoch=1,
        array=Frame(name="nl-1-a-1", sequence=1, shape=(1,), dtype="<f4"),
    )  # fmt: skip


def epoch(number):
    return Epoch(epoch=number, step=number, train={}, validation={}, learning_rate=0.1, seconds=1.0)


def put(*events, rows=20_000):
    queue = EventQueue(rows)
    for event in events:
        queue.put(event)
    return queue.take()


def test_steps_join_into_one_event():
    assert put(steps(1, 2), steps(3), steps(4, 5)) == [steps(1, 2, 3, 4, 5)]


def test_only_the_newest_probe_of_a_block_stays():
    assert put(probe("a", 1), probe("b", 1), probe("a", 2)) == [probe("a", 2), probe("b", 1)]


def test_a_state_is_told_after_what_came_before_it_and_before_what_came_after():
    running, over = State(state="training"), State(state="paused")
    assert put(running, steps(1), over, steps(2), steps(3)) == [running, steps(1), over, steps(2, 3)]


def test_taking_empties_and_begins_anew():
    queue = EventQueue()
    queue.put(steps(1))
    assert queue.take() == [steps(1)] and queue.take() == []
    queue.put(steps(2))
    assert queue.take() == [steps(2)]


def test_a_reader_that_fell_behind_gets_fewer_steps_of_the_whole_run():
    [merged] = put(*(steps(n) for n in range(1, 10_001)), rows=500)
    assert len(merged.steps) <= 500
    assert merged.steps[0] == 1 and merged.steps[-1] > 9_000
    assert merged.metrics["loss"] == tuple(float(n) for n in merged.steps)


def test_steps_with_other_metrics_replace_instead_of_mixing():
    assert put(steps(1), steps(2, metric="other")) == [steps(2, metric="other")]


kinds = st.sampled_from(["steps", "probe", "beat", "epoch", "failure", "state"])


@settings(max_examples=50, deadline=None)
@given(st.lists(kinds, max_size=300))
def test_what_must_not_be_lost_comes_whole_and_in_order(made):
    events = [
        {
            "steps": lambda n=n: steps(n + 1),
            "probe": lambda n=n: probe("a", n),
            "beat": lambda n=n: Heartbeat(state="training", step=n, stuck_for=0.0),
            "epoch": lambda n=n: epoch(n),
            "failure": lambda n=n: Failure(kind="data", text=str(n)),
            "state": lambda n=n: State(state="training", text=str(n)),
        }[kind]()
        for n, kind in enumerate(made)
    ]
    taken = put(*events)
    kept = (Epoch, Failure, State)
    assert [e for e in taken if isinstance(e, kept)] == [e for e in events if isinstance(e, kept)]
    states = made.count("state")
    assert len([e for e in taken if not isinstance(e, kept)]) <= 3 * (states + 1)
    told = [n for e in taken if isinstance(e, Steps) for n in e.steps]
    assert told == [n + 1 for n, kind in enumerate(made) if kind == "steps"]
