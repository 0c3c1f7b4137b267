"""Axes that do not jump: where they begin and end as a run goes on."""

import numpy as np
import pytest

from gui.training.value_range import log_floor, step_reach, value_floor, value_reach


@pytest.mark.parametrize(
    ("step", "planned", "reach"),
    [(1, 230, 230), (200, 230, 230), (10, 10_000, 625), (600, 10_000, 1250), (9_900, 10_000, 10_000), (50, 0, 100)],
)
def test_the_step_axis_shows_a_short_run_whole_and_halves_a_long_one(step, planned, reach):
    assert step_reach(step, planned) == reach


def test_the_step_axis_moves_a_handful_of_times_in_a_run():
    assert len({step_reach(step, 100_000) for step in range(1, 100_001, 50)}) == 5


def test_the_loss_axis_only_grows_and_ignores_one_spike():
    losses = np.geomspace(2.3, 0.1, 1000)
    top = value_reach(losses[:3], 0.0)
    for end in range(10, 1000, 10):
        assert value_reach(losses[:end], top) == top
    losses[500] = 1e6
    assert value_reach(losses, top) == top
    assert value_reach(np.full(100, 50.0), top) > 50


def test_floors():
    assert value_floor(np.array([0.5, 0.1]), 0.0) == 0.0
    assert value_floor(np.array([0.5, -3.5]), 0.0) <= -3.5
    assert log_floor(np.array([0.5, 0.02]), None) == -2.0
    assert log_floor(np.array([0.0, np.nan]), -3.0) == -3.0
