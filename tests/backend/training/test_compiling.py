"""Compiled runs: one plan for each size of batch, blocks looked into all the same, gradients that outlive a graph."""

import pytest
import torch
from torch import nn

from backend.training import compiling, turn
from backend.training.loop import train
from backend.training.rewind import Rewind


@pytest.fixture
def compiled_plainly(monkeypatch):
    """torch.compile without its code generator, which takes half a minute; the graphs it was asked for."""
    graphs, compile = [], torch.compile

    def backend(graph, inputs):
        graphs.append([tuple(x.shape) for x in inputs if isinstance(x, torch.Tensor) and x.ndim == 4])
        return graph

    def compiler(compute, options=None, **told):
        return compile(compute, backend=backend, **told)

    monkeypatch.setattr(torch, "compile", compiler)
    return graphs


class Silent:
    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        return True

    def epoch_ends(self):
        return True


def test_a_smaller_last_batch_does_not_change_what_computes_the_others(make_job, compiled_plainly):
    job = make_job(compile=True)  # 100 samples in batches of 16
    assert train(job, Silent())
    assert len(compiled_plainly) == 2
    sizes = [shape[0] for shapes in compiled_plainly for shape in shapes if shape[1:] == (1, 8, 8)]
    assert sizes == [16, 4] and all(type(size) is int for size in sizes)


class Burst(nn.Module):
    def forward(self, x):
        return x / (x.sum() * 0)


class WithBurst(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten1 = nn.Flatten()
        self.linear1 = nn.Linear(64, 3)
        self.burst1 = Burst()

    def forward(self, image):
        return self.burst1(self.linear1(self.flatten1(image)))


def test_the_first_block_that_is_not_finite_is_found_in_compiled_runs_too(make_job, compiled_plainly):
    job = make_job(WithBurst, compile=True)
    rewind = Rewind(job)
    rows = torch.arange(16)
    assert not torch.isfinite(job.learner(*job.batch(rows))["loss"])
    rewind.note(rows)
    assert rewind.trace().identifier == "burst1"
    assert len(compiled_plainly) == 1


def test_gradients_that_wait_are_not_written_over_by_the_next_graph(make_job, monkeypatch):
    """A CUDA graph gives gradients in memory of its own, which its next run uses again."""
    plain, graphed = (make_job(optimizer="SGD", accumulate=2) for _ in range(2))
    (one,) = graphed.learner.turns
    one.rules = turn.Rules(accumulate=2, graphs=True)
    given = []
    backwards = turn.Turn._backwards

    def noted(self, *batch):
        found = backwards(self, *batch)
        given[:] = [p.grad for p in self.parameters()] if self is one else given
        return found

    def write_over():
        for gradient in given:
            gradient.fill_(torch.nan)

    monkeypatch.setattr(turn.Turn, "_backwards", noted)
    monkeypatch.setattr(turn, "begin_step", write_over)
    for job in (plain, graphed):
        torch.manual_seed(0)
        for rows in torch.arange(64).split(16):
            job.learner(*job.batch(rows))
    for a, b in zip(plain.module.parameters(), graphed.module.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_torch_is_told(make_job, monkeypatch):
    told = []
    monkeypatch.setattr(torch, "compile", lambda compute, **more: told.append(more) or compute)
    make_job(cuda_graphs=True, deterministic=True)
    make_job(compile=True)
    make_job()
    assert told == [
        {"dynamic": False, "options": {"triton.cudagraphs": True, "deterministic": True}},
        {"dynamic": False, "options": None},
    ]
    assert not compiling.is_compiled(make_job().recipe)
