"""The recipe panel by hand: every value is one undoable edit, wrong ones change nothing, only what counts is shown."""

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit

from backend.messages import Progress
from graph import Document, Recipe
from graph.recipe_form import SECTIONS, VALUES, value_of
from gui.recipe import RecipePanel
from gui.recipe.recipe_panel import TITLES


def retype(field, text):
    field.line.selectAll()
    QTest.keyClicks(field.line, text)


def choose(field, word):
    index = [held for _, held in field.pairs].index(word)
    field.box.setCurrentIndex(index)
    field.box.activated.emit(index)


def form_with(panel, name):
    return next(form for form in panel.forms.values() if name in form.fields)


def test_every_value_has_its_row(panel):
    rows = {name for form in panel.forms.values() for name in form.fields}
    assert {value.name for value in VALUES if value.optimizer in ("", "Adam")} == rows
    assert set(SECTIONS) <= set(TITLES)
    assert [SECTIONS[name] for name in SECTIONS] == [TITLES[name] for name in TITLES if name in SECTIONS]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "0.05", 0.05),
        ("validation", "0.3", 0.3),
        ("steps", "500", 500),
        ("clip_norm", "1", 1.0),
        ("monitor", "loss", "loss"),
        ("optimizer_arguments.beta1", "0.5", 0.5),
        ("schedule.warmup", "20", 20),
    ],
)
def test_a_typed_value_is_one_step_that_is_undone(panel, flushed, name, text, value):
    field, before = form_with(panel, name).fields[name], panel.session.project.recipe
    retype(field, text)
    assert value_of(flushed(), name) == value
    assert form_with(panel, name).resets[name].isVisibleTo(panel)
    panel.session.project.undo()
    assert flushed() == before
    assert field.text() == ("" if value_of(before, name) is None else field.declared.format(value_of(before, name)))


def test_a_wrong_value_complains_at_its_field_and_changes_nothing(panel, flushed):
    before = panel.session.project.recipe
    field = panel.forms["regularisation"].fields["l1"]
    retype(field, "-3")
    assert flushed() == before and not panel.session.project.can_undo
    assert field.wrong.isVisibleTo(panel) and "0" in field.wrong.text()
    QTest.keyClick(field.line, Qt.Key.Key_Escape)
    assert not field.wrong.isVisibleTo(panel) and field.text() == "0"


def test_a_refused_value_is_told_in_place(panel, flushed):
    """What the form would take but the recipe does not."""
    panel.forms["stopping"].entered.emit("monitor", "x" * 300)
    field = panel.forms["stopping"].fields["monitor"]
    assert "200" in field.wrong.text() and flushed().monitor is None


def test_emptying_a_value_leaves_it_open(panel, flushed):
    field = panel.forms["stopping"].fields["patience"]
    retype(field, "3")
    assert flushed().patience == 3 and panel.forms["stopping"].is_shown("restore_best")
    field.line.selectAll()
    QTest.keyClick(field.line, Qt.Key.Key_Backspace)
    assert flushed().patience is None and not panel.forms["stopping"].is_shown("restore_best")
    assert field.line.placeholderText() == "never early"


def test_another_optimizer_brings_its_own_arguments(panel, flushed):
    choose(panel.forms["optimizer"].fields["optimizer"], "SGD")
    assert flushed().optimizer == "SGD"
    assert list(panel.forms["arguments"].fields) == ["optimizer_arguments.dampening", "optimizer_arguments.nesterov"]
    assert panel.forms["optimizer"].is_shown("momentum")
    assert "momentum" in panel.optimizer.sentence.text() and "1951" in panel.optimizer.reference.text()
    panel.session.project.undo()
    flushed()
    assert "optimizer_arguments.beta1" in panel.forms["arguments"].fields
    assert not panel.forms["optimizer"].is_shown("momentum")


def test_an_optimizer_goes_back_to_its_usual_values(panel, flushed):
    assert not panel.optimizer.back.isVisibleTo(panel)
    choose(panel.forms["optimizer"].fields["optimizer"], "AdamW")
    flushed()
    panel.optimizer.back.click()
    assert flushed().weight_decay == 1e-2 and not panel.optimizer.back.isVisibleTo(panel)
    panel.session.project.undo()
    assert flushed().weight_decay == 0 and flushed().optimizer == "AdamW"


def test_a_reset_is_one_step(panel, flushed):
    retype(panel.forms["loop"].fields["epochs"], "77")
    assert flushed().epochs == 77
    panel.forms["loop"].resets["epochs"].click()
    assert flushed().epochs == Recipe().epochs


def test_only_rows_that_count_are_shown(panel, flushed):
    form = panel.forms["schedule"]
    assert not form.is_shown("schedule.every")
    choose(form.fields["schedule.kind"], "step")
    flushed()
    assert form.is_shown("schedule.every") and form.is_shown("schedule.factor")
    choose(form.fields["schedule.kind"], "one_cycle")
    flushed()
    assert form.is_shown("schedule.rise") and not form.is_shown("schedule.warmup")


def test_a_change_from_elsewhere_is_followed(panel, flushed):
    panel.session.project.do(_set(panel, epochs=42))
    flushed()
    assert panel.forms["loop"].fields["epochs"].text() == "42"
    panel.session.set_document(Document())
    flushed()
    assert panel.forms["loop"].fields["epochs"].text() == "10"


