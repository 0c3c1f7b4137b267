"""Runs taken up again: their network restored, their training continued, and foreign runs not believed."""

import json
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QInputDialog

from backend import background
from backend.messages import Start
from backend.resuming import remembered
from backend.run_curves import read_curves
from backend.run_folder import START, RunFolder, read_run
from graph import DataSource, Document, Network, Recipe, save_project
from graph.edits import SetRecipe
from graph.project_file import from_json, to_json
from gui.runs import going_on, runs_panel
from gui.runs.going_on import CannotGoOn

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))
from made_runs import project, trained

PATIENCE = 60_000  # ms: importing torch on a busy machine


@pytest.fixture
def opened(panel):
    """The panel, and what it wanted a window for; the window's controller only notes what it is told."""
    made, asked, told = panel(), [], []

    def open_window(one):
        asked.append(one)
        return SimpleNamespace(run=SimpleNamespace(go_on=lambda *arguments: told.append(arguments)))

    made.open_window = open_window
    return SimpleNamespace(panel=made, asked=asked, told=told)


def with_data(document, path):
    data = document.recipe.data.model_copy(update={"kind": "table", "path": path})
    document.do(SetRecipe(document.recipe.having(data=data)))
    return to_json(document)


# ---- restoring --------------------------------------------------------------------------------------------


def test_a_network_is_restored_without_a_file(home, session, opened):
    trained(home / "a", to_json(session.project))
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([home / "a"])
    opened.panel.bar.restore.click()
    [one] = opened.asked
    assert one.document.path is None and going_on.same_network(one.document, session.project)


def test_restored_data_are_found_from_anywhere(home, session):
    text = with_data(session.project, "data/table.csv")
    folder = trained(home / "a", text)
    (folder / START).write_bytes(remembered(Start(project=text, run_folder="x", base=str(home.parent))))
    assert going_on.snapshot(folder).document.recipe.data.path == str(home.parent / "data" / "table.csv")


def test_what_cannot_be_restored_is_told(home, session, opened):
    folder = trained(home / "a", to_json(session.project))
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder])
    (folder / "project.netloom").write_text("{")
    opened.panel.restore()
    assert not opened.asked and opened.panel.banner.isVisible()


def listed(panel, home):
    from backend.runs import list_runs
    from gui.runs.reading import Listed

    panel._pages.setCurrentIndex(2)
    return tuple(Listed(entry) for entry in list_runs(home))


# ---- going on ---------------------------------------------------------------------------------------------


def test_a_stopped_run_goes_on_in_the_same_folder_with_its_curves(qtbot, session, controller, panel, home):
    session.document.do(SetRecipe(session.document.recipe.having(epochs=40)))
    made = panel()
    controller.epoch_ended.connect(lambda epoch: controller.stop() if epoch.epoch == 2 else None)
    controller.start()
    qtbot.waitUntil(lambda: controller.state == "finished", timeout=PATIENCE)
    controller.epoch_ended.disconnect()
    folder, done = controller.run.folder, controller.run.history.step
    assert read_run(folder).manifest.outcome == "stopped" and done < controller.run.history.steps
    qtbot.waitUntil(
        lambda: bool(made.table.runs.runs) and made.table.runs.entry(0).outcome == "stopped", timeout=10_000
    )
    made.table.select([folder])
    made.bar.go_on.click()
    qtbot.waitUntil(lambda: controller.active, timeout=10_000)
    assert controller.run.folder == folder and controller.run.history.step == done
    qtbot.waitUntil(lambda: controller.state == "finished", timeout=PATIENCE)
    history = controller.run.history
    assert [epoch.epoch for epoch in history.epochs] == list(range(1, 41)) and history.step == history.steps
    assert read_run(folder).manifest.outcome == "finished"
    told = [epoch.epoch for epoch in read_curves(folder).events if epoch.type == "epoch"]
    assert told == list(range(1, 41))


def test_a_finished_run_asks_for_more_epochs(qtbot, monkeypatch, home, session, controller, opened):
    folder = trained(home / "a", to_json(session.project), epochs=3)
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder])
    started, answers = [], [(7, True), (0, False)]
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: answers.pop())
    monkeypatch.setattr(controller, "go_on", lambda *arguments: started.append(arguments))
    opened.panel.go_on()
    assert not started
    opened.panel.go_on()
    qtbot.waitUntil(lambda: bool(started), timeout=10_000)
    [(_, start, history)] = started
    assert (start.epochs, start.resume, start.run_folder) == (7, True, str(folder)) and len(history.epochs) == 3


