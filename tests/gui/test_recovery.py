"""Work is kept while it is done, and offered again after a crash: a real editor is killed with SIGKILL for it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

import examples
from graph import Document, Network, load_project, save_project
from graph.edits import RenameNetwork, SetHyperparameter, SetRecipe
from gui import settings
from gui.preferences import preferences
from gui.recovery import Keeper
from gui.recovery_store import Head, OwnFolder, left_behind, read
from gui.windows import Windows


@pytest.fixture
def own_settings(tmp_path, monkeypatch):
    """Settings and state of a person who has just installed Netloom."""
    for kind in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for name in ("autosave", "restore", "restoring", "session", "looks", "recent"):
        settings.settings().remove(name)
    settings.settings().sync()


@pytest.fixture
def windows(app, own_settings, qtbot, monkeypatch):
    """A process's windows; closing asks nothing and no worker starts."""
    made = Windows()
    yield made
    for window in list(made.all):
        monkeypatch.setattr(window.files, "may_leave", lambda: True)
        window.close()
    made.leave_start()
    made.keeper.close()
    qtbot.wait(20)


def copies(keeper: Keeper) -> list[Path]:
    keeper.wait()
    return sorted(keeper.home.glob("*/*.recovery"))


def change(window, name: str = "Changed") -> None:
    window.session.document.do(RenameNetwork(name))


def saved(path: Path, net: Network) -> Path:
    save_project(Document(net), path)
    return path


# Keeping


def test_a_change_is_kept_after_the_interval_and_gone_once_saved(windows, qtbot, tmp_path):
    preferences.set_autosave_seconds(2)
    path = saved(tmp_path / "net.netloom", Network("Before"))
    assert windows.open(path)
    (window,) = windows.all
    assert copies(windows.keeper) == []
    change(window)
    began = time.monotonic()
    qtbot.waitUntil(lambda: len(list(windows.keeper.home.glob("*/*.recovery"))) == 1, timeout=6000)
    assert time.monotonic() - began > 1.0, "it waits for a pause in the work"
    kept = read(copies(windows.keeper)[0])
    assert kept.document().network.name == "Changed" and kept.head.path == path and kept.head.name == "net.netloom"
    assert window.files.save()
    assert copies(windows.keeper) == []


def test_what_was_undone_back_to_the_file_needs_no_copy(windows, tmp_path):
    window = windows.new()
    change(window)
    window.files.autosave.write()
    assert len(copies(windows.keeper)) == 1
    window.session.document.undo()
    assert copies(windows.keeper) == []
    window.session.document.redo()
    window.files.autosave.write()
    assert len(copies(windows.keeper)) == 1


def test_a_copy_follows_the_work_and_goes_when_that_is_given_up(windows, monkeypatch):
    window = windows.new()
    for name in ("One", "Two"):
        change(window, name)
        window.files.autosave.write()
    (file,) = copies(windows.keeper)
    assert read(file).document().network.name == "Two"
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Discard)
    window.close()
    assert copies(windows.keeper) == []


def test_a_change_of_the_recipe_is_work_too(windows, qtbot):
    preferences.set_autosave_seconds(2)
    window = windows.new()
    document = window.session.document
    document.do(SetRecipe(document.recipe.having(epochs=77)))
    qtbot.waitUntil(lambda: len(list(windows.keeper.home.glob("*/*.recovery"))) == 1, timeout=6000)
    assert read(copies(windows.keeper)[0]).document().recipe.epochs == 77


def test_never_means_never(windows, qtbot):
    preferences.set_autosave_seconds(2)
    window = windows.new()
    change(window)
    window.files.autosave.write()
    assert len(copies(windows.keeper)) == 1
    preferences.set_autosave_seconds(0)
    change(window, "Again")
    qtbot.wait(100)
    assert copies(windows.keeper) == [] and not window.files.autosave._timer.isActive()


def test_a_full_disk_is_said_once_and_loses_nothing(windows, qtbot):
    windows.keeper.home.parent.mkdir(parents=True, exist_ok=True)
    windows.keeper.home.write_text("a file where the folder should be")
    window = windows.new()
    said = []
    window.session.said.connect(said.append)
    for name in ("One", "Two"):
        change(window, name)
        window.files.autosave.write()
        windows.keeper.wait()
    qtbot.waitUntil(lambda: bool(said))
    assert len(said) == 1 and "No recovery copy could be written" in said[0]
    windows.keeper.home.unlink()
    window.files.autosave.write()
    assert len(copies(windows.keeper)) == 1


def test_the_interface_never_waits_for_the_disk(windows, monkeypatch):
    window = windows.new()
    change(window)
    monkeypatch.setattr(OwnFolder, "write", lambda *_: time.sleep(0.5))
    began = time.monotonic()
    window.files.autosave.write()
    assert time.monotonic() - began < 0.2
    windows.keeper.wait()


def test_a_project_whose_text_is_slow_waits_for_a_pause_but_not_for_ever(windows, monkeypatch):
    window = windows.new()
    autosave = window.files.autosave
    change(window)
    autosave.write()
    (file,) = copies(windows.keeper)
    autosave._cost = 0.2  # as measured with ten thousand blocks
    change(window, "Two")
    assert 11_000 < autosave._timer.interval() < 13_000
    autosave._due()
    assert read(copies(windows.keeper)[0]).document().network.name == "Changed", "an edit was just made"
    assert autosave._timer.isActive() and autosave._timer.interval() == 1000
    autosave._edited -= 2.0
    autosave._due()
    assert read(copies(windows.keeper)[0]).document().network.name == "Two"
    autosave._cost = 0.2
    change(window, "Three")
    autosave._stale_since -= 100.0
    autosave._due()
    assert read(copies(windows.keeper)[0]).document().network.name == "Three", "busy for too long"
    assert file.exists()


