"""Headers of safetensors files read without torch: right ones to the letter, wrong ones by name of what is wrong."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend.layer_pairing import Shaped
from backend.weight_files import MOST_HEADER, WeightFileError, located, read_header, weight_file
from graph.transfer import StartWeights


def written(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_a_header_tells_names_shapes_and_types_in_the_order_of_the_numbers(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({"b.weight": np.zeros((3, 2), "float32"), "a.count": np.zeros((), "int64")}, path, {"netloom": "{}"})
    assert read_header(path) == {"b.weight": Shaped((3, 2)), "a.count": Shaped((), "int64")}
    later = written(tmp_path / "later.safetensors", {"z": entry(), "a": entry(offsets=(4, 8))}, bytes(8))
    assert list(read_header(later)) == ["z", "a"]


@pytest.mark.parametrize(
    ("told", "ordered"),
    [
        ('{"order": ["a", "z"]}', True),
        ('{"order": ["a"]}', False),
        ('{"order": ["a", "a"]}', False),
        ('{"order": [1, 2]}', False),
        ('{"order": "az"}', False),
        ('{"epoch": 3}', False),
        ("[", False),
        ("\\ud800", False),
    ],
)
def test_the_order_our_converter_wrote_is_taken_where_it_is_one(told, ordered, tmp_path):
    header = {"__metadata__": {"netloom": told}, "z": entry(), "a": entry(offsets=(4, 8))}
    found = read_header(written(tmp_path / "w.safetensors", header, bytes(8)))
    assert found.ordered is ordered and list(found) == (["a", "z"] if ordered else ["z", "a"])


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"{a", "header is not what safetensors writes"),
        (b"[]", "no table"),
        (b'{"a": NaN}', "header is not what safetensors writes"),
        (b'{"a": 1, "a": 2}', "header is not what safetensors writes"),
        ({"a": 1}, "tensor a: its entry must have"),
        ({"a": {**entry(), "more": 1}}, "tensor a: its entry must have"),
        ({"a": entry("F31")}, "'F31' are unknown"),
        ({"a": entry(["F32"])}, "are unknown"),
        ({"a": entry(shape=(-1,))}, "whole numbers from 0"),
        ({"a": entry(shape=(True,))}, "whole numbers from 0"),
        ({"a": entry(shape=(1.0,))}, "whole numbers from 0"),
        ({"a": entry(shape=(1,) * 17)}, "at most 16"),
        ({"a": entry(shape=(2**40, 2**40, 2**40))}, "do not take 4 bytes"),
        ({"a": entry(shape=(2,))}, "2 numbers of float32 do not take 4 bytes"),
        ({"a": entry(offsets=(0, 40), shape=(10,))}, "the file is cut off or wrong"),
        ({"a": entry(offsets=(4, 0))}, "the file is cut off or wrong"),
        ({"a\n\x1b[31m": entry(shape=(2,))}, "tensor a??[31m: 2 numbers"),
    ],
)
def test_wrong_headers_are_refused_with_the_place(header, words, tmp_path):
    path = written(tmp_path / "w.safetensors", header, bytes(8))
    with pytest.raises(WeightFileError, match=r"w\.safetensors") as caught:
        read_header(path)
    assert words in str(caught.value) and "\x1b" not in str(caught.value)


def test_lengths_that_lie_take_no_memory(tmp_path):
    path = tmp_path / "w.safetensors"
    for length in (0, 2**63, 100, MOST_HEADER + 1):
        path.write_bytes(length.to_bytes(8, "little") + b"{}  ")
        with pytest.raises(WeightFileError, match="does not begin with the length"):
            read_header(path)
    with path.open("wb") as file:
        file.write((MOST_HEADER + 1).to_bytes(8, "little"))
        file.truncate(MOST_HEADER * 2)
    with pytest.raises(WeightFileError, match="at most 33,554,432 are read"):
        read_header(path)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(WeightFileError, match="no such file"):
        weight_file(tmp_path / "none.safetensors")
    with pytest.raises(WeightFileError, match="NUL"):
        located(StartWeights(path="a\0b"), tmp_path)
    (tmp_path / "empty.safetensors").touch()
    with pytest.raises(WeightFileError, match="is empty"):
        read_header(tmp_path / "empty.safetensors")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.safetensors")
        with pytest.raises(WeightFileError, match="no regular file"):
            read_header(tmp_path / "pipe.safetensors")


def test_a_runs_weights_are_its_best_else_its_last(tmp_path):
    with pytest.raises(WeightFileError, match="the folder is no run"):
        weight_file(tmp_path)
    (tmp_path / "project.netloom").touch()
    with pytest.raises(WeightFileError, match="has written no weights yet"):
        weight_file(tmp_path)
    (tmp_path / "last.safetensors").touch()
    assert weight_file(tmp_path).name == "last.safetensors"
    (tmp_path / "best.safetensors").touch()
    assert weight_file(tmp_path).name == "best.safetensors"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"path": ""},
        {"path": "x" * 5000},
        {"path": 3},
        {"path": "w", "blocks": "b1"},
        {"path": "w", "blocks": [1]},
        {"path": "w", "renames": {"a": 1}},
        {"path": "w", "renames": {str(n): "" for n in range(1001)}},
        {"path": "w", "strict": 1},
        {"path": "w", "more": 1},
    ],
)
def test_records_of_a_recipe_are_strict(wrong):
    from pydantic import ValidationError

    from graph import Recipe

    with pytest.raises(ValidationError, match="start_weights"):
        Recipe.model_validate({"start_weights": [wrong]})
    right = Recipe.model_validate({"start_weights": [{"path": "w", "blocks": ["b1"], "renames": {"": "net."}}]})
    assert Recipe.model_validate_json(right.model_dump_json()) == right
