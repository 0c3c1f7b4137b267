"""`netloom runs`: the table that fits its terminal, JSON, comparison, and what cannot be found."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from backend.cli_runs import _metrics
from backend.run_notes import noted, write_notes
from gui.cli import main

sys.path.insert(0, str(Path(__file__).parent))
from made_runs import project, trained


def told(*arguments, width=100):
    return CliRunner().invoke(main, ["runs", *map(str, arguments)], env={"COLUMNS": str(width)})


@pytest.fixture
def home(tmp_path):
    write_notes(trained(tmp_path / "first", project(epochs=3)), noted(("baseline",), "slow"))
    trained(tmp_path / "second-try", project(epochs=3, optimizer="SGD"), outcome="killed")
    return tmp_path


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_table_fits_its_terminal(home, width):
    result = told(home, width=width)
    lines = result.output.splitlines()
    assert result.exit_code == 0 and max(map(len, lines)) <= width
    assert any("first" in line and "finished" in line for line in lines)
    assert any("second-try" in line and "interrupted" in line for line in lines)
    assert ("baseline" in result.output) == (width >= 80) and ("0.6667" in result.output)


def test_what_most_runs_have_is_shown_first():
    entries = [SimpleNamespace(best={"loss": 0.5})] * 3 + [SimpleNamespace(best={"divergence": 0.1, "loss": 0.2})]
    assert _metrics(entries) == ["loss", "divergence"]
    assert _metrics([SimpleNamespace(best={"accuracy": 0.9, "loss": 0.5})]) == ["loss", "accuracy"]


def test_json_holds_everything(home):
    runs = {run["name"]: run for run in json.loads(told(home, "--json").output)}
    assert runs["first"]["tags"] == ["baseline"] and runs["first"]["notes"] == "slow"
    assert runs["first"]["best"] == {"loss": pytest.approx(2 / 3)} and runs["first"]["recipe"]["epochs"] == 3
    assert runs["second-try"]["outcome"] == "interrupted"


def test_runs_are_chosen_by_tag(home):
    assert [run["name"] for run in json.loads(told(home, "--json", "--tag", "baseline").output)] == ["first"]
    assert "No runs with this tag" in told(home, "--tag", "other").output


def test_files_are_held_against_the_hashes_of_their_run(home):
    result = told(home, "--verify")
    assert result.exit_code == 1 and "second-try the run wrote no hashes" in result.output  # it was killed
    assert "first is" not in result.output and "differs" not in result.output
    with (home / "first" / "project.netloom").open("a") as file:
        file.write("\n")
    assert "first project.netloom is missing or differs from what the run wrote" in told(home, "--verify").output


def test_two_runs_are_compared(home):
    result = told(home, "--compare", "first", "second")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["optimizer", "Adam", "SGD"] in lines and ["outcome", "finished", "interrupted"] in lines
    found = json.loads(told(home, "--json", "--compare", "first", home / "second-try").output)
    assert found["recipe"] == {"optimizer": ["Adam", "SGD"]} and found["network"] == ""


@pytest.mark.parametrize(("arguments", "word"), [(("first", "third"), "third"), (("first", "s"), "2 runs")])
def test_a_run_that_is_not_found_is_named(home, arguments, word):
    result = told(home, "--compare", *arguments)
    assert result.exit_code == 1 and word in result.output


def test_a_folder_that_is_not_there_is_named(tmp_path):
    result = told(tmp_path / "nothing")
    assert result.exit_code == 1 and "no such folder" in result.output
    assert "No runs in" in told(tmp_path).output


def test_a_damaged_run_is_told_with_its_reason(home):
    (home / "first" / "project.netloom").write_text("{")
    result = told(home)
    assert result.exit_code == 0 and "project.netloom cannot be read" in result.output


def test_names_from_elsewhere_do_not_act_on_the_terminal(tmp_path):
    trained(tmp_path / "a\x1b[2Jb[red]c")
    result = told(tmp_path, width=200)
    assert "a?[2Jb[red]c" in result.output and "\x1b" not in result.output
