"""Toy sets: drawn the same from the same seed, balanced, parted by what they are named for and by nothing simpler."""

import numpy as np
import pytest

from backend.data import load
from graph.data_source import DataSource

KINDS = ["moons", "circles", "spirals", "xor"]


def drawn(kind, **options):
    dataset = load(DataSource(kind=kind, options=options))
    return dataset.arrays["point"], dataset.arrays["label"]


@pytest.mark.parametrize("kind", KINDS)
def test_seeded_balanced_and_about_one_in_size(kind):
    points, labels = drawn(kind, samples=401, seed=5)
    again, _ = drawn(kind, samples=401, seed=5)
    other, _ = drawn(kind, samples=401, seed=6)
    np.testing.assert_array_equal(points, again)
    assert (points != other).any()
    assert points.shape == (401, 2)
    assert 0.8 < np.abs(points).max() < 1.5
    assert np.bincount(labels).min() > 401 / 2 - 30


@pytest.mark.parametrize("kind", KINDS)
def test_no_straight_line_parts_them(kind):
    points, labels = drawn(kind, samples=1000)
    planes = np.c_[points, np.ones(1000)]
    line, *_ = np.linalg.lstsq(planes, 2.0 * labels - 1, rcond=None)
    assert ((planes @ line > 0) == labels).mean() < 0.93


@pytest.mark.parametrize("kind", KINDS)
def test_but_the_nearest_neighbour_does(kind):
    points, labels = drawn(kind, samples=1000)
    distance = ((points[:200, None] - points[None, 200:]) ** 2).sum(axis=2)
    assert (labels[200:][distance.argmin(axis=1)] == labels[:200]).mean() > 0.95


def test_circles_without_noise_lie_on_their_radii():
    points, labels = drawn("circles", noise=0, factor=0.3)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(labels == 0, 1, 0.3), rtol=1e-5)


def test_spirals_have_as_many_arms_as_asked_and_wind_as_often():
    dataset = load(DataSource(kind="spirals", options={"arms": 3, "turns": 2, "noise": 0, "samples": 900}))
    points, labels = dataset.arrays["point"], dataset.labels
    assert dataset.field("label").classes == ("arm 1", "arm 2", "arm 3")
    arm = points[labels == 1]
    arm = arm[np.hypot(*arm.T).argsort()]
    angle = np.unwrap(np.arctan2(arm[:, 1], arm[:, 0]))
    assert (angle[-1] - angle[0]) / (2 * np.pi) == pytest.approx(2 * 0.95, abs=0.15)


def test_xor_without_noise_is_exclusive_or():
    points, labels = drawn("xor")
    np.testing.assert_array_equal(labels, (points[:, 0] > 0) ^ (points[:, 1] > 0))


@pytest.mark.parametrize("kind", ["moons", "circles", "spirals", "xor"])
def test_two_classes_also_come_as_the_answer_of_one_unit(kind):
    dataset = load(DataSource(kind=kind))
    assert dataset.field("target").shape == (1,) and dataset.field("target").classes is None
    np.testing.assert_array_equal(dataset.arrays["target"][:, 0], dataset.arrays["label"])
