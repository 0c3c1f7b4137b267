"""The data looked at: counts, fields, balance, samples, problems, and what cannot be read."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from backend.data import DataProblem
from graph import DataSource
from graph.edits import SetRecipe
from gui.data import DataWindow
from gui.data.problem_list import ProblemList

PATIENCE = 30_000  # ms: importing scikit-learn on a busy machine


@pytest.fixture
def data(session, qtbot, shown):
    asked = []

    def may_read(document):
        asked.append(document.recipe.data.path)
        return False

    window = shown(DataWindow(session, may_read), 900, 600)
    window.asked = asked
    return window


def use(window, qtbot, source, done=lambda window: window.looked is not None):
    window.session.project.do(SetRecipe(window.session.project.recipe.having(data=source)))
    qtbot.waitUntil(
        lambda: done(window) and (window.looked is None or window.looked.source == source), timeout=PATIENCE
    )


def test_digits_in_numbers_and_pictures(data, qtbot):
    use(data, qtbot, DataSource(kind="digits"))
    assert data.title.text().endswith("1,797 samples, 1,438 to train on, 359 to validate")
    cells = [[data.table.item(row, column).text() for column in range(7)] for row in range(2)]
    assert cells[0][:5] == ["image", "1 x 8 x 8", "float32", "0", "1"] and cells[1][0] == "label"
    assert data.distribution.balance.counts[3] == 183 and "95 %" in data.distribution.said.text()
    assert data.problems.isHidden()
    first = data.page.shown["image"].sample.copy()
    QTest.mouseClick(data.sample.forth, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not np.array_equal(data.page.shown["image"].sample, first))
    row = data.looked.dataset.arrays
    assert np.array_equal(data.page.shown["image"].sample, row["image"][1])
    assert data.page.shown["label"].text() == str(row["label"][1])
    assert data.part.text() == ("held out to validate" if 1 in data.looked.validation else "to train on")


def test_text_is_shown_as_text_and_masks_as_shades(data, qtbot):
    use(data, qtbot, DataSource(kind="alice"))
    assert data.page.shown["text"].text()[:5] and data.page.shown["text"].text() in _alice(data)
    use(data, qtbot, DataSource(kind="shapes", options={"samples": 20}))
    assert data.page.shown["mask"].sample.max() <= 1 and data.distribution.choice.currentText() == "Classes of mask"


def _alice(data):
    from backend.data.vocabulary import text_of

    field = data.looked.dataset.field("text")
    return text_of(field.classes, data.looked.dataset.arrays["text"][0].tolist(), "characters")


def test_what_is_wrong_is_said_and_nothing_is_shown(data, qtbot, tmp_path):
    data.session.project.path = tmp_path / "project.netloom"
    use(data, qtbot, DataSource(kind="npz", path="gone.npz"), lambda w: "cannot be read" in w.empty.title.text())
    assert "gone.npz" in data.empty.text.text() and data.looked is None
    use(data, qtbot, None, lambda w: w.empty.title.text() == "No data yet")


def test_data_outside_are_asked_about_and_left_alone_when_refused(data, qtbot, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    np.savez(tmp_path / "secret.npz", x=np.zeros((3, 2), np.float32))
    data.session.project.path = home / "project.netloom"
    use(data, qtbot, DataSource(kind="npz", path="../secret.npz"), lambda w: w.empty.title.text() == "Not read")
    assert data.asked == ["../secret.npz"] and data.looked is None


def test_bars_tell_their_class_in_rows_and_upright(data, qtbot):
    view = data.distribution.balance
    view.resize(200, 200)
    view.show_counts(("a", "b"), (10, 5))
    assert view.in_rows and view.class_at(50, 25) == 1 and view.class_at(50, 100) is None
    many = tuple(map(str, range(500)))
    view.show_counts(many, tuple(range(500)))
    assert not view.in_rows and view.shown == 200 // 3
    assert view.class_at(*QPointF(199, 5).toTuple()) == view.shown - 1


def test_the_numbers_of_a_selected_field_are_shown_as_bars(data, qtbot):
    use(data, qtbot, DataSource(kind="iris"))
    assert data.distribution.choice.currentText() == "Classes of label" and data.distribution.balance.isVisible()
    data.table.selectRow(2)
    shown = data.distribution.histogram
    assert data.distribution.choice.currentText() == "Values of petal length (cm)" and shown.isVisible()
    lengths = data.looked.dataset.arrays["features"][:, 2]
    assert (shown.low, shown.high, sum(shown.counts)) == (lengths.min(), lengths.max(), 150)
    assert shown.counts[0] == np.sum(lengths < shown.low + (shown.high - shown.low) / len(shown.counts))
    data.table.selectRow(4)
    assert data.distribution.choice.currentText() == "Classes of label"


def test_a_long_problem_goes_on_in_the_next_line(app, shown):
    problems = shown(ProblemList(), 300, 200)
    problems.show_problems((DataProblem("a.csv", 1, "short"), DataProblem("b.csv", 2, "long words " * 20)))
    short, long = (problems.sizeHintForRow(row) for row in range(2))
    assert long > 3 * short
    problems.resize(1200, 200)
    assert problems.sizeHintForRow(1) < long
