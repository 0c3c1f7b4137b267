"""Hostile files: whatever the bytes, loading gives a document that can be saved again, or a ProjectError, soon.

NETLOOM_MUTATIONS sets how many mutated files are tried (20000); a long run uses 1000000. NETLOOM_SEED moves on.
"""

import json
import os
import random
import time
from copy import deepcopy

import pytest

from graph import Document, Network
from graph.clipboard import blocks_to_text, text_to_blocks
from graph.data_source import DataSource, Field
from graph.network import Block
from graph.project_file import from_bytes, to_json
from graph.project_schema import ProjectError
from graph.recipe import Recipe
from graph.strict_json import JsonError, Limits, loads

MUTATIONS = int(os.environ.get("NETLOOM_MUTATIONS", "20000"))
SEED = int(os.environ.get("NETLOOM_SEED", "0"))
PATIENCE = 30.0  # seconds for any one file on a busy machine; a hang takes minutes

TOKENS = [
    *(
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\\u0000",
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"1e-999", b"9" * 30, b"9" * 5000, b"0x10", b"01", b"null", b"true"),
    *(b'""', b"[[[[[[[[", b'{"a":' * 70, b"-1", b"2147483648", b"0.5", b'"b1"', b'"w1"', b'"output"', b'"..\\u002f"'),
    *(b'"Conv2d"', b'"Input"', b'"LSTM"', b'"same"', "\u202e".encode(), "\N{ZERO WIDTH SPACE}".encode()),
]
VALUES = [
    *(
        None,
        True,
        -1,
        0,
        1,
        2**31,
        2**62,
        0.5,
        -1e308,
        "",
        "b1",
        "w1",
        "b99",
        "output",
        "same",
        "T",
        "class",
        "../../x",
    ),
    *([], [1], [1, [2]], ["b1", "output"], {}, {"a": {"b": [1]}}, "x" * 300, [0] * 40, "\u202e", "a\nb", [1.5, 2.5]),
    *("Conv2d", "Input", "Output", "Linear", "ReLU", "MSELoss", "Softmax", "Reshape", "Permute", "Flatten", "Nonsense"),
]


def project() -> bytes:
    """A real project: all kinds of lines, a few types, an unknown one."""
    net = Network("Hostile")
    image = net.add("Input", name="image", shape=(1, 12, 12), field="image")
    conv = net.add("Conv2d", name="conv1", out_channels=4, kernel_size=3, padding="same", position=(0, 90.25))
    pool = net.add("MaxPool2d", name="pool1", kernel_size=2)
    flat = net.add("Flatten", name="flat")
    dense = net.add("Linear", name="dense", out_features=3)
    scores = net.add("Output", name="scores")
    target = net.add("Target", name="label", shape=(), dtype="int64")
    loss = net.add("CrossEntropyLoss", name="loss")
    net.insert_block(Block(net.fresh_block_id(), "Mamba", "odd", {"state": [1, {"x": None}]}), (5.0, 6.0))
    for source, end in [(image, conv), (conv, pool), (pool, flat), (flat, dense), (dense, scores), (dense, loss)]:
        net.connect(source, end)
    net.connect(target, loss)
    net.connect(conv, "odd", input="sequence")
    fields = (Field(name="image", shape=(1, 12, 12)), Field(name="label", dtype="int64", classes=("a", "b", "c")))
    data = DataSource(kind="npz", path="toys.npz", options={"limit": 10}, fields=fields)
    return to_json(Document(net, Recipe(data=data))).encode()


def mutated_bytes(random: random.Random, data: bytes) -> bytes:
    """A few small wounds: flipped, cut, doubled, moved or foreign bytes, or the end missing."""
    content = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        start = random.randrange(len(content) + 1)
        stop = min(len(content), start + random.choice((1, 1, 2, 8, 60, 400)))
        wound = random.randrange(6)
        if wound == 0 and start < len(content):
            content[start] ^= 1 << random.randrange(8)
        elif wound == 1:
            del content[start:stop]
        elif wound == 2:
            content[start:start] = content[start:stop]
        elif wound == 3:
            there = random.randrange(len(content) + 1)
            content[there:there] = content[start:stop]
        elif wound == 4:
            content[start : start + random.randrange(4)] = random.choice(TOKENS)
        elif random.randrange(8) == 0:
            del content[start:]
    return bytes(content)


def mutated_values(random: random.Random, data: bytes) -> bytes:
    """Sound JSON with one or two values of the tree replaced, removed, doubled or renamed."""
    raw = json.loads(data)
    for _ in range(random.choice((1, 1, 2))):
        here, path = raw, []
        while isinstance(here, dict | list) and here and (not path or random.random() < 0.8):
            key = random.choice(list(here)) if isinstance(here, dict) else random.randrange(len(here))
            path.append((here, key))
            here = here[key]
        if not path:
            continue
        holder, key = path[-1]
        wound = random.randrange(4)
        if wound == 0:
            del holder[key]
        elif wound == 1 and isinstance(holder, list):
            holder.insert(key, here)
        elif wound == 2 and isinstance(holder, dict):
            holder[random.choice(("name", "id", "x", "kernel_size", "shape", "slot"))] = here
        else:
            holder[key] = deepcopy(random.choice(VALUES))
    return json.dumps(raw).encode()


