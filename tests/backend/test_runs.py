"""The list of runs: whole, killed and damaged ones, quickly; notes, trash and differences between recipes."""

import json
import sys
import time
from pathlib import Path

import pytest

from backend import runs
from backend.messages import Start
from backend.resuming import remembered
from backend.run_comparison import differences, network_difference
from backend.run_folder import EVENTS, MANIFEST, PROJECT, START, RunFolder
from backend.run_notes import NOTES, NotesError, noted, read_notes, tags_of, write_notes
from backend.run_trash import TrashError, bring_back, empty, throw_away, thrown_away
from backend.runs import list_runs, read_entry
from graph import Recipe, load_project
from graph.schedule import Schedule

sys.path.insert(0, str(Path(__file__).parent))
from made_runs import epoch, project, steps, trained

# ---- the list ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "listed"),
    [("finished", "finished"), ("stopped", "stopped"), ("failed", "failed"), ("killed", "interrupted")],
)
def test_a_run_is_listed_with_what_became_of_it(tmp_path, outcome, listed):
    trained(tmp_path / "a", project("LeNet"), outcome=outcome)
    [entry] = list_runs(tmp_path)
    assert (entry.name, entry.outcome, entry.network) == ("a", listed, "LeNet")
    assert (entry.epochs, entry.steps, entry.seconds) == (3, 30, 4.5)
    assert (entry.best_epoch, entry.best) == (3, {"loss": pytest.approx(2 / 3)})
    assert entry.recipe == Recipe() and entry.began is not None and entry.problems == ()


def test_a_run_that_is_being_written_is_running(tmp_path):
    folder = RunFolder(tmp_path / "a", project())
    assert list_runs(tmp_path)[0].outcome == "running"
    folder.finish("stopped")
    assert list_runs(tmp_path)[0].outcome == "stopped"


def test_looking_does_not_keep_a_run_from_going_on(tmp_path):
    path = trained(tmp_path / "a", outcome="killed")
    for _ in range(50):
        assert not runs.being_written(path)
    RunFolder.again(path)
    assert runs.being_written(path)


def test_the_newest_is_first_and_runs_in_folders_are_found(tmp_path):
    for name in ("b", "deep/a", ".hidden/c", "deep/er/d", "deep/er/est/e"):
        trained(tmp_path / name)
    for at, name in enumerate(("b", "deep/a", "deep/er/d")):
        manifest = json.loads((tmp_path / name / MANIFEST).read_text())
        manifest["began"] = f"2026-01-0{at + 1}T10:00:00+00:00"
        (tmp_path / name / MANIFEST).write_text(json.dumps(manifest))
    assert [entry.name for entry in list_runs(tmp_path)] == ["deep/er/d", "deep/a", "b"]
    assert [entry.name for entry in list_runs(tmp_path / "b")] == ["b"]
    assert list_runs(tmp_path / "nothing") == []


def test_what_was_asked_for_instead_of_the_recipe_is_told(tmp_path):
    text = project(epochs=7)
    folder = RunFolder(tmp_path / "a", text)
    folder.write(START, remembered(Start(project=text, run_folder="x", epochs=99, device="cpu")))
    recipe = read_entry(folder.path).recipe
    assert (recipe.epochs, recipe.device) == (99, "cpu")


def test_the_best_is_found_far_back_in_a_log_that_was_cut_off(tmp_path):
    path = trained(tmp_path / "a", epochs=2, outcome="killed")
    with (path / EVENTS).open("ab") as log:
        for number in range(3, 6):
            for _ in range(20):
                log.write(b'{"at":1,"event":' + steps(1, 300).model_dump_json().encode() + b"}\n")
            log.write(b'{"at":1,"event":' + epoch(number, 9.0, best=False).model_dump_json().encode() + b"}\n")
        log.write(b'{"at":1,"event":{"type":"epoch","epo')
    entry = read_entry(path)
    assert (entry.best_epoch, entry.best, entry.epochs) == (2, {"loss": 1.0}, 5) and entry.problems == ()


