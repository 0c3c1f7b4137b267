"""`netloom train`: the recipe's values as flags, wrong ones before anything starts, and runs that go on."""

import json

from click.testing import CliRunner

import examples
from graph import DataSource, Document, Network, Recipe, load_project, save_project
from graph.recipe_form import VALUES
from gui.cli import main


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_every_value_of_the_recipe_has_a_flag_and_wrong_ones_start_nothing(tmp_path):
    listed = run("train", "--help").output
    for value in VALUES:
        assert value.flag in listed
    for flags, words in (
        (["--optimizer", "Adm"], "Adm"),
        (["--batch-size", "0"], "batch_size must be a whole number from 1"),
        (["--batch-size", "1.5"], "not '1.5'"),
        (["--learning-rate", "nan"], "learning_rate must be a number above 0"),
        (["--optimizer-alpha", "0.5"], "Adam has no argument alpha"),
        (["--optimizer", "SGD", "--optimizer-nesterov", "--schedule-kind", "spiral"], "schedule"),
    ):
        done = run("train", examples.path("mlp_spirals"), "--run", str(tmp_path / "run"), *flags)
        assert done.exit_code == 2 and words in done.output, done.output
        assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_flags_reach_the_run_and_a_stopped_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    flags = ("--optimizer", "RMSprop", "--optimizer-alpha", "0.9", "--schedule-kind", "cosine", "--steps", "30")
    done = run("train", examples.path("mlp_spirals"), "--run", str(folder), *flags, "--no-restore-best")
    assert done.exit_code == 0, done.output
    recipe = load_project(folder / "project.netloom").recipe
    assert (recipe.optimizer, recipe.optimizer_arguments, recipe.steps) == ("RMSprop", {"alpha": 0.9}, 30)
    assert recipe.schedule.kind == "cosine" and not recipe.restore_best
    again = run("train", "--resume", str(folder), "--learning-rate", "0.1")
    assert again.exit_code == 2 and "--learning-rate" in again.output
    over = run("train", "--resume", str(folder))
    assert over.exit_code == 1 and "done" in over.output
    nowhere = run("train", "--resume", str(tmp_path))
    assert nowhere.exit_code == 1 and "no run" in nowhere.output


def test_rates_are_tried_and_one_is_suggested():
    found = json.loads(run("rate", examples.path("mlp_spirals"), "--json").output)
    assert len(found["rates"]) == len(found["losses"]) > 20
    assert 1e-4 < found["suggested"] < 1
    assert "falls fastest at a learning rate of" in run("rate", examples.path("mlp_spirals"), "--steps", "50").output
    wrong = run("rate", examples.path("mlp_spirals"), "--low", "1", "--high", "0.1")
    assert wrong.exit_code == 2 and "must be below --high" in wrong.output


def test_a_run_from_elsewhere_reads_nothing_outside_its_folder_unasked(tmp_path):
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    document = Document(Network("n"), Recipe(data=DataSource(kind="npz", path="x.npz")))
    save_project(document, folder / "project.netloom")
    asked = {"base": str(tmp_path.parent), "outside": True}  # as somebody wrote it
    (folder / "start.json").write_text(json.dumps(asked))
    done = run("train", "--resume", str(folder))
    assert done.exit_code == 1 and "lies outside" in done.output and "--outside" in done.output
    assert not (folder / "events.jsonl").exists()
