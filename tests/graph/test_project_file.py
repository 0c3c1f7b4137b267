"""Project files: what is saved comes back, byte for byte; every fault is named with its place."""

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import Document, Network, load_project, registry, save_project
from graph import project_file as projects
from graph.clipboard import blocks_to_text, text_to_blocks
from graph.commands import duplicate, paste
from graph.data_source import DataSource, Field
from graph.files import Files
from graph.hyperparameter import HyperparameterError
from graph.network import Block, ConnectError, Wire
from graph.project_file import from_json, to_json
from graph.project_schema import ProjectError
from graph.recipe import Recipe


def small_network() -> Network:
    net = Network("Small")
    image = net.add("Input", name="image", shape=(1, 28, 28), position=(10, 20.5))
    conv = net.add("Conv2d", name="conv1", out_channels=6, kernel_size=(3, 5), position=(10, 120.123))
    relu = net.add("ReLU", name="relu1")
    add = net.add("Add", name="sum")
    out = net.add("Output", name="scores")
    net.connect(image, conv)
    net.connect(conv, relu)
    net.connect(relu, add)
    net.connect(conv, add)
    net.connect(add, out)
    return net


def small_document() -> Document:
    field = Field(name="image", shape=(1, 28, 28))
    label = Field(name="label", dtype="int64", classes=("cat", "dog 🐕"))
    data = DataSource(kind="npz", path="data/pets.npz", options={"size": 32, "p": 1.0}, fields=(field, label))
    return Document(small_network(), Recipe(data=data, learning_rate=0.01))


def edited(change) -> str:
    """The small project's text with its parsed JSON changed."""
    raw = json.loads(to_json(small_document()))
    change(raw)
    return json.dumps(raw)


def error_of(text: str | bytes) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        projects.from_bytes(text) if isinstance(text, bytes) else from_json(text)
    return caught.value


# Round trips


def test_the_text_of_a_project():
    text = to_json(small_document())
    assert '    {"id": "b2", "type": "Conv2d", "name": "conv1", "hyperparameters": ' in text
    assert '{"out_channels": 6, "kernel_size": [3, 5]}, "at": [10, 120.12]},\n' in text
    assert '    {"id": "w4", "from": ["b2", "output"], "to": ["b4", "inputs"], "slot": 1},\n' in text
    assert '        {"name": "label", "shape": [], "dtype": "int64", "classes": ["cat", "dog 🐕"]}\n' in text
    assert text.startswith('{\n  "format": "netloom",\n  "version": 1,\n  "name": "Small",\n') and text.endswith("}\n")


def test_a_changed_hyperparameter_is_one_changed_line():
    document = small_document()
    before = to_json(document).splitlines()
    document.network.set("conv1", out_channels=7)
    after = to_json(document).splitlines()
    assert len(before) == len(after) and sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_a_saved_project_comes_back(tmp_path):
    path = tmp_path / "small.netloom"
    document = small_document()
    document.network.set("conv1", padding="same")
    save_project(document, path)
    loaded = load_project(path)
    assert loaded.path == document.path == path and not loaded.modified and not document.modified
    assert loaded.recipe == document.recipe
    assert loaded.network.blocks == document.network.blocks
    assert loaded.network.wires == document.network.wires
    assert list(loaded.network.blocks) == list(document.network.blocks)
    assert loaded.network.positions["b2"] == (10.0, 120.12)
    assert [str(p.text) for p in loaded.analysis.problems] == [str(p.text) for p in document.analysis.problems]
    assert path.read_text("utf-8") == to_json(loaded)


def test_what_was_drawn_last_keeps_fresh_ids_fresh():
    document = from_json(
        edited(lambda raw: raw["blocks"][2].update(id="b70", hyperparameters={}) or _rewire(raw, "b70"))
    )
    assert document.network.add("Tanh").id == "b71"


def _rewire(raw, id):
    for wire in raw["wires"]:
        wire["from"][0] = id if wire["from"][0] == "b3" else wire["from"][0]
        wire["to"][0] = id if wire["to"][0] == "b3" else wire["to"][0]


