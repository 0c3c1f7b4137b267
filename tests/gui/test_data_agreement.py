"""Data outside the project's folder: chosen here is agreed, otherwise asked once and remembered."""

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from backend.data import describe
from graph import DataSource, Document, Network, Recipe, save_project
from gui.data_agreement import DataAgreement
from gui.session import Session


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
