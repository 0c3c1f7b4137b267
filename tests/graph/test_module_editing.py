"""Modules in a document: one history for all levels, files that read back the same, making and unpacking."""

import json
import random

import pytest

import examples
from graph import Document, analyze, load_project
from graph.commands import add, append_after, copy, paste
from graph.edits import UNSET, RemoveBlocks, Rename, SetHyperparameter, SetProperty
from graph.flatten import flattened
from graph.module import Exposed, ModuleError
from graph.module_commands import make_module, unpack
from graph.module_edits import DefineModule, ForgetModule, Inside, RenameModule, SetExposed, expose, times_placed
from graph.project_file import ProjectError, from_json, to_json


@pytest.fixture
def document():
    return load_project(examples.path("lenet_digits"))


def ids(document, *names):
    return [document.network.block(name).id for name in names]


def made(document, name="Features", blocks=("conv1", "relu1", "pool1")):
    document.do(make_module(document.network, ids(document, *blocks), name, document.analysis))
    return document.network.modules[name]


def place(document, type="Features"):
    return next(block for block in document.network.blocks.values() if block.type == type)


def test_made_of_a_selection_it_computes_the_same(document):
    before = to_json(document)
    counts = document.analysis.total_parameters, document.analysis.total_macs
    module = made(document)
    assert document.analysis.ok, document.analysis.problems
    assert (document.analysis.total_parameters, document.analysis.total_macs) == counts
    assert [port.name for port in module.inputs] == ["x"] and [port.name for port in module.outputs] == ["y"]
    assert document.analysis.output(place(document)).shape == ("N", 6, 14, 14)
    after = to_json(document)
    document.undo()
    assert to_json(document) == before
    document.redo()
    assert to_json(document) == after


def test_it_reads_back_the_same(document):
    made(document)
    text = to_json(document)
    again = from_json(text)
    assert to_json(again) == text
    assert again.analysis.total_parameters == document.analysis.total_parameters
    assert '"modules": [' in text and text.count('"name": "conv1"') == 1


def test_an_edit_inside_is_one_step_of_the_same_history(document):
    module = made(document)
    seen = []
    document.changed.connect(lambda changes: seen.append((set(changes.modules), set(changes.analyzed))))
    inner = module.network
    conv = inner.block("conv1")
    before = to_json(document)
    document.do(Inside("Features", SetHyperparameter(conv.id, "out_channels", 10)))
    assert document.undo_text == "Set out_channels in Features"
    assert document.analysis.output(place(document)).shape == ("N", 10, 14, 14)
    assert seen[-1][0] == {"Features"} and place(document).id in seen[-1][1]
    document.undo()
    assert to_json(document) == before and document.analysis.output(place(document)).shape == ("N", 6, 14, 14)


def test_exposing_and_expressions(document):
    module = made(document)
    conv = module.network.block("conv1")
    document.do(expose(document.network, "Features", (Exposed("channels", 6, "Kernels."),)))
    document.do(Inside("Features", SetHyperparameter(conv.id, "out_channels", "=2 * channels")))
    document.do(SetHyperparameter(place(document).id, "channels", 5))
    assert document.analysis.output(place(document)).shape == ("N", 10, 14, 14)
    text = to_json(document)
    assert '"out_channels": "=2*channels"' in text
    assert to_json(from_json(text)) == text
    with pytest.raises(ModuleError, match=r"sets channels: unset it first"):
        document.do(SetExposed("Features", ()))
    document.do(Inside("Features", SetHyperparameter(conv.id, "out_channels", 7)))
    document.do(expose(document.network, "Features", ()))
    assert place(document).hyperparameters == {}
    for _ in range(2):
        document.undo()
    assert to_json(document) == text


def test_expressions_belong_into_modules(document):
    from graph.hyperparameter import HyperparameterError

    with pytest.raises(HyperparameterError):
        document.do(SetHyperparameter(document.network.block("conv1").id, "out_channels", "=2*channels"))


def test_renaming_reaches_every_place(document):
    made(document)
    before = to_json(document)
    document.do(RenameModule("Features", "Stem"))
    assert place(document, "Stem") and document.analysis.ok
    assert to_json(from_json(to_json(document))) == to_json(document)
    with pytest.raises(ModuleError, match="block type already"):
        document.do(RenameModule("Stem", "Conv2d"))
    document.undo()
    assert to_json(document) == before