def test_drawn_backwards_loads_in_no_time():
    """A chain whose wires all run against the order of creation: no rank may have to move while loading."""
    net = Network("Backwards")
    blocks = [net.add("ReLU", name=f"r{i}") for i in range(2000)]
    for i in range(1999):
        net.insert_wire(Wire(f"w{i + 1}", blocks[i + 1].id, "output", blocks[i].id, "input"))
    loaded = from_json(to_json(Document(net)))
    assert loaded.network.order() == net.order() and list(loaded.network.blocks) == list(net.blocks)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-8, 40),
    st.floats(-4, 4),
    st.sampled_from(["same", "valid", "zeros", "none", "mean", "float32", "tanh", "nearest"]),
    st.lists(st.integers(-3, 40), max_size=4).map(tuple),
)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def documents(draw):
    """Random networks of random types with random valid hyperparameters, unknown types among them."""
    net = Network(draw(st.sampled_from(["Net", "A b", "Ü", "x" * 80])))
    for _ in range(draw(st.integers(0, 8))):
        position = (draw(st.floats(-1e6, 1e6)), draw(st.floats(-1e6, 1e6)))
        declared = draw(st.sampled_from([*registry.all_types(), None]))
        if declared is None:
            id = net.fresh_block_id()
            type = draw(st.sampled_from(["Mamba", "conv2d", "日本"]))
            values = draw(st.dictionaries(NAMES, ANY_JSON, max_size=3))
            net.insert_block(Block(id, type, net.free_name("odd"), values), position)
            continue
        block = net.add(declared.name, None, position, **declared.suggested())
        for parameter in declared.hyperparameters:
            try:
                net.set(block, **{parameter.name: draw(VALUES)})
            except HyperparameterError:
                continue
    ids = list(net.blocks)
    for _ in range(draw(st.integers(0, 12)) if len(ids) > 1 else 0):
        try:
            net.connect(draw(st.sampled_from(ids)), draw(st.sampled_from(ids)))
        except ConnectError:
            continue
    for id in draw(st.lists(st.sampled_from(ids), max_size=2, unique=True)) if ids else []:
        net.remove(id)
    return Document(net, Recipe(seed=draw(st.integers(0, 9)), validation=draw(st.sampled_from([0.0, 0.25]))))


@settings(max_examples=int(os.environ.get("NETLOOM_ROUND_TRIPS", "80")), deadline=None)
@given(documents())
def test_any_document_comes_back_byte_for_byte(document):
    text = to_json(document)
    loaded = from_json(text)
    assert to_json(loaded) == text
    assert loaded.network.blocks == document.network.blocks and loaded.network.wires == document.network.wires
    assert loaded.network.order() == document.network.order() and loaded.recipe == document.recipe
    assert loaded.analysis.total_parameters == document.analysis.total_parameters
    for id, (x, y) in document.network.positions.items():
        assert loaded.network.positions[id] == (round(x, 2), round(y, 2))


@settings(max_examples=int(os.environ.get("NETLOOM_ROUND_TRIPS", "40")), deadline=None)
@given(documents())
def test_any_selection_can_be_pasted(document):
    before = document.network
    ids = [id for id in before.blocks if int(id[1:]) % 2]
    inner = [w for w in before.wires.values() if w.source in ids and w.target in ids]
    clip = text_to_blocks(blocks_to_text(before, ids))
    assert {block.id: block for block in clip.blocks} == {id: before.blocks[id] for id in ids}
    assert sorted(wire.id for wire in clip.wires) == sorted(wire.id for wire in inner)
    edit, fresh = duplicate(before, ids)
    document.do(edit)
    assert len(fresh) == len(ids) and from_json(to_json(document)).network.blocks == document.network.blocks


def test_an_unknown_block_is_kept_word_for_word():
    carried = {"d_model": 64, "inner": {"b": [1.5, None, {"z": "ß"}], "a": True}, "odd key 🧵": []}
    text = to_json(small_document()).replace(
        '"type": "ReLU", "name": "relu1", "hyperparameters": {}',
        f'"type": "Mamba", "name": "relu1", "hyperparameters": {json.dumps(carried, ensure_ascii=False)}',
    )
    text = text.replace('["b3", "output"], "to": ["b4", "inputs"]', '["b3", "states"], "to": ["b4", "inputs"]')
    document = from_json(text)
    assert document.network.block("relu1").hyperparameters == carried
    assert to_json(document) == text
    assert [p.code for p in document.analysis.problems_of("relu1")] == ["unknown_type"]


