"""Curves of numbers: smoothing that neither lags at the start nor moves past points, and spikes that stay seen."""

import numpy as np
import pytest

from gui.training.series import Series, Smoother, course, envelope


def plain_average(values, weight):
    total = mass = 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        yield total / mass


@pytest.mark.parametrize("weight", [0.0, 0.005, 0.3, 0.9, 0.99])
def test_smoothing_is_the_debiased_moving_average(weight):
    values = np.random.default_rng(1).normal(size=1000)
    assert np.allclose(Smoother(weight).feed(values), list(plain_average(values, weight)))


def test_smoothing_in_parts_equals_smoothing_at_once():
    values = np.random.default_rng(2).normal(size=777)
    parts, whole = Series(0.95), Series(0.95)
    for at in range(0, 777, 31):
        parts.extend(range(at, min(at + 31, 777)), values[at : at + 31])
    whole.extend(range(777), values)
    assert np.allclose(parts.smooth, whole.smooth) and np.array_equal(parts.values, values)


def test_past_points_never_move():
    series = Series()
    series.extend(range(50), np.linspace(3, 1, 50))
    before = series.smooth.copy()
    series.extend(range(50, 500), np.full(450, 99.0))
    assert np.array_equal(series.smooth[:50], before)


def test_a_value_that_is_no_number_leaves_a_gap_and_is_forgotten():
    series = Series(0.9)
    series.extend(range(4), [1.0, np.nan, np.inf, 1.0])
    assert np.isnan(series.smooth[1:3]).all() and series.smooth[[0, 3]] == pytest.approx([1.0, 1.0])


def test_another_smoothing_is_as_if_it_had_always_been():
    values = np.random.default_rng(3).normal(size=300)
    changed, fresh = Series(0.5), Series(0.98)
    changed.extend(range(300), values)
    fresh.extend(range(300), values)
    changed.smooth_by(0.98)
    assert np.array_equal(changed.smooth, fresh.smooth)


def test_the_value_at_a_step_is_the_last_one_known_by_then():
    series = Series()
    series.extend([10, 20, 30], [1, 2, 3])
    assert [series.at(step) for step in (5, 10, 29.9, 1000)] == [None, 0, 1, 2]


@pytest.mark.parametrize("spike_at", [0, 1, 499_999, 999_998, 999_999])
@pytest.mark.parametrize("height", [50.0, -50.0])
def test_a_spike_of_one_step_in_a_million_is_drawn(spike_at, height):
    values = np.random.default_rng(4).normal(size=1_000_000)
    values[spike_at] = height
    steps, drawn = envelope(np.arange(1_000_000.0), values, 0, 1_000_000, 800)
    assert len(drawn) <= 2 * 802
    found = steps[np.abs(drawn) == 50.0]
    assert len(found) == 1 and abs(found[0] - spike_at) <= 1_000_000 / 800


def test_few_points_are_drawn_as_they_are():
    steps, values = np.arange(100.0), np.random.default_rng(5).normal(size=100)
    drawn = envelope(steps, values, 0, 100, 300)
    assert np.array_equal(drawn[0], steps) and np.array_equal(drawn[1], values)


def test_only_what_is_in_sight_is_drawn_with_a_neighbour_each_way():
    steps, _ = envelope(np.arange(1000.0), np.zeros(1000), 100, 110, 300)
    assert (steps[0], steps[-1]) == (99, 111)


def test_what_was_drawn_stays_as_the_curve_grows():
    values = np.random.default_rng(6).normal(size=60_000)
    steps = np.arange(60_000.0)
    before = envelope(steps[:50_000], values[:50_000], 0, 100_000, 500)
    after = envelope(steps, values, 0, 100_000, 500)
    kept = len(before[1]) - 4  # all but the column under way
    assert np.array_equal(before[1][:kept], after[1][:kept])


def test_an_unusable_weight_is_refused():
    with pytest.raises(ValueError, match=r"smoothing is 1\.0"):
        Smoother(1.0)


LONG = 100_000


def grown(values, most=1024, smoothing=0.9, told=37):
    series = Series(smoothing, most)
    for at in range(0, len(values), told):
        series.extend(range(at, min(at + told, len(values))), values[at : at + told])
    return series


def test_a_long_run_takes_no_more_memory_and_keeps_its_newest_points_in_full():
    values = np.random.default_rng(6).normal(size=LONG)
    series = grown(values)
    assert 256 < len(series) <= 1024 and series._room.shape == (5, 1024)
    assert np.array_equal(series.values[-37:], values[-37:])
    assert (np.diff(series.steps) > 0).all()
    assert np.array_equal(series.values, values[series.steps.astype(int)])  # points that were, nothing made up
    assert np.allclose(series.smooth, Smoother(0.9).feed(values)[series.steps.astype(int)])
    quarters = np.histogram(series.steps, 4, (0, LONG))[0]
    assert quarters.min() > 60  # old stretches are as fine as any, but for the newest


@pytest.mark.parametrize("at", [0, 1, 41_234, LONG - 1])
@pytest.mark.parametrize("height", [50.0, -50.0])
def test_a_spike_outlives_every_thinning(at, height):
    values = np.random.default_rng(7).normal(size=LONG)
    values[at] = height
    series = grown(values)
    assert series.values[series.steps == at].tolist() == [height]


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9, 0.999])
def test_another_smoothing_of_a_thinned_run_averages_all_that_was(weight):
    generator = np.random.default_rng(8)
    values = 2 + np.sin(np.arange(LONG) / 9000) + generator.exponential(0.3, LONG)  # extremes lie far above the mean
    series = grown(values, most=4096, smoothing=0.3)
    series.smooth_by(weight)
    true = Smoother(max(weight, 0.99)).feed(values)[series.steps.astype(int)]
    old = series.steps < LONG / 2
    assert abs(np.mean(series.smooth[old]) - np.mean(true[old])) < 0.05


def test_numbers_that_are_none_survive_thinning_as_gaps_only_where_nothing_else_was():
    values = np.ones(LONG)
    values[::3] = np.nan
    series = grown(values)
    assert np.isfinite(series.values).mean() > 0.6 and set(series.values[np.isfinite(series.values)]) == {1.0}
    series.smooth_by(0.5)
    assert np.allclose(series.smooth[np.isfinite(series.values)], 1.0)


def test_millions_of_steps_told_at_once():
    values = np.random.default_rng(9).normal(size=1_000_000)
    series = Series()
    series.extend(np.arange(len(values)), values)
    assert len(series) <= 2**16 and series.values.max() == values.max() and series.values.min() == values.min()


def test_a_strong_line_is_one_mean_a_column():
    steps, values = np.arange(10_000.0), np.random.default_rng(10).normal(3, 1, 10_000)
    values[500] = np.nan
    drawn_steps, drawn = course(steps, values, 0, 10_000, 100)
    assert len(drawn) == 100 and (np.diff(drawn_steps) == 100).all()
    assert drawn[0] == pytest.approx(values[:100].mean()) and abs(drawn - 3).max() < 0.5
    few = course(steps[:90], values[:90], 0, 10_000, 100)
    assert np.array_equal(few[0], steps[:90]) and np.array_equal(few[1], values[:90])
    gap = course(steps, np.where(steps < 5000, np.nan, values), 0, 10_000, 100)[1]
    assert np.isnan(gap[:50]).all() and np.isfinite(gap[50:]).all()
