"""Choosing data in the inspector: kinds, options, files, and sources bound to the fields."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backend.data import catalog, describe
from graph import DataSource, Document
from gui.panels.data_source import DataChooser, answer_of
from gui.session import Session


@pytest.fixture
def empty(app) -> Session:
    return Session(Document())


@pytest.fixture
def chooser(empty, shown):
    return shown(DataChooser(empty), 330, 600)


def pick(chooser, kind: str) -> None:
    index = chooser.kind.findData(kind)
    chooser.kind.setCurrentIndex(index)
    chooser.kind.activated.emit(index)


def recipe(chooser):
    return chooser.session.document.recipe


def test_every_kind_is_offered(chooser):
    offered = {chooser.kind.itemData(i) for i in range(chooser.kind.count())}
    assert offered == {"", *(entry.kind for entry in catalog())}


@pytest.mark.parametrize("kind", [entry.kind for entry in catalog() if not entry.needs_path])
def test_built_in_data_bring_their_fields(chooser, kind):
    pick(chooser, kind)
    assert recipe(chooser).data.kind == kind and recipe(chooser).data.fields
    assert recipe(chooser).data.fields[0].name in chooser.fields.text()
    chooser.session.document.undo()
    assert recipe(chooser).data is None


def test_an_option_changes_the_fields(chooser):
    pick(chooser, "digits")
    field = chooser.form.fields["size"]
    field.editor.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, "32")
    assert recipe(chooser).data.field("image").shape == (1, 32, 32)
    chooser.refresh()
    assert "1 x 32 x 32" in chooser.fields.text() and not chooser.form.resets["size"].isHidden()
    QTest.mouseClick(chooser.form.resets["size"], Qt.MouseButton.LeftButton)
    assert recipe(chooser).data.field("image").shape == (1, 8, 8)


def test_sources_come_bound(chooser):
    pick(chooser, "digits")
    assert chooser.bind.isVisible()
    QTest.mouseClick(chooser.bind, Qt.MouseButton.LeftButton)
    network, analysis = chooser.session.network, chooser.session.analysis
    assert [block.type for block in network.blocks.values()] == ["Input", "Target"]
    assert analysis.output("image").shape == ("N", 1, 8, 8)
    assert analysis.output("label").classes == 10
    chooser.refresh()
    assert not chooser.bind.isVisible()
    chooser.session.document.undo()
    assert not network.blocks


def test_a_file_waits_for_its_path(chooser, tmp_path, qtbot):
    np.savez(tmp_path / "mine.npz", x=np.zeros((6, 4), np.float32), y=np.arange(6) % 3)
    pick(chooser, "npz")
    assert recipe(chooser).data is None and chooser.path.isVisible()
    QTest.keyClicks(chooser.path, str(tmp_path / "lost.npz"))
    QTest.keyClick(chooser.path, Qt.Key.Key_Return)
    assert recipe(chooser).data is None
    assert chooser.wrong.isVisible() and "lost.npz" in chooser.wrong.text()
    chooser.path.selectAll()
    QTest.keyClicks(chooser.path, str(tmp_path / "mine.npz"))
    QTest.keyClick(chooser.path, Qt.Key.Key_Return)
    assert {field.name for field in recipe(chooser).data.fields} == {"x", "y"}
    assert not chooser.wrong.isVisible()


def test_no_data_again(chooser):
    pick(chooser, "moons")
    pick(chooser, "")
    assert recipe(chooser).data is None and not chooser.fields.isVisible()


@pytest.mark.parametrize(
    ("kind", "options", "answer"),
    [
        ("digits", {"noise_size": 8}, "label"),
        ("diabetes", {"noise_size": 8}, "target"),
        ("breast_cancer", {}, "label"),
        ("alice", {}, "next"),
        ("shapes", {}, "mask"),
        ("sequence_recall", {}, "label"),
        ("noise", {}, None),
    ],
)
def test_the_target_is_what_is_to_be_answered(kind, options, answer):
    source = DataSource(kind=kind, options=options)
    found = answer_of(source.model_copy(update={"fields": describe(source)}))
    assert (found.name if found else None) == answer
