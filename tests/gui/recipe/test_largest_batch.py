"""The largest batch that fits: one step of the history, and words where it cannot be told."""

from types import SimpleNamespace

from graph.edits import SetRecipe
from graph.memory import training_memory


def ready(memory):
    return SimpleNamespace(ready=SimpleNamespace(memory=memory, device_name="Small GPU", devices=("cpu",)))


def test_it_is_set_as_one_step_and_its_training_fits(panel, flushed):
    session, largest = panel.session, panel.largest
    recipe = session.project.recipe
    session.project.do(SetRecipe(recipe.having(data=recipe.data.model_copy(update={"kind": "npz"}))))
    before = session.project.recipe.batch_size
    largest._run = ready(64 * 2**20)
    largest.begin.click()
    size = flushed().batch_size
    assert size & (size - 1) == 0 and size != before
    network, analysis = session.project.network, session.project.analysis
    assert training_memory(network, analysis, size).total <= 0.8 * 64 * 2**20
    assert training_memory(network, analysis, 2 * size).total > 0.8 * 64 * 2**20
    assert f"{size:,} set" in largest.words.text() and "Small GPU" in largest.words.text()
    session.project.undo()
    assert session.project.recipe.batch_size == before


def test_no_more_than_there_are_samples(panel, flushed):
    panel.largest._run = ready(2**40)
    panel.largest.begin.click()
    assert flushed().batch_size == 1797


def test_what_hinders_is_said_and_nothing_set(panel, flushed):
    before = flushed().batch_size
    panel.largest.begin.click()
    assert "not known yet" in panel.largest.words.text()
    panel.largest._run = ready(1000)
    panel.largest.begin.click()
    assert "Not even one sample fits" in panel.largest.words.text() and flushed().batch_size == before