def test_a_hyperparameter_that_is_still_missing_is_a_problem_not_an_error():
    text = edited(lambda raw: raw["blocks"][1]["hyperparameters"].pop("kernel_size"))
    assert any("kernel_size" in problem.text for problem in from_json(text).analysis.problems)


def test_wild_positions_do_not_keep_a_drawing_from_being_saved():
    document = small_document()
    document.network.positions.update(b1=(float("nan"), float("-inf")), b2=(1e300, -0.001))
    loaded = from_json(to_json(document))
    assert (loaded.network.positions["b1"], loaded.network.positions["b2"]) == ((0.0, 0.0), (1e7, 0.0))


def test_doubled_slots_are_counted_anew():
    document = small_document()
    net = document.network
    net.insert_wire(Wire("w9", "b1", "output", "b4", "inputs", 1))
    slots = [wire.slot for wire in from_json(to_json(document)).network.wires_at("sum", "inputs")]
    assert slots == [0, 1, 2]


EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.netloom"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_stand_as_netloom_writes_them(path):
    assert to_json(load_project(path)).encode() == path.read_bytes()


# Faults, each with its place and what would be right

FAULTS = [
    (lambda r: r.update(version=2), "version", "format version 2; this Netloom reads up to 1: take a newer Netloom"),
    (lambda r: r.update(version=True), "version", "whole number such as 1, not True"),
    (lambda r: r.update(version=0), "version", "there never was a format version 0"),
    (lambda r: r.update(format="other"), "format", "JSON, but no Netloom project"),
    (lambda r: r.pop("name"), "name", "it is missing"),
    (lambda r: r.update(name=" x"), "name", "1 to 80 printable characters"),
    (lambda r: r.update(extra=1), "extra", "this version knows no such entry; its value is 1"),
    (lambda r: r["recipe"].update(batch_size=0), "recipe, batch_size", "it must be greater than or equal to 1, not 0"),
    (lambda r: r["recipe"].update(optimizer="Adm"), "recipe, optimizer", "'Adm' is no optimizer; there are SGD, Adam"),
    (lambda r: r["recipe"].update(device="gpu"), "recipe, device", "it must be auto, cpu, mps, cuda or one device"),
    (lambda r: r["recipe"]["data"].update(kind="zip"), "recipe, data, kind", "not zip"),
    (
        lambda r: r["blocks"][1].update(id="7"),
        "blocks[1] conv1, id",
        "it must be an id such as b7, or w7 for a wire, not 7",
    ),
    (lambda r: r["blocks"][1].update(id="b1"), "blocks[1] conv1", "the id b1 is taken by image"),
    (lambda r: r["blocks"][1].update(name="image"), "blocks[1] image", "blocks[0] has the same name"),
    (lambda r: r["blocks"][1].update(name="a\nb"), "blocks[1] 'a\\nb', name", "printable"),
    (lambda r: r["blocks"][1].pop("type"), "blocks[1] conv1, type", "it is missing"),
    (lambda r: r["blocks"][1].update(type="a\tb"), "blocks[1] conv1, type", "a printable word such as Conv2d"),
    (lambda r: r["blocks"][1].update(at=[1]), "blocks[1] conv1, at[1]", "missing"),
    (lambda r: r["blocks"][1].update(at=[1, 1e8]), "blocks[1] conv1, at[1]", "not 100000000.0"),
    (lambda r: r["blocks"].append(7), "blocks[5]", "it must be an object in braces, not 7"),
    (
        lambda r: r["blocks"][1]["hyperparameters"].update(kernel_size=0),
        "blocks[1] conv1, kernel_size",
        "it must be a whole number of at least 1, or 2 of them such as 3 x 3, not 0",
    ),
    (
        lambda r: r["blocks"][1]["hyperparameters"].update(in_channels=3),
        "blocks[1] conv1, in_channels",
        "has no hyperparameter 'in_channels'; it has out_channels, kernel_size",
    ),
    (lambda r: r["wires"][0].update(to=["b9", "input"]), "wires[0] w1, to", "there is no block b9"),
    (lambda r: r["wires"][0].update(to=["b2", "x"]), "wires[0] w1, to", "has no input x; it has input"),
    (lambda r: r["wires"][1].update(id="w1"), "wires[1] w1", "the id w1 stands twice"),
    (lambda r: r["wires"][1].update(to=["b2", "input"]), "wires[1] w2", "conv1 feeds itself"),
    (
        lambda r: r["wires"][1].update(to=["b5", "input"]),
        "wires[4] w5, to",
        "input of scores takes one wire and has w2",
    ),
    (lambda r: r["wires"][3].update(slot=0), "wires[3] w4, to", "slot 0 of inputs of sum is taken by w3"),
    (lambda r: r["wires"][0].update(slot=-1), "wires[0] w1, slot", "greater than or equal to 0, not -1"),
    (lambda r: r["wires"][0].update({"from": ["b4", "output"]}), "wires", "-> sum is a cycle; a network runs one way"),
]


