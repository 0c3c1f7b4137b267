"""The declared recipe values against the recipe's own models: nothing is missing, and both draw the same lines."""

import math

import pytest
from pydantic import ValidationError

from graph.hyperparameter import Bool, Choice, Float, HyperparameterError, Int, Text
from graph.objective import ParameterGroup
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe
from graph.recipe_form import (
    ARGUMENT,
    NAMES,
    SECTIONS,
    VALUES,
    RecipeValue,
    at_its_defaults,
    changed,
    declared_for,
    that_count,
    value_of,
)
from graph.schedule import Schedule

ITSELF = {"data", "groups", "objectives", "optimizer_arguments", "schedule"}  # values that are no single ones


def with_its_optimizer(value: RecipeValue) -> Recipe:
    return changed(Recipe(), "optimizer", value.optimizer or "Adam")


def edges(value: RecipeValue) -> list:
    """Values on both sides of every line that a declaration draws."""
    declared = value.declared
    tried = [None, True, False, 0, 1, -1, 0.5, "", "no such word", math.nan, math.inf, -math.inf, [1], {}, 10**400]
    if isinstance(declared, Int):
        tried += [edge + by for edge in (declared.low, declared.high) for by in (-1, 0, 1)]
    if isinstance(declared, Float):
        for edge in (declared.low, declared.high):
            tried += [edge, math.nextafter(edge, -math.inf), math.nextafter(edge, math.inf)]
    if isinstance(declared, Choice):
        tried += [*declared.choices, "cuda:1", "cuda:1000", "cuda:", "CPU"]
    return tried


def declaration_takes(value: RecipeValue, tried) -> bool:
    try:
        value.declared.coerce(tried)
    except HyperparameterError:
        return False
    return True


def recipe_takes(value: RecipeValue, tried) -> bool:
    try:
        changed(with_its_optimizer(value), value.name, tried)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.name} {value.optimizer}".strip())
def test_a_declaration_takes_what_the_recipe_takes(value):
    for tried in edges(value):
        if isinstance(value.declared, Text) and tried == "":
            continue  # a form reads an empty line as not set
        if isinstance(value.declared, Int) and isinstance(tried, float):
            continue  # a whole number in a float: forms and command lines never make one
        assert declaration_takes(value, tried) == recipe_takes(value, tried), (value.name, tried)


def test_every_scalar_of_the_recipe_is_declared():
    plain = {name for name, field in Recipe.model_fields.items() if _is_scalar(field.annotation)}
    nested = {f"schedule.{name}" for name in Schedule.model_fields}
    assert plain - ITSELF <= set(NAMES)
    assert nested <= set(NAMES)
    for optimizer in OPTIMIZERS.values():
        declared = {value.name for value in VALUES if value.optimizer == optimizer.name}
        assert declared == {ARGUMENT + argument.name for argument in optimizer.arguments}


def _is_scalar(annotation) -> bool:
    text = str(annotation)
    return not any(word in text for word in ("tuple", "dict", "graph."))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.name} {value.optimizer}".strip())
def test_defaults_are_the_recipes_and_stand_in_its_sections(value):
    assert value_of(with_its_optimizer(value), value.name) == value.default
    assert value.section in SECTIONS
    assert value.help.endswith(".") and value.title


def test_flags_name_one_value_each():
    flags = {value.name: value.flag for value in VALUES}
    assert len(set(flags.values())) == len(NAMES)
    assert flags["schedule.kind"] == "--schedule-kind"
    assert flags["optimizer_arguments.beta1"] == "--optimizer-beta1"
    assert flags["weight_decay"] == "--weight-decay"


def test_changing_nested_values_changes_nothing_else():
    begun = Recipe(epochs=3)
    found = changed(begun, "schedule.kind", "step")
    assert value_of(found, "schedule.kind") == "step"
    assert changed(found, "schedule.kind", "constant") == begun
    found = changed(begun, "optimizer_arguments.beta1", 0.5)
    assert found.optimizer_arguments == {"beta1": 0.5}
    assert changed(found, "optimizer_arguments.beta1", 0.9) == begun  # a default is not kept


