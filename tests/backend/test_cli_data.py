"""`netloom data`: kinds, options, what a project trains on; and other data by flags."""

import json

import pytest
from click.testing import CliRunner

import examples
from backend import cli_train
from backend.data import catalog
from backend.training.failures import Unfit
from backend.training.preparation import read_data
from graph import DataSource, Document, Network, Recipe
from graph.project_file import from_json, save_project
from gui.cli import main

TABLE = "age,member\n30,yes\n40,no\n50,yes\n60,no\n"


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def project(tmp_path):
    """A project without data, and a table beside it."""
    (tmp_path / "people.csv").write_text(TABLE)
    (tmp_path / "broken.csv").write_text(TABLE + "oops,yes\n" + "70,no\n" * 30)
    save_project(Document(Network("Empty"), Recipe()), tmp_path / "mine.netloom")
    return tmp_path / "mine.netloom"


def test_all_kinds_and_their_options():
    told = run("data").output
    assert all(entry.kind in told for entry in catalog())
    told = " ".join(run("data", "table").output.split())
    assert "leave_out none Columns to leave out" in told and "One of refuse, mean, skip." in told
    assert [one["kind"] for one in json.loads(run("data", "--json").output)] == [one.kind for one in catalog()]
    assert json.loads(run("data", "digits", "--json").output)["options"][0]["name"] == "size"


def test_what_a_project_trains_on():
    told = run("data", examples.path("lenet_digits")).output
    assert "1,797 samples" in told and "label: 0 178, 1 182" in told
    found = json.loads(run("data", examples.path("lenet_digits"), "--json").output)
    assert found["samples"] == found["train"] + found["validation"] == 1797
    assert found["fields"][1]["counts"][0] == 178 and found["problems"] == []


def test_other_data_by_flags(project):
    told = run("data", project, "--data", f"table:{project.parent / 'people.csv'}").output
    assert "people.csv: 4 samples" in told and "label: no 2, yes 2" in told
    flags = ("--data", f"table:{project.parent / 'broken.csv'}")
    refused = run("data", project, *flags)
    assert refused.exit_code == 2 and "row 4: column \"age\" holds 'oops'" in refused.output
    skipped = run("data", project, *flags, "--data-option", "bad_samples=skip", "--data-option", "standardize=no")
    assert skipped.exit_code == 0 and "34 samples" in skipped.output and "problem broken.csv, row 4" in skipped.output


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--data", "mnist"), "mnist is no kind of data"),
        (("--data", "table"), "write table:PATH, of a file"),
        (("--data", "digits:here"), "write digits alone"),
        (("--data", "table:gone.csv"), "there is no such file"),
        (("--data", "digits", "--data-option", "colour=1"), "NAME=VALUE is wanted, with one of size"),
        (("--data", "digits", "--data-option", "size"), "NAME=VALUE is wanted"),
        (("--data", "digits", "--data-option", "size=big"), "size is 'big', but a whole number is wanted"),
        (("--data", "digits", "--data-option", "size=1"), "must be from 4 to 256"),
        (("--data", "iris", "--data-option", "standardize=maybe"), "a yes or no is wanted"),
        (("--data-option", "size=8"), "the project has no data"),
        ((), "the project has no data"),
    ],
)
def test_wrong_flags_name_themselves_and_what_is_right(project, flags, said):
    result = run("data", project, *flags)
    assert result.exit_code != 0 and said in " ".join(result.output.split())


def test_data_outside_need_consent_unless_they_are_named_here(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.csv").write_text(TABLE)
    recipe = Recipe(data=DataSource(kind="table", path="../secret.csv"))
    save_project(Document(Network("Nosy"), recipe), home / "p.netloom")
    with pytest.raises(Unfit, match="outside its folder"):
        read_data(recipe, str(home), False, print)
    assert len(read_data(recipe, str(home), False, print, agreed=("../secret.csv",))) == 4
    for flags in ((), ("--data-option", "missing=skip")):
        refused = run("data", home / "p.netloom", *flags)
        assert refused.exit_code == 1 and "outside its folder" in refused.output and "samples" not in refused.output
    assert run("data", home / "p.netloom", "--outside").exit_code == 0
    assert run("data", home / "p.netloom", "--data", f"table:{tmp_path / 'secret.csv'}").exit_code == 0


def test_training_takes_the_same_flags(project, monkeypatch):
    starts = []
    monkeypatch.setattr(cli_train, "run_training", lambda document, start: starts.append(start) or 0)
    path = project.parent / "people.csv"
    result = run(
        "train", project, "--data", f"table:{path}", "--data-option", "target=age", "--data-option", "task=quantity"
    )
    assert result.exit_code == 0, result.output
    data = from_json(starts[0].project).recipe.data
    assert (data.path, data.options) == ("people.csv", {"target": "age", "task": "quantity"})
    assert data.field("target").shape == (1,)
    assert starts[0].agreed == ("people.csv",)
    refused = run("train", "--resume", project.parent, "--data", "digits")
    assert refused.exit_code == 2 and "--data: a run goes on" in refused.output
