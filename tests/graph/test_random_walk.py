"""A long random walk through all edits: undoing all gives the first document byte for byte, redoing all the last.

On the way every state analyses as if from scratch. NETLOOM_SEED walks elsewhere.
"""

import os
import random

import pytest

import examples
from graph import analyze, commands, load_project, placeable, registry
from graph.annotations import KINDS, Annotate, Annotation, Unannotate, fresh_id
from graph.aside import AsideError
from graph.block_type import ShapeError
from graph.edits import (
    Assume,
    BendWire,
    Compound,
    Disconnect,
    Move,
    RemoveBlocks,
    Rename,
    RenameNetwork,
    SetHyperparameter,
    SetProperty,
    SetRecipe,
)
from graph.exposing import expose_value, set_exposed, withdraw
from graph.module_commands import make_module, unpack
from graph.module_edits import ForgetModule, Inside, RenameModule, SetExposed
from graph.network import ConnectError
from graph.project_file import to_json
from graph.type_change import change_type
from graph.weights import initial

STEPS = int(os.environ.get("NETLOOM_STEPS", "10000"))
REFUSED = (ValueError, KeyError, ShapeError, ConnectError, AsideError)
TYPES = [
    declared.name
    for declared in registry.all_types()
    if declared.role in ("layer", "output", "loss") and declared.family not in ("attention", "recurrent")
]
MOST_BLOCKS = 40


class Walker:
    """Draws one edit after another; what a document refuses is no step."""

    def __init__(self, document, seed):
        self.document = document
        self.dice = random.Random(seed)
        self.kinds: dict[str, int] = {}
        self.ways = [getattr(self, name) for name in dir(self) if name.startswith("do_")]

    @property
    def network(self):
        """Where the next edit happens: the project's own network, or a module's inside."""
        return self.document.network if self.inside is None else self.document.network.modules[self.inside].network

    def step(self):
        modules = list(self.document.network.modules)
        self.inside = self.dice.choice(modules) if modules and self.dice.random() < 0.3 else None
        way = self.dice.choice(self.ways) if self.network.blocks else self.do_add
        try:
            edit = way()
            if edit is None:
                return
            if self.inside is not None and not getattr(way, "of_project", False):
                edit = Inside(self.inside, edit)
            self.document.do(edit)
        except REFUSED:
            return
        self.kinds[way.__name__] = self.kinds.get(way.__name__, 0) + 1

    def block(self):
        blocks = list(self.network.blocks.values())
        return self.dice.choice(blocks) if blocks else None

    def some(self, most=3):
        ids = list(self.network.blocks)
        return tuple(self.dice.sample(ids, min(len(ids), self.dice.randint(1, most))))

    # Blocks

    def do_add(self):
        if len(self.network.blocks) < MOST_BLOCKS:
            return commands.add(self.network, self.dice.choice(TYPES), (self.dice.randint(-500, 500), 0.0))

    def do_append(self):
        if len(self.network.blocks) < MOST_BLOCKS and (block := self.block()):
            return commands.append_after(self.network, block.id, self.dice.choice(TYPES))

    def do_remove(self):
        return RemoveBlocks(self.some(2))

    def do_remove_and_bridge(self):
        return commands.remove_and_bridge(self.network, self.some(2))

    def do_move(self):
        return Move({id: (float(self.dice.randint(-900, 900)), 5.5) for id in self.some()})

    def do_rename(self):
        return Rename(self.block().id, f"name{self.dice.randint(0, 60)}")

    def do_paste(self):
        if len(self.network.blocks) < MOST_BLOCKS:
            edit, _ = commands.paste(self.network, commands.copy(self.network, self.some()), (0.0, 0.0))
            return edit

    def do_change_type(self):
        return change_type(self.network, self.block().id, self.dice.choice(TYPES))

    # Wires

    def do_connect(self):
        return commands.connect(self.network, self.block().id, self.block().id)

    def do_disconnect(self):
        wires = list(self.network.wires)
        return Disconnect((self.dice.choice(wires),)) if wires else None

    def do_bend(self):
        wires = list(self.network.wires)
        points = ((self.dice.random() * 100, 3.0), (7.5, -2.0))[: self.dice.randint(0, 2)]
        return BendWire(self.dice.choice(wires), points) if wires else None

    # Frames and notes

    def do_annotate(self):
        there = list(self.network.annotations.values())
        if there and self.dice.random() < 0.5:
            return Annotate((self.dice.choice(there).moved(8.0, -4.0),))
        if len(there) < 9:
            kind = self.dice.choice(KINDS)
            return Annotate((Annotation(fresh_id(self.network), kind, "words", 1.5, 2.0, 90.0, 60.0),))

    def do_unannotate(self):
        there = list(self.network.annotations)
        return Unannotate((self.dice.choice(there),)) if there else None

    def do_insert(self):
        wires = list(self.network.wires)
        if wires and len(self.network.blocks) < MOST_BLOCKS:
            return commands.insert_on_wire(self.network, self.dice.choice(wires), self.dice.choice(TYPES))

    # Values

    def do_set(self):
        block = self.block()
        declared = self.network.type_of(block)
        if declared.hyperparameters:
            name = self.dice.choice(declared.hyperparameters).name
            value = self.dice.choice((1, 2, 3, 5, 8, True, False, 0.5, "mean", "sum", "same", (2, 2)))
            return SetHyperparameter(block.id, name, value)

    def do_property(self):
        name, value = self.dice.choice((
            ("frozen", True), ("frozen", False), ("note", "remember"), ("silenced", ["unused_output"]),
            ("initial", {"weight": initial("kaiming_normal")}), ("initial", {}), ("aside", "bypassed"),
            ("aside", "muted"), ("aside", ""), ("folded", True), ("folded", False),
            ("reuses", None), ("reuses", self.block().id),
        ))  # fmt: skip
        return SetProperty(self.some(2), name, value)

    # The project

    def do_recipe(self):
        recipe = self.document.recipe
        return SetRecipe(
            recipe.having(epochs=self.dice.randint(1, 90), seed=self.dice.randint(0, 9)), "Change the recipe"
        )

    do_recipe.of_project = True

    def do_name(self):
        return RenameNetwork(f"Net{self.dice.randint(0, 9)}")

    do_name.of_project = True

    def do_assume(self):
        return Assume("H", self.dice.choice((1, 2, 32)))

    do_assume.of_project = True

    # Modules

    def do_make_module(self):
        if len(self.document.network.modules) < 8:
            self.inside = None
            return make_module(self.network, self.some(4), f"Part{self.dice.randint(0, 99)}", self.document.analysis)

    def do_place_ready(self):
        if len(self.document.network.modules) < 8:
            self.inside = None
            name = self.dice.choice(("Highway", "BasicBlock", "DoubleConv"))
            edits = placeable.adoption(self.network, name)
            with self.document.group("Adopt"):
                for edit in edits:
                    self.document.do(edit)
                self.document.do(commands.add(self.network, name, (0.0, 0.0)))

    def do_place_module(self):
        modules = list(self.document.network.modules)
        if modules and len(self.network.blocks) < MOST_BLOCKS:
            return commands.add(self.network, self.dice.choice(modules), (0.0, 0.0))

    def do_unpack(self):
        self.inside = None
        return unpack(self.network, self.block().id, self.document.analysis)

    def _module(self):
        modules = list(self.document.network.modules.values())
        self.inside = None
        return self.dice.choice(modules) if modules else None

    def do_forget(self):
        module = self._module()
        return module and ForgetModule(module.name)

    def do_rename_module(self):
        module = self._module()
        return module and RenameModule(module.name, f"Part{self.dice.randint(0, 99)}")

    def do_expose(self):
        module = self._module()
        if module and module.network.blocks:
            block = self.dice.choice(list(module.network.blocks.values()))
            names = [h.name for h in module.network.declared(block.type).hyperparameters]
            return expose_value(self.document.network, module, block.id, self.dice.choice(names)) if names else None

    def do_exposed(self):
        module = self._module()
        if module and module.exposed:
            index = self.dice.randrange(len(module.exposed))
            change = self.dice.choice(
                ({"name": f"size{self.dice.randint(0, 9)}"}, {"default": self.dice.randint(1, 9)})
            )
            return set_exposed(self.document.network, module, index, **change)

    def do_withdraw(self):
        module = self._module()
        if module and module.exposed:
            return withdraw(self.document.network, module, self.dice.randrange(len(module.exposed)))

    def do_unexpose(self):
        module = self._module()
        return module and SetExposed(module.name, module.exposed[:-1])

    # Several at once

    def do_compound(self):
        return Compound("Two", tuple(filter(None, (self.do_move(), self.do_rename()))))