# After a crash


@pytest.fixture
def killed(own_settings, tmp_path):
    """A project, and the editor that was killed while it and an untitled network were being changed."""
    path = tmp_path / "lenet.netloom"
    shutil.copy(examples.path("lenet_digits"), path)
    settings.settings().setValue("autosave", 2)
    settings.settings().sync()
    script = Path(__file__).with_name("editor_to_kill.py")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(path)]
    editor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert editor.stdout.readline() == "kept\n"
    finally:
        os.kill(editor.pid, signal.SIGKILL)
        editor.wait()
    assert editor.returncode == -signal.SIGKILL
    return path


def kernel(document: Document) -> object:
    return document.network.values("conv1")["kernel_size"]


def test_after_a_kill_the_next_start_offers_the_work_and_recovers_it(killed, windows, qtbot):
    assert kernel(load_project(killed)) == 5, "the file itself is as it was saved"
    assert windows.offer_recovery()
    dialog = windows.recovery
    qtbot.waitExposed(dialog)
    told = {row.kept.head.name: row.differs.text() for row in dialog.rows}
    assert told == {"lenet.netloom": "Not in the file: conv1 changed.", "Never saved": "0 blocks, in no file"}
    folder = dialog.folders[0].folder
    dialog.all.click()
    assert not dialog.isVisible()
    by_title = {window.files.title: window for window in windows.all}
    assert set(by_title) == {"lenet.netloom", "Never saved"}
    document = by_title["lenet.netloom"].session.project
    assert document.path == killed and document.modified and kernel(document) == 3
    assert by_title["Never saved"].session.project.path is None
    windows.keeper.wait()
    assert not folder.exists(), "the old copies go"
    assert len(copies(windows.keeper)) == 2, "once new ones are kept"
    assert by_title["lenet.netloom"].files.save()
    assert kernel(load_project(killed)) == 3 and len(copies(windows.keeper)) == 1


def test_the_same_windows_come_back_and_the_recovered_work_takes_its_place(killed, windows, qtbot):
    windows.begin()
    (window,) = windows.all
    assert window.session.project.path == killed and kernel(window.session.project) == 5
    qtbot.waitUntil(lambda: hasattr(windows, "recovery"))
    row = next(row for row in windows.recovery.rows if row.kept.head.path)
    row.recover.click()
    assert windows.all == [window] and kernel(window.session.project) == 3
    windows.recovery.close()


def test_later_offers_it_again_and_discard_does_not(killed, windows, qtbot):
    assert windows.offer_recovery()
    windows.recovery.later.click()
    assert windows.offer_recovery()
    for row in list(windows.recovery.rows):
        row.discard.click()
    assert not windows.recovery.isVisible() and not windows.all
    assert not windows.offer_recovery() and list(windows.keeper.home.iterdir()) == []
    assert kernel(load_project(killed)) == 5


def test_a_file_that_changed_since_the_crash_is_said_and_not_saved_over_in_silence(killed, windows, monkeypatch):
    other = load_project(killed)
    other.do(SetHyperparameter(other.network.block("fc1").id, "out_features", 99))
    save_project(other, killed)
    assert windows.offer_recovery()
    row = next(row for row in windows.recovery.rows if row.kept.head.path)
    assert "changed since by another program" in row.differs.text()
    assert windows.recovery.recover(row)
    (window,) = windows.all
    assert window.disk_banner.isVisibleTo(window)
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()))
    assert not window.files.save() and asked == ["lenet.netloom was changed by another program"]
    windows.recovery.close()


def test_a_copy_that_cannot_be_read_is_said_and_the_others_come_back(windows, qtbot):
    folder = windows.keeper.home / "20240101-000000-1-00000000"
    folder.mkdir(parents=True)
    (folder / "bad.recovery").write_bytes(b"\0" * 50)
    (folder / "good.recovery").write_bytes(Head("good", None, 5.0).line() + save_text("Good"))
    assert windows.offer_recovery()
    dialog = windows.recovery
    bad = next(row for row in dialog.rows if row.kept.wrong)
    assert not bad.recover.isEnabled() and bad.discard.isEnabled() and "JSON" in bad.differs.text()
    dialog.recover_all()
    assert [window.session.network.name for window in windows.all] == ["Good"] and dialog.isVisible()
    bad.discard.click()
    assert not dialog.isVisible() and left_behind(windows.keeper.home) == []


def save_text(name: str) -> bytes:
    from graph.project_file import to_json

    return to_json(Document(Network(name))).encode()


def test_keys_reach_recover_discard_and_later(windows, qtbot):
    folder = windows.keeper.home / "20240101-000000-1-00000000"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.recovery").write_bytes(Head(name, None, 5.0).line() + save_text(name))
    assert windows.offer_recovery()
    dialog = windows.recovery
    qtbot.waitExposed(dialog)
    assert dialog.focusWidget() is dialog.all, "Enter takes the safe way"
    reached = set()
    for _ in range(6):
        reached.add(dialog.focusWidget())
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    rows = {way for row in dialog.rows for way in (row.recover, row.discard)}
    assert reached == {*rows, dialog.later, dialog.all}
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible() and windows.offer_recovery()
    windows.recovery.close()