DAMAGE = {
    "no manifest can be read": (lambda path: (path / MANIFEST).write_text("{"), "manifest.json"),
    "the manifest is endless": (lambda path: (path / MANIFEST).write_bytes(b" " * 2_000_000), "larger than"),
    "no project": (lambda path: (path / PROJECT).unlink(), "project.netloom"),
    "no log": (lambda path: (path / EVENTS).unlink(), "events.jsonl"),
    "the log is a folder": (lambda path: ((path / EVENTS).unlink(), (path / EVENTS).mkdir()), "events.jsonl"),
    "an outcome of another kind": (
        lambda path: (path / MANIFEST).write_text((path / MANIFEST).read_text().replace("finished", "fnished")),
        "",
    ),
}
PARTLY = {
    "the recipe breaks a rule": (
        lambda path: (path / PROJECT).write_text(project().replace('"epochs": ', '"epochs": -')), "epochs",
    ),
    "the project is too deep": (lambda path: (path / PROJECT).write_text("[" * 200_000), "project.netloom"),
    "the project is a list": (lambda path: (path / PROJECT).write_text("[1]"), "project.netloom"),
    "notes of another kind": (lambda path: (path / NOTES).write_text('{"tags": 3}'), "tags"),
    "endless notes": (lambda path: (path / NOTES).write_bytes(b" " * 1_000_000), "larger than"),
    "lines that say nothing": (
        lambda path: (path / EVENTS).write_text('{"at":1,"event":{"type":"epoch"}}\n' * 3), "events.jsonl",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_listed_with_the_reason(tmp_path, damage):
    trained(tmp_path / "good")
    harm, word = DAMAGE[damage]
    harm(trained(tmp_path / "bad"))
    entries = {entry.name: entry for entry in list_runs(tmp_path)}
    assert entries["good"].outcome == "finished"
    assert entries["bad"].outcome == "damaged" and word in " ".join(entries["bad"].problems)


@pytest.mark.parametrize("damage", PARTLY)
def test_what_can_be_read_of_a_run_is_told_and_what_cannot_named(tmp_path, damage):
    harm, word = PARTLY[damage]
    harm(trained(tmp_path / "bad"))
    [entry] = list_runs(tmp_path)
    assert entry.outcome == "finished" and word in " ".join(entry.problems)


def test_two_hundred_runs_take_little_more_than_their_projects(tmp_path):
    original = trained(tmp_path / "run-0", project(blocks=("Input", "ReLU", "Flatten", "Tanh") * 5), epochs=5)
    with (original / EVENTS).open("rb") as log:
        lines = log.read()
    (original / EVENTS).write_bytes(lines[: lines.rindex(b'{"at"')] * 40 + lines)
    parts = {name: (original / name).read_bytes() for name in (PROJECT, EVENTS, MANIFEST, START)}
    for number in range(1, 200):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        for name, data in parts.items():
            (folder / name).write_bytes(data)
    known: dict = {}
    projects = _seconds(lambda: [load_project(tmp_path / f"run-{number}" / PROJECT) for number in range(200)])
    first, again = (_seconds(lambda: list_runs(tmp_path, known)) for _ in range(2))
    print(f"200 runs: {first / projects:.2f} of their projects' time, again {again / projects:.3f}")
    assert first < 0.5 * projects and again < 0.15 * projects


def _seconds(work) -> float:
    begun = time.process_time()
    assert len(work()) == 200
    return time.process_time() - begun


def test_a_second_look_sees_what_changed(tmp_path):
    known = {}
    path = trained(tmp_path / "a")
    list_runs(tmp_path, known)
    write_notes(path, noted(("good",)))
    trained(tmp_path / "b")
    assert {entry.name: entry.tags for entry in list_runs(tmp_path, known)} == {"a": ("good",), "b": ()}


# ---- notes ------------------------------------------------------------------------------------------------


def test_notes_are_kept_and_read_back(tmp_path):
    path = trained(tmp_path / "a")
    assert read_notes(path) == noted()
    write_notes(path, noted(("baseline", "für β"), "the first\nthat learned"))
    assert read_notes(path).tags == ("baseline", "für β") and read_notes(path).notes == "the first\nthat learned"
    entry = read_entry(path)
    assert (entry.tags, entry.notes) == (("baseline", "für β"), "the first\nthat learned")


def test_tags_are_read_from_words_with_commas():
    assert tags_of("  baseline, two   words,,baseline , x") == ("baseline", "two words", "x")
    assert tags_of(" , ") == ()


@pytest.mark.parametrize(
    ("tags", "notes", "word"),
    [
        (("x" * 41,), "", "40"),
        (tuple(map(str, range(33))), "", "32"),
        (("a", "a"), "", "twice"),
        (("a,b",), "", "comma"),
        (("a\nb",), "", "line break"),
        ((" a",), "", "space"),
        (("",), "", "tags.0"),
        ((), "x" * 20_001, "notes"),
        ((3,), "", "tags.0"),
    ],
)
def test_tags_and_notes_out_of_bounds_are_refused_with_the_place(tags, notes, word):
    with pytest.raises(NotesError, match=word):
        noted(tags, notes)


def test_broken_notes_are_put_aside_when_others_are_written(tmp_path):
    (tmp_path / NOTES).write_text("{broken")
    with pytest.raises(NotesError, match=NOTES):
        read_notes(tmp_path)
    write_notes(tmp_path, noted(("a",)))
    assert read_notes(tmp_path).tags == ("a",) and (tmp_path / f"{NOTES}.broken").read_text() == "{broken"


# ---- trash ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "deep/er/a"])
def test_a_run_thrown_away_comes_back_whole(tmp_path, name):
    path = trained(tmp_path / name)
    before = {one.name: one.read_bytes() for one in path.iterdir() if one.is_file()}
    thrown = throw_away(path, tmp_path)
    assert list_runs(tmp_path) == [] and thrown_away(tmp_path) == [thrown]
    assert bring_back(thrown, tmp_path) == path
    assert {one.name: one.read_bytes() for one in path.iterdir() if one.is_file()} == before
    assert thrown_away(tmp_path) == [] and not (tmp_path / runs.TRASH).exists()


def test_a_name_taken_meanwhile_is_left_alone(tmp_path):
    thrown = throw_away(trained(tmp_path / "a"), tmp_path)
    trained(tmp_path / "a")
    assert bring_back(thrown, tmp_path) == tmp_path / "a-2"


def test_only_whole_runs_of_the_folder_that_nobody_writes_are_thrown_away(tmp_path):
    home, elsewhere = tmp_path / "runs", trained(tmp_path / "elsewhere")
    running = RunFolder(home / "a", project())
    (home / "link").symlink_to(elsewhere)
    (home / "plain").mkdir()
    for path in (running.path, elsewhere, home / "link", home / "plain", home, home / ".." / "elsewhere"):
        with pytest.raises(TrashError):
            throw_away(path, home)
    thrown = throw_away(trained(home / "b"), home)
    with pytest.raises(TrashError):
        throw_away(thrown, home)
    with pytest.raises(TrashError):
        bring_back(elsewhere, home)
    assert elsewhere.exists() and running.path.exists()


def test_emptying_the_trash_follows_no_link(tmp_path):
    kept = trained(tmp_path / "kept")
    home = tmp_path / "runs"
    thrown = throw_away(trained(home / "a"), home)
    (thrown / "link").symlink_to(kept)
    empty(home)
    assert thrown_away(home) == [] and (kept / PROJECT).exists()


# ---- differences ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ({}, {}, []),
        ({"epochs": 5}, {}, ["epochs: 10 -> 5"]),
        ({"schedule": Schedule(kind="cosine")}, {}, ["schedule.kind: constant -> cosine"]),
        ({"deterministic": True, "patience": 3}, {}, ["patience: - -> 3", "deterministic: no -> yes"]),
        ({"optimizer": "SGD", "learning_rate": 0.1}, {}, ["optimizer: Adam -> SGD", "learning_rate: 0.001 -> 0.1"]),
    ],
)
def test_recipes_differ_in_dotted_places(ours, theirs, told):
    assert [str(change) for change in differences(Recipe(**ours), Recipe(**theirs))] == told
    assert differences(None, Recipe()) == ()


def test_networks_differ_in_a_sentence(tmp_path):
    one, other = trained(tmp_path / "a"), trained(tmp_path / "b", project(blocks=("Input", "ReLU"), epochs=3))
    assert network_difference(other, one) == "ReLU added" or "added" in network_difference(other, one)
    assert network_difference(one, one) == ""
    (other / PROJECT).write_text("{")
    assert network_difference(other, one) == ""
