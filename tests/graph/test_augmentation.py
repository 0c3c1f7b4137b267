"""Augmentations as declared: usual values, what is refused and how it is told, files and back."""

import pytest
from pydantic import ValidationError

from graph.augmentation import AUGMENTATIONS, Augmentation, Normalization
from graph.document import Document
from graph.project_file import from_json, to_json
from graph.recipe import Recipe


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_a_kind_alone_is_enough(kind):
    made = Augmentation(kind=kind)
    assert made.chance == AUGMENTATIONS[kind].usual_p
    assert list(made.values) == [argument.name for argument in made.type.arguments]
    assert all(argument.coerce(argument.default) == argument.default for argument in made.type.arguments)


def test_a_recipe_with_augmentation_comes_back_from_text():
    steps = ({"kind": "rotation", "arguments": {"degrees": 10}}, {"kind": "mixup", "p": 0}, {"kind": "crop"})
    made = Recipe(augmentation=steps, normalization={"kind": "given", "mean": [0, 0.5, 1], "deviation": [0.5]})
    assert [step.kind for step in made.augmentation] == ["rotation", "mixup", "crop"]
    assert Recipe.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("p", [None, 0.0, 0.5, 1.0])
def test_a_project_keeps_how_often_it_is_done(p):
    recipe = Recipe(augmentation=[{"kind": "horizontal_flip", "p": p}, {"kind": "crop", "p": p}])
    assert from_json(to_json(Document(recipe=recipe))).recipe == recipe


@pytest.mark.parametrize(
    ("wrong", "place", "text"),
    [
        ({"kind": "rotate"}, (), "'rotate' is no augmentation; there are horizontal_flip, vertical_flip, rotation"),
        ({"kind": "rotation", "p": 1.5}, ("p",), "less than or equal to 1"),
        ({"kind": "rotation", "p": True}, ("p",), "valid number"),
        ({"kind": "rotation", "arguments": {"degrees": 200.0}}, (), "degrees must be a number from 0 to 180, not 200"),
        ({"kind": "rotation", "arguments": {"angle": 1}}, (), "rotation has no argument angle; it has degrees, fill"),
        ({"kind": "crop", "arguments": {"padding": 0.5}}, (), "whole number from 0 to 4,096, not 0.5"),
        ({"kind": "cutout", "arguments": {"fill": "red"}}, (), "fill must be one of zeros, mean, noise, not 'red'"),
        (
            {"kind": "affine", "arguments": {"smallest_scale": 1.5}},
            (),
            "affine: smallest_scale must be at most largest_scale, 1.1, not 1.5",
        ),
        ({"kind": "mixup", "arguments": {"alpha": 0}}, (), "alpha must be a number from 0.01 to 100, not 0"),
        ({"kind": "blur", "color": 1}, ("color",), "not permitted"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(wrong, place, text):
    with pytest.raises(ValidationError) as caught:
        Recipe(augmentation=({"kind": "horizontal_flip"}, wrong))
    found = caught.value.errors()[0]
    assert found["loc"] == ("augmentation", 1, *place)
    assert text in found["msg"]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"kind": "imagenet"}, "none"),
        ({"mean": []}, "a number for all channels or one for each"),
        ({"deviation": [1, 0]}, "deviation must be above 0, not 0"),
        ({"mean": [1, 2], "deviation": [1, 2, 3]}, "there are 2 means but 3 deviations"),
        ({"mean": [float("nan")]}, "finite"),
    ],
)
def test_wrong_normalizations_are_refused(wrong, text):
    with pytest.raises(ValidationError, match=text):
        Normalization.model_validate(wrong)


def test_there_are_not_more_than_a_hundred():
    with pytest.raises(ValidationError, match="100"):
        Recipe(augmentation=[{"kind": "crop"}] * 101)
