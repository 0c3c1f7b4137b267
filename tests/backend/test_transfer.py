"""Numbers of files put into modules: state dicts as torch saves them, and files that are made to harm."""

import json
import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from backend import weight_reader
from backend.layer_pairing import Shaped
from backend.transfer import put_in, read_state_dict
from backend.weight_files import WeightFileError
from backend.weights_apart import convert, parsed, shapes_in
from graph.transfer import StartWeights


class Net(nn.Sequential):
    def __init__(self, seed=0):
        torch.manual_seed(seed)
        super().__init__(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def put(module, path, asked=None, **more):
    return put_in(module, StartWeights(path=path.name, **more), path.parent, asked)


def dataparallel(net):
    return {f"module.{name}": one for name, one in net.state_dict().items()}


@pytest.mark.parametrize(
    "make",
    [
        lambda net: net.state_dict(),
        lambda net: {"state_dict": net.state_dict(), "epoch": 3, "optimizer": {"state": {0: {"exp": torch.ones(2)}}}},
        lambda net: {"model_state_dict": net.state_dict(), "loss": 0.5},
        lambda net: {"epoch": 3, "model": {"state_dict": dataparallel(net)}},
        dataparallel,
        lambda net: dict(net.named_parameters()) | dict(net.named_buffers()),
    ],
)
@pytest.mark.parametrize("old", [False, True])
def test_state_dicts_as_people_save_them(make, old, tmp_path):
    path, theirs, ours = tmp_path / "w.pth", Net(1), Net(2)
    torch.save(make(theirs), path, _use_new_zipfile_serialization=not old)
    table = put(ours, path)
    assert len(table.loaded) == 9 and same(ours, theirs)


def test_half_precision_becomes_ours(tmp_path):
    path, theirs, ours = tmp_path / "w.safetensors", Net(1), Net(2)
    save_file(
        {name: one.half() if one.dtype.is_floating_point else one for name, one in theirs.state_dict().items()}, path
    )
    put(ours, path)
    assert ours[0].weight.dtype == torch.float32
    assert torch.equal(ours[0].weight, theirs[0].weight.half().float())


def test_what_is_not_asked_for_stays_to_the_bit(tmp_path):
    path, theirs, ours, before = tmp_path / "w.pt", Net(1), Net(2), Net(2)
    torch.save(theirs.state_dict(), path)
    table = put(ours, path, asked=["0", "1"])
    assert torch.equal(ours[0].weight, theirs[0].weight) and torch.equal(ours[3].weight, before[3].weight)
    assert [row.outcome for row in table.rows[-2:]] == ["not asked for"] * 2


class Harm:
    """Pickled, it would make a file when opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_nothing_in_a_file_is_executed(tmp_path):
    for old in (False, True):
        path = tmp_path / f"{old}.pth"
        torch.save({"a": torch.ones(2), "b": Harm(tmp_path / "harm")}, path, _use_new_zipfile_serialization=not old)
        with pytest.raises(WeightFileError, match="no file of weights alone"):
            put(Net(), path)
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Harm(tmp_path / "harm"), protocol=2))
    with pytest.raises(WeightFileError, match="no file of weights alone"):
        put(Net(), tmp_path / "plain.pth")
    assert not (tmp_path / "harm").exists()


def test_files_that_would_unpack_to_more_than_they_are_long_are_refused(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(10_000_000))
    with pytest.raises(WeightFileError, match="compressed parts, which torch never writes"):
        put(Net(), path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"x")
        file.filelist[0].file_size = 2**40
    with pytest.raises(WeightFileError, match="more than it is long"):
        put(Net(), path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": 1}, "holds no state dict"),
        ([1, 2], "holds no state dict"),
        ({"x": {"y": {"z": torch.ones(1)}}}, "holds no state dict"),
        ({"0.weight": torch.ones(4, 1, 3, 3).to_sparse()}, "tensor 0.weight is not a plain, dense one"),
        ({"0.weight": torch.full((4, 1, 3, 3), float("nan"))}, "tensor 0.weight holds numbers that are not finite"),
        (
            {"0.weight": torch.full((4, 1, 3, 3), 1e300, dtype=torch.float64)},
            "tensor 0.weight holds numbers that are not finite",
        ),
        ({"0.weight": torch.ones(1).expand(2**40, 2**20)}, "none of its weights fits"),
        ({"3.weight": torch.ones(5, 16), "3.bias": torch.ones(5)}, "0 of 9 tensors; other shape: 3"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_loaded(content, words, tmp_path):
    path, ours, before = tmp_path / "w.pth", Net(2), Net(2)
    torch.save(content, path)
    with pytest.raises(WeightFileError) as caught:
        put(ours, path)
    assert words in str(caught.value) and "w.pth" in str(caught.value) and same(ours, before)


def test_a_damaged_file_is_refused_wherever_it_is_cut(tmp_path):
    path = tmp_path / "w.pth"
    torch.save(Net().state_dict(), path)
    whole = path.read_bytes()
    for length in range(1, len(whole), len(whole) // 20):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightFileError):
            read_state_dict(path)
    safe = tmp_path / "w.safetensors"
    save_file(Net().state_dict(), safe)
    safe.write_bytes(safe.read_bytes()[:-1])
    with pytest.raises(WeightFileError, match="cut off"):
        put(Net(), safe)


def test_a_process_apart_tells_and_converts_torchs_files(tmp_path):
    path, target, theirs, ours = tmp_path / "w.pth", tmp_path / "w.safetensors", Net(1), Net(2)
    torch.save({"state_dict": theirs.state_dict()}, path)
    assert convert(path, target) == 9
    assert shapes_in(target)["3.weight"] == Shaped((3, 16)) and len(shapes_in(target)) == 9
    assert shapes_in(target).ordered and list(shapes_in(target)) == list(theirs.state_dict())
    put(ours, target)
    assert same(ours, theirs)
    assert parsed(path, json.dumps(weight_reader.main(path)).encode()) == shapes_in(target)


@pytest.mark.parametrize("told", [b"", b"[1]", b'{"a": 1}', b'{"a": [["x"], "float32"]}', b"[" * 100_000])
def test_what_the_process_says_is_checked_too(told, tmp_path):
    with pytest.raises(WeightFileError, match=r"w\.pth: the process that reads it"):
        parsed(tmp_path / "w.pth", told)
    (tmp_path / "w.pth").write_bytes(b"nothing")
    with pytest.raises(WeightFileError, match="no file of weights alone"):
        parsed(tmp_path / "w.pth", json.dumps(weight_reader.main(tmp_path / "w.pth")).encode())
