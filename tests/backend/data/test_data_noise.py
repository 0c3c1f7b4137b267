"""Noise as a source and beside the samples of any other; data that say themselves what is for validation."""

from dataclasses import replace

import numpy as np
import pytest

from backend.data import DataError, catalog, describe, load
from graph.data_source import DataSource, Field


def test_noise_alone():
    source = DataSource(kind="noise", options={"size": 5, "samples": 400})
    dataset = load(source)
    assert dataset.fields == describe(source) == (Field(name="noise", shape=(5,)),)
    assert dataset.redrawn == ("noise",)
    assert abs(dataset.arrays["noise"].mean()) < 0.1 and abs(dataset.arrays["noise"].std() - 1) < 0.1
    np.testing.assert_array_equal(load(source).arrays["noise"], dataset.arrays["noise"])


@pytest.mark.parametrize("kind", [each.kind for each in catalog() if not each.needs_path and each.kind != "noise"])
def test_noise_beside_any_samples(kind):
    source = DataSource(kind=kind, options={"noise_size": 7})
    dataset = load(source)
    assert describe(source) == dataset.fields
    assert dataset.field("noise") == Field(name="noise", shape=(7,))
    assert dataset.redrawn == ("noise",) and dataset.arrays["noise"].shape == (len(dataset), 7)
    assert dataset.fields[:-1] == load(DataSource(kind=kind)).fields


def test_a_field_of_that_name_is_not_overwritten(tmp_path):
    np.savez(tmp_path / "a.npz", noise=np.zeros((3, 2)))
    source = DataSource(kind="npz", path="a.npz", options={"noise_size": 2})
    for question in (load, describe):
        with pytest.raises(DataError, match='a field "noise" of their own'):
            question(source, tmp_path)


def test_too_much_noise():
    with pytest.raises(DataError, match="GiB of memory"):
        load(DataSource(kind="noise", options={"size": 100_000, "samples": 10_000_000}))


def test_the_ring_stands_on_a_circle():
    dataset = load(DataSource(kind="gaussian_ring", options={"modes": 5, "noise": 0.0}))
    points, label = dataset.arrays["point"], dataset.labels
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-6)
    assert len(np.unique(points.round(4), axis=0)) == 5
    assert np.bincount(label).tolist() == [120] * 5


def test_rows_set_apart_by_the_data_are_the_validation_part():
    dataset = load(DataSource(kind="moons", options={"samples": 10}))
    train, validation = replace(dataset, validation=np.array([3, 4])).parts(0.5, 0)
    assert validation.tolist() == [3, 4] and train.tolist() == [0, 1, 2, 5, 6, 7, 8, 9]
    train, validation = dataset.parts(0.5, 0)
    assert len(train) == len(validation) == 5
