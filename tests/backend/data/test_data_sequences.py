"""Padded sequences: lengths against the arrays, nothing of what lies beyond a sequence's end comes through."""

import numpy as np
import pytest

from backend.data import DataError, describe, load
from graph.data_source import DataSource, Field


@pytest.fixture
def ask(tmp_path):
    def load_arrays(saved=None, **options):
        if saved is not None:
            np.savez(tmp_path / "s.npz", **saved)
        source = DataSource(kind="sequences", path="s.npz", options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return load_arrays


def arrays(**changes):
    x = np.ones((3, 4, 2), np.float32)
    x[1, 2:] = np.nan
    return {"x": x, "lengths": np.array([4, 2, 1]), "label": np.array([0, 1, 1]), **changes}


def refused(ask, *args, **options):
    with pytest.raises(DataError) as caught:
        ask(*args, **options)
    return str(caught.value)


def test_what_lies_beyond_the_end_is_zero(ask):
    dataset = ask(arrays(tokens=np.full((3, 4), 7)))
    assert dataset.field("lengths") == Field(name="lengths", dtype="int64")
    assert dataset.fields[-1] == Field(name="padding", shape=(4,), dtype="bool")
    assert dataset.arrays["x"][:, :, 0].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]
    assert dataset.arrays["tokens"].tolist() == [[7, 7, 7, 7], [7, 7, 0, 0], [7, 0, 0, 0]]
    np.testing.assert_array_equal(dataset.arrays["padding"], dataset.arrays["x"][:, :, 0] == 0)
    assert dataset.labels.tolist() == [0, 1, 1]


def test_lengths_out_of_range_and_nan_within(ask):
    x = np.ones((4, 5, 1), np.float32)
    x[2, 0] = np.inf
    wrong = {"x": x, "lengths": np.array([0, 6, 5, 5])}
    said = refused(ask, wrong)
    assert "3 of 4 samples cannot be used: s.npz, row 0: its length is 0, but must be from 1 to 5" in said
    assert 'row 2: "x" holds NaN' in said
    dataset = ask(bad_samples="skip")
    assert len(dataset) == 1 and [problem.row for problem in dataset.problems] == [0, 1, 2]


def test_long_lengths_are_no_labels(ask):
    dataset = ask({"x": np.zeros((2, 5000)), "lengths": np.array([4000, 5000])}, classes=3)
    assert dataset.field("lengths").classes is None


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, {"lengths": "sizes"}, 'has no array "sizes"'),
        ({"lengths": np.array([1.0, 2.0, 3.0])}, {}, "one whole number for each sample"),
        ({"lengths": np.ones((3, 2), int)}, {}, "one whole number for each sample"),
        ({}, {"sequence": "y"}, 'has no array "y" (option "sequence")'),
        ({}, {"sequence": "label"}, "has no padded array"),
        ({"padding": np.zeros((3, 4))}, {}, 'has an array "padding"'),
        ({"lengths": np.array([1, 2])}, {}, "differ in length"),
    ],
)
def test_what_cannot_be_used(ask, changes, options, said):
    assert said in refused(ask, arrays(**changes), **options)


def test_chosen_arrays_bring_their_lengths(ask):
    dataset = ask(arrays(), arrays="x")
    assert [field.name for field in dataset.fields] == ["x", "lengths", "padding"]
