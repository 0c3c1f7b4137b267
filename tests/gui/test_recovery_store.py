"""Recovery files: offered once their process is gone, never while it lives; hostile ones are said, not followed."""

import os
import random
import subprocess
import sys
import time

import pytest

from graph import Document, Network
from graph.files import Files
from graph.project_file import ProjectError, to_json
from gui import recovery_store
from gui.recovery_store import Head, Lock, OwnFolder, left_behind, read


def project(name: str = "Kept") -> bytes:
    return to_json(Document(Network(name))).encode()


def head(tmp_path, **other) -> Head:
    values = {"name": "net.netloom", "path": tmp_path / "net.netloom", "time": 1_700_000_000.5, "base": "abc"}
    return Head(**values | other)


def crashed(home, *names, content=None) -> None:
    """A folder as a killed process leaves it: files and an unheld lock."""
    folder = home / "20240101-000000-1-00000000"
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    for name in names:
        (folder / name).write_bytes(content if content is not None else Head("n", None, 1.0).line() + project())


def test_what_is_written_comes_back_word_for_word(tmp_path):
    own = OwnFolder(tmp_path / "home")
    file = own.write("a", head(tmp_path), project())
    kept = read(file)
    assert kept.head == head(tmp_path) and kept.project == project() and not kept.wrong
    document = kept.document()
    assert document.network.name == "Kept" and document.path == tmp_path / "net.netloom" and document.modified


def test_a_living_process_is_left_alone_and_a_closed_one_offers_what_it_left(tmp_path):
    home = tmp_path / "home"
    own = OwnFolder(home)
    own.write("a", head(tmp_path), project())
    assert left_behind(home) == []
    own.close()
    (folder,) = left_behind(home)
    assert [kept.head.name for kept in folder.kept] == ["net.netloom"]
    assert left_behind(home) == [], "two starts at once must not both offer it"
    folder.close()
    (again,) = left_behind(home)
    again.discard(again.kept[0])
    again.close()
    assert left_behind(home) == [] and list(home.iterdir()) == []


def test_a_clean_end_leaves_nothing(tmp_path):
    own = OwnFolder(tmp_path / "home")
    own.write("a", head(tmp_path), project())
    own.remove("a")
    own.remove("a")
    own.close()
    assert list((tmp_path / "home").iterdir()) == []


def test_the_lock_dies_with_its_process(tmp_path):
    script = (
        "import sys; from pathlib import Path; from gui.recovery_store import *\n"
        "own = OwnFolder(Path(sys.argv[1])); own.write('a', Head('n', None, 5.0), b'{}'); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    assert left_behind(tmp_path) == []
    child.kill()
    child.wait()
    (folder,) = left_behind(tmp_path)
    assert folder.kept[0].head.time == 5.0
    folder.close()


def test_the_latest_comes_first_and_temporaries_go(tmp_path):
    home = tmp_path / "home"
    own = OwnFolder(home)
    for key, when in (("a", 10.0), ("b", 30.0), ("c", 20.0)):
        own.write(key, head(tmp_path, time=when), project())
    folder = next(home.iterdir())
    left_over = folder / ".a.recovery.12-0123456789abcdef.saving"
    left_over.write_bytes(b"half")
    own.close()
    (found,) = left_behind(home)
    assert [kept.head.time for kept in found.kept] == [30.0, 20.0, 10.0] and not left_over.exists()
    found.close()


GOOD = Head("n", None, 1.0).line()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "JSON"),
        (b"\0" * 100, "JSON"),
        (b"{}\n{}", '"format"'),
        (b"x" * 20_000 + b"\n{}", "too long"),
        (b"[" * 5_000 + b"\n{}", "JSON"),
        (GOOD.replace(b'"version": 1', b'"version": 2'), "version"),
        (GOOD.replace(b'"name": "n"', b'"name": 5'), "texts"),
        (GOOD.replace(b'"time": 1.0', b'"time": NaN'), "JSON"),
        (GOOD.replace(b'"time": 1.0', b'"time": true'), "no time"),
        (GOOD.replace(b'"time": 1.0', b'"time": 1e300'), "no time"),
        (GOOD.replace(b'"path": null', b'"path": "../../etc/passwd"'), "whole path"),
        (GOOD.replace(b'"path": null', b'"path": "/a\\u0000b"'), "whole path"),
    ],
)
def test_a_broken_file_says_what_is_wrong_and_can_be_discarded(tmp_path, content, words):
    crashed(tmp_path, "a.recovery", content=content)
    (folder,) = left_behind(tmp_path)
    (kept,) = folder.kept
    assert words in kept.wrong
    with pytest.raises(ProjectError, match=r"a\.recovery"):
        kept.document()
    folder.discard(kept)
    folder.close()
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "netloom", "version": 99}'])
def test_a_good_head_over_a_broken_project_is_a_project_error(tmp_path, content):
    crashed(tmp_path, "a.recovery", content=GOOD + content)
    (folder,) = left_behind(tmp_path)
    with pytest.raises(ProjectError):
        folder.kept[0].document()
    folder.close()


