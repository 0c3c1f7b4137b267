"""Fixes of shape errors whose networks are not among the smallest ones of the rules: each mends, and is undone."""

import pytest

from graph import Document, Network
from graph.project_file import to_json


def chain(shape, *blocks, dtype="float32", loss=None, target=None):
    net = Network("Mend")
    last = net.add("Input", name="x", shape=shape, dtype=dtype)
    for type, name, values in blocks:
        block = net.add(type, name=name, **values)
        net.connect(last, block)
        last = block
    if loss:
        end = net.add(loss, name="loss")
        net.connect(last, end, input="input")
        net.connect(net.add("Target", name="t", **target), end, input="target")
    else:
        net.connect(last, net.add("Output", name="y"))
    return Document(net)


CASES = {
    "normalized_shape": lambda: chain((6,), ("LayerNorm", "n", {"normalized_shape": (5,)})),
    "rank": lambda: chain((8, 8), ("Conv2d", "c", {"out_channels": 4, "kernel_size": 3})),
    "rank (sequences)": lambda: chain((3, 8, 8), ("Conv1d", "c", {"out_channels": 4, "kernel_size": 3})),
    "axis": lambda: chain((6,), ("Softmax", "s", {"dim": 3})),
    "target_shape": lambda: chain((6,), ("Linear", "f", {"out_features": 4}), loss="MSELoss", target={"shape": (7,)}),
    "batch": lambda: chain((6,), ("Softmax", "s", {"dim": 0})),
    "kl_mean": lambda: chain((6,), ("LogSoftmax", "s", {"dim": 1}), loss="KLDivLoss", target={"shape": (6,)}),
}


@pytest.mark.parametrize("code", CASES)
def test_a_fix_mends_what_it_is_for_and_is_undone(code):
    document = CASES[code]()
    found = [problem for problem in document.analysis.problems if problem.code == code.split()[0]]
    assert found, [(p.code, p.text) for p in document.analysis.problems]
    before = to_json(document)
    fixes = found[0].fixes
    assert fixes, f"{code}: {found[0].text} has no fix"
    for fix in fixes:
        document.apply_fix(fix)
        assert not any(p.code == found[0].code and p.block == found[0].block for p in document.analysis.problems), (
            fix.title
        )
        document.undo()
        assert to_json(document) == before
