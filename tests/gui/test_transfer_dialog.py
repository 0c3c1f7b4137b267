"""Loading weights from the window: what fits is seen, ticked, frozen; the head replaced; all of it one step."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from safetensors.numpy import load_file, save_file

from backend.source import generate_source
from backend.weight_names import all_weights, weights_by_block
from graph import save_project
from graph.edits import SetHyperparameter, SetRecipe
from graph.transfer import StartWeights
from gui import theme
from gui.data_agreement import DataAgreement
from gui.panels.rows import IconButton
from gui.transfer.begins import Begins
from gui.transfer.dialog import TransferDialog
from gui.transfer.match_tree import OUTCOME, THERE


@pytest.fixture
def weights(session, tmp_path):
    """LeNet's own weights in the project's folder."""
    document = session.project
    source = generate_source(document.network, document.recipe.fields)
    names = all_weights(weights_by_block(document.network, document.analysis, source))
    (tmp_path / "runs" / "old").mkdir(parents=True)
    path = tmp_path / "runs" / "old" / "best.safetensors"
    save_file({name: np.zeros(one.shape, "float32") for name, one in names.items()}, path)
    save_project(document, tmp_path / "net.netloom")
    return path


@pytest.fixture
def opened(session, shown):
    """Open the dialog; it outlives its closing, so that it can be looked at."""

    def open_():
        dialog = shown(TransferDialog(session), 800, 640)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        return dialog

    return open_


@pytest.fixture
def dialog(weights, opened):
    return opened()


def outcomes(dialog):
    items = [dialog.tree.topLevelItem(index) for index in range(dialog.tree.topLevelItemCount())]
    return {item.text(0): item.text(OUTCOME) for item in items}


def test_a_runs_weights_are_shown_by_blocks_and_loaded_as_one_step(dialog, session, weights):
    assert not dialog.load_button.isEnabled()
    dialog.choose(weights.parent)
    assert dialog.place.text() == "runs/old"
    assert outcomes(dialog) == dict.fromkeys(("conv1", "conv2", "fc1", "fc2", "fc3"), "loaded")
    assert dialog.sentence.text() == "10 of 10 tensors will be loaded"
    dialog.load_button.click()
    assert session.project.recipe.start_weights == (StartWeights(path="runs/old"),)
    session.document.undo()
    assert session.project.recipe.start_weights == () and not session.document.can_undo


def test_freezing_and_a_new_head_go_with_it(dialog, session, ids, weights):
    dialog.choose(weights)
    dialog.freeze.setChecked(True)
    dialog.replace.setChecked(True)
    assert "fc3" in dialog.replace.text() and dialog.classes.value() == 10  # the classes of the data
    dialog.classes.setValue(4)
    assert outcomes(dialog)["fc3"] == "begins anew"
    dialog.load_button.click()
    (start,) = session.project.recipe.start_weights
    assert start.path == "runs/old/best.safetensors"
    assert start.blocks == tuple(ids[name] for name in ("conv1", "conv2", "fc1", "fc2"))
    frozen = {block.name for block in session.network.blocks.values() if block.frozen}
    assert frozen == {"conv1", "conv2", "fc1", "fc2"}
    assert session.analysis.values("fc3")["out_features"] == 4
    session.document.undo()
    assert not any(block.frozen for block in session.network.blocks.values()) and not session.document.can_undo
    assert session.analysis.values("fc3")["out_features"] == 10


def test_a_layer_that_was_widened_is_left_out_and_not_frozen(session, ids, weights, opened):
    session.document.do(SetHyperparameter(ids["fc1"], "out_features", 64))
    dialog = opened()
    dialog.choose(weights)
    assert outcomes(dialog)["fc1"] == "other shape" and outcomes(dialog)["fc2"] == "1 of 2 loaded"
    fc1 = next(i for i in range(5) if dialog.tree.topLevelItem(i).text(0) == "fc1")
    assert dialog.tree.topLevelItem(fc1).text(THERE) == "120 x 400"
    dialog.freeze.setChecked(True)
    dialog.load_button.click()
    assert {block.name for block in session.network.blocks.values() if block.frozen} == {"conv1", "conv2", "fc3"}


def test_blocks_are_ticked_by_hand_by_selection_and_by_the_recipe(session, ids, weights, opened):
    session.select((ids["conv1"], ids["relu1"], ids["conv2"]))
    dialog = opened()
    dialog.choose(weights)
    assert dialog.tree.ticked() == [ids["conv1"], ids["conv2"]]
    assert outcomes(dialog)["fc1"] == "left as it is"
    dialog.all_button.click()
    assert dialog.sentence.text().startswith("10 of 10")
    dialog.none_button.click()
    assert dialog.sentence.text().startswith("0 of 10") and not dialog.load_button.isEnabled()
    dialog.selected_button.click()
    dialog.tree.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.sentence.text().startswith("2 of 10")
    dialog.load_button.click()
    session.clear_selection()
    again = opened()
    assert again.tree.ticked() == [ids["conv2"]] and again.place.text() == "runs/old/best.safetensors"
    again.forget_button.click()
    assert session.project.recipe.start_weights == ()


@pytest.fixture
def wrapped(weights):
    """The same weights as a larger model's backbone, without its last layer."""
    tensors = {f"model.backbone.{name}": one for name, one in load_file(weights).items() if not name.startswith("fc3")}
    save_file(tensors, weights.parent / "large.safetensors")
    return weights.parent / "large.safetensors"


