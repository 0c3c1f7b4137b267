"""Rules on any drawing: none raises, fixes come undone, and what is published raises no alarm."""

import random
import re
from pathlib import Path

import pytest

import graph
from graph import DataSource, Document, Field, Network, Recipe, analyze, ready_modules, registry
from graph.hyperparameter import HyperparameterError
from graph.network import ConnectError
from graph.problems import RULES
from graph.project_file import to_json

DIGITS = DataSource(
    kind="digits",
    fields=(Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=tuple("0123456789"))),
)
SEEN = tuple(t.name for family in registry.families().values() for t in family)


@pytest.mark.parametrize("seed", range(30))
def test_no_rule_raises_on_any_drawing(seed):
    """Random blocks with random wires; problems are asked after every fix that is offered."""
    chance = random.Random(seed)
    net = Network("Random")
    for shape in ((1, 8, 8), (4,), (6, 5), (3, "H", "W")):
        net.add("Input", shape=shape)
    net.add("Target", shape=(), dtype="int64")
    for _ in range(40):
        declared = registry.block_type(chance.choice(SEEN))
        try:
            block = net.add(declared.name, **declared.suggested())
        except HyperparameterError:
            continue
        for port in declared.inputs:
            source = net.blocks[chance.choice(list(net.blocks))]
            if net.type_of(source).outputs and net.why_not(source, None, block, port.name) is None:
                net.connect(source, block, None, port.name)
    document = Document(net, Recipe(data=DIGITS))
    before = to_json(document)
    for problem in document.analysis.problems:
        assert problem.text and problem.code
        for fix in problem.fixes:
            try:
                document.apply_fix(fix)
            except ConnectError:
                continue
            assert isinstance(document.analysis.problems, list)
            document.undo()
    assert to_json(document) == before


@pytest.mark.parametrize("name", ready_modules.READY)
def test_no_false_alarm_in_the_library_of_modules(name):
    """What is published is right: not even a hint inside."""
    net = Network("Library")
    ready_modules.add(net, name)
    for module in net.modules.values():
        assert [p.text for p in analyze(module.network).problems] == []


def test_every_code_that_block_types_tell_is_in_the_table():
    """A shape error raised anywhere in `graph` has a title and a reason."""
    source = Path(graph.__file__).parent
    told = {code for path in source.rglob("*.py") for code in re.findall(r'code="([a-z_]+)"', path.read_text("utf-8"))}
    assert len(told) > 30 and told <= set(RULES), told - set(RULES)