def test_a_run_of_another_network_goes_on_in_a_window_with_that_network(qtbot, home, session, controller, opened):
    folder = trained(home / "a", project("Other", epochs=9))
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder])
    opened.panel.go_on()
    qtbot.waitUntil(lambda: bool(opened.told), timeout=10_000)
    assert [one.document.network.name for one in opened.asked] == ["Other"] and not controller.active
    [(document, start, _)] = opened.told
    assert document.network.name == "Other" and start.resume


def test_what_cannot_go_on_is_told(home, session, opened):
    folder = trained(home / "a", project(epochs=9))
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder])
    (folder / START).unlink()
    opened.panel.go_on()
    assert START in opened.panel.banner.text and not opened.told
    with pytest.raises(CannotGoOn, match=START):
        going_on.continuation(folder, None)


def test_a_run_in_the_background_is_taken_over_in_its_own_time(qtbot, monkeypatch, home, session, controller, opened):
    folder = RunFolder(home / "a", to_json(session.project))
    folder.write(START, remembered(Start(project="", run_folder="x")))
    (folder.path / background.PLACE).write_text('{"pid": 2147483647}')
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder.path])
    bar, started, left = opened.panel.bar, [], threading.Event()
    assert bar.go_on.isEnabled() and bar.go_on.text() == "Take over"
    monkeypatch.setattr(background, "take_over", lambda run: left.wait(10))
    monkeypatch.setattr(controller, "go_on", lambda *arguments: started.append(arguments))
    bar.go_on.click()
    assert not bar.go_on.isEnabled() and "taken over" in opened.panel.banner.text and not started
    left.set()
    qtbot.waitUntil(lambda: bool(started), timeout=10_000)
    assert not opened.panel.banner.isVisible()
    folder.finish("stopped")


def test_a_run_that_another_program_trains_is_left_to_it(home, session, opened):
    folder = RunFolder(home / "a", to_json(session.project))
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder.path])
    assert not opened.panel.bar.go_on.isEnabled() and "Another program" in opened.panel.bar.go_on.toolTip()
    folder.finish("stopped")


# ---- foreign runs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "base", "outside"),
    [
        ("data/a.csv", "HOME", False),
        ("data/a.csv", None, False),
        ("../secret.csv", "HOME", True),
        ("/etc/passwd", "HOME", True),
        ("etc/passwd", "/", True),
    ],
)
def test_a_runs_word_that_it_may_read_elsewhere_is_not_taken(home, session, path, base, outside):
    text = with_data(session.project, path)
    folder = trained(home / "a", text)
    base = str(home.parent) if base == "HOME" else base
    (folder / START).write_bytes(remembered(Start(project=text, run_folder="x", base=base, outside=True)))
    going = going_on.continuation(folder, None)
    assert (going.outside is not None) == outside and not going.start.outside


@pytest.mark.parametrize("agrees", [False, True])
def test_data_from_elsewhere_are_asked_about(qtbot, home, session, controller, opened, monkeypatch, agrees):
    text = with_data(session.project, "/etc/passwd")
    folder = trained(home / "a", text, epochs=1, outcome="killed")
    opened.panel.table.show_runs(listed(opened.panel, home))
    opened.panel.table.select([folder])
    started = []
    monkeypatch.setattr(controller, "go_on", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(runs_panel, "may_read", lambda parent, path: agrees and path == "/etc/passwd")
    opened.panel.go_on()
    qtbot.waitUntil(lambda: not opened.panel._taking_up, timeout=10_000)
    assert [start.outside for _, start, _ in started] == ([True] if agrees else [])


def test_networks_are_the_same_where_only_places_and_recipes_differ(session):
    other = from_json(to_json(session.project))
    other.network.positions = {id: (x + 9, y) for id, (x, y) in other.network.positions.items()}
    assert going_on.same_network(session.project, other)
    assert not going_on.same_network(session.project, type(other)(Network("Small")))


def test_what_a_run_says_of_its_own_consent_or_of_impossible_folders_is_not_believed(tmp_path):
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    document = Document(Network("n"), Recipe(data=DataSource(kind="npz", path="x.npz")))
    save_project(document, folder / "project.netloom")
    for told, asks in (({"agreed": ["x.npz"], "outside": True}, False), ({"base": "/"}, True), ({"base": "\0"}, True)):
        (folder / "start.json").write_text(json.dumps(told))
        found = going_on.continuation(folder, None)
        assert (found.outside is not None) is asks
        assert not found.start.outside and not found.start.agreed