def type_rename(dialog, old, new):
    dialog.rename_button.click()
    row = dialog.renames.rows[-1]
    QTest.keyClicks(row.old, old)
    QTest.keyClicks(row.new, new)
    return row


def test_other_beginnings_of_names_are_typed_and_the_table_follows(dialog, session, wrapped):
    dialog.choose(wrapped)
    assert dialog.renames.isHidden() and outcomes(dialog)["fc1"] == "loaded, by order"
    row = type_rename(dialog, "model.", "nowhere.")
    assert row.isVisible() and row.old.completer().model().stringList()[:2] == ["model.", "model.backbone."]
    assert outcomes(dialog)["fc1"] == "loaded, by order"
    row.new.clear()
    QTest.keyClicks(row.old, "backbone.")
    assert outcomes(dialog) == {**dict.fromkeys(("conv1", "conv2", "fc1", "fc2"), "loaded"), "fc3": "not in the file"}
    other = type_rename(dialog, "model.backbone.", "x.")
    assert "Two rows rename" in dialog.sentence.text() and not dialog.load_button.isEnabled()
    other.remove.click()
    type_rename(dialog, "", "")
    dialog.load_button.click()
    (start,) = session.project.recipe.start_weights
    assert start.renames == {"model.backbone.": ""} and not start.strict


def test_every_weight_must_be_found_where_that_is_wanted(dialog, session, wrapped, ids, opened):
    dialog.choose(wrapped)
    dialog.strict.click()
    assert dialog.sentence.text().startswith("fc3.weight cannot be loaded (not in the file)")
    assert dialog.sentence.text().endswith("; 1 more") and not dialog.load_button.isEnabled()
    dialog.replace.click()  # what begins anew is not asked for
    assert dialog.load_button.isEnabled()
    dialog.load_button.click()
    (start,) = session.project.recipe.start_weights
    assert start.strict and ids["fc3"] not in start.blocks
    session.project.do(
        SetRecipe(session.project.recipe.having(start_weights=(start.model_copy(update={"renames": {"a": "b"}}),)))
    )
    again = opened()
    assert again.strict.isChecked() and again.renames.values == {"a": "b"} and again.renames.isVisible()


@pytest.mark.parametrize("count", [1, 4, 30])
def test_many_renamings_are_scrolled_to(dialog, count):
    dialog.renames.show_values({f"old{place}.": f"new{place}." for place in range(count)})
    QApplication.processEvents()
    rows = dialog.renames.rows
    assert len(rows) == count and rows[min(count, 4) - 1].visibleRegion().boundingRect().height() == rows[0].height()
    dialog.rename_button.click()
    QApplication.processEvents()
    assert not rows[-1].visibleRegion().isEmpty() and rows[-1].old.hasFocus()
    assert dialog.renames.height() < 5 * rows[0].height() and dialog.tree.height() > 5 * theme.ROW


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("w.safetensors", b"nothing of the kind", "no safetensors file"), ("none.safetensors", None, "no such file")],
)
def test_a_file_that_cannot_be_read_is_said_in_place(dialog, tmp_path, name, content, words):
    if content:
        (tmp_path / name).write_bytes(content)
    dialog.choose(tmp_path / name)
    assert words in dialog.sentence.text() and dialog.sentence.property("role") == "wrong"
    assert not dialog.load_button.isEnabled()