def test_ports_that_are_renamed_or_go_take_their_wires_along(document):
    module = made(document)
    before = to_json(document)
    end = module.network.block("y")
    document.do(Inside("Features", Rename(end.id, "features")))
    assert document.analysis.ok and [w.output for w in document.network.wires_out(place(document))] == ["features"]
    renamed = to_json(document)
    document.do(Inside("Features", RemoveBlocks((end.id,))))
    assert document.network.wires_out(place(document)) == []
    assert to_json(from_json(to_json(document))) == to_json(document)
    document.undo()
    assert to_json(document) == renamed
    document.undo()
    assert to_json(document) == before


def test_what_stands_somewhere_is_not_forgotten(document):
    made(document)
    with pytest.raises(ModuleError, match="Features stands as features in"):
        document.do(ForgetModule("Features"))


def test_unpacked_it_computes_the_same(document):
    counts = document.analysis.total_parameters, document.analysis.total_macs
    made(document)
    with_module = to_json(document)
    document.do(unpack(document.network, place(document).id, document.analysis))
    assert not any(block.type == "Features" for block in document.network.blocks.values())
    assert document.analysis.ok and (document.analysis.total_parameters, document.analysis.total_macs) == counts
    document.undo()
    assert to_json(document) == with_module


def test_flattened_it_computes_the_same(document):
    made(document, "Inner", ("relu1", "pool1"))
    names = [*("conv1",), place(document, "Inner").name]
    made(document, "Outer", names)
    flat = flattened(document.network, document.analysis)
    assert not flat.modules and "outer.inner.pool1" in {block.name for block in flat.blocks.values()}
    found = analyze(flat, document.recipe.fields)
    assert found.total_parameters == document.analysis.total_parameters
    assert found.total_macs == document.analysis.total_macs


def test_a_selection_around_a_block_is_refused(document):
    with pytest.raises(ModuleError, match="relu1 stands between the selected blocks"):
        make_module(document.network, ids(document, "conv1", "pool1"), "Gap", document.analysis)
    with pytest.raises(ModuleError, match="belongs to the whole network"):
        make_module(document.network, ids(document, "image", "conv1"), "Start", document.analysis)
    with pytest.raises(ModuleError, match="select the blocks"):
        make_module(document.network, [], "Nothing", document.analysis)


def test_a_hundred_random_edits_undo_to_the_first_byte(document):
    rng = random.Random(1)
    first = to_json(document)
    for step in range(100):
        network = document.network
        modules = list(network.modules)
        layers = [id for id, b in network.blocks.items() if network.type_of(id).role == "layer"]
        try:
            kind = rng.choice(["make", "inside", "rename", "expose", "unpack", "value", "define", "forget"])
            if kind == "make":
                start = rng.choice(layers)
                chosen = [start] + [w.target for w in network.wires_out(start) if w.target in layers]
                document.do(make_module(network, chosen, f"Made{step}", document.analysis))
            elif kind == "define":
                other = Document()
                made_there = load_project(examples.path("lenet_digits"))
                module = made(made_there, f"Defined{step}")
                document.do(DefineModule(module))
                del other
            elif kind == "forget":
                document.do(ForgetModule(rng.choice(modules)))
            elif kind == "inside":
                name = rng.choice(modules)
                inner = network.modules[name].network
                block = rng.choice(list(inner.blocks.values()))
                edit = rng.choice(
                    [
                        Rename(block.id, f"renamed{step}"),
                        add(inner, "ReLU", (0.0, 0.0)),
                        SetHyperparameter(block.id, "kernel_size", rng.choice([3, UNSET])),
                    ]
                )
                document.do(Inside(name, edit))
            elif kind == "rename":
                document.do(RenameModule(rng.choice(modules), f"Renamed{step}"))
            elif kind == "expose":
                document.do(expose(network, rng.choice(modules), (Exposed(f"value{step % 3}", step),)))
            elif kind == "unpack":
                placed = [id for id, b in network.blocks.items() if b.type in modules]
                document.do(unpack(network, rng.choice(placed), document.analysis))
            else:
                placed = [id for id, b in network.blocks.items() if b.type in modules]
                document.do(SetHyperparameter(rng.choice(placed), "repeat", rng.choice([1, 2])))
        except (ModuleError, IndexError, ValueError, KeyError):
            continue
        assert to_json(from_json(to_json(document))) == to_json(document)
    last = to_json(document)
    done = 0
    while document.can_undo:
        document.undo()
        done += 1
    assert to_json(document) == first and done > 30
    while document.can_redo:
        document.redo()
    assert to_json(document) == last


