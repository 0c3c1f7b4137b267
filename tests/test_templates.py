"""What new projects begin from: real projects on data that ship with Netloom, that check clean and train at once."""

import json
import subprocess
import sys

import pytest

import examples
from examples import build_templates
from graph import load_project
from graph.project_file import to_json


def test_each_template_has_its_file():
    assert [path.stem for path in examples.templates()] == [make.__name__ for make in build_templates.TEMPLATES]


@pytest.mark.parametrize("make", build_templates.TEMPLATES, ids=lambda make: make.__name__)
def test_the_file_is_what_the_builder_writes_and_checks_clean(make):
    path = next(path for path in examples.templates() if path.stem == make.__name__)
    kept = load_project(path)
    assert to_json(kept) == to_json(make())
    assert kept.analysis.problems == [] and not kept.analysis.partial


@pytest.mark.parametrize(
    ("name", "metric", "least", "most"),
    [
        ("image_classifier", "accuracy", 0.97, 1.0),
        ("sequence_classifier", "accuracy", 0.93, 1.0),
        ("autoencoder", "loss", 0.0, 0.04),
    ],
)
def test_it_trains_at_once(name, metric, least, most, tmp_path):
    path = next(path for path in examples.templates() if path.stem == name)
    run = tmp_path / "run"
    command = [sys.executable, "-m", "gui.cli", "train", str(path), "--run", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads((run / "events.jsonl").read_text().splitlines()[-1])["event"]
    assert last["type"] == "finished" and least <= last["best"][metric] <= most, last
