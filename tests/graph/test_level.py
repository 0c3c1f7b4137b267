"""Levels: the inside of a module's place behaves as a document, over the project's one history."""

import pytest

import examples
from graph import load_project
from graph.commands import add
from graph.edits import Move, RenameNetwork, SetHyperparameter, SetRecipe
from graph.exposing import expose_value
from graph.level import Level
from graph.module_commands import make_module
from graph.project_file import to_json


@pytest.fixture
def project():
    """LeNet on digits with a module Stage that holds a module Pair."""
    made = load_project(examples.path("lenet_digits"))
    for name, inside in (("Pair", ("conv1", "relu1")), ("Stage", ("pair", "pool1"))):
        ids = [made.network.block(block).id for block in inside]
        made.do(make_module(made.network, ids, name, made.analysis))
    return made


def place(network, type):
    return next(block.id for block in network.blocks.values() if block.type == type)


@pytest.fixture
def stage(project):
    level = Level(project, (place(project.network, "Stage"),))
    project.changed.connect(level.follow, check_nargs=False)
    return level


def test_it_shows_the_inside_with_what_reaches_the_place(project, stage):
    assert stage.names == ("stage",) and stage.module.name == "Stage"
    assert stage.analysis.output("pool1").shape == ("N", 6, 14, 14)
    deep = Level(project, (*stage.path_of_blocks, place(stage.network, "Pair")))
    assert deep.names == ("stage", "pair")
    assert deep.analysis.output("conv1").shape == ("N", 6, 28, 28)


def test_an_edit_inside_is_one_step_of_the_project_and_told_as_a_change_inside(project, stage):
    told, before = [], to_json(project)
    stage.changed.connect(told.append)
    pool = stage.network.block("pool1").id
    stage.do(SetHyperparameter(pool, "kernel_size", 4))
    assert project.undo_text == "Set kernel_size in Stage"
    assert stage.analysis.output(pool).shape == ("N", 6, 7, 7)
    assert told[-1].edited == {pool} and pool in told[-1].analyzed
    project.undo()
    assert to_json(project) == before
    assert stage.analysis.output(pool).shape == ("N", 6, 14, 14)
    assert told[-1].edited == {pool}


def test_a_move_inside_computes_nothing_anew(project, stage):
    told = []
    project.changed.connect(told.append)
    stage.do(Move({stage.network.block("pool1").id: (5.0, 6.0)}))
    assert not told[-1].computation and not told[-1].modules and set(told[-1].inside) == {"Stage"}


def test_what_belongs_to_the_project_goes_there(project, stage):
    stage.do(SetRecipe(project.recipe.having(epochs=3), "Set epochs"))
    assert project.recipe.epochs == 3
    stage.do(RenameNetwork("First"))
    assert stage.module.name == "First" and project.network.blocks[stage.path_of_blocks[0]].type == "First"
    stage.do(make_module(stage.network, [stage.network.block("pool1").id], "Shrink", stage.analysis))
    assert "Shrink" in project.network.modules and project.analysis.ok
    assert project.undo_text == "Make Shrink"
    for _ in range(3):
        project.undo()
    assert "Shrink" not in project.network.modules and stage.module.name == "Stage" and project.recipe.epochs != 3


def test_a_group_inside_is_one_step_and_taken_back_on_failure(project, stage):
    before = to_json(project)
    with stage.group("Two"):
        stage.do(add(stage.network, "ReLU", (0, 0)))
        stage.do(add(stage.network, "Tanh", (0, 0)))
    assert project.undo_text == "Two in Stage" and len(stage.network.blocks) == 6
    project.undo()
    assert to_json(project) == before
    with pytest.raises(KeyError), stage.group("Two"):
        stage.do(add(stage.network, "ReLU", (0, 0)))
        raise KeyError
    assert to_json(project) == before


def test_values_of_the_place_are_what_counts_inside(project, stage):
    pair = project.network.modules["Pair"]
    project.do(expose_value(project.network, pair, pair.network.block("conv1").id, "out_channels"))
    project.do(expose_value(project.network, stage.module, place(stage.network, "Pair"), "out_channels"))
    project.do(SetHyperparameter(stage.path_of_blocks[0], "out_channels", 9))
    assert stage.analysis.output("pool1").shape == ("N", 9, 14, 14)
    deep = Level(project, (*stage.path_of_blocks, place(stage.network, "Pair")))
    assert deep.analysis.output("conv1").shape == ("N", 9, 28, 28)


def test_a_broken_inside_is_shown_as_far_as_known_with_its_problem_in_place(project, stage):
    pool = stage.network.block("pool1").id
    stage.do(SetHyperparameter(pool, "kernel_size", 400))
    assert not project.analysis.ok
    assert [problem.block for problem in stage.analysis.problems if problem.severity == "error"] == [pool]
    assert stage.analysis.output(place(stage.network, "Pair")).shape == ("N", 6, 28, 28)


def test_it_knows_when_its_place_is_gone(project, stage):
    assert stage.stands()
    project.undo()
    assert not stage.stands()
    project.redo()
    assert Level.leads(project, (place(project.network, "Stage"),))


def test_the_shortest_way_into_a_module_is_found():
    from examples import build_zoo
    from graph import Document
    from graph.level import way_to

    net = build_zoo.ZOO["resnet18"]()
    for name in net.modules:
        path = way_to(net, name)
        assert path is None or Level(Document(net), path).module is net.modules[name]
    assert any(way_to(net, name) for name in net.modules) and way_to(net, "Nowhere") is None
