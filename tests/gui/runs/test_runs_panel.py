"""The runs panel: what it lists, draws, keeps, throws away and brings back."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from backend.run_folder import MANIFEST, RunFolder
from backend.run_notes import noted, read_notes, write_notes
from backend.run_trash import thrown_away
from graph import Document
from graph.edits import SetRecipe
from gui import theme
from gui.runs import runs_panel, table
from gui.runs.table import BEST, CHANGED, NAME, OUTCOME, TAGS

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))
from made_runs import epoch, project, trained


def aged(path, day):
    """A run of another day."""
    manifest = json.loads((path / MANIFEST).read_text())
    manifest["began"] = f"2026-01-{day:02}T10:00:00+00:00"
    (path / MANIFEST).write_text(json.dumps(manifest))
    return path


@pytest.fixture
def three(home):
    """Three runs of one network, the last with more epochs and another optimizer."""
    made = [
        aged(trained(home / "net-a", project(epochs=3), epochs=2), 1),
        aged(trained(home / "net-b", project(epochs=3), epochs=3), 2),
        aged(trained(home / "net-c", project(epochs=5, optimizer="SGD"), epochs=5), 3),
    ]
    write_notes(made[0], noted(("baseline",), "the first"))
    return made


def column(panel, at):
    model = panel.table.sorted
    return [model.index(row, at).data() for row in range(model.rowCount())]


def relisted(qtbot, panel):
    return qtbot.waitSignal(panel.reading.listed, timeout=10_000)


def becomes(qtbot, panel, names):
    qtbot.waitUntil(lambda: column(panel, NAME) == names, timeout=10_000)


def drawn(qtbot, panel, *paths):
    panel.table.select(list(paths))
    qtbot.waitUntil(lambda: all(run.history is not None for run in panel.overlay.runs), timeout=10_000)


# ---- listing ----------------------------------------------------------------------------------------------


def test_without_runs_it_says_what_to_do(panel, session, home):
    made = panel()
    assert made.empty.isVisible() and "No runs" in made.empty.title.text()
    assert str(home) in made.empty.text.text() and made.train.isVisible()
    assert made.overlay is None  # what takes long to import waits


def test_runs_stand_in_the_table_the_newest_first(panel, three):
    made = panel()
    assert column(made, NAME) == ["net-c", "net-b", "net-a"] and not made.empty.isVisible()
    assert column(made, OUTCOME) == ["finished"] * 3 and column(made, TAGS) == ["", "", "baseline"]
    assert column(made, CHANGED) == ["epochs 5, optimizer SGD", "", ""]
    assert column(made, BEST) == ["0.400", "0.667", "1.00"]
    assert made.table.model().headerData(BEST, Qt.Orientation.Horizontal) == "Best loss"


def test_a_click_on_a_heading_sorts(panel, three):
    made = panel()
    made.table.sortByColumn(BEST, Qt.SortOrder.AscendingOrder)
    assert column(made, NAME) == ["net-a", "net-b", "net-c"]
    made.table.sortByColumn(BEST, Qt.SortOrder.DescendingOrder)
    assert column(made, NAME) == ["net-c", "net-b", "net-a"]


@pytest.mark.parametrize(
    ("words", "names"),
    [("sgd", ["net-c"]), ("the first", ["net-a"]), ("BASE net", ["net-a"]), ("nothing", []), ("", 3)],
)
def test_words_filter(panel, three, words, names):
    made = panel()
    made.bar.filter.setText(words)
    assert column(made, NAME) == names or len(column(made, NAME)) == names


def test_damaged_runs_stand_there_with_their_reason(panel, three):
    (three[0] / "project.netloom").unlink()
    made = panel()
    row = column(made, NAME).index("net-a")
    index = made.table.sorted.index(row, OUTCOME)
    assert index.data() == "damaged" and "project.netloom" in index.data(Qt.ItemDataRole.ToolTipRole)
    made.table.select([three[0]])
    assert not made.bar.restore.isEnabled() and not made.bar.go_on.isEnabled() and made.bar.delete.isEnabled()


def test_a_run_begun_by_another_program_appears(qtbot, panel, three, home):
    made = panel()
    running = RunFolder(home / "net-d", project())
    qtbot.waitUntil(lambda: "net-d" in column(made, NAME), timeout=10_000)
    made.table.select([home / "net-d"])
    assert not made.bar.go_on.isEnabled() and not made.bar.delete.isEnabled()
    running.finish("stopped")


def test_the_curves_of_a_run_elsewhere_grow(qtbot, panel, home, monkeypatch):
    monkeypatch.setattr(runs_panel, "BETWEEN", 50)
    running = RunFolder(home / "net-d", project())
    running.append(epoch(1, 0.5))
    made = panel()
    drawn(qtbot, made, home / "net-d")
    assert list(made.overlay.curves[0][1].yData) == [1.0]
    running.append(epoch(2, 0.25))
    qtbot.waitUntil(lambda: len(made.overlay.curves[0][1].yData) == 2, timeout=10_000)
    running.finish("stopped")


def test_a_hidden_panel_reads_nothing(qtbot, panel, three, home):
    made = panel()
    made.hide()
    trained(home / "net-d")
    with qtbot.assertNotEmitted(made.reading.listed, wait=900):
        pass
    with relisted(qtbot, made):
        made.show()
    assert "net-d" in column(made, NAME)


def test_another_project_has_other_runs(qtbot, panel, three, session, tmp_path):
    made = panel()
    drawn(qtbot, made, three[0])
    other = Document()
    (tmp_path / "other").mkdir()
    other.mark_saved(tmp_path / "other" / "empty.netloom")
    with relisted(qtbot, made):
        session.set_document(other)
    assert made.empty.isVisible() and not made.chosen()


# ---- curves and differences -------------------------------------------------------------------------------


def test_chosen_runs_lie_over_one_another(qtbot, panel, three):
    made = panel()
    drawn(qtbot, made, three[2], three[0])
    overlay = made.overlay
    assert [run.name for run in overlay.runs] == ["net-c", "net-a"] and overlay.name == "loss"
    (_, first), (_, second) = overlay.curves[:2]
    assert list(first.xData) == [10, 20, 30, 40, 50] and np.allclose(second.yData, [2.0, 1.0])
    colours = [QColor(curve.opts["pen"].color()) for _, curve in overlay.curves[:2]]
    assert colours == list(theme.current().series[:2])
    assert overlay.legend.entries == [("c", "0.400"), ("a", "1.00")]
    overlay.point_at(12)
    assert overlay.legend.entries == [("c", "2.00"), ("a", "2.00")] and overlay.header.note.fullest == "step 12"
    overlay.point_at(5)
    assert overlay.legend.entries[0] == ("c", "-")


def test_each_drawn_run_has_a_mark_and_the_seventh_has_none(qtbot, panel, home):
    paths = [aged(trained(home / f"net-{at}"), at + 1) for at in range(8)]
    made = panel()
    drawn(qtbot, made, *paths)
    assert len(made.overlay.runs) == table.MOST_DRAWN and made.table.runs.drawn == tuple(paths[:6])
    assert len({(table.pen(at).style(), table.pen(at).color().name()) for at in range(6)}) == 6


def test_the_logarithmic_axis_and_the_theme_redraw(qtbot, panel, three):
    made = panel()
    drawn(qtbot, made, three[2])
    made.overlay.log.setChecked(True)
    assert np.allclose(made.overlay.curves[0][1].yData, np.log10([2, 1, 2 / 3, 0.5, 0.4]))
    theme.apply(theme.QApplication.instance(), "light")
    assert made.overlay.curves[0][1].opts["pen"].color() == theme.LIGHT.series[0]


def test_one_run_is_held_against_the_open_project(qtbot, panel, three, session):
    made = panel()
    drawn(qtbot, made, three[2])
    cells = rows_of(made.details.table)
    assert cells["optimizer"] == ["SGD", "Adam"] and cells["epochs"] == ["5", "3"]
    session.document.do(SetRecipe(session.document.recipe.having(epochs=5)))
    assert "epochs" not in rows_of(made.details.table)


def test_several_runs_stand_side_by_side(qtbot, panel, three):
    made = panel()
    drawn(qtbot, made, three[0], three[2])
    cells = rows_of(made.details.table)
    assert cells["best loss"] == ["1.00", "0.400"] and cells["optimizer"] == ["Adam", "SGD"]
    assert not made.details.notes.isVisible()
    drawn(qtbot, made, three[0], three[1])
    assert made.details.same.isVisible() and "same" in made.details.same.text()


def rows_of(shown):
    count = shown.columnCount()
    return {
        shown.item(row, 0).text(): [shown.item(row, at).text() for at in range(1, count)]
        for row in range(shown.rowCount())
    }


# ---- tags and notes ---------------------------------------------------------------------------------------


def test_tags_and_notes_are_kept_in_the_runs_folder(qtbot, panel, three):
    made = panel()
    made.table.select([three[1]])
    form = made.details.notes
    QTest.keyClicks(form.tags, "good, slow")
    with relisted(qtbot, made):
        QTest.keyClick(form.tags, Qt.Key.Key_Return)
    assert read_notes(three[1]).tags == ("good", "slow")
    assert column(made, TAGS) == ["", "good, slow", "baseline"]
    form.words.setPlainText("went well")
    qtbot.waitUntil(lambda: read_notes(three[1]).notes == "went well", timeout=5_000)


def test_what_was_typed_is_kept_when_another_run_is_chosen(panel, three):
    made = panel()
    made.table.select([three[0]])
    assert made.details.notes.tags.text() == "baseline" and made.details.notes.words.toPlainText() == "the first"
    made.details.notes.words.setPlainText("the very first")
    made.table.select([three[1]])
    assert read_notes(three[0]).notes == "the very first" and made.details.notes.words.toPlainText() == ""


def test_words_that_cannot_be_kept_are_told_and_stay(panel, three):
    made = panel()
    made.table.select([three[0]])
    made.details.notes.tags.setText("x" * 50)
    made.details.notes.keep()
    assert made.details.notes.wrong.isVisible() and "40" in made.details.notes.wrong.text()
    assert made.details.notes.tags.text() == "x" * 50 and read_notes(three[0]).tags == ("baseline",)


# ---- trash ------------------------------------------------------------------------------------------------


def test_runs_are_thrown_away_and_brought_back(qtbot, panel, three, home):
    made = panel()
    made.table.setFocus()
    made.table.select(three[:2])
    QTest.keyClick(made.table, Qt.Key.Key_Delete)
    becomes(qtbot, made, ["net-c"])
    assert len(thrown_away(home)) == 2
    assert made.banner.isVisible() and "2 runs" in made.banner.text
    made.banner.offers[0].click()
    becomes(qtbot, made, ["net-c", "net-b", "net-a"])
    assert not made.banner.isVisible()
    assert sorted(entry.name for entry in made.chosen()) == ["net-a", "net-b"]


def test_the_trash_is_a_menu(qtbot, panel, three, home):
    made = panel()
    for path in three:
        made.table.select([path])
        made.bar.delete.click()
    qtbot.waitUntil(lambda: made.bar.trash.text() == "Trash 3", timeout=10_000)
    assert made.bar.trash.isVisible()
    words = [act.text() for act in made.bar.menu.actions() if act.text()]
    assert sorted(words) == [
        "Bring back all",
        "Bring back net-a",
        "Bring back net-b",
        "Bring back net-c",
        "Empty the trash...",
    ]
    next(act for act in made.bar.menu.actions() if act.text() == "Bring back net-b").trigger()
    becomes(qtbot, made, ["net-b"])


@pytest.mark.parametrize("agreed", [False, True])
def test_the_trash_is_emptied_only_by_leave(qtbot, panel, three, home, monkeypatch, agreed):
    made = panel()
    made.table.select(three[:2])
    made.delete()
    becomes(qtbot, made, ["net-c"])
    monkeypatch.setattr(runs_panel, "may_erase", lambda parent, count: agreed and count == 2)
    made.bar.menu.actions()[-1].trigger()
    assert len(thrown_away(home)) == (0 if agreed else 2) and three[2].exists()
    qtbot.waitUntil(lambda: made.bar.trash.isVisible() != agreed, timeout=10_000)


def test_words_of_files_are_never_markup(panel, home):
    evil = "<img src=secret.png>"
    write_notes(trained(home / f"{evil} run".replace("/", "")), noted((), evil))
    made = panel()
    tip = made.table.sorted.index(0, NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img" in tip and "<img" not in tip
    made.table.select([made.table.runs.entry(0).path])
    assert made.details.title.textFormat() == Qt.TextFormat.PlainText


def test_what_cannot_be_thrown_away_is_told(qtbot, panel, three, monkeypatch):
    def refuse(*_):
        raise runs_panel.TrashError("the disk is full")

    made = panel()
    monkeypatch.setattr(runs_panel, "throw_away", refuse)
    made.table.select([three[0]])
    made.delete()
    assert made.banner.text == "the disk is full" and three[0].exists()


def test_where_it_is_narrow_the_table_lies_above(qtbot, panel, three):
    made = panel()
    drawn(qtbot, made, three[2])
    assert made.splitter.orientation() == Qt.Orientation.Horizontal
    made.resize(800, 420)
    assert made.splitter.orientation() == Qt.Orientation.Vertical
    model, port = made.table.horizontalHeader(), made.table.viewport()
    assert model.sectionViewportPosition(TAGS) + model.sectionSize(TAGS) <= port.width()


def test_names_that_are_cut_keep_their_end(panel, home):
    from PySide6.QtWidgets import QStyleOptionViewItem

    trained(home / "a-long-name-of-a-network-20260101-120000")
    made = panel()
    option = QStyleOptionViewItem()
    made.table.itemDelegateForColumn(NAME).initStyleOption(option, made.table.sorted.index(0, NAME))
    assert option.textElideMode == Qt.TextElideMode.ElideMiddle
