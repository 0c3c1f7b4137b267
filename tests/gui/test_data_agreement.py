"""Data outside the project's folder: chosen here is agreed, otherwise asked once and remembered."""

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

import examples
from backend.data import describe, leaves_folder
from graph import DataSource, Document, Network, Recipe, save_project
from gui.data_agreement import DataAgreement
from gui.opening import read, untitled
from gui.session import Session
from gui.training.run import data_home


@pytest.fixture
def outside(tmp_path) -> Document:
    """A saved project whose data lie beside its folder."""
    np.savez(tmp_path / "mine.npz", x=np.zeros((6, 4), np.float32), y=np.arange(6) % 3)
    (tmp_path / "project").mkdir()
    source = DataSource(kind="npz", path="../mine.npz")
    source = source.model_copy(update={"fields": describe(source, tmp_path / "project")})
    document = Document(Network("Foreign"), Recipe(data=source))
    save_project(document, tmp_path / "project" / "net.netloom")
    return document


@pytest.fixture
def answer(monkeypatch):
    """Click one of the buttons of the question; the list counts the questions."""
    asked = []

    def click(role):
        def exec_(box):
            asked.append(box.informativeText())
            button = next(b for b in box.buttons() if box.buttonRole(b) == role)
            monkeypatch.setattr(QMessageBox, "clickedButton", lambda box: button)

        monkeypatch.setattr(QMessageBox, "exec", exec_)
        return asked

    return click


ROLE = QMessageBox.ButtonRole


def test_asked_once_and_remembered(app, outside, answer):
    agreement = DataAgreement(Session(outside), None)
    asked = answer(ROLE.RejectRole)
    assert not agreement(outside) and "../mine.npz" in asked[0]
    answer(ROLE.AcceptRole)
    assert agreement(outside) and len(asked) == 2
    assert DataAgreement(Session(outside), None)(outside) and len(asked) == 2


def test_what_was_chosen_here_is_agreed(app, outside, answer):
    session = Session(outside)
    asked = answer(ROLE.RejectRole)
    session.chosen_data.add("../mine.npz")
    assert DataAgreement(session, None)(outside) and asked == []
    session.set_document(Document())
    assert session.chosen_data == set()


def test_nothing_outside_asks_nothing(app, outside, answer, session):
    asked = answer(ROLE.AcceptRole)
    assert not DataAgreement(session, None)(session.document)
    inside = Document(Network("n"), Recipe(data=DataSource(kind="npz", path="mine.npz")), outside.path)
    assert not DataAgreement(session, None)(inside) and asked == []


def test_the_run_is_told(window):
    assert isinstance(window.run.may_read_outside, DataAgreement)


def test_a_project_without_a_file_asks_for_what_nobody_chose(app, outside, answer, tmp_path):
    """Such as a run from elsewhere, opened as a project."""
    source = outside.recipe.data.model_copy(update={"path": str(tmp_path / "mine.npz")})
    document = Document(outside.network, outside.recipe.having(data=source))
    session = Session(document)
    asked = answer(ROLE.RejectRole)
    assert not DataAgreement(session, None)(document) and str(tmp_path / "mine.npz") in asked[0]
    assert leaves_folder(source, data_home(document))  # so the worker refuses too
    answer(ROLE.AcceptRole)
    assert DataAgreement(session, None)(document) and DataAgreement(session, None)(document) and len(asked) == 2


def test_what_came_with_netloom_is_never_asked_for(app, answer):
    asked = answer(ROLE.RejectRole)
    [lecture] = [path for path in examples.lectures() if path.stem == "adversarial_noise"]
    document = untitled(read(lecture)).document
    assert DataAgreement(Session(document), None)(document) and asked == []


def test_a_link_in_the_project_is_no_file_that_came_with_netloom(app, outside, answer):
    (outside.path.parent / "digits.safetensors").symlink_to("/etc/hostname")
    linked = outside.recipe.data.model_copy(update={"path": "digits.safetensors"})
    document = Document(outside.network, outside.recipe.having(data=linked), outside.path)
    asked = answer(ROLE.RejectRole)
    assert not DataAgreement(Session(document), None)(document) and len(asked) == 1


def test_paths_that_can_be_none_lie_nowhere():
    for path in ("a\0b", "x" * 4000):
        assert isinstance(leaves_folder(DataSource(kind="npz", path=path), "/tmp"), bool)
    assert leaves_folder(DataSource(kind="npz", path="x.npz"), "a\0b")
    assert leaves_folder(DataSource(kind="npz", path="x.npz"), "\ud800")
