"""Every example opens, checks without a problem, generates source, trains, and is what examples/build.py writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import examples
from examples import build
from graph import load_project

PUBLISHED = json.loads((Path(__file__).parent / "golden" / "published_models.json").read_text())


@pytest.mark.parametrize("make", build.EXAMPLES, ids=lambda make: make.__name__)
def test_the_file_is_what_the_builder_writes(make):
    kept, made = load_project(examples.path(make.__name__)), make()
    assert (kept.network.name, kept.network.blocks, kept.network.wires) == (
        made.network.name,
        made.network.blocks,
        made.network.wires,
    )
    assert kept.recipe == made.recipe
    assert len(set(kept.network.positions.values())) == len(kept.network.blocks)


@pytest.mark.parametrize("path", examples.paths(), ids=lambda path: path.stem)
def test_it_checks_without_a_problem(path):
    document = load_project(path)
    assert document.analysis.problems == []
    assert not document.analysis.partial


def test_lenet5_has_the_published_number_of_parameters():
    published = next(m for m in PUBLISHED["models"] if m["name"] == "lenet5")
    analysis = load_project(examples.path("lenet5")).analysis
    assert analysis.total_parameters == published["parameters"] == 61_706
    assert analysis.output("image").shape == ("N", *published["input"])


def test_an_unknown_example_is_answered_with_those_that_exist():
    with pytest.raises(FileNotFoundError, match="there are lenet5, lenet_digits, lstm_rows, mlp_spirals"):
        examples.path("alexnet")


@pytest.mark.parametrize(
    ("name", "epochs", "accuracy"), [("lenet_digits", 60, 0.97), ("mlp_spirals", 150, 0.97), ("lstm_rows", 25, 0.93)]
)
def test_it_trains_by_the_command_line(name, epochs, accuracy, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "gui.cli", "train", str(examples.path(name)), "--run", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line)["event"] for line in (run / "events.jsonl").read_text().splitlines()]
    epoch_rows = [row for row in rows if row["type"] == "epoch"]
    assert len(epoch_rows) == epochs
    assert rows[-1]["type"] == "finished"
    assert rows[-1]["best"]["accuracy"] >= accuracy
