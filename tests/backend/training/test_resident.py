"""Batches: every sample once an epoch, the rule of the last batch, the order from the seed alone."""

import numpy as np
import pytest
import torch

from backend.training import device as devices
from backend.training import resident
from backend.training.device import NoRoom, is_out_of_memory
from backend.training.failures import failure
from backend.training.resident import Batches, check_room, placed, to_device


@pytest.mark.parametrize(
    ("count", "size", "join", "sizes"),
    [
        (10, 4, False, [4, 4, 2]),
        (10, 4, True, [4, 4, 2]),
        (9, 4, False, [4, 4, 1]),
        (9, 4, True, [4, 5]),  # a single left-over joins the batch before it
        (8, 4, True, [4, 4]),
        (3, 8, True, [3]),
        (1, 4, True, [1]),  # nothing it could join
        (3, 1, True, [1, 2]),
        (3, 1, False, [1, 1, 1]),
        (0, 4, False, []),
    ],
)
def test_batches_are_cut_by_the_rule(count, size, join, sizes):
    batches = Batches(count, size, join)
    assert [stop - start for start, stop in batches.bounds()] == sizes
    assert len(batches) == len(sizes)
    rows = list(batches.shuffled(torch.Generator().manual_seed(0), torch.device("cpu")))
    assert [len(r) for r in rows] == sizes
    assert sorted(torch.cat(rows).tolist() if rows else []) == list(range(count))


def test_the_order_comes_from_the_generator_alone():
    def orders(disturb):
        generator = torch.Generator().manual_seed(5)
        batches = Batches(20, 6)
        found = []
        for _ in range(2):
            if disturb:
                torch.rand(7)
            found.append(torch.cat(list(batches.shuffled(generator, torch.device("cpu")))).tolist())
        return found

    first, second = orders(disturb=False)
    assert orders(disturb=True) == [first, second] and first != second


def test_fields_become_tensors_in_the_order_of_the_arguments():
    arrays = {"a": np.arange(6.0, dtype=np.float32).reshape(3, 2), "b": np.array([0, 1, 2]), "c": np.zeros(3)}
    data = to_device(arrays, ("b", "a"), ("b",), torch.device("cpu"))
    inputs, targets = data.take(torch.tensor([2, 0]))
    assert [t.tolist() for t in inputs] == [[2, 0], [[4.0, 5.0], [0.0, 1.0]]]
    assert targets[0].tolist() == [2, 0] and len(data) == 3
    assert data.inputs[0] is data.targets[0]  # one field is on the device once


@pytest.mark.parametrize("innermost", [False, True])
def test_samples_reach_another_device_in_pieces(monkeypatch, innermost):
    made, moved = [], torch.empty_like
    samples = torch.arange(10 * 3 * 4 * 5.0).reshape(10, 3, 4, 5)

    def on_device(like, device, memory_format):
        made.append(device)
        return moved(like, memory_format=memory_format).fill_(-1)

    monkeypatch.setattr(resident, "PIECE", 3 * samples[0].nbytes)
    monkeypatch.setattr(torch, "empty_like", on_device)
    found = placed(samples, torch.device("cuda", 0), innermost)
    assert torch.equal(found, samples) and made == [torch.device("cuda", 0)]
    assert found.is_contiguous(memory_format=torch.channels_last if innermost else torch.contiguous_format)
    assert [stop - start for start, stop in resident.pieces(samples)] == [3, 3, 3, 1]
    assert list(resident.pieces(samples[:0])) == []
    assert placed(samples, torch.device("cpu")) is samples


def test_more_data_than_a_gpu_has_room_for_is_refused_before_they_are_moved(monkeypatch):
    arrays = {"image": np.zeros((100, 3, 8, 8), np.float32), "label": np.zeros(100, np.int64)}
    monkeypatch.setattr(devices, "free_memory", lambda device: 50_000)
    with pytest.raises(NoRoom, match=r'100 samples take 75.* KiB, most of it "image".*48.* KiB free') as error:
        check_room(arrays, ("image", "label"), 100, torch.device("cuda", 0))
    assert failure(error.value, None).kind == "device" and is_out_of_memory(error.value)
    check_room(arrays, ("image", "label"), 60, torch.device("cuda", 0))
    check_room(arrays, ("image", "label"), 100, torch.device("cpu"))
