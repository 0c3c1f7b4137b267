"""The split: a partition, the same for the same seed, with every class's share when labels are given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data import split

SHARES = st.floats(0, 0.95)
SEEDS = st.integers(0, 2**31 - 1)


@given(st.integers(0, 500), SHARES, SEEDS)
def test_a_partition_of_the_asked_size(n, validation, seed):
    train, held_out = split(n, validation, seed)
    assert sorted([*train, *held_out]) == list(range(n))
    assert (np.diff(train) > 0).all() and (np.diff(held_out) > 0).all()
    if n > 1 and validation > 0:
        assert len(held_out) == min(max(round(n * validation), 1), n - 1)
    else:
        assert len(held_out) == 0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=300), SHARES, SEEDS)
def test_every_class_gives_its_share_and_keeps_one(labels, validation, seed):
    labels = np.array(labels)
    train, held_out = split(len(labels), validation, seed, labels)
    assert sorted([*train, *held_out]) == list(range(len(labels)))
    assert set(labels[train]) == set(labels)
    for label in set(labels.tolist()):
        count = int((labels == label).sum())
        taken = int((labels[held_out] == label).sum())
        assert taken >= min(np.floor(count * validation), count - 1)
    counts = np.unique(labels, return_counts=True)[1]
    if (np.ceil(counts * validation) < counts).all() and round(len(labels) * validation) > 0:  # none hits its bound
        taken = counts - np.unique(labels[train], return_counts=True)[1]
        assert taken.sum() == round(len(labels) * validation)
        assert (np.abs(taken - counts * validation) < 1 + 1e-9).all()


def test_shares_of_unequal_classes():
    labels = np.repeat([0, 1, 2], [100, 50, 7])
    _, held_out = split(157, 0.2, 0, labels)
    assert np.bincount(labels[held_out]).tolist() == [20, 10, 1]


def test_the_same_on_every_machine_and_version():
    """These very indices are promised: a run resumed elsewhere must not train on what it validated."""
    assert split(12, 0.25, 7)[1].tolist() == [3, 6, 11]
    assert split(9, 0.34, 7, np.array([0, 0, 0, 1, 1, 1, 2, 2, 2]))[1].tolist() == [0, 3, 6]


def test_another_seed_draws_others():
    assert (split(100, 0.3, 0)[1] != split(100, 0.3, 1)[1]).any()


@pytest.mark.parametrize("validation", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_range_is_refused(validation):
    with pytest.raises(ValueError, match="share from 0 to below 1"):
        split(10, validation, 0)


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="3 labels for 10 samples"):
        split(10, 0.2, 0, np.array([0, 1, 2]))
