"""Model files by their endings, the project that is written of one, and `netloom import`."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file

from backend.importing import CannotImport, Imported
from backend.importing.asking import Refused, parsed
from backend.importing.model import MOST_PYTHON, read_model, write_project
from backend.importing.process import main as answer
from graph import Network, analyze, load_project
from gui.cli import main

SOURCE = """
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "small net.py"
    path.write_text(SOURCE)
    return path


def told(*arguments):
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def test_a_model_becomes_a_project_beside_it(model, tmp_path):
    done = told(model)
    assert done.exit_code == 0, done.output
    project = tmp_path / "small net.netloom"
    assert f"wrote {project}" in done.output
    network = load_project(project).network
    assert analyze(network).total_parameters == 4 * 8 + 8 + 8 * 3 + 3
    assert len(set(network.positions.values())) == len(network.blocks)
    again = told(model)
    assert again.exit_code == 1 and "is there already; --force writes over it" in again.output
    assert told(model, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("net.h5", b"", "only models that end in .py or .onnx can be imported"),
        ("net.py", b"\xff\xfe", "byte 0 is no UTF-8"),
        ("net.py", b"x = 1\n" * (MOST_PYTHON // 6 + 1), "has more than 1,048,576 bytes"),
        ("net.py", b"def f(:\n", "line 1"),
        ("net.py", b"x = 1\n", "net.py"),
        ("net.onnx", b"\x08\x09not a model", "net.onnx"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    done = told(path)
    assert done.exit_code == 1 and words in done.output and "Traceback" not in done.output
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_is_misused_is_said(model, tmp_path):
    assert "ends in .netloom" in told(model, "-o", tmp_path / "out.json").output
    assert "No such file" in told(tmp_path / "none.py").output


def test_weights_lie_beside_the_project_and_training_begins_from_them(tmp_path):
    network = Network("net")
    network.connect(network.add("Input", shape=(2,)), network.add("Linear", name="fc", out_features=3))
    weights = {"fc.weight": np.ones((3, 2), np.float32)}
    files = write_project(Imported(network, ("one *thing*",), weights), tmp_path / "a.netloom", "b.onnx")
    assert [file.name for file in files] == ["a.netloom", "a.safetensors"]
    document = load_project(files[0])
    assert [start.path for start in document.recipe.start_weights] == ["a.safetensors"]
    assert np.array_equal(load_file(files[1])["fc.weight"], weights["fc.weight"])
    [note] = document.network.annotations.values()
    assert note.text == "**Imported from b.onnx**\n\nOne \\*thing\\*"


def test_the_process_answers_in_one_table(model, tmp_path):
    said = json.dumps(answer(model, tmp_path / "out.netloom")).encode()
    files, notes = parsed(model, said)
    assert [file.name for file in files] == ["out.netloom"] and isinstance(notes, list)
    for wrong in (b"", b"[1]", b'{"files": [1], "notes": []}', b'{"files": []}', b"[" * 100_000):
        with pytest.raises(Refused):
            parsed(model, wrong)


def test_nothing_but_what_was_asked_is_read(tmp_path):
    with pytest.raises(OSError):
        read_model(tmp_path / "none.onnx")
    with pytest.raises(CannotImport):
        read_model(tmp_path / "none.txt")
