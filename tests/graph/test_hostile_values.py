"""Hostile values: whatever a hyperparameter accepts, analysis answers with shapes or problems, soon, and never breaks.

NETLOOM_NETWORKS sets how many random networks are drawn (3000), NETLOOM_SEED moves on.
"""

import os
import random
import time

from graph import Network, analyze, registry
from graph.hyperparameter import HyperparameterError
from graph.network import ConnectError

NETWORKS = int(os.environ.get("NETLOOM_NETWORKS", "3000"))
SEED = int(os.environ.get("NETLOOM_SEED", "0"))
PATIENCE = 10.0  # seconds for a network of a few blocks on a busy machine

LARGEST = 2**31 - 1
VALUES = [
    *(None, True, 0, 1, 2, 3, -1, -16, 15, 10**9, LARGEST, 0.5, 1e-300, 1e300, "same", "valid", "T", "reflect", "mean"),
    *(
        (),
        (1,),
        (-1,),
        (-1, "T"),
        (1, 0),
        (0, 2, 1),
        ("A", "B"),
        (1,) * 3,
        (LARGEST,) * 2,
        (LARGEST,) * 3,
        (LARGEST,) * 16,
    ),
]
SHAPES = [
    *(
        (),
        (3,),
        ("T",),
        ("T", 4),
        (1, 8, 8),
        (1, 8, 8, 8),
        ("A", "B", "C"),
        (2, LARGEST),
        (LARGEST,) * 3,
        (LARGEST,) * 16,
    ),
    tuple("ABCDEFGHIJKLMOPQ"),
]


def random_network(dice: random.Random) -> Network:
    net = Network()
    sources = [net.add("Input", shape=dice.choice(SHAPES), dtype=dice.choice(["float32", "int64"]))]
    for _ in range(dice.randrange(1, 5)):
        declared = dice.choice(registry.all_types())
        block = net.add(declared.name, **declared.suggested())
        for parameter in declared.hyperparameters:
            try:
                net.set(block, **{parameter.name: dice.choice(VALUES)} if dice.random() < 0.5 else {})
            except HyperparameterError as error:
                assert parameter.name in str(error)
        for port in declared.inputs:
            for _ in range(dice.randrange(1, 3) if port.many else 1):
                try:
                    net.connect(dice.choice(sources), block, input=port.name)
                except ConnectError:
                    continue
        sources += [block] if declared.outputs else []
    return net


def answers(net: Network) -> bool:
    """Whether every block was inferred; all that the window asks of each block is asked."""
    analysis = analyze(net)
    assert all(problem.text for problem in analysis.problems) and str(analysis.total_macs)
    for block in net.blocks.values():
        declared, values, inferred = net.type_of(block), net.values(block), analysis.inferred(block)
        assert isinstance(declared.summary(values), str)
        if inferred is not None:
            assert all(len(pair) == 2 for pair in analysis.explain(block))
            declared.module(values, analysis.inputs(block), inferred)
    return not analysis.partial


def test_any_accepted_values_are_answered():
    dice = random.Random(SEED)
    sound = 0
    for attempt in range(NETWORKS):
        net = random_network(dice)
        started = time.perf_counter()
        try:
            sound += answers(net)
        except Exception as error:
            raise AssertionError(f"network {attempt} of seed {SEED}: {list(net.blocks.values())}") from error
        assert time.perf_counter() - started < PATIENCE, list(net.blocks.values())
    assert 0 < sound < NETWORKS
