"""Blocks that are expressions in the text are seen as well as those that are submodules."""

import sys

import numpy as np
import torch

from backend.compile import compile_program
from backend.probes.feature_maps import look
from backend.training.course import Course
from backend.training.job import Job
from backend.training.resident import Batches, Resident
from graph import Field, Network, Recipe


def residual():
    """Twice the same shape of block, so that the text uses its variables again."""
    net = Network("Residual")
    last = net.add("Input", name="image", field="image")
    for n in (1, 2):
        conv = net.add("Conv2d", name=f"conv{n}", out_channels=1, kernel_size=3, padding=1)
        add = net.add("Add", name=f"add{n}")
        net.connect(last, conv)
        net.connect(conv, add)
        net.connect(last, add)
        last = add
    both = net.add("Concatenate", name="both", dim=1)
    net.connect(last, both)
    net.connect(net.block("add1"), both)
    output = net.add("Output", name="output")
    net.connect(both, output)
    return net


def make_job(net):
    program = compile_program(net, (Field(name="image", shape=(1, 6, 6)),))
    images = Resident((torch.randn(4, 1, 6, 6),), (), 4)
    nothing = Resident((), (), 0)
    return Job(program, Recipe(), torch.device("cpu"), 1, nothing, images, None, Batches(4, 2), Course(0))


def test_sums_and_joins_are_seen_at_their_own_line():
    net = residual()
    job = make_job(net)
    ids = {name: net.block(name).id for name in ("conv1", "add1", "conv2", "add2", "both")}
    maps = {name: look(job, ids.values(), 2).maps[id] for name, id in ids.items()}
    image = job.validation.inputs[0][2].numpy()
    np.testing.assert_allclose(maps["add1"], maps["conv1"] + image, rtol=1e-6)
    np.testing.assert_allclose(maps["add2"], maps["conv2"] + maps["add1"], rtol=1e-6)
    np.testing.assert_array_equal(maps["both"], np.concatenate([maps["add2"], maps["add1"]]))


def test_the_trace_ends_with_the_look():
    job = make_job(residual())
    before = sys.gettrace()
    look(job, [residual().block("add1").id], 0)
    assert sys.gettrace() is before


def test_what_is_not_computed_is_left_out():
    job = make_job(residual())
    assert look(job, ["b1", "nobody"], 0).maps == {}
