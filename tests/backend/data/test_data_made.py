"""Sets made from a formula hold what they promise."""

import numpy as np
import pytest

from backend.data import DataError, load
from graph.data_source import DataSource


def test_shapes_are_brighter_than_the_ground_they_are_masked_from():
    dataset = load(DataSource(kind="shapes", options={"noise": 0.0}))
    image, mask = dataset.arrays["image"][:, 0], dataset.arrays["mask"]
    np.testing.assert_array_equal(image > 0, mask > 0)
    assert all((mask == number).any(axis=(1, 2)).mean() > 0.4 for number in (1, 2))
    assert (mask > 0).any(axis=(1, 2)).all()
    square = load(DataSource(kind="shapes", options={"noise": 0.0, "most": 1})).arrays["mask"]
    filled = [(one == 2).sum() for one in square if (one == 2).any()]
    assert min(filled) > 9


def test_the_first_symbol_is_the_label_and_the_others_say_nothing_of_it():
    dataset = load(DataSource(kind="sequence_recall", options={"samples": 4000}))
    sequence, label = dataset.arrays["sequence"], dataset.labels
    np.testing.assert_array_equal(sequence[:, 0], label)
    assert abs((sequence[:, 1:] == label[:, None]).mean() - 0.25) < 0.02
    assert np.bincount(label).tolist() == [1000] * 4


def test_the_sine():
    dataset = load(DataSource(kind="sine", options={"noise": 0.0, "waves": 2.0}))
    np.testing.assert_allclose(dataset.arrays["target"], np.sin(2 * np.pi * dataset.arrays["x"]), atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("shapes", {"samples": 100_000, "size": 256}),
        ("sequence_recall", {"samples": 1_000_000, "length": 10_000}),
    ],
)
def test_too_much_is_refused_before_it_is_drawn(kind, options):
    with pytest.raises(DataError, match="GiB of memory"):
        load(DataSource(kind=kind, options=options))