def _set(panel, **changes):
    from graph.edits import SetRecipe

    return SetRecipe(panel.session.project.recipe.having(**changes))


def test_the_recipe_is_the_projects_inside_a_module_too(panel, flushed, session, ids):
    from graph.module_commands import make_module

    session.document.do(make_module(session.network, (ids["conv1"], ids["relu1"]), "Stem"))
    place = next(id for id in session.network.blocks if session.can_step_into(id))
    session.step_into(place)
    retype(panel.forms["loop"].fields["epochs"], "5")
    assert session.project.recipe.epochs == 5


def test_sections_open_and_close_by_key_and_say_what_they_hold(panel, flushed):
    section = panel.sections["device"]
    section.set_open(False)
    assert not section.inside.isVisibleTo(panel) and section.summary.fullest == "auto, float32"
    assert "auto" in section.heading.accessibleDescription()
    section.heading.setFocus()
    QTest.keyClick(section.heading, Qt.Key.Key_Space)
    assert section.is_open


def test_a_section_can_be_brought_into_view(panel, qtbot):
    panel.sections["objectives"].set_open(False)
    panel.show_section("objectives")
    qtbot.wait(10)
    assert panel.sections["objectives"].is_open and panel.area.verticalScrollBar().value() > 0


def test_every_field_has_a_name_to_be_read_and_is_reached_by_key(panel):
    for form in panel.forms.values():
        for name, field in form.fields.items():
            assert field.editor.accessibleName() and "_" not in field.editor.accessibleName(), name
            assert field.editor.focusPolicy() & Qt.FocusPolicy.TabFocus, name
    for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QCheckBox):
        for editor in panel.findChildren(kind):
            inner = editor.parent()
            owned = isinstance(inner, QAbstractSpinBox | QComboBox)
            assert owned or editor.accessibleName(), editor


def test_help_of_the_field_in_hand_stands_below(panel):
    panel.forms["regularisation"].fields["clip_norm"].editor.setFocus()
    assert panel.help.text().startswith("clip norm: Longest gradient")


class Longer(QTranslator):
    """Every text a third longer, as in other languages."""

    def translate(self, context, text, disambiguation=None, n=-1):
        return text + "e" * (len(text) // 3) if text and not context.startswith("Q") else None

    def isEmpty(self):
        return False


@pytest.fixture
def longer(app):
    translator = Longer(app)
    app.installTranslator(translator)
    yield
    app.removeTranslator(translator)


def test_longer_words_fit_at_its_narrowest(longer, panel, flushed, session, ids):
    session.select((ids["conv1"],))
    panel.objectives.add()
    panel.groups.add()
    flushed()
    assert panel.area.widget().minimumSizeHint().width() <= panel.minimumWidth() - 12


def test_nothing_is_cut_off_at_its_narrowest(panel, flushed, session, ids):
    session.select((ids["conv1"],))
    panel.objectives.add()
    panel.groups.add()
    flushed()
    panel.resize(panel.minimumWidth(), 900)
    assert panel.area.widget().minimumSizeHint().width() <= panel.minimumWidth() - 12
    for form in panel.forms.values():
        for name, title in form.titles.items():
            assert not title.text().endswith("…"), name


def test_a_run_tells_how_long_an_epoch_is(session, shown, tmp_path):
    from gui.training import RunController
    from gui.training.run import Run

    run = RunController(session)
    panel = shown(RecipePanel(session, run), 360, 700)
    panel.updates.flush()
    source = session.project.recipe.data.model_copy(update={"kind": "npz", "path": "a.npz", "options": {}})
    session.project.do(_set(panel, data=source))
    panel.updates.flush()
    assert not panel.length(session.project.recipe).known
    assert {fact.fullest for fact in panel.facts.facts.values()} == {"known when the data are loaded"}
    run.run = Run(1, tmp_path, 0, "loss", None, {})
    run.progressed.emit(_progress(steps=230, epochs=10))
    panel.updates.flush()
    assert panel.length(session.project.recipe).epoch_steps == 23
    panel.resize(380, 700)
    assert [fact.text() for fact in panel.facts.facts.values()] == ["23", "230"]


def _progress(steps, epochs):
    return Progress(
        step=1,
        steps=steps,
        epoch=1,
        epochs=epochs,
        seconds=0.0,
        seconds_left=None,
        images_per_second=0.0,
        learning_rate=0.1,
    )


def test_the_monitor_is_completed_with_what_is_judged(panel, flushed, session):
    panel.objectives.add()
    flushed()
    field = panel.forms["stopping"].fields["monitor"]
    assert field.line.completer().model().stringList() == ["loss", "accuracy", "objective 1"]
    field.line.completer().activated.emit("accuracy")
    field.line.setText("accuracy")
    field.line.textEdited.emit("accuracy")
    assert flushed().monitor == "accuracy"


def test_the_tab_key_goes_as_the_eye_reads(panel, flushed, qtbot):
    choose(panel.forms["optimizer"].fields["optimizer"], "RMSprop")
    panel.objectives.add()
    flushed()
    panel.activateWindow()
    at, page, heights = panel.sections["data"].heading, panel.area.widget(), []
    at.setFocus()
    while at is not panel.sections["groups"].heading and len(heights) < 150:
        heights.append(at.mapTo(page, at.rect().center()).y())
        QTest.keyClick(at, Qt.Key.Key_Tab)
        at = panel.focusWidget()
    assert 45 < len(heights) < 80 and heights == sorted(heights)
