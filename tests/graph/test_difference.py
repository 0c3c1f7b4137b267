"""What tells two versions of a project apart: each kind of change in its own words, and nothing else."""

import pytest

import examples
from graph import Document, load_project
from graph.difference import Difference, difference
from graph.edits import (
    AddBlock,
    Disconnect,
    Move,
    RemoveBlocks,
    RenameNetwork,
    SetHyperparameter,
    SetRecipe,
)
from graph.network import Block


@pytest.fixture
def saved() -> Document:
    return load_project(examples.path("lenet5"))


@pytest.fixture
def now() -> Document:
    return load_project(examples.path("lenet5"))


def id_of(document: Document, name: str) -> str:
    return document.network.block(name).id


def test_the_same_file_twice_is_no_difference(saved, now):
    assert difference(saved, now) == Difference() and not difference(saved, now)
    assert str(difference(saved, now)) == "no difference"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.do(SetHyperparameter(id_of(d, "c1"), "kernel_size", 3)), "c1 changed"),
        (lambda d: d.do(RemoveBlocks((id_of(d, "accuracy"),))), "accuracy removed"),
        (lambda d: d.do(AddBlock(Block("b900", "ReLU", "extra", {}), (0.0, 0.0))), "extra added"),
        (lambda d: d.do(Move({id_of(d, "c1"): (5.0, 5.0)})), "1 block moved"),
        (lambda d: d.do(RenameNetwork("Other")), "another name"),
        (lambda d: d.do(SetRecipe(d.recipe.having(epochs=3))), "other training settings"),
        (lambda d: d.do(Disconnect((d.network.wires_into("c3")[0].id,))), "1 wire changed"),
    ],
    ids=["changed", "removed", "added", "moved", "name", "recipe", "wire"],
)
def test_each_change_has_its_words_and_undo_takes_them_back(saved, now, change, words):
    change(now)
    assert difference(saved, now) and str(difference(saved, now)) == words
    now.undo()
    assert not difference(saved, now)


def test_several_changes_are_told_the_weightiest_first(saved, now):
    for name in ("c1", "c3", "f5"):
        now.do(SetHyperparameter(id_of(now, name), "bias", False))
    now.do(RemoveBlocks((id_of(now, "accuracy"), id_of(now, "tanh1"))))
    now.do(Move({id_of(now, "loss"): (5.0, 5.0)}))
    assert str(difference(saved, now)) == "tanh1 and accuracy removed, 3 blocks changed"


def test_a_module_that_changed_inside_is_said():
    path = next(path for path in examples.zoo() if path.stem == "resnet18")
    saved, now = load_project(path), load_project(path)
    name, module = next(iter(now.network.modules.items()))
    inner = next(block for block in module.network.blocks.values() if block.type == "ReLU")
    module.network.replace_block(inner.having(name="renamed"))
    assert difference(saved, now).modules == (name,) and str(difference(saved, now)) == "1 module changed"
