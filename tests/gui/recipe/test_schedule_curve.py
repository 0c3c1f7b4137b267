"""The drawn schedule is the trained one: its points, its axes, its words; and it moves while a value is tried."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from backend.data import catalog, load
from graph import DataSource, Recipe
from graph.schedule import SCHEDULES, Schedule
from gui import theme
from gui.recipe.axis_ticks import log_ticks, nice_ticks, rate_text
from gui.recipe.epoch_length import Length, length_of, samples_of, samples_seen
from gui.recipe.schedule_curve import ScheduleCurve, in_words, rates
from gui.recipe.schedule_view import ScheduleView

LENGTH = Length(23, 230, True)


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("length", [LENGTH, Length(1, 1, True), Length(977, 10**9, False)])
def test_the_curve_is_what_the_trainer_follows(kind, length):
    recipe = Recipe(learning_rate=0.5, schedule=Schedule(kind=kind, warmup=7))
    points = rates(recipe, length)
    assert points[0][0] == 0 and points[-1][0] == length.steps - 1 and len(points) < 5000
    for step, rate in points:
        assert rate == 0.5 * recipe.schedule.at(step, length.steps, length.epoch_steps)


def test_a_fall_is_a_cliff():
    points = dict(rates(Recipe(learning_rate=1.0, schedule=Schedule(kind="step", every=100)), Length(50, 50_000, True)))
    assert points[4_999] == 1.0 and points[5_000] == pytest.approx(0.1)


@pytest.mark.parametrize("kind", [entry.kind for entry in catalog() if not entry.needs_path])
def test_lengths_of_built_in_data_are_right(kind):
    source = DataSource(kind=kind)
    assert samples_of(source) in (None, len(load(source)))


def test_lengths_of_data_that_are_drawn_are_asked_for():
    assert samples_of(DataSource(kind="digits")) == 1797
    assert samples_of(DataSource(kind="moons", options={"samples": 99})) == 99
    assert samples_of(DataSource(kind="moons", options={"samples": "many"})) is None
    assert samples_of(DataSource(kind="npz", path="a.npz", options={"samples": 99})) is None


def test_how_long_a_run_is():
    recipe = Recipe(data=DataSource(kind="digits"), epochs=10, batch_size=64, validation=0.2)
    assert length_of(recipe) == LENGTH  # ceil(1438 / 64) batches
    assert length_of(recipe.having(steps=100)).steps == 100
    assert length_of(Recipe()) == Length(100, 1000, False)
    assert length_of(Recipe(data=DataSource(kind="npz", path="a.npz"), validation=0.0), samples=640).epoch_steps == 10


def test_what_a_run_tells_of_its_data():
    assert samples_seen(Recipe(batch_size=64, validation=0.2), 230, 10) == 1840
    assert samples_seen(Recipe(steps=7), 7, 10) is None
    assert samples_seen(Recipe(), 0, 0) is None


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(), "0.1 all through the run"),
        (Schedule(kind="step", every=50), "0.1 all through the run"),
        (Schedule(kind="cosine"), "from 0.1 to 4.66e-6"),
        (Schedule(kind="one_cycle"), "from 0.004 over 0.1 to 4e-7"),
        (Schedule(kind="plateau"), "begins at 0.1; when it falls depends on the run"),
    ],
)
def test_the_curve_in_words(schedule, words):
    assert in_words(Recipe(learning_rate=0.1, schedule=schedule), LENGTH) == words


def test_round_numbers_on_axes():
    assert nice_ticks(0, 10, 5) == [0, 2, 4, 6, 8, 10]
    assert nice_ticks(0, 3, 10, whole=True) == [0, 1, 2, 3]
    assert nice_ticks(0, 0.00108, 4) == [0, 0.0005, 0.001]
    assert nice_ticks(1, 1, 4) == [] and nice_ticks(0, math.nan, 4) == []
    assert log_ticks(-3.05, -0.9) == [0.001, 0.01, 0.1]
    assert 0.0002 in log_ticks(-4, -3) and len(log_ticks(-30, 3)) <= 8
    assert [rate_text(value) for value in (0, 1, 0.001, 3e-4, 1.5e-7)] == ["0", "1", "0.001", "3e-4", "1.5e-7"]


@pytest.fixture
def view(app, shown):
    return shown(ScheduleView(), 320, 240)


def inked(curve: ScheduleCurve) -> list[tuple[int, int]]:
    """Pixels in the curve's own colour."""
    picture, ink = curve.grab().toImage(), theme.current().series[0].rgb()
    return [(x, y) for x in range(picture.width()) for y in range(picture.height()) if picture.pixel(x, y) == ink]


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_it_is_drawn_in_the_themes_colours(view, app, mode):
    theme.apply(app, mode)
    view.show_recipe(Recipe(schedule=Schedule(kind="step", every=5)), LENGTH)
    found = inked(view.curve)
    left = [y for x, y in found if x < 150]
    right = [y for x, y in found if x > 250]
    assert left and right and max(left) < min(right)  # it falls
    theme.apply(app, "dark")


def test_what_stood_before_stays_faint(view):
    first = Recipe(schedule=Schedule(kind="cosine"))
    view.show_recipe(first, LENGTH)
    drawn = view.curve.points
    view.show_recipe(Recipe(), LENGTH)
    assert view.curve.ghost == drawn and view.curve.points != drawn
    view.show_recipe(Recipe(schedule=Schedule(kind="exponential")), LENGTH, tried=True)
    assert view.curve.ghost == drawn  # what is only tried leaves no ghost
    view.curve.forget()
    assert not view.curve.ghost


def test_the_value_under_the_mouse_is_told(view):
    view.show_recipe(Recipe(learning_rate=0.1), LENGTH)
    QTest.mouseMove(view.curve, QPoint(view.curve.width() // 2, 80))
    assert view.line.fullest.startswith("step ") and view.line.fullest.endswith("0.1")
    assert "epoch" in view.line.fullest
    view.curve.leaveEvent(None)
    assert view.line.fullest == "0.1 all through the run"


def test_a_logarithmic_axis_shows_what_is_small(view):
    view.show_recipe(Recipe(schedule=Schedule(kind="exponential", decay=0.1)), LENGTH)
    flat = inked(view.curve)
    view.log.click()
    steep = inked(view.curve)
    middle = view.curve.width() * 3 // 4
    assert min(y for x, y in steep if x == middle) < min(y for x, y in flat if x == middle)


def test_an_unknown_length_is_said_where_it_matters(view):
    view.show_recipe(Recipe(schedule=Schedule(warmup=50)), Length(100, 1000, False))
    assert view.unknown.isVisibleTo(view) and "100 steps" in view.unknown.fullest
    view.show_recipe(Recipe(), Length(100, 1000, False))
    assert not view.unknown.isVisibleTo(view)


def test_the_curve_moves_while_a_value_is_turned(panel):
    field = panel.forms["optimizer"].fields["learning_rate"]
    field.step(1)
    assert panel.session.project.recipe.learning_rate == 0.001
    assert panel.schedule.curve.points[0][1] == pytest.approx(0.002)
    QTest.keyClick(field.line, Qt.Key.Key_Escape)
    assert panel.schedule.curve.points[0][1] == pytest.approx(0.001)
    field.step(1)
    field.settle()
    panel.updates.flush()
    assert panel.session.project.recipe.learning_rate == pytest.approx(0.002)
    assert panel.schedule.curve.ghost[0][1] == pytest.approx(0.001)
