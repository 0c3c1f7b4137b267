"""Where data may lie, and what is said when nothing, or nothing of use, lies there."""

import os

import numpy as np
import pytest

from backend.data import DataError, describe, leaves_folder, load, named_from
from graph.data_source import FILE_KINDS, DataSource


@pytest.mark.parametrize("kind", FILE_KINDS)
@pytest.mark.parametrize("question", [load, describe])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "needs the path of a file or folder"),
        ("", "needs the path of a file or folder"),
        ("gone/data", "gone/data: there is no such file or folder in "),
        ("a\0b", "NUL"),
        ("x" * 3000, "cannot be reached"),
    ],
)
def test_no_such_place(tmp_path, kind, question, path, said):
    with pytest.raises(DataError, match=said):
        question(DataSource(kind=kind, path=path), tmp_path)


def test_relative_to_the_base_or_absolute(tmp_path):
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data/a.npz", x=np.zeros((3, 2)))
    assert len(load(DataSource(kind="npz", path="data/a.npz"), tmp_path)) == 3
    assert len(load(DataSource(kind="npz", path="data/a.npz"), str(tmp_path))) == 3
    assert len(load(DataSource(kind="npz", path=str(tmp_path / "data/a.npz")))) == 3


def test_paths_inside_the_project_stay_relative(tmp_path):
    (tmp_path / "data").mkdir()
    assert named_from(tmp_path / "data" / "mine.npz", tmp_path) == "data/mine.npz"
    assert named_from("/elsewhere/mine.npz", tmp_path) == "/elsewhere/mine.npz"
    assert named_from("mine.npz", None) == "mine.npz"


def test_a_folder_is_no_npz(tmp_path):
    with pytest.raises(DataError, match="is a folder; an NPZ file"):
        load(DataSource(kind="npz", path="."), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("kind", ["npz", "idx"])
def test_a_pipe_does_not_hang(tmp_path, kind):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not a regular file"):
        load(DataSource(kind=kind, path="pipe", options={"labels": "none"} if kind == "idx" else {}), tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK")
    (tmp_path / "a.npz").chmod(0)
    with pytest.raises(DataError, match="cannot be opened: Permission denied"):
        load(DataSource(kind="npz", path="a.npz"), tmp_path)


@pytest.mark.parametrize(
    ("path", "leaves"),
    [
        (None, False),
        ("data.npz", False),
        ("data/../data.npz", False),
        ("../data.npz", True),
        ("/etc/data.npz", True),
        ("link/data.npz", True),
    ],
)
def test_paths_that_leave_the_project(tmp_path, path, leaves):
    home = tmp_path / "project"
    home.mkdir()
    (home / "link").symlink_to(tmp_path)
    assert leaves_folder(DataSource(kind="npz", path=path), home) is leaves