def survives(data: bytes) -> bool:
    """Whether the bytes loaded; what loaded can be analyzed, saved, and loaded again."""
    started = time.perf_counter()
    try:
        document = from_bytes(data)
    except ProjectError as error:
        assert error.faults and all(fault.text for fault in error.faults)
        loaded = False
    else:
        assert document.analysis.problems is not None and str(document.analysis.total_macs)
        text = to_json(document)
        assert to_json(from_bytes(text.encode())) == text
        loaded = True
    assert time.perf_counter() - started < PATIENCE
    return loaded


@pytest.mark.parametrize("mutate", [mutated_bytes, mutated_values])
def test_mutated_projects_load_or_are_refused(mutate):
    original = project()
    assert survives(original)
    dice = random.Random(f"{mutate.__name__} {SEED}")
    count = max(1, MUTATIONS // 2)
    loaded = 0
    for attempt in range(count):
        data = mutate(dice, original)
        try:
            loaded += survives(data)
        except Exception as error:
            raise AssertionError(f"attempt {attempt} of seed {SEED}: {data!r}") from error
    assert 0 < loaded < count, "both outcomes must occur, or the mutations are no test"


def test_random_bytes_are_refused():
    dice = random.Random(SEED)
    for _ in range(500):
        assert not survives(dice.randbytes(dice.randrange(400)))


def test_mutated_clipboards_are_blocks_or_refused():
    net = Network()
    conv = net.add("Conv2d", out_channels=3, kernel_size=3)
    net.connect(net.add("Input", shape=(1, 8, 8)), conv)
    original = blocks_to_text(net, list(net.blocks)).encode()
    dice = random.Random(SEED)
    for _ in range(1000):
        text = mutated_bytes(dice, original).decode("utf-8", "surrogateescape")
        try:
            text_to_blocks(text)
        except ProjectError as error:
            assert error.text


def filled(blocks: str = "", wires: str = "", recipe: str = "{}") -> bytes:
    head = '{"format": "netloom", "version": 1, "name": "x"'
    return f'{head}, "recipe": {recipe}, "blocks": [{blocks}], "wires": [{wires}]}}'.encode()


def chain(first: str, *later: str, twice: bool = False) -> bytes:
    """Blocks in a row, each reading the one before (`twice`: also the one before that)."""
    blocks = [f'{{"id": "b{i}", "name": "n{i}", {text}}}' for i, text in enumerate((first, *later), 1)]
    wires = []
    for i, text in enumerate(later, 2):
        port = "inputs" if "Concatenate" in text else "input"
        for slot in (0, 1) if port == "inputs" else (0,):
            source = max(1, i - 1 - slot) if twice else i - 1
            ends = f'"from": ["b{source}", "output"], "to": ["b{i}", "{port}"]'
            wires.append(f'{{"id": "w{len(wires) + 1}", {ends}, "slot": {slot}}}')
    return filled(",".join(blocks), ",".join(wires))


def lines(pattern: str, count: int, start: int = 1) -> str:
    return ",".join(pattern.replace("#", str(i)).replace("@", str(i + 1)) for i in range(start, start + count))


RELU = '{"id": "b#", "type": "ReLU", "name": "r#"}'
UNKNOWN = '{"id": "b#", "type": "T#", "name": "r#"}'
GIANTS = {
    "deep lists": b"[" * 10_000_000,
    "deep lists in an unknown block": filled(UNKNOWN.replace("}", ', "hyperparameters": {"x": ' + "[" * 500_000)),
    "deep objects": b'{"a":' * 3_000_000,
    "deep and closed": b"[" * 200_000 + b"]" * 200_000,
    "many lists": b"[" + b"[]," * 4_000_000 + b"[]]",
    "many objects": b"[" + b'{"a":{}},' * 1_500_000 + b"{}]",
    "a long number": filled(recipe='{"seed": ' + "9" * 10_000_000 + "}"),
    "a long fraction": filled(recipe='{"validation": 0.' + "3" * 10_000_000 + "}"),
    "a long exponent": filled(recipe='{"validation": 1e-' + "9" * 10_000_000 + "}"),
    "an endless string": b'{"format": "' + b"x" * 15_000_000,
    "an endless string of escapes": b'{"format": "' + b'\\"' * 7_000_000,
    "quotes only": b'"' * 15_000_000,
    "backslashes only": b"\\" * 15_000_000,
    "blanks only": b" " * 15_000_000,
    "minus signs only": b"-" * 15_000_000,
    "over the size cap": b'{"format": "netloom", "x": "' + b"x" * 17_000_000 + b'"}',
    "doubled keys": b"{" + b'"a":1,' * 300_000 + b'"a":1}',
    "surrogates": b'["' + b"\\ud800" * 2_000_000 + b'"]',
    "too many blocks": filled(lines(RELU, 30_000)),
    "the same id": filled(",".join([RELU.replace("#", "1")] * 15_000)),
    "wrong blocks": filled(",".join(["7"] * 19_000)),
    "too many wires": filled(
        lines(RELU, 2), ",".join(['{"id": "w1", "from": ["b1", ""], "to": ["b2", ""]}'] * 120_000)
    ),
    "wires to nowhere": filled(wires=lines('{"id": "w#", "from": ["b#", "output"], "to": ["b@", "input"]}', 90_000)),
    "a huge cycle": filled(
        lines(RELU, 15_000),
        lines('{"id": "w#", "from": ["b#", "output"], "to": ["b@", "input"]}', 14_999)
        + ',{"id": "w15000", "from": ["b15000", "output"], "to": ["b1", "input"]}',
    ),
    "huge shapes": filled(
        '{"id": "b1", "type": "Input", "name": "i", "hyperparameters": {"shape": ['
        + ",".join(["2147483647"] * 16)
        + ']}},{"id": "b2", "type": "Flatten", "name": "f"}',
        '{"id": "w1", "from": ["b1", "output"], "to": ["b2", "input"]}',
    ),
    "a chain of flattened symbols": filled(
        '{"id": "b1", "type": "Input", "name": "i", "hyperparameters": {"shape": ['
        + ",".join(f'"T{i}"' for i in range(16))
        + ']}},{"id": "b2", "type": "Flatten", "name": "f"}',
        '{"id": "w1", "from": ["b1", "output"], "to": ["b2", "input"]}',
    ),
}
CHAIN = lines('{"id": "w#", "from": ["b@", "output"], "to": ["b#", "input"]}', 4_999)
FAN = lines('{"id": "w#", "from": ["b1", "output"], "to": ["b@", "input"]}', 4_999)
FORWARD = lines('{"id": "w#", "from": ["b#", "output"], "to": ["b@", "input"]}', 4_999)
STAR = lines('{"id": "w#", "from": ["b1", "output"], "to": ["b2", "any"], "slot": #}', 20_000)
LARGE = {
    "a chain drawn backwards": filled(lines(RELU, 5_000), CHAIN),
    "one block feeding thousands": filled(lines(RELU, 5_000), FAN),
    "sizes that double with every block": chain(
        '"type": "Input", "hyperparameters": {"shape": [5]}',
        *['"type": "Concatenate", "hyperparameters": {"dim": 1}'] * 15_000,
    ),
    "formulas that double with every block": chain(
        '"type": "Input", "hyperparameters": {"shape": [1, "T"]}',
        *[
            '"type": "MaxPool1d", "hyperparameters": {"kernel_size": 3, "stride": 2}',
            '"type": "Concatenate", "hyperparameters": {"dim": 2}',
        ]
        * 60,
        twice=True,
    ),
    "formulas of many terms": chain(
        '"type": "Input", "hyperparameters": {"shape": [1, "T", "H"]}',
        *['"type": "Conv2d", "hyperparameters": {"out_channels": 3, "kernel_size": 3, "stride": 2}'] * 400,
    ),
    "thousands of unknown types": filled(lines(UNKNOWN.replace("T#", "Frobnicate#"), 5_000), FORWARD),
    "thousands of wires into one port": filled(lines(UNKNOWN, 2), STAR),
}


@pytest.mark.parametrize("name", GIANTS)
def test_giants_are_told_off_at_once(name):
    survives(GIANTS[name])


@pytest.mark.parametrize("name", LARGE)
def test_large_but_sound_projects_load(name):
    assert survives(LARGE[name])


def test_limits_are_exact():
    limits = Limits(size=40, depth=3, values=5)
    assert loads(b"[[[1]]]", limits) == [[[1]]]
    assert loads(b'["[[[[[[", "{{{{"]', limits) == ["[[[[[[", "{{{{"]
    for data, words in [(b"[[[[1]]]]", "nested 4 deep"), (b"1" * 41, "41 bytes"), (b"[1,2,3,4,5,6,7,8,9,0]", "values")]:
        with pytest.raises(JsonError, match=words):
            loads(data, limits)


@pytest.mark.parametrize(
    "data, value",
    [
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"9223372036854775807", 2**63 - 1),
        (b"-1e-999", -0.0),
        (b'{"a": {"b": 1}, "c": {"b": 1}}', {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_strict_json_takes_what_is_sound(data, value):
    assert loads(data) == value


@pytest.mark.parametrize(
    "data, place",
    [
        (b'{"a": 1,\n "b": {"c": 1, "d": 2,\n  "c": 3}}', "line 3, column 3"),
        (b'["NaN",\n\n  NaN]', "line 3, column 3"),
        (b'["1e999", 1,\n1e999]', "line 2, column 1"),
        (b"[1, 9223372036854775808]", "line 1, column 5"),
        (b'["ok", "x\\uDC00"]', "line 1, column 10"),
        (b'["\xc3\xa4",\n"\xff"]', "line 2, column 2"),
        (b'["a" "b"]', "line 1, column 6"),
    ],
)
def test_strict_json_names_the_place(data, place):
    with pytest.raises(JsonError) as caught:
        loads(data)
    assert caught.value.place == place