def project(**changes):
    document = load_project(examples.path("lenet_digits"))
    made(document)
    raw = json.loads(to_json(document))
    raw["modules"][0].update(changes)
    return raw


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "conv"}, "modules[0] conv: a module is named as a class is"),
        ({"name": "Conv2d"}, "Conv2d is a block type already"),
        ({"hyperparameters": [{"name": "repeat", "default": 1}]}, "repeat belongs to every module already"),
        ({"hyperparameters": [{"name": "a", "default": None}]}, "hyperparameters"),
        ({"wires": [{"id": "w1", "from": ["b1", "output"], "to": ["b99", "input"]}]}, "Features, wires[0] w1"),
        ({"blocks": [{"id": "b1", "type": "Features", "name": "again"}]}, "stand inside one another"),
        ({"blocks": [{"id": "b1", "type": "ReLU", "name": "a"}, {"id": "b1", "type": "ReLU", "name": "b"}]}, "id b1"),
        (
            {"blocks": [{"id": "b1", "type": "Conv2d", "name": "c", "hyperparameters": {"out_channels": "=2**9"}}]},
            "cannot stand in an expression",
        ),
    ],
)  # fmt: skip
def test_faults_in_files_name_their_module(changes, said):
    with pytest.raises(ProjectError) as error:
        from_json(json.dumps(project(**changes)))
    assert said in str(error.value)


def test_modules_that_multiply_without_end_are_refused_in_time():
    raw = project()
    chain = []
    for level in range(22):
        inner = f"Level{level - 1}" if level else "ReLU"
        blocks = [{"id": "b1", "type": "Input", "name": "x", "hyperparameters": {"shape": [1, 8, 8]}}]
        pad = {
            "id": "b2",
            "type": "Conv2d",
            "name": "c",
            "hyperparameters": {"out_channels": 1, "kernel_size": 1, "padding": 1},
        }
        blocks += [pad, {"id": "b3", "type": inner, "name": "one"}, {"id": "b4", "type": inner, "name": "two"}]
        blocks.append({"id": "b5", "type": "Output", "name": "y"})
        ends = [("b1", "b2"), ("b2", "b3"), ("b3", "b4"), ("b4", "b5")]
        wires = []
        for n, (a, b) in enumerate(ends, 1):
            out = "output" if a in ("b1", "b2") or not level else "y"
            into = "input" if b in ("b2", "b5") or not level else "x"
            wires.append({"id": f"w{n}", "from": [a, out], "to": [b, into]})
        chain.append({"name": f"Level{level}", "blocks": blocks, "wires": wires})
    raw["modules"] += chain
    raw["blocks"].append({"id": "b900", "type": "Level21", "name": "deep"})
    image = next(b["id"] for b in raw["blocks"] if b["type"] == "Input")
    raw["wires"].append({"id": "w900", "from": [image, "output"], "to": ["b900", "x"]})
    document = from_json(json.dumps(raw))
    assert any("too much" in problem.text for problem in document.analysis.problems)


def test_copied_places_bring_their_modules_along(document):
    made(document, "Inner", ("relu1", "pool1"))
    made(document, "Outer", ("conv1", place(document, "Inner").name))
    text = copy(document.network, [place(document, "Outer").id])
    other = Document()
    edit, ids = paste(other.network, text)
    other.do(edit)
    assert set(other.network.modules) == {"Inner", "Outer"} and other.network.blocks[ids[0]].type == "Outer"
    assert to_json(from_json(to_json(other))) == to_json(other)
    other.undo()
    assert other.network.modules == {} and other.network.blocks == {}
    before = set(document.network.modules)
    edit, _ = paste(document.network, text)
    document.do(edit)
    assert set(document.network.modules) == before and document.undo_text == "Paste block"


def test_pasted_twins_share_with_each_other(document):
    conv1, conv2 = ids(document, "conv1", "conv2")
    document.do(SetProperty((conv2,), "reuses", conv1))
    edit, new = paste(document.network, copy(document.network, [conv1, conv2]))
    document.do(edit)
    assert document.network.blocks[new[1]].reuses == new[0]
    edit, new = paste(document.network, copy(document.network, [conv2]))
    document.do(edit)
    assert document.network.blocks[new[0]].reuses == conv1
    assert to_json(from_json(to_json(document))) == to_json(document)


def test_a_module_is_placed_by_its_name(document):
    made(document)
    edit = append_after(document.network, "image", "Features")
    document.do(edit)
    assert sum(block.type == "Features" for block in document.network.blocks.values()) == 2


def test_places_are_counted_through_modules_that_stand_several_times():
    network = load_project(next(p for p in examples.zoo() if p.stem == "resnet50")).network
    assert times_placed(network, "BottleneckStage") == 4
    assert times_placed(network, "BottleneckDown") == 4