@pytest.mark.parametrize("change, place, text", FAULTS, ids=[f"{f[1]}-{i}" for i, f in enumerate(FAULTS)])
def test_a_fault_is_named_with_its_place(change, place, text):
    error = error_of(edited(lambda raw: change(raw) and None))
    assert error.place == place and text in error.text, str(error)


def test_every_fault_is_listed():
    def spoil(raw):
        raw["blocks"][1]["hyperparameters"].update(kernel_size=-1, stride="x", nonsense=3)
        raw["wires"][0]["to"] = ["b99", "input"]
        raw["name"] = ""

    error = error_of(edited(spoil))
    assert [fault.place for fault in error.faults] == [
        "name",
        "blocks[1] conv1, kernel_size",
        "blocks[1] conv1, stride",
        "blocks[1] conv1, nonsense",
        "wires[0] w1, to",
    ]
    assert str(error).startswith("5 things are wrong:\n  name: ") and str(error).count("\n") == 5


def test_a_failed_save_is_told_and_changes_nothing(tmp_path):
    class Full(Files):
        def write(self, fd, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "small.netloom"
    document = small_document()
    save_project(document, path)
    before = path.read_bytes()
    document.do(paste(document.network, blocks_to_text(document.network, ["b2"]))[0])
    with pytest.raises(ProjectError, match="it cannot be saved: no space left on device"):
        save_project(document, path, Full())
    assert path.read_bytes() == before and document.modified


def test_what_would_not_load_again_is_not_saved(tmp_path):
    path = tmp_path / "small.netloom"
    document = small_document()
    save_project(document, path)
    before = path.read_bytes()
    conv = document.network.block("conv1")
    document.network.replace_block(conv.having(hyperparameters={"kernel_size": -7}))
    with pytest.raises(ProjectError, match=r"could not be opened again: blocks.1. conv1, kernel_size"):
        save_project(document, path)
    assert path.read_bytes() == before


def test_old_versions_migrate_step_by_step(monkeypatch):
    def rename_layers(raw):
        return {**{k: v for k, v in raw.items() if k != "layers"}, "blocks": raw["layers"]}

    monkeypatch.setitem(projects.MIGRATIONS, -1, lambda raw: {**raw, "name": raw["name"] + "!"})
    monkeypatch.setitem(projects.MIGRATIONS, 0, rename_layers)
    old = edited(lambda raw: raw.update(version=-1, layers=raw.pop("blocks")))
    assert from_json(old).network.name == "Small!" and len(from_json(old).network.blocks) == 5


@pytest.mark.parametrize("text", ["", "hello", "{}", "[1]", '{"format": "netloom clipboard", "version": 9}', "\ud800"])
def test_a_foreign_clipboard_is_no_catastrophe(text):
    with pytest.raises(ProjectError, match="clipboard"):
        text_to_blocks(text)


def test_faults_of_a_clipboard_are_named():
    text = blocks_to_text(small_network(), ["b1", "b2"]).replace('"kernel_size": [3, 5]', '"kernel_size": "big"')
    with pytest.raises(ProjectError, match=r"blocks\[1\] conv1, kernel_size: it must be"):
        text_to_blocks(text)