def test_links_pipes_and_folders_in_the_place_of_a_file_are_not_followed(tmp_path):
    home = tmp_path / "home"
    crashed(home)
    folder = next(home.iterdir())
    secret = tmp_path / "secret"
    secret.write_bytes(GOOD + project())
    (folder / "link.recovery").symlink_to(secret)
    (folder / "folder.recovery").mkdir()
    os.mkfifo(folder / "pipe.recovery")
    (home / "linked").symlink_to(tmp_path)
    began = time.monotonic()
    (found,) = left_behind(home)
    assert time.monotonic() - began < 5
    assert [kept.wrong for kept in found.kept] == ["this is no file but a link, a folder or a device"] * 3
    found.close()


def test_a_file_larger_than_any_project_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(recovery_store, "LIMIT", 1000)
    crashed(tmp_path, "a.recovery", content=GOOD + b" " * 5000)
    (folder,) = left_behind(tmp_path)
    assert "larger than any project" in folder.kept[0].wrong
    folder.close()


def test_a_name_that_is_no_text_costs_the_way_back_not_the_work(tmp_path):
    own = OwnFolder(tmp_path / "home")
    file = own.write("a", head(tmp_path, name="b\udcff", path=tmp_path / "b\udcff.netloom"), project())
    assert read(file).document().network.name == "Kept"
    own.close()


def test_a_failed_write_leaves_the_older_copy(tmp_path):
    class Full(Files):
        full = False

        def write(self, fd, data):
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(fd, data)

    files = Full()
    own = OwnFolder(tmp_path, files)
    file = own.write("a", head(tmp_path), project("Old"))
    files.full = True
    with pytest.raises(OSError, match="No space"):
        own.write("a", head(tmp_path), project("New"))
    assert read(file).document().network.name == "Old"
    own.close()


def test_a_swept_folder_is_made_again(tmp_path):
    own = OwnFolder(tmp_path)
    file = own.write("a", head(tmp_path), project())
    file.unlink()
    (file.parent / "lock").unlink()
    file.parent.rmdir()
    assert read(own.write("a", head(tmp_path), project("Again"))).document().network.name == "Again"
    own.close()


def test_a_lock_is_held_once(tmp_path):
    held = Lock(tmp_path / "lock")
    with pytest.raises(BlockingIOError):
        Lock(tmp_path / "lock")
    held.release()
    Lock(tmp_path / "lock").release()


def test_however_often_it_is_killed_while_writing_a_whole_copy_is_left(tmp_path):
    """The last copy that was said to be safe, or a later one: never half of one, never none."""
    script = (
        "import sys; from pathlib import Path; from graph import *; from graph.project_file import to_json\n"
        "from gui.recovery_store import *\n"
        "own = OwnFolder(Path(sys.argv[1]))\n"
        "for number in range(10**6):\n"
        "    own.write('a', Head('n', None, float(number)), to_json(Document(Network(f'n{number}'))).encode())\n"
        "    print(number, flush=True)"
    )
    rng = random.Random(7)
    for round in range(5):
        home = tmp_path / str(round)
        child = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(rng.randrange(1, 12)):
            said = int(child.stdout.readline())
        time.sleep(rng.random() * 0.004)
        child.kill()
        said = max([said, *map(int, child.stdout.read().split("\n")[:-1])])
        child.wait()
        (folder,) = left_behind(home)
        (kept,) = folder.kept
        assert kept.head.time >= said and kept.document().network.name == f"n{int(kept.head.time)}"
        assert sorted(path.name for path in folder.folder.iterdir()) == ["a.recovery", "lock"]
        folder.close()