def told(analysis):
    return sorted((p.severity, p.block or "", p.code, p.text) for p in analysis.problems)


def as_if_from_scratch(document):
    fresh = analyze(document.network, document.recipe.fields)
    ours = document.analysis
    assert (ours.total_parameters, str(ours.total_macs)) == (fresh.total_parameters, str(fresh.total_macs))
    for id in document.network.blocks:
        assert ours.outputs(id) == fresh.outputs(id), document.network.blocks[id].name
        assert ours.inferred(id) == fresh.inferred(id), document.network.blocks[id].name


@pytest.mark.timeout(300)
def test_undoing_all_gives_the_first_document_and_redoing_all_the_last():
    document = load_project(examples.path("lenet_digits"))
    first = to_json(document)
    walker = Walker(document, int(os.environ.get("NETLOOM_SEED", "1")))
    while (done := sum(walker.kinds.values())) < STEPS:
        walker.step()
        if done % 250 == 0:
            as_if_from_scratch(document)
    last = to_json(document)
    as_if_from_scratch(document)
    steps = 0
    while document.can_undo:
        document.undo()
        steps += 1
    assert to_json(document) == first
    while document.can_redo:
        document.redo()
    assert to_json(document) == last
    as_if_from_scratch(document)
    print(f"\n{steps} edits: {dict(sorted(walker.kinds.items()))}")
    assert steps >= STEPS
    assert not {way.__name__ for way in walker.ways} - walker.kinds.keys() - {"do_place_ready"}
