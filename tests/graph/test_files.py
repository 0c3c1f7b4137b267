"""Saving under every failure: the file is its old or its new self, whole. Each claim has a control that must fail.

NETLOOM_KILLS sets how many saving processes are killed (200); a long run uses 10000.
"""

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.files import Files, backup_of, save_atomically, sweep

KILLS = int(os.environ.get("NETLOOM_KILLS", "200"))
OLD, NEW = b"old " * 500, b"new!" * 700
OPERATIONS = ["create", "write", "set_mode", "sync", "close", "link", "replace", "sync_folder", "status", "read"]


def whole(data: bytes) -> None:
    """The check of a toy format: one word, repeated."""
    if not data or data != data[:4] * (len(data) // 4):
        raise ValueError("torn")


class Failing(Files):
    """The k-th operation fails; writes come in small pieces, so that a disk fills up in the middle of one."""

    def __init__(self, at: int, code: int):
        self.at, self.code, self.calls = at, code, []

    def __getattribute__(self, name):
        operation = super().__getattribute__(name)
        if name not in OPERATIONS:
            return operation

        def counted(*args):
            self.calls.append(name)
            if len(self.calls) - 1 == self.at:
                raise OSError(self.code, os.strerror(self.code))
            return operation(*args)

        return counted

    def write(self, fd, data):
        return os.write(fd, data[:997])


def test_a_new_file_is_written_whole(tmp_path):
    path = tmp_path / "net.netloom"
    assert save_atomically(path, NEW, whole) == path
    assert path.read_bytes() == NEW
    assert os.listdir(tmp_path) == ["net.netloom"]


def test_bytes_that_fail_their_check_are_never_written(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(OLD)
    with pytest.raises(ValueError, match="torn"):
        save_atomically(path, NEW + b"x", whole, backup=True)
    assert path.read_bytes() == OLD and os.listdir(tmp_path) == ["net"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("backup", [False, True], ids=["plain", "backup"])
def test_any_operation_may_fail(tmp_path, code, backup):
    """For every k: the old or the new file is there, the .bak is whole, no temporary stays, and an error was told."""
    failed = 0
    for k in itertools.count():
        folder = tmp_path / str(k)
        folder.mkdir()
        path = folder / "net"
        path.write_bytes(OLD)
        backup_of(path).write_bytes(b"past" * 9)
        files = Failing(k, code)
        raised = False
        try:
            save_atomically(path, NEW, whole, backup=backup, files=files)
        except OSError as error:
            assert error.errno == code
            raised = True
        assert path.read_bytes() in (OLD, NEW)
        assert backup_of(path).read_bytes() in (b"past" * 9, OLD)
        assert sorted(os.listdir(folder)) == ["net", "net.bak"], files.calls
        if not raised:
            assert path.read_bytes() == NEW
        failed += raised
        if len(files.calls) <= k:
            break
    assert failed >= 7  # create, write (in pieces), set_mode, sync, close, replace, sync_folder


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path):
    class Network(Files):
        def sync_folder(self, folder):
            raise OSError(errno.EINVAL, "not on this file system")

        def link(self, source, target):
            raise OSError(errno.EPERM, "no links here")

    path = tmp_path / "net"
    path.write_bytes(OLD)
    save_atomically(path, NEW, whole, backup=True, files=Network())
    assert path.read_bytes() == NEW and backup_of(path).read_bytes() == OLD


# Power cuts, replayed: what a disk may hold after each operation


class Recorded(Files):
    """Notes what would reach the disk: content by fsync of the file, names by fsync of the folder."""

    def __init__(self, synced: bool = True):
        self.log, self._names, self._synced = [], {}, synced

    def create(self, path, mode):
        fd = super().create(path, mode)
        self._names[fd] = path.name
        self.log.append(("create", path.name))
        return fd

    def write(self, fd, data):
        done = super().write(fd, data[:997])
        self.log.append(("write", self._names[fd], bytes(data[:done])))
        return done

    def sync(self, fd):
        if self._synced:
            self.log.append(("sync", self._names[fd]))

    def link(self, source, target):
        super().link(source, target)
        self.log.append(("link", source.name, target.name))

    def replace(self, source, target):
        super().replace(source, target)
        self.log.append(("replace", source.name, target.name))

    def sync_folder(self, folder):
        if self._synced:
            self.log.append(("sync_folder",))


def after_power_cut(log, start: dict[str, bytes]):
    """Every state of the names on disk: unsynced content may be whole, half or missing, names old up to any point."""
    content = {i: data for i, data in enumerate(start.values())}
    durable = set(content)
    states = [{name: i for i, name in enumerate(start)}]
    for step, *args in log:
        names = dict(states[-1])
        if step == "create":
            names[args[0]] = len(content)
            content[len(content)] = b""
        elif step == "write":
            content[names[args[0]]] += args[1]
        elif step == "sync":
            durable.add(names[args[0]])
        elif step == "link":
            names[args[1]] = names[args[0]]
        elif step == "replace":
            names[args[1]] = names.pop(args[0])
        states = [names] if step == "sync_folder" else [*states, names]
    for names in states:
        for cut in (0.0, 0.5, 1.0):
            yield {
                name: content[i] if i in durable else content[i][: int(len(content[i]) * cut)]
                for name, i in names.items()
            }


def cut_anywhere(folder, synced: bool):
    """How many of the modelled power cuts leave `net` neither old nor new, of how many."""
    path = folder / "net"
    path.write_bytes(OLD)
    files = Recorded(synced)
    save_atomically(path, NEW, whole, backup=True, files=files)
    states = [s for n in range(len(files.log) + 1) for s in after_power_cut(files.log[:n], {"net": OLD})]
    return sum(s.get("net") not in (OLD, NEW) or s.get("net.bak", OLD) != OLD for s in states), len(states)


def test_no_power_cut_tears_the_file(tmp_path):
    torn, of = cut_anywhere(tmp_path, synced=True)
    assert torn == 0 and of > 30


def test_control_without_fsync_power_cuts_do_tear_it(tmp_path):
    torn, of = cut_anywhere(tmp_path, synced=False)
    assert torn > 0 and of > 30


# Killed in the act

SAVER = """
import os, sys
sys.path.insert(0, sys.argv[2])
from graph.files import save_atomically
contents = [bytes([65 + i]) * (80_000 + 500 * i) for i in range(8)]
def plain(path, data):
    with open(path, "wb", buffering=0) as file:
        for start in range(0, len(data), 4096):
            file.write(data[start : start + 4096])
def atomic(path, data):
    save_atomically(path, data, backup=True)
save = {"plain": plain, "atomic": atomic}[sys.argv[3]]
while os.read(0, 1):
    if not os.fork():
        os.write(1, os.getpid().to_bytes(4, "little"))
        for _ in range(1000):
            for data in contents:
                save(sys.argv[1], data)
        os._exit(0)
    try:
        os.wait()
    except ChildProcessError:
        pass
    os.write(1, b"dead")
"""


CONTENTS = {bytes([65 + i]) * (80_000 + 500 * i) for i in range(8)}


def killed_saves(path: Path, how: str, kills: int) -> int:
    """How often a saver killed at a random moment left something that is not whole."""
    root = str(Path(__file__).parents[2])
    saver = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(path), root, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    torn = 0
    try:
        for round in range(kills):
            saver.stdin.write(b"g")
            pid = int.from_bytes(saver.stdout.read(4), "little")
            time.sleep((round % 29) * 0.0004)
            os.kill(pid, signal.SIGKILL)
            assert saver.stdout.read(4) == b"dead"
            for file in (path, backup_of(path)):
                if file.exists():
                    data = file.read_bytes()
                    torn += data not in CONTENTS
    finally:
        saver.stdin.close()
        saver.wait(10)
    return torn


@pytest.mark.skipif(os.name == "nt", reason="fork and SIGKILL")
def test_kill_minus_nine_while_saving(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(min(CONTENTS))
    assert killed_saves(path, "atomic", KILLS) == 0
    assert sweep(tmp_path, older_than=0.0), "some kills fell between creating and renaming"
    assert sorted(os.listdir(tmp_path)) in (["net"], ["net", "net.bak"])


@pytest.mark.skipif(os.name == "nt", reason="fork and SIGKILL")
def test_control_a_plain_open_is_torn_by_kills(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(min(CONTENTS))
    assert killed_saves(path, "plain", 60) > 0


# Links, backups, modes, left-overs


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    real = tmp_path / "elsewhere" / "real"
    real.parent.mkdir()
    real.write_bytes(OLD)
    link = tmp_path / "link"
    link.symlink_to(real)
    assert save_atomically(link, NEW, whole, backup=True) == real
    assert link.is_symlink() and real.read_bytes() == NEW
    assert backup_of(link) == real.with_name("real.bak") and backup_of(link).read_bytes() == OLD
    assert os.listdir(tmp_path / "elsewhere") and sorted(os.listdir(tmp_path)) == ["elsewhere", "link"]


def test_a_link_planted_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr("graph.files.secrets.token_hex", lambda n: "0" * 16)
    (tmp_path / f".net.{os.getpid()}-{'0' * 16}.saving").symlink_to(victim)
    with pytest.raises(FileExistsError):
        save_atomically(tmp_path / "net", NEW)
    assert victim.read_bytes() == b"precious"


def test_the_backup_is_the_last_good_version(tmp_path):
    path = tmp_path / "net"
    save_atomically(path, b"one." * 3, whole, backup=True)
    assert not backup_of(path).exists()
    save_atomically(path, b"two." * 3, whole, backup=True)
    assert backup_of(path).read_bytes() == b"one." * 3
    save_atomically(path, b"two." * 3, whole, backup=True)
    assert backup_of(path).read_bytes() == b"one." * 3, "saving the same again keeps the version before"
    path.write_bytes(b"broken by someone else")
    save_atomically(path, b"tree" * 3, whole, backup=True)
    assert backup_of(path).read_bytes() == b"one." * 3, "a broken file never becomes the backup"


def test_a_backup_that_is_the_same_file_leaves_nothing_behind(tmp_path):
    """A crash between the two renames leaves file and backup as one; the next save must cope."""
    path = tmp_path / "net"
    path.write_bytes(OLD)
    os.link(path, backup_of(path))
    save_atomically(path, NEW, whole, backup=True)
    assert (path.read_bytes(), backup_of(path).read_bytes()) == (NEW, OLD)
    assert sorted(os.listdir(tmp_path)) == ["net", "net.bak"]


@pytest.mark.skipif(os.name == "nt", reason="modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_permissions_are_kept(tmp_path, mode):
    path = tmp_path / "net"
    path.write_bytes(OLD)
    path.chmod(mode)
    save_atomically(path, NEW, whole, backup=True)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert stat.S_IMODE(backup_of(path).stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="umask")
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    save_atomically(tmp_path / "net", NEW)
    assert (tmp_path / "net").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_protected_file_is_not_replaced(tmp_path):
    class Protected(Files):
        def may_write(self, path):
            return False

    path = tmp_path / "net"
    path.write_bytes(OLD)
    with pytest.raises(PermissionError, match="write-protected"):
        save_atomically(path, NEW, files=Protected())
    assert path.read_bytes() == OLD


def test_folders_and_pipes_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        save_atomically(tmp_path, NEW)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="device or pipe"):
            save_atomically(tmp_path / "pipe", NEW)
    with pytest.raises(FileNotFoundError):
        save_atomically(tmp_path / "no such folder" / "net", NEW)


def test_names_of_any_length_and_script(tmp_path):
    for name in ("n" * 255, "ネット" * 28, "with space\nand line"):
        assert save_atomically(tmp_path / name, NEW).read_bytes() == NEW
    assert len(os.listdir(tmp_path)) == 3


def test_the_sweep_takes_left_overs_and_nothing_else(tmp_path):
    left = tmp_path / f".net.netloom.4711-{'0a' * 8}.saving"
    others = [
        ".hidden",
        "net.saving",
        f".net.4711-{'0a' * 8}.saving.txt",
        f".net.x-{'0a' * 8}.saving",
        "net.netloom.bak",
    ]
    for name in (left.name, *others):
        (tmp_path / name).write_bytes(b"x")
    assert sweep(tmp_path) == [], "a save may be under way"
    assert sweep(tmp_path, older_than=0.0) == [left]
    assert sorted(os.listdir(tmp_path)) == sorted(others)
    assert sweep(tmp_path / "no such folder") == []
