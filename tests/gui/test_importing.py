"""Models dropped on a window: read by a process apart and drawn, or refused with the line that cannot be read."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from gui.importing import Importing, place_for

LENET = """
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 24 * 24, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.fc(torch.flatten(x, 1))
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "small.py"
    path.write_text(LENET)
    return path


def test_a_dropped_python_model_is_drawn_untitled(windows, qtbot, model):
    window = windows.new()
    said = []
    window.session.said.connect(said.append)
    assert windows.take(model, window)
    qtbot.waitUntil(lambda: bool(window.session.network.blocks), timeout=30_000)
    network = window.session.network
    assert window.session.project.path is None and {"conv", "fc"} <= {block.name for block in network.blocks.values()}
    assert window.session.document.analysis.total_parameters == 6 * 26 + 34_570
    assert len(set(network.positions.values())) == len(network.blocks)
    note = next(iter(network.annotations.values()))
    assert note.kind == "note" and "28" in note.text  # no size is in the file: it was found from the Linear
    assert note.box[2] < min(x for x, _ in network.positions.values()) - 140
    assert said[-1].startswith("Imported small.py.")
    qtbot.waitUntil(lambda: not windows.importing)


def test_a_model_that_cannot_be_read_says_where_and_changes_nothing(windows, qtbot, told, tmp_path):
    path = tmp_path / "odd.py"
    path.write_text(LENET.replace("torch.relu(self.conv(x))", "torch.fft.fft(self.conv(x))"))
    window = windows.new()
    windows.take(path, window)
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    assert "odd.py cannot be imported" in told[0] and "line 12" in told[0]
    assert windows.all == [window] and not window.session.network.blocks and not windows.importing


def test_reading_can_be_cancelled(windows, qtbot, model):
    window = windows.new()
    windows.import_model(model, window)
    windows.importing[0].waiting.canceled.emit()
    assert not windows.importing
    qtbot.wait(50)
    assert not window.session.network.blocks


def test_a_reader_that_ends_without_a_word_is_no_crash(windows, qtbot, told, model):
    window = windows.new()
    windows.import_model(model, window)
    windows.importing[0]._answering.answered.emit(b"\xff")
    assert "ended without a word" in told[0]


def test_weights_that_are_there_are_replaced_only_when_the_person_says_so(qtbot, tmp_path, monkeypatch):
    model = tmp_path / "net.onnx"
    (tmp_path / "net.safetensors").write_bytes(b"mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    for button, expected in ((QMessageBox.StandardButton.No, None), (QMessageBox.StandardButton.Yes, "net.netloom")):
        monkeypatch.setattr(QMessageBox, "question", lambda *_, button=button: button)
        place = place_for(model, None)
        assert (place and place.name) == expected
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert place_for(model, None) is None


def test_an_onnx_model_comes_with_its_weights(windows, qtbot, tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx")
    weight = np.arange(12, dtype=np.float32).reshape(3, 4)
    node = onnx.helper.make_node("Gemm", ["x", "w"], ["y"], transB=1, name="fc")
    shaped = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "net",
        [shaped("x", onnx.TensorProto.FLOAT, ["batch", 4])],
        [shaped("y", onnx.TensorProto.FLOAT, ["batch", 3])],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.netloom"), ""))
    window = windows.new()
    windows.take(tmp_path / "net.onnx", window)
    qtbot.waitUntil(lambda: bool(window.session.network.blocks), timeout=30_000)
    assert window.session.project.path == tmp_path / "mine.netloom"
    assert [start.path for start in window.session.document.recipe.start_weights] == ["mine.safetensors"]
    assert (tmp_path / "mine.safetensors").exists()
    qtbot.waitUntil(lambda: not windows.importing)


def test_nothing_is_left_of_a_reading(windows, qtbot, model):
    importing = Importing(model, None, None, windows)
    with qtbot.waitSignal(importing.over, timeout=30_000):
        importing.begin()
    assert not Path(importing._folder.path()).exists()
