"""The commands without a window: their output, their exit status, and their words about bad input."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import examples
from graph import Document, Network, load_project, save_project
from gui.cli import main


@pytest.fixture
def broken(tmp_path):
    net = Network("Broken")
    net.add("Input", name="image", shape=(1, 4, 4))
    net.add("Conv2d", name="conv1", out_channels=6, kernel_size=5)
    net.connect("image", "conv1")
    path = tmp_path / "broken.netloom"
    save_project(Document(net), path)
    return path


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_check_prints_the_summary():
    result = run("check", examples.path("lenet5"))
    assert result.exit_code == 0, result.output
    for words in ("c1", "Conv2d", "N x 6 x 28 x 28", "156", "61,706", "No problems."):
        assert words in result.output


def test_check_json_is_whole():
    result = run("check", examples.path("lenet5"), "--json")
    found = json.loads(result.output)
    assert found["ok"] and found["parameters"] == 61_706 and found["problems"] == []
    row = found["blocks"][1]
    assert row.pop("explain")[0] == {"what": "output", "arithmetic": "N x 1 x 32 x 32 -> N x 6 x 28 x 28"}
    assert row == {
        "block": "c1",
        "type": "Conv2d",
        "output": ["N", 6, 28, 28],
        "dtype": "float32",
        "parameters": 156,
        "trainable": 156,
        "frozen": 0,
        "shared": 0,
        "buffers": 0,
        "multiply_adds": 117_600,
        "output_bytes": 4 * 6 * 28 * 28,
        "depth": {"blocks": 1, "layers": 1},
        "receptive_field": {
            "input": "image", "size": [5, 5], "stride": [1.0, 1.0], "offset": [0, 0], "whole": False
        },
    }  # fmt: skip


def test_check_json_has_the_documented_form():
    from backend.report import FORM

    found = json.loads(run("check", examples.zoo()[0], "--json", "--memory", "8").output)
    for level in (found, found["blocks"][0], found["memory"], found["modules"][0], found["depth"]):
        for name in level:
            assert name in FORM.replace("\n", " "), name
    assert "[{severity, block, port" in FORM and run("check", "--help").output.count("receptive_field") == 1


def test_check_tells_memory_and_the_largest_batch():
    path = next(path for path in examples.zoo() if path.stem == "resnet50")
    result = run("check", path, "--batch", 32, "--memory", 8)
    assert "50 layers with weights" in result.output and "25,557,032 trainable" in result.output
    assert "Training with Adam on a batch of 32: 2.94 GiB" in " ".join(result.output.split())
    assert "Largest batch: 95." in result.output
    found = json.loads(run("check", path, "--json", "--batch", 32, "--memory", 8).output)
    assert found["largest_batch"] == 95 and found["memory"]["total"] > found["memory"]["activations"]


def test_check_of_a_broken_network_tells_what_is_known(broken):
    found = json.loads(run("check", broken, "--json").output)
    conv = next(row for row in found["blocks"] if row["block"] == "conv1")
    assert found["partial"] and conv["parameters"] is None and conv["output"] is None
    assert next(row for row in found["blocks"] if row["block"] == "image")["output"] == ["N", 1, 4, 4]


def test_check_fails_on_errors_and_offers_the_fix(broken):
    result = run("check", broken)
    assert result.exit_code == 1
    assert "conv1" in result.output and "Set kernel_size to 4" in result.output
    found = json.loads(run("check", broken, "--json").output)
    assert not found["ok"] and found["problems"][0]["block"] == "conv1"


def test_export_writes_python_that_compiles(tmp_path):
    target = tmp_path / "model.py"
    result = run("export", examples.path("lenet5"), "-o", target)
    assert result.exit_code == 0, result.output
    compile(target.read_text(), str(target), "exec")
    assert "class LeNet5(nn.Module)" in target.read_text()


def test_export_of_a_broken_network_names_the_block_and_writes_nothing(broken, tmp_path):
    target = tmp_path / "model.py"
    result = run("export", broken, "-o", target)
    assert result.exit_code == 1
    assert "conv1" in result.output and not target.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"{", "cut off"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
        (b'{"netloom": 1', "cut off"),
        (b"[1, 2]", "no project"),
    ],
)
def test_bad_files_are_answered_in_one_line(content, words, tmp_path):
    path = tmp_path / "bad.netloom"
    path.write_bytes(content)
    for command in (("check", path), ("train", path), ("export", path, "-o", tmp_path / "m.py")):
        result = run(*command)
        assert result.exit_code == 1
        assert result.output.startswith("Error: bad.netloom") and words in result.output
        assert "Traceback" not in result.output


def test_a_missing_file_is_named(tmp_path):
    result = run("check", tmp_path / "no.netloom")
    assert result.exit_code == 1 and "no.netloom" in result.output


def test_picture_draws_png_and_svg_and_refuses_others(tmp_path):
    for ending in ("png", "svg", "pdf"):
        target = tmp_path / f"net.{ending}"
        done = subprocess.run(
            [sys.executable, "-m", "gui.cli", "picture", str(examples.path("lenet5")), "-o", str(target)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert target.stat().st_size > 5_000
    result = run("picture", examples.path("lenet5"), "-o", tmp_path / "net.bmp")
    assert result.exit_code == 1 and ".png, .svg or .pdf" in result.output


def test_check_needs_neither_torch_nor_qt():
    code = (
        "import sys; from gui.cli import main\n"
        f"try: main(['check', {str(examples.path('lenet5'))!r}])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'PySide6', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


def test_train_names_a_missing_data_file(tmp_path):
    document = load_project(examples.path("lenet5"))
    source = document.recipe.data.model_copy(update={"kind": "npz", "path": "missing.npz", "options": {}})
    document.recipe = document.recipe.having(data=source)
    path = tmp_path / "p.netloom"
    save_project(document, path)
    result = run("train", path, "--run", tmp_path / "run")
    assert result.exit_code == 1
    assert "missing.npz" in result.output


def test_train_asks_before_it_reads_outside_the_projects_folder(tmp_path):
    import numpy as np

    data = tmp_path / "elsewhere" / "points.npz"
    data.parent.mkdir()
    rng = np.random.default_rng(0)
    np.savez(data, point=rng.normal(size=(40, 2)).astype("float32"), label=rng.integers(0, 2, 40))
    document = load_project(examples.path("mlp_spirals"))
    source = document.recipe.data.model_copy(update={"kind": "npz", "path": str(data), "options": {}})
    document.recipe = document.recipe.having(data=source, epochs=1)
    path = tmp_path / "project" / "p.netloom"
    path.parent.mkdir()
    save_project(document, path)
    refused = run("train", path, "--run", tmp_path / "run1")
    assert refused.exit_code == 1 and "outside its folder" in refused.output
    agreed = run("train", path, "--run", tmp_path / "run2", "--outside")
    assert agreed.exit_code == 0, agreed.output
