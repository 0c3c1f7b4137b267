"""`netloom weights`: the table of a file, of a run, of what fits a project; converting; words about bad input."""

import json

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

import examples
from backend.compile import compile_program
from graph import load_project
from gui.cli import main

PROJECT = examples.path("lenet5")


def run(*arguments):
    return CliRunner().invoke(main, ["weights", *map(str, arguments)])


@pytest.fixture
def lenet(tmp_path):
    """LeNet's weights, as they begin, in a file; its last layer is one wider."""
    document = load_project(PROJECT)
    state = compile_program(document.network, document.recipe.fields).module.state_dict()
    head = list(state)[-2].removesuffix(".weight")
    state[f"{head}.weight"], state[f"{head}.bias"] = torch.zeros(11, 84), torch.zeros(11)
    save_file({**state, "extra.weight": torch.zeros(3)}, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def test_the_tensors_of_a_file(lenet):
    result = run(lenet)
    assert result.exit_code == 0 and "c1.weight" in result.output and "6 x 1 x 5 x 5" in result.output
    assert "11 tensors" in result.output
    assert json.loads(run(lenet, "--json").output)["c1.bias"] == {"shape": [6], "dtype": "float32"}


def test_the_table_of_what_fits_a_project(lenet):
    result = run(lenet, PROJECT)
    words = " ".join(result.output.split())
    assert result.exit_code == 0 and "8 of 10 tensors; other shape: scores; 1 of the file" in words
    found = json.loads(run(lenet, PROJECT, "--json").output)
    assert found["unused"] == ["extra.weight"] and len(found["rows"]) == 10
    assert found["rows"][0] == {
        "ours": "c1.weight",
        "theirs": "c1.weight",
        "our_shape": [6, 1, 5, 5],
        "their_shape": [6, 1, 5, 5],
        "outcome": "loaded",
        "by_order": False,
    }
    assert found["rows"][-1]["their_shape"] == [11] and found["rows"][-1]["outcome"] == "other shape"


def test_names_with_other_beginnings(lenet, tmp_path):
    state = load_file(lenet)
    save_file({f"net.body.{name}": one for name, one in state.items()}, tmp_path / "body.safetensors")
    found = json.loads(run(tmp_path / "body.safetensors", PROJECT, "--json", "--rename", "net.body.=").output)
    assert found["rows"][0]["theirs"] == "net.body.c1.weight" and not found["rows"][0]["by_order"]
    strict = run(tmp_path / "body.safetensors", PROJECT, "--rename", "net.body.=", "--strict")
    assert strict.exit_code == 1 and "other shape: scores" in " ".join(strict.output.split())
    for arguments, words in (
        ((lenet, PROJECT, "--rename", "net."), "OLD=NEW is wanted"),
        ((lenet, PROJECT, "--rename", "a=b", "--rename", "a=c"), "'a' is renamed twice"),
        ((lenet, "--rename", "a=b"), "--rename: name a PROJECT"),
        ((lenet, "--strict"), "--strict: name a PROJECT"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2 and words in result.output, result.output


def test_train_takes_other_names_and_demands_all(lenet, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr("backend.cli_train.run_training", lambda document, start: started.append(document) or 0)
    train = ["train", str(PROJECT), "--run", str(tmp_path / "run")]
    names = ["--rename", "net.=", "--rename", "=body.", "--strict"]
    assert CliRunner().invoke(main, [*train, "--from", str(lenet), *names]).exit_code == 0
    (start,) = started[0].recipe.start_weights
    assert start.renames == {"net.": "", "": "body."} and start.strict
    without = CliRunner().invoke(main, [*train, *names])
    assert without.exit_code == 2 and "it is of the weights that --from names" in without.output
    again = CliRunner().invoke(main, ["train", "--resume", str(tmp_path), "--strict"])
    assert again.exit_code == 2 and "--strict: a run goes on in its folder" in again.output and len(started) == 1


def test_bad_input_is_answered_in_one_line(lenet, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"nothing of the kind")
    for arguments, words in (
        ((tmp_path / "none.pth",), "no such file"),
        ((tmp_path / "bad.safetensors",), "no safetensors file"),
        ((tmp_path,), "the folder is no run"),
        ((lenet, "-o", tmp_path / "x.safetensors"), "already"),
        ((lenet, "-o", tmp_path / "x.pth"), "end in .safetensors"),
        ((lenet, tmp_path / "none.netloom"), "none.netloom"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1 and words in result.output and result.output.count("\n") == 1, result.output


def test_train_from_what_is_not_there_starts_nothing(tmp_path):
    result = CliRunner().invoke(
        main, ["train", str(PROJECT), "--from", str(tmp_path / "none"), "--run", str(tmp_path / "run")]
    )
    assert result.exit_code == 1 and "no such file or folder" in result.output and not (tmp_path / "run").exists()


def test_no_torch_is_needed(lenet):
    import subprocess
    import sys

    code = (
        f"import sys; from gui.cli import main\ntry: main(['weights', {str(lenet)!r}, {str(PROJECT)!r}])\n"
        "except SystemExit: pass\nprint([m for m in ('torch', 'PySide6', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
