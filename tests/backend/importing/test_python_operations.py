"""Every line of forward, beside what torch makes of it: functions, methods, operators, indices, shapes."""

from pathlib import Path

import pytest
import torch
from torch import nn

from backend.compile import compile_network
from backend.importing.python_model import read_python

HEAD = """
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from functools import partial
from collections import OrderedDict


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {begin}

    def forward(self, x{more}):
        {body}


model = Model()
model({examples})
"""
SHAPES = {"IMAGE": (2, 6, 8, 8), "ROW": (2, 12), "STEPS": (2, 5, 8), "WORDS": "torch.randint(0, 9, (2, 5))"}
ROW = SHAPES["ROW"]
LINES = Path(__file__).parent
CASES, LAYERS = ((LINES / name).read_text() for name in ("lines_of_forward.txt", "lines_of_layers.txt"))


def told(table):
    """The cases of a table: what stands in __init__, what in forward, and the shape of x."""
    for case in table.strip().split("\n\n"):
        shape, _, text = case.partition("\n")
        begin, dashes, body = text.partition("\n--\n")
        yield (begin if dashes else "pass", body if dashes else text, SHAPES[shape.removeprefix("# ")])


def written(body, begin="pass", shapes=(ROW,), more=""):
    def indented(text):
        return text.replace("\n", "\n        ")

    examples = ", ".join(one if isinstance(one, str) else f"torch.randn{one}" for one in shapes)
    return HEAD.format(body=indented(body), begin=indented(begin), more=more, examples=examples)


def agrees(text, tolerance=1e-5):
    """Whether the drawing gives what the source gives, with the source's weights."""
    space = {"__name__": "source"}
    exec(compile(text, "source", "exec"), space)
    theirs = space["model"].eval()
    for one in theirs.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.reset_running_stats()  # the call at the end of the source has moved them
    found = read_python(text, "source.py")
    ours = compile_network(found.network).eval()
    torch.manual_seed(2)
    given = eval(text.strip().splitlines()[-1].replace("model(", "(", 1).removesuffix(")") + ",)", {"torch": torch})
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.copy_(other.reshape(mine.shape))
        expected, got = theirs(*(one.clone() for one in given)), ours(*given)
    expected = expected if isinstance(expected, tuple) else (expected,)
    got = got if isinstance(got, tuple) else (got,)
    assert len(expected) == len(got)
    for a, b in zip(expected, got, strict=True):
        assert a.shape == b.shape
        assert torch.allclose(a.float(), b.float(), atol=tolerance, rtol=1e-4)
    return found


@pytest.mark.parametrize(("begin", "body", "shape"), [*told(CASES), *told(LAYERS)])
def test_what_is_written_is_what_is_drawn(begin, body, shape):
    agrees(written(body, begin, (shape,)))


def test_several_inputs_and_results_keep_their_order():
    text = written("return {'sum': x + y, 'pair': (x * y, y)}['pair'] + (x,)", shapes=(ROW, ROW), more=", y")
    found = agrees(text)
    assert [block.name for block in found.network.with_role("input")] == ["x", "y"]
    assert len(found.network.with_role("output")) == 3


def test_names_of_results_become_names_of_outputs():
    found = read_python(written("return {'logits': x * 2, 'features': x}"), "m.py")
    assert [block.name for block in found.network.with_role("output")] == ["logits", "features"]


EINOPS = {  # what einops would make of x: 2 x 6 x 8 x 8 is told by torch, as einops is not installed with us
    "rearrange(x, 'b c h w -> b (h w) c')": lambda x: x.flatten(2).transpose(1, 2),
    "rearrange(x, 'b (g c) h w -> b c g (h w)', g=2)": lambda x: x.view(2, 2, 3, 64).transpose(1, 2),
    "rearrange(x, 'b c (h p) (w q) -> (b h w) c p q', p=4, q=2)": lambda x: (
        x.view(2, 6, 2, 4, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(16, 6, 4, 2)
    ),
    "reduce(x, 'b c h w -> b c', 'mean')": lambda x: x.mean((2, 3)),
    "reduce(x, 'b c (h p) w -> b h c w', 'max', p=2)": lambda x: x.view(2, 6, 4, 2, 8).amax(3).transpose(1, 2),
    "repeat(x, 'b c h w -> b c (h r) w', r=2)": lambda x: x.repeat_interleave(2, dim=2),
    "Rearrange('b c h w -> b h w c')(x)": lambda x: x.permute(0, 2, 3, 1),
}


@pytest.mark.parametrize("line", EINOPS)
def test_einops_is_taken_apart(line):
    imports = "\nfrom einops import rearrange, reduce, repeat\nfrom einops.layers.torch import Rearrange\n"
    found = read_python(imports + written(f"return {line}", shapes=(SHAPES["IMAGE"],)), "m.py")
    x = torch.randn(SHAPES["IMAGE"])
    assert torch.equal(compile_network(found.network)(x), EINOPS[line](x))