def answering(monkeypatch, code):
    """Let a quicker process stand for the one that reads torch's files."""
    monkeypatch.setattr("gui.transfer.reading.reading", lambda path: [sys.executable, "-S", "-c", code])


def test_torchs_files_are_read_by_a_process_apart(dialog, tmp_path, qtbot, monkeypatch):
    found = {"module.conv1.weight": [[6, 1, 5, 5], "float32"]}
    answering(monkeypatch, f"print({json.dumps(json.dumps(found))})")
    (tmp_path / "w.pth").write_bytes(b"torch's")
    with qtbot.waitSignal(dialog.reading.read, timeout=20_000):
        dialog.choose(tmp_path / "w.pth")
        assert dialog.sentence.text() == "Reading the file…" and dialog.reading.busy
    assert outcomes(dialog)["conv1"] == "1 of 2 loaded" and outcomes(dialog)["fc1"] == "not in the file"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('print(\'{"error": "holds no state dict"}\')', "w.pth: holds no state dict"),
        ("raise SystemExit(3)", "ended without a word"),
        ("print('[1]')", "something else than names and shapes"),
    ],
)
def test_a_process_that_fails_says_why(dialog, tmp_path, qtbot, monkeypatch, code, words):
    answering(monkeypatch, code)
    (tmp_path / "w.pth").write_bytes(b"torch's")
    with qtbot.waitSignal(dialog.reading.failed, timeout=20_000):
        dialog.choose(tmp_path / "w.pth")
    assert words in dialog.sentence.text()


def test_a_closed_dialog_leaves_no_process_behind(dialog, tmp_path, monkeypatch):
    answering(monkeypatch, "import time; time.sleep(60)")
    (tmp_path / "w.pth").write_bytes(b"x" * 100)
    dialog.choose(tmp_path / "w.pth")
    process = dialog.reading._answering._process
    dialog.reject()
    assert not dialog.reading.busy and process.state() == process.ProcessState.NotRunning


def test_the_runs_of_the_project_are_offered(dialog, weights):
    (weights.parent / "project.netloom").write_text("{}")
    dialog.runs.fill()
    words = [action.text() for action in dialog.runs._list.actions()]
    assert any(word.startswith("old") for word in words) and words[-1] == "Another Folder…"


def test_the_action_opens_it(window, qtbot):
    window.actions_by_id["load_weights"].trigger()
    assert window.transfer.dialog.isVisible()
    window.transfer.dialog.reject()


def test_weights_outside_the_folder_are_asked_about_unless_chosen_here(session, tmp_path, monkeypatch):
    document = session.project
    document.recipe = document.recipe.having(start_weights=(StartWeights(path="/elsewhere/w.pth"),))
    save_project(document, tmp_path / "net.netloom")
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.informativeText()))
    monkeypatch.setattr(QMessageBox, "clickedButton", lambda box: None)
    assert not DataAgreement(session, None)(document) and "/elsewhere/w.pth" in asked[0]
    session.chosen_data.add("/elsewhere/w.pth")
    assert DataAgreement(session, None)(document) and len(asked) == 1


def test_a_project_saved_elsewhere_keeps_hold_of_its_weights(window, tmp_path):
    document = window.session.project
    (tmp_path / "a" / "runs").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    save_project(document, tmp_path / "a" / "net.netloom")
    document.recipe = document.recipe.having(start_weights=(StartWeights(path="runs/old"),))
    assert window.files._save_to(tmp_path / "b" / "net.netloom")
    assert Path(document.recipe.start_weights[0].path) == tmp_path / "a" / "runs" / "old"


def test_the_recipes_panel_lists_the_weights_and_takes_them_out(session, shown, weights):
    begins = shown(Begins(session), 360, 200)
    document = session.project
    starts = (StartWeights(path="runs/old"), StartWeights(path="/elsewhere/w.pth", blocks=("b2", "b3")))
    document.recipe = document.recipe.having(start_weights=starts)
    begins.show_recipe(document.recipe)
    begins.show_recipe(document.recipe)
    assert begins.rows.count() == 2 and begins.none.isHidden()
    begins.rows.itemAt(0).widget().findChild(IconButton).click()
    assert document.recipe.start_weights == starts[1:]
    begins.show_recipe(document.recipe)
    begins.load_button.click()
    assert begins.transfer.dialog.isVisible() and "no such file" in begins.transfer.dialog.sentence.text()
    begins.transfer.dialog.reject()
