"""Files from the window: nothing is lost, failures are told with their place, examples stay as they are."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

import examples
from graph import DataSource, Network, load_project
from graph.edits import RenameNetwork, SetHyperparameter, SetRecipe
from gui import settings


@pytest.fixture
def choose(monkeypatch):
    """Answer file dialogs with a path."""

    def answer(path) -> None:
        for name in ("getSaveFileName", "getOpenFileName"):
            monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path) if path else "", ""))

    return answer


@pytest.fixture
def answering(monkeypatch):
    """Answer the question about unsaved changes, and count how often it is asked."""
    asked = []

    def answer(button) -> list:
        monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()) or button)
        return asked

    return answer


BUTTON = QMessageBox.StandardButton


def change(window) -> None:
    window.session.document.do(RenameNetwork("Changed"))


def test_save_as_and_open_again(window, choose, tmp_path):
    choose(tmp_path / "net")
    assert window.files.save_as()
    path = tmp_path / "net.netloom"
    assert load_project(path).network.name == "LeNet"
    assert window.session.document.path == path and not window.session.document.modified
    window._refresh()
    assert window.windowTitle() == "net.netloom[*] - Netloom" and not window.isWindowModified()
    change(window)
    window._refresh()
    assert window.isWindowModified()
    assert window.files.save() and not window.session.document.modified
    assert settings.recent_files()[0] == path.resolve()


def test_saved_to_another_folder_it_keeps_hold_of_its_data(window, choose, tmp_path):
    document = window.session.document
    np.savez(tmp_path / "digits.npz", image=np.zeros((4, 1, 8, 8), np.float32), label=np.zeros(4, np.int64))
    document.do(SetRecipe(document.recipe.having(data=DataSource(kind="npz", path="digits.npz"))))
    choose(tmp_path / "net.netloom")
    assert window.files.save_as()
    assert load_project(tmp_path / "net.netloom").recipe.data.path == "digits.npz"
    (tmp_path / "other").mkdir()
    choose(tmp_path / "other" / "net.netloom")
    assert window.files.save_as()
    assert load_project(tmp_path / "other" / "net.netloom").recipe.data.path == str(tmp_path / "digits.npz")
    choose(tmp_path / "back.netloom")
    document.undo()  # the step that pointed to the data by its whole path
    assert document.recipe.data.path == "digits.npz"


def test_cancelled_dialogs_change_nothing(window, choose):
    choose(None)
    document = window.session.document
    assert not window.files.save_as() and not window.files.export_python() and not window.files.export_picture()
    window.files.open()
    assert window.session.document is document and document.path is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"{", "cut off"),
        (b"{\xff}", "UTF-8"),
        (b'{"format": "other"}', "format"),
    ],
)
def test_broken_files_are_told_and_the_document_stays(window, told, tmp_path, content, words):
    path = tmp_path / "broken.netloom"
    path.write_bytes(content)
    document = window.session.document
    assert not window.files.open_path(path)
    assert window.session.document is document
    assert len(told) == 1 and "broken.netloom cannot be opened" in told[0] and words.lower() in told[0].lower()


def test_a_missing_file_is_told(window, told, tmp_path):
    assert not window.files.open_path(tmp_path / "gone.netloom")
    assert "gone.netloom" in told[0]


def test_a_folder_that_cannot_be_written_is_told(window, told, choose, tmp_path):
    choose(tmp_path / "no" / "such" / "net.netloom")
    assert not window.files.save_as()
    assert "was not saved" in told[0] and window.session.document.path is None
    choose(tmp_path / "no" / "such" / "net.py")
    assert not window.files.export_python()
    assert "was not written" in told[1]


def test_leaving_asks_and_cancel_stays(window, answering, choose, tmp_path):
    document = window.session.document
    change(window)
    asked = answering(BUTTON.Cancel)
    window.files.new()
    assert window.session.document is document and asked == ["Save the changes to Changed?"]
    answering(BUTTON.Discard)
    window.files.new()
    assert window.session.document is not document


def test_leaving_may_save_first(window, answering, choose, tmp_path):
    change(window)
    answering(BUTTON.Save)
    choose(tmp_path / "kept.netloom")
    window.files.new()
    assert load_project(tmp_path / "kept.netloom").network.name == "Changed"
    assert not window.session.network.blocks


def test_a_save_that_is_given_up_keeps_the_document(window, answering, choose):
    document = window.session.document
    change(window)
    answering(BUTTON.Save)
    choose(None)
    window.files.new()
    assert window.session.document is document


def test_closing_with_unsaved_changes(window, answering):
    change(window)
    asked = answering(BUTTON.Cancel)
    assert not window.close() and window.isVisible() and len(asked) == 1
    answering(BUTTON.Discard)
    assert window.close()


def test_examples_open_as_untitled_copies(window, qtbot):
    for path in window.files.examples():
        before = path.read_bytes()
        assert window.files.open_example(path)
        document = window.session.document
        assert document.path is None and document.analysis.ok, document.analysis.problems
        assert not document.modified and path.read_bytes() == before
    assert {path.stem for path in examples.paths()} >= {"lenet_digits", "lenet5", "mlp_spirals", "lstm_rows"}


def test_export_python_writes_what_is_shown(window, choose, tmp_path):
    choose(tmp_path / "model")
    assert window.files.export_python()
    text = (tmp_path / "model.py").read_text()
    shown = window.code.text.toPlainText()
    assert shown[shown.index("class LeNet") :].rstrip() in text
    compile(text, "model.py", "exec")


def test_export_of_an_unfinished_network_says_why(window, choose, told, tmp_path):
    window.session.document.do(SetHyperparameter(window.session.network.block("conv1").id, "kernel_size", 40))
    choose(tmp_path / "model.py")
    assert not window.files.export_python()
    assert "conv1" in told[0] and not (tmp_path / "model.py").exists()


def test_pictures(window, choose, tmp_path):
    for name, head in (("net.png", b"\x89PNG"), ("net.svg", b"<?xml")):
        choose(tmp_path / name)
        assert window.files.export_picture()
        assert (tmp_path / name).read_bytes().startswith(head)


def test_recent_files_forget_what_is_gone(window, tmp_path):
    from graph import Document, save_project

    paths = [tmp_path / f"{i}.netloom" for i in range(12)]
    for path in paths:
        save_project(Document(Network("n")), path)
        settings.remember_file(path)
    assert settings.recent_files() == [path.resolve() for path in paths[::-1][:10]]
    paths[-1].unlink()
    assert paths[-1].resolve() not in settings.recent_files()
    window.file_menus.fill_recent()
    assert window.file_menus.recent.actions()[0].text() == Path(paths[-2]).stem
