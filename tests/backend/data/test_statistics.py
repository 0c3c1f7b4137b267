"""What a data set holds, against numpy's own numbers."""

import numpy as np
import pytest

from backend.data import load
from backend.data import statistics as looked
from backend.data.dataset import Dataset
from graph.data_source import DataSource, Field


def made(**arrays):
    fields = tuple(
        Field(name=name, shape=array.shape[1:], dtype=str(array.dtype), classes=classes)
        for name, (array, classes) in arrays.items()
    )
    return Dataset("made", fields, {name: array for name, (array, _) in arrays.items()})


def test_numbers_are_numpys():
    dataset = load(DataSource(kind="digits"))
    image, label = looked.statistics(dataset)
    array = dataset.arrays["image"].astype(np.float64)
    assert (image.low, image.high) == (array.min(), array.max())
    assert image.mean == pytest.approx(array.mean()) and image.deviation == pytest.approx(array.std())
    assert image.values == image.looked_at == array.size and image.counts == ()
    assert label.counts == tuple(np.bincount(dataset.arrays["label"])) and sum(label.counts) == 1797
    assert looked.balance(label.counts) == pytest.approx(174 / 183)


def test_what_is_missing_is_counted_and_left_out():
    values = np.array([[1.0, np.nan], [3.0, np.inf]], np.float32)
    [one] = looked.statistics(made(x=(values, None)))
    assert (one.missing, one.low, one.high, one.mean, one.deviation) == (2, 1.0, 3.0, 2.0, 1.0)
    [nothing] = looked.statistics(made(x=(np.full((3, 1), np.nan, np.float32), None)))
    assert nothing.low is None and nothing.missing == 3


def test_a_class_nobody_has_and_labels_beyond_the_classes():
    labels = np.array([0, 0, 2, 7], np.int64)
    [one] = looked.statistics(made(label=(labels, ("a", "b", "c"))))
    assert one.counts == (2, 0, 1) and looked.balance(one.counts) == 0
    assert looked.balance(()) is None


def test_of_large_fields_evenly_spaced_values_are_looked_at(monkeypatch):
    monkeypatch.setattr(looked, "MOST", 100)
    values = np.arange(1000, dtype=np.float32)
    [one] = looked.statistics(made(x=(values, None)))
    assert (one.values, one.looked_at) == (1000, 100) and one.mean == pytest.approx(495)
