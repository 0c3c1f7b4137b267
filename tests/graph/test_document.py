"""The document: every edit and its inverse, grouping, merging, and what observers are told."""

import random

import pytest

from graph import ConnectError, DataSource, Document, Field, Network, Wire, commands, edits
from graph.edits import UNSET, Compound, Connect, Disconnect, Move, RemoveBlocks, Rename, SetHyperparameter, SetRecipe


def small() -> Document:
    net = Network("Small")
    net.add("Input", name="x", shape=(8,))
    net.add("Linear", name="fc1", out_features=4)
    net.add("Linear", name="fc2", out_features=2)
    net.add("Output", name="y")
    for a, b in (("x", "fc1"), ("fc1", "fc2"), ("fc2", "y")):
        net.connect(a, b)
    return Document(net)


def state(document: Document):
    net = document.network
    return (
        net.name,
        dict(net.blocks),
        dict(net.wires),
        dict(net.positions),
        {id: net.wires_into(id)[:] for id in net.blocks},
        document.recipe,
        document.analysis.total_parameters,
        [(p.block, p.text) for p in document.analysis.problems],
    )


EDITS = [
    lambda d: commands.add(d.network, "ReLU", (5, 6)),
    lambda d: RemoveBlocks(("b2",)),
    lambda d: RemoveBlocks(("b2", "b3")),
    lambda d: Disconnect(("w2",)),
    lambda d: SetHyperparameter("b2", "out_features", 7),
    lambda d: SetHyperparameter("b2", "bias", False),
    lambda d: SetHyperparameter("b2", "bias", UNSET),
    lambda d: Rename("b2", "dense"),
    lambda d: Move({"b1": (1.0, 2.0), "b2": (3.0, 4.0)}),
    lambda d: edits.RenameNetwork("Other"),
    lambda d: SetRecipe(d.recipe.having(epochs=3)),
    lambda d: commands.insert_on_wire(d.network, "w2", "ReLU"),
    lambda d: commands.append_after(d.network, "fc1", "ReLU"),
    lambda d: commands.remove_and_bridge(d.network, ("b2", "b3")),
    lambda d: commands.rewire(d.network, "w3", "fc1"),
]


@pytest.mark.parametrize("make", EDITS)
def test_undo_restores_and_redo_repeats(make):
    document = small()
    before = state(document)
    document.do(make(document))
    after = state(document)
    assert document.modified and document.can_undo
    document.undo()
    assert state(document) == before
    assert not document.modified and document.can_redo
    document.redo()
    assert state(document) == after
    document.undo()
    assert state(document) == before


def test_random_walk_undone_is_the_first_document_and_redone_the_last():
    rng = random.Random(7)
    document = small()
    first = state(document)
    done = 0
    while done < 300:
        net = document.network
        ids = list(net.blocks)
        choice = rng.randrange(7)
        try:
            if choice == 0 or len(ids) < 4:
                kind = rng.choice(["ReLU", "Linear", "Add", "Input"])
                edit = commands.add(net, kind, (rng.random(), rng.random()))
            elif choice == 1:
                edit = RemoveBlocks(tuple(rng.sample(ids, min(2, len(ids)))))
            elif choice in (2, 3):
                edit = commands.connect(net, rng.choice(ids), rng.choice(ids))
            elif choice == 4 and net.wires:
                edit = Disconnect((rng.choice(list(net.wires)),))
            elif choice == 5:
                linear = [b.id for b in net.blocks.values() if b.type == "Linear"]
                edit = SetHyperparameter(rng.choice(linear or ["none"]), "out_features", rng.randrange(1, 9))
            else:
                edit = commands.remove_and_bridge(net, (rng.choice(ids),))
            document.do(edit)
        except (ConnectError, KeyError):
            continue
        done += 1
    last = state(document)
    while document.can_undo:
        document.undo()
    assert state(document) == first
    while document.can_redo:
        document.redo()
    assert state(document) == last


def test_a_failing_compound_changes_nothing():
    document = small()
    before = state(document)
    backwards = Connect(Wire("w9", "b3", "output", "b2", "input", 1))
    with pytest.raises(ConnectError, match="cycle"):
        document.do(Compound("two", (Rename("b2", "renamed"), backwards)))
    assert state(document) == before
    assert not document.can_undo


def test_a_group_is_one_step_and_an_exception_takes_it_back():
    document = small()
    before = state(document)
    with document.group("rename both"):
        document.do(Rename("b2", "a"))
        document.do(Rename("b3", "b"))
    assert document.undo_text == "rename both"
    document.undo()
    assert state(document) == before
    with pytest.raises(RuntimeError), document.group("broken"):
        document.do(Rename("b2", "a"))
        raise RuntimeError
    assert state(document) == before


def test_quick_steps_of_one_knob_merge_but_not_across_a_save():
    document = small()
    for value in (5, 6, 7):
        document.do(SetHyperparameter("b2", "out_features", value), merge="b2.out_features")
    document.undo()
    assert document.network.values("b2")["out_features"] == 4
    document.do(SetHyperparameter("b2", "out_features", 5), merge="b2.out_features")
    document.mark_saved()
    document.do(SetHyperparameter("b2", "out_features", 6), merge="b2.out_features")
    assert document.modified
    document.undo()
    assert not document.modified
    assert document.network.values("b2")["out_features"] == 5


def test_observers_hear_what_changed_and_what_follows_from_it():
    document = small()
    heard = []
    document.changed.connect(heard.append)
    document.do(SetHyperparameter("b2", "out_features", 9))
    assert heard[-1].edited == {"b2"}
    assert heard[-1].analyzed == {"b2", "b3"}
    document.do(Move({"b1": (9.0, 9.0)}))
    assert heard[-1].moved == {"b1"} and not heard[-1].computation
    document.do(RemoveBlocks(("b3",)))
    assert heard[-1].removed == {"b3"} and heard[-1].wires_removed == {"w2", "w3"}
    document.undo()
    assert heard[-1].added == {"b3"} and heard[-1].wires_added == {"w2", "w3"}


def test_sources_follow_the_data():
    document = small()
    document.do(SetHyperparameter("b1", "shape", UNSET))
    document.do(SetHyperparameter("b1", "field", "point"))
    assert not document.analysis.ok
    source = DataSource(kind="moons", fields=(Field(name="point", shape=(2,)),))
    document.do(SetRecipe(document.recipe.having(data=source)))
    assert document.analysis.output("x").shape == ("N", 2)
    assert document.analysis.parameters("fc1") == 2 * 4 + 4
    document.undo()
    assert document.analysis.output("x") is None
