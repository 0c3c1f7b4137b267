"""Files that are no project, or no longer one: each is told in words, with the place and the way out."""

import os

import pytest

from graph import Document, Network, load_project, save_project
from graph.files import backup_of
from graph.project_file import from_json, to_json
from graph.project_schema import ProjectError


def pets() -> Document:
    net = Network("Pets")
    conv = net.add("Conv2d", name="conv1", out_channels=6, kernel_size=5)
    net.connect(net.add("Input", name="image", shape=(1, 28, 28)), conv)
    net.connect(conv, net.add("Output", name="scores"))
    return Document(net)


FOREIGN = [
    (b"", "an empty file"),
    (b" \n", "nothing but blanks"),
    (b"\0" * 900, "zero bytes"),
    (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "a PNG picture"),
    (b"PK\x03\x04" + b"archive/data.pkl", "a PyTorch checkpoint"),
    (b"PK\x03\x04" + b"x.npy", "NumPy arrays"),
    (b"PK\x03\x04" + b"word/document.xml", "a zip archive"),
    (b"\x80\x04\x95\x00cposix\nsystem", "a Python pickle, which is never opened"),
    (b"\x08\x09\x12\x07pytorch\x1a\x052.1.0", "an ONNX model"),
    (b"\x40\x00\x00\x00\x00\x00\x00\x00" + b'{"w":{}}' + b" " * 60, "safetensors weights"),
    (b"\xff\xfe{\x00", "UTF-16"),
    (b"import torch\n", "Python source"),
    (b"<html>", "XML or HTML"),
    (b'{"nbformat": 4}', "a Jupyter notebook"),
    (b"[1, 2]", "JSON, but a list"),
    (b"7", "JSON, but a number"),
    (b"hello", "this is not JSON"),
    (b'{"format": "netloom", "x": \xff}', "byte 0xff is not UTF-8"),
    (b'{"format": "netloom", "x": NaN}', "NaN is no number of JSON"),
    (b'{"format": "netloom", "format": "netloom"}', 'the key "format" stands twice'),
    (b'{"format": "netloom", "x": "\\ud800"}', "half of a surrogate pair"),
    (b'{"format": "netloom", "x": ' + b"9" * 5000 + b"}", "too large"),
    (b'{"format": "netloom", "x": ' + b"[" * 99999, "nested"),
    (b'{"format": "netloom clipboard", "version": 1}', "paste them into a drawing instead"),
]


@pytest.mark.parametrize("data, words", FOREIGN, ids=[words for _, words in FOREIGN])
def test_what_is_no_project_is_recognised(tmp_path, data, words):
    path = tmp_path / "x.netloom"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"x\.netloom") as caught:
        load_project(path)
    assert words in str(caught.value)


def test_a_truncated_file_is_told_and_the_backup_named(tmp_path):
    path = tmp_path / "small.netloom"
    document = pets()
    save_project(document, path)
    document.network.set("conv1", out_channels=9)
    save_project(document, path)
    data = path.read_bytes()
    for cut in (len(data) // 3, len(data) // 2, len(data) - 3):
        path.write_bytes(data[:cut])
        with pytest.raises(ProjectError) as caught:
            load_project(path)
        assert "the file ends in the middle" in str(caught.value) and "small.netloom.bak" in str(caught.value)
    assert load_project(backup_of(path)).network.block("conv1").hyperparameters["out_channels"] == 6


def test_merge_conflicts_are_told_with_their_line():
    lines = to_json(pets()).splitlines()
    lines[18:18] = ["<<<<<<< ours", lines[18], "=======", lines[18], ">>>>>>> theirs"]
    with pytest.raises(ProjectError, match="merge conflict") as caught:
        from_json("\n".join(lines))
    assert caught.value.place == "line 19"


def test_files_that_cannot_be_read(tmp_path):
    huge = tmp_path / "huge.netloom"
    with open(huge, "wb") as file:
        file.truncate(1 << 40)
    cases = {tmp_path / "none": "no such file", tmp_path: "a folder", huge: "bytes are no drawing"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        cases[tmp_path / "pipe"] = "a device or pipe"
    for path, words in cases.items():
        with pytest.raises(ProjectError, match=words):
            load_project(path)