def test_wrong_values_are_told_with_their_place():
    with pytest.raises(ValidationError) as caught:
        changed(Recipe(), "schedule.every", 0)
    assert caught.value.errors()[0]["loc"] == ("schedule", "every")
    with pytest.raises(ValidationError, match="beta1"):
        changed(Recipe(), "optimizer_arguments.beta1", 2.0)
    for name in ("no_such", "schedule.no_such", "optimizer_arguments.nesterov", "schedule.kind.deeper", "model_fields"):
        with pytest.raises(KeyError):
            changed(Recipe(), name, 1)
        with pytest.raises(KeyError):
            value_of(Recipe(), name)


def test_another_optimizer_keeps_the_arguments_it_has_too():
    adam = Recipe(optimizer_arguments={"beta1": 0.5, "amsgrad": True})
    assert changed(adam, "optimizer", "NAdam").optimizer_arguments == {"beta1": 0.5}
    assert changed(adam, "optimizer", "SGD").optimizer_arguments == {}
    with pytest.raises(ValidationError, match="no optimizer"):
        changed(adam, "optimizer", "Adamant")


def test_an_optimizer_goes_back_to_what_torch_gives_it():
    found = at_its_defaults(Recipe(optimizer="AdamW", optimizer_arguments={"beta1": 0.5}))
    assert (found.learning_rate, found.weight_decay, found.optimizer_arguments) == (1e-3, 1e-2, {})


def names_that_count(recipe: Recipe, section: str) -> set[str]:
    return {value.name.split(".")[-1] for value in that_count(recipe, section)}


@pytest.mark.parametrize(
    ("recipe", "section", "there", "not_there"),
    [
        (Recipe(), "schedule", {"kind", "warmup"}, {"every", "factor", "decay", "final", "rise", "patience"}),
        (Recipe(schedule=Schedule(kind="step")), "schedule", {"every", "factor"}, {"decay", "patience"}),
        (Recipe(schedule=Schedule(kind="one_cycle")), "schedule", {"rise"}, {"warmup", "final"}),
        (Recipe(schedule=Schedule(kind="plateau")), "schedule", {"factor", "patience"}, {"every"}),
        (Recipe(), "optimizer", {"beta1", "amsgrad"}, {"momentum", "nesterov", "rho"}),
        (Recipe(optimizer="SGD"), "optimizer", {"momentum", "nesterov"}, {"beta1"}),
        (Recipe(optimizer="SGD", momentum=0.0), "optimizer", {"momentum"}, {"nesterov", "dampening"}),
        (Recipe(optimizer="Rprop", weight_decay=0.1), "regularisation", {"l1"}, {"weight_decay"}),
        (Recipe(), "regularisation", {"weight_decay"}, {"decay_norms_and_biases"}),
        (Recipe(weight_decay=0.1), "regularisation", {"decay_norms_and_biases"}, set()),
        (
            Recipe(groups=(ParameterGroup(blocks=("b1",), weight_decay=0.1),)),
            "regularisation",
            {"decay_norms_and_biases"},
            set(),
        ),
        (Recipe(averaging="ema"), "averaging", {"averaging_decay"}, {"averaging_from"}),
        (Recipe(averaging="swa"), "averaging", {"averaging_from"}, {"averaging_decay"}),
        (Recipe(), "stopping", {"patience", "monitor"}, {"restore_best"}),
        (Recipe(patience=3), "stopping", {"restore_best"}, set()),
        (Recipe(device="cpu"), "device", {"compile"}, {"cuda_graphs"}),
    ],
)
def test_only_what_makes_a_difference_counts(recipe, section, there, not_there):
    found = names_that_count(recipe, section)
    assert there <= found
    assert not not_there & found


def test_an_argument_is_the_recipes_own_optimizers():
    assert declared_for(Recipe(optimizer="Adagrad"), "optimizer_arguments.eps").default == 1e-10
    assert declared_for(Recipe(), "optimizer_arguments.eps").default == 1e-8
    with pytest.raises(KeyError):
        declared_for(Recipe(), "optimizer_arguments.nesterov")


@pytest.mark.parametrize(("low_open", "text"), [(False, "of at least 0 and below 1"), (True, "above 0 and below 1")])
def test_an_open_upper_bound_is_said(low_open, text):
    share = Float("share", 0.5, low=0.0, high=1.0, low_open=low_open, high_open=True)
    with pytest.raises(HyperparameterError, match=text):
        share.coerce(1.0)
    assert share.coerce(math.nextafter(1.0, 0.0)) < 1


def test_on_and_off_are_never_numbers():
    for value in VALUES:
        if isinstance(value.declared, Bool):
            assert not recipe_takes(value, 1)
