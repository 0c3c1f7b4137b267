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
        (["--momentum", "0.5"], "it counts with the optimizer SGD"),
        (["--schedule-every", "3"], "--schedule-every: it would count for nothing; it counts with the schedule step"),
        (["--no-restore-best"], "it counts where patience is set"),
        (["--cuda-graphs", "--device", "cpu"], "it counts on the device auto or cuda"),
    ):
        done = run("train", examples.path("mlp_spirals"), "--run", str(tmp_path / "run"), *flags)
        assert done.exit_code == 2 and words in done.output, done.output
        assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_flags_reach_the_run_and_a_stopped_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    flags = ("--optimizer", "RMSprop", "--optimizer-alpha", "0.9", "--schedule-kind", "cosine", "--steps", "30")
    kept = ("--patience", "9", "--no-restore-best")
    done = run("train", examples.path("mlp_spirals"), "--run", str(folder), *flags, *kept)
    assert done.exit_code == 0, done.output
    recipe = load_project(folder / "project.netloom").recipe
    assert (recipe.optimizer, recipe.optimizer_arguments, recipe.steps) == ("RMSprop", {"alpha": 0.9}, 30)
    assert recipe.schedule.kind == "cosine" and not recipe.restore_best
    again = run("train", "--resume", str(folder), "--learning-rate", "0.1")
    assert again.exit_code == 2 and "--learning-rate" in again.output
    for flag in ("--from", "--run"):
        elsewhere = run("train", "--resume", str(folder), flag, str(tmp_path / "other"))
        assert elsewhere.exit_code == 2 and f"{flag}: a run goes on in its folder" in elsewhere.output
    over = run("train", "--resume", str(folder))
    assert over.exit_code == 1 and "the run has done 30 steps" in over.output
    assert "0/?" not in over.output  # no bar before there is a step
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


def test_a_monitor_that_nothing_is_called_is_refused(tmp_path):
    done = run("train", examples.path("mlp_spirals"), "--run", str(tmp_path / "run"), "--monitor", "acuracy")
    assert done.exit_code == 1
    assert 'there is no metric "acuracy"; this network gives loss, accuracy' in " ".join(done.output.split())
