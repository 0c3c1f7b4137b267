"""Augmentation as flags of netloom train: what reaches the recipe, and what is refused before anything starts."""

import click
import pytest
from click.testing import CliRunner

import examples
from backend.cli_augmentation import augmented
from graph import Recipe, load_project
from graph.augmentation import AUGMENTATIONS, Augmentation
from gui.cli import main


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_every_kind_and_argument_can_be_given(kind):
    arguments = {one.name: one.default for one in AUGMENTATIONS[kind].arguments}
    text = ",".join(f"{name}={value}" for name, value in {"p": 0.25, **arguments}.items())
    found = augmented(Recipe(), (f"{kind}:{text}", kind), None)
    assert found.augmentation == (Augmentation(kind=kind, p=0.25, arguments=arguments), Augmentation(kind=kind))


def test_the_flags_take_the_place_of_the_projects():
    recipe = Recipe(augmentation=[{"kind": "crop"}], normalization={"kind": "data"})
    assert augmented(recipe, (), None) == recipe
    assert augmented(recipe, ("none",), "none") == Recipe()
    given = augmented(recipe, (), "0.5,0.4/0.2").normalization
    assert (given.kind, given.mean, given.deviation) == ("given", (0.5, 0.4), (0.2,))


@pytest.mark.parametrize(
    ("augment", "normalization", "words"),
    [
        ("rotate", None, "'rotate' is no augmentation; there are horizontal_flip"),
        ("rotation:angle=3", None, "rotation has no argument angle; it has p, degrees, fill"),
        ("rotation:degrees", None, "'degrees' has no value; write degrees=VALUE"),
        ("rotation:degrees=400", None, "degrees must be a number from 0 to 180, not 400"),
        ("crop:padding=four", None, "padding must be a whole number from 0 to 4,096, not 'four'"),
        ("crop:p=2", None, "p must be a number from 0 to 1, not 2"),
        ("affine:smallest_scale=3", None, "smallest_scale must be at most largest_scale"),
        (None, "imagenet", "must be none, data, or means and deviations"),
        (None, "0.5/0", "deviation must be above 0"),
        (None, "half/0.5", "half"),
    ],
)
def test_wrong_flags_are_told_with_value_and_rule(augment, normalization, words):
    with pytest.raises(click.BadParameter) as caught:
        augmented(Recipe(), (augment,) if augment else (), normalization)
    assert words in str(caught.value)
    assert (augment or normalization) in str(caught.value)


def test_a_run_is_augmented_by_flags(tmp_path):
    folder = tmp_path / "run"
    flags = ["--augment", "rotation:degrees=5", "--augment", "mixup", "--normalization", "data", "--epochs", "1"]
    done = CliRunner().invoke(main, ["train", str(examples.path("lenet_digits")), "--run", str(folder), *flags])
    assert done.exit_code == 0, done.output
    recipe = load_project(folder / "project.netloom").recipe
    assert [one.kind for one in recipe.augmentation] == ["rotation", "mixup"] and recipe.normalization.kind == "data"
    again = CliRunner().invoke(main, ["train", "--resume", str(folder), "--augment", "none"])
    assert again.exit_code == 2 and "with its own recipe and weights" in again.output
