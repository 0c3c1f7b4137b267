"""Obeying: within one step, in the order of the commands, with the clocks right."""

import math
import threading
import time

import pytest
import torch

from backend.messages import (
    Epoch,
    Failure,
    Pause,
    Probe,
    Progress,
    Resume,
    SetLearningRate,
    Shutdown,
    Start,
    State,
    Stop,
    Unwatch,
    Watch,
)
from backend.training.follower import INTERVAL
from backend.training.loop import train
from backend.training.pace import Pace


def post_at(run, step, *commands):
    """Post commands while the given step is computed."""
    inner, seen = run.follower.step, []

    def step_(rows, values):
        if run.follower.meter.step + 1 == step:
            for command in commands:
                run.control.post(command)
        going = inner(rows, values)
        seen.append(run.follower.meter.step)
        return going

    run.follower.step = step_
    return seen


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_a_stop_is_obeyed_within_the_step(make_job, follow):
    run = follow(make_job())
    seen = post_at(run, 5, Stop())
    assert train(run.follower._job, run.follower) is False
    assert seen[-1] == 5 and not run.follower.leaving


def test_a_shutdown_stops_and_leaves(make_job, follow):
    run = follow(make_job())
    post_at(run, 2, Shutdown())
    assert train(run.follower._job, run.follower) is False
    assert run.follower.leaving


def test_a_pause_holds_at_its_step_and_costs_no_time_of_the_run(make_job, follow):
    run = follow(make_job())
    post_at(run, 4, Pause())
    threading.Timer(0.5, run.control.post, [Resume()]).start()
    begun = time.perf_counter()
    assert train(run.follower._job, run.follower) is True
    spent = time.perf_counter() - begun
    states = of(State, run.events)
    assert [state.state for state in states] == ["paused", "training"]
    assert "step 4" in states[0].text
    assert spent > 0.5 and run.follower.meter.seconds < spent - 0.4
    assert sum(event.seconds for event in of(Epoch, run.events)) < spent - 0.4


def test_a_paused_run_can_be_stopped_and_looked_at(make_job, follow):
    run = follow(make_job())
    post_at(run, 4, Pause(), Watch(kind="filters", block="id of conv1"), Stop())
    assert train(run.follower._job, run.follower) is False
    [probe] = of(Probe, run.events)
    assert (probe.step, probe.array.shape) == (4, (4, 1, 3, 3))


def test_a_stop_during_validation_is_obeyed(make_job, follow):
    run = follow(make_job())
    validate = run.follower._evaluate

    def stopped_while_validating():
        run.control.post(Stop())
        return validate()

    run.follower._evaluate = stopped_while_validating
    job = run.follower._job
    assert train(job, run.follower) is False
    assert of(Epoch, run.events) == []
    assert (job.course.epoch, job.course.batch) == (1, len(job.batches))  # it will be validated when it goes on


def test_a_learning_rate_holds_from_the_next_step_on(make_job, follow):
    run = follow(make_job(optimizer="SGD", momentum=0.0))
    weights = []
    run.follower._job.learner.turns[0].optimizer.register_step_post_hook(
        lambda *_: weights.append([p.detach().clone() for p in run.follower._job.module.parameters()])
    )
    post_at(run, 3, SetLearningRate(value=1e-30))
    train(run.follower._job, run.follower)
    assert not all(map(torch.equal, weights[2], weights[1]))
    assert all(map(torch.equal, weights[3], weights[2]))
    assert of(Progress, run.events)[-1].learning_rate == 1e-30
    assert of(Epoch, run.events)[-1].learning_rate == 1e-30


def test_watches_end_and_unknown_ones_are_refused_once(make_job, follow):
    run = follow(make_job())
    post_at(
        run,
        2,
        Watch(kind="filters", block="id of relu1"),
        Watch(kind="features", block="nobody"),
        Watch(kind="features", block="id of relu1", sample=1000),
        Unwatch(),
    )
    train(run.follower._job, run.follower)
    failures = of(Failure, run.events)
    assert [failure.block for failure in failures] == ["id of relu1", "nobody"]
    assert "no filters" in failures[0].text
    [probe] = of(Probe, run.events)
    assert probe.array.shape == (4, 6, 6) and probe.prediction.sample == 1000 % 30


def test_a_second_start_is_refused_without_harm(make_job, follow):
    run = follow(make_job())
    post_at(run, 2, Start(project="{}", run_folder="/nowhere"))
    assert train(run.follower._job, run.follower) is True
    assert "stop it" in of(Failure, run.events)[0].text


def test_progress_counts_to_the_end_and_tells_the_time_left(make_job, follow):
    run = follow(make_job())
    train(run.follower._job, run.follower)
    run.follower.end()
    last = of(Progress, run.events)[-1]
    assert (last.step, last.steps, last.epoch, last.epochs) == (21, 21, 3, 3)
    assert last.seconds_left == 0 and last.images_per_second > 0


def test_epochs_tell_means_over_samples_and_the_best_one(make_job, follow):
    run = follow(make_job(learning_rate=1e-12, epochs=2))
    train(run.follower._job, run.follower)
    first, second = of(Epoch, run.events)
    assert first.train.keys() == first.validation.keys() == {"loss", "accuracy"}
    assert first.train["accuracy"] * 100 == pytest.approx(round(first.train["accuracy"] * 100), abs=1e-4)
    assert first.best and (first.step, second.step) == (7, 14)
    assert run.follower.checkpoints.best_epoch in (1, 2)


def test_without_a_validation_set_training_decides_what_is_best(make_job, follow):
    from backend.training.resident import Resident

    run = follow(make_job(validation=Resident((), (), 0)))
    train(run.follower._job, run.follower)
    assert all(event.validation == {} for event in of(Epoch, run.events))
    assert run.follower.checkpoints.best["loss"] > 0


def test_a_gpu_is_looked_at_before_minutes_of_work_wait_for_it(make_job, follow):
    follower = follow(make_job()).follower
    assert follower._pace is None  # a processor has done each step when the next is ordered
    follower._pace, follower._look_at = Pace(INTERVAL), math.inf
    rows, values, read = torch.arange(16), {"loss": torch.zeros(())}, []
    for _ in range(3):
        follower.step(rows, values)
        read.append(len(follower.meter._readout) == 0)
    assert read == [True, False, True]
