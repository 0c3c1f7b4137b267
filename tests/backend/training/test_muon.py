"""Muon for matrices and AdamW for the rest: against torch's two by hand, and all else a recipe asks of an optimizer."""

import copy
import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backend.compile import compile_program
from backend.training import state as states
from backend.training.loop import train
from backend.training.muon import MuonWithAdamW, matrices_of
from backend.training.objectives import Length, RecipeError, build_learner
from backend.training.optimizer import NothingToLearn
from graph import Network, Recipe, ready_modules
from graph.objective import ParameterGroup
from graph.schedule import Schedule


class Deep(nn.Module):
    """Two hidden matrices, an embedding-like table, a norm, a convolution and an answer."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.flatten1 = nn.Flatten()
        self.norm1 = nn.LayerNorm(72)
        self.linear1 = nn.Linear(72, 16)
        self.linear2 = nn.Linear(16, 16, bias=False)
        self.head = nn.Linear(16, 3)

    def forward(self, image):
        x = self.norm1(self.flatten1(torch.tanh(self.conv1(image))))
        return self.head(torch.tanh(self.linear2(torch.tanh(self.linear1(x)))))


@pytest.fixture
def make(make_job):
    """A job whose network says that the head gives the answer."""

    def with_head(groups=lambda ids: (), **recipe):
        network = Network("Net")
        chain = [network.add("Linear", name=name, out_features=1) for name in ("linear1", "linear2", "head")]
        for before, after in itertools.pairwise(chain):
            network.connect(before, after)
        job = make_job(Deep, optimizer="Muon", **recipe)
        recipe = job.recipe.having(groups=groups([block.id for block in chain]))
        job.program.blocks = {block.name: block.id for block in chain}
        length = Length(job.steps, len(job.batches))
        learner = build_learner(job.program, network, recipe, torch.device("cpu"), length)
        object.__setattr__(job, "learner", learner)
        return job

    return with_head


def by_hand(module, rate, decay, **muon):
    hidden = [module.linear1.weight, module.linear2.weight]
    rest = [p for p in module.parameters() if all(p is not one for one in hidden)]
    flat, deep = [p for p in rest if p.ndim < 2], [p for p in rest if p.ndim >= 2]
    adamw = [{"params": deep, "weight_decay": decay}, {"params": flat, "weight_decay": 0.0}]
    return torch.optim.Muon(hidden, lr=rate, weight_decay=decay, **muon), torch.optim.AdamW(adamw, lr=rate)


@pytest.mark.parametrize(
    ("arguments", "muon"),
    [
        ({}, {"adjust_lr_fn": "match_rms_adamw"}),
        (
            {"adjust_lr_fn": "original", "nesterov": False, "momentum": 0.8, "ns_steps": 3, "ns_a": 3.0},
            {"nesterov": False, "momentum": 0.8, "ns_steps": 3, "ns_coefficients": (3.0, -4.775, 2.0315)},
        ),
    ],
)
def test_it_steps_as_torchs_two_by_hand(make, arguments, muon):
    job = make(
        learning_rate=0.02, weight_decay=0.1, decay_norms_and_biases=False, clip_norm=0.5,
        optimizer_arguments=arguments,
    )  # fmt: skip
    other = copy.deepcopy(job.module)
    both = by_hand(other, 0.02, 0.1, **muon)
    for rows in torch.arange(80).split(16):
        (images,), (labels,) = job.train.take(rows)
        job.learner((images,), (labels,))
        for optimizer in both:
            optimizer.zero_grad()
        F.cross_entropy(other(images), labels).backward()
        nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        for optimizer in both:
            optimizer.step()
    for (name, ours), theirs in zip(job.module.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6, msg=name)


def test_groups_and_schedules_move_both(make):
    def slow(ids):
        return (ParameterGroup(blocks=(ids[0], ids[2]), learning_rate_factor=0.1),)

    job = make(slow, learning_rate=0.1, schedule=Schedule(kind="step", every=1, factor=0.5))
    optimizer = job.learner.turns[0].optimizer

    def rates():
        return {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}

    for factor in (1.0, 0.5):
        found, net = rates(), job.module
        for part, expected in ((net.linear1, 0.01), (net.head, 0.01), (net.linear2, 0.1), (net.conv1, 0.1)):
            assert found[id(part.weight)] == pytest.approx(expected * factor)
        before = net.linear2.weight.detach().clone()
        for rows in job.batches.in_order():
            job.learner(*job.train.take(rows))
        assert not torch.equal(before, net.linear2.weight)


class Interrupted:
    """An observer that ends the run after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        self.left -= 1
        return self.left != 0

    def epoch_ends(self):
        return True


@pytest.mark.parametrize("more", [{}, {"averaging": "ema", "accumulate": 2}, {"schedule": Schedule(kind="cosine")}])
def test_a_run_that_goes_on_is_the_same_to_the_bit(make, more, tmp_path):
    from backend.training.tree import read_tree, to_bytes

    whole = make(epochs=3, **more)
    train(whole, Interrupted(14))
    begun = make(epochs=3, **more)
    train(begun, Interrupted(5))
    (tmp_path / "state").write_bytes(to_bytes(states.take(begun)))
    again = make(epochs=3, **more)
    torch.manual_seed(99)
    states.put_back(again, read_tree(tmp_path / "state"))
    train(again, Interrupted(9))
    for name, tensor in whole.module.state_dict().items():
        assert torch.equal(tensor, again.module.state_dict()[name]), name
    for mine, other in zip(whole.learner.state()["turns"], again.learner.state()["turns"], strict=True):
        for one, two in zip(mine["optimizer"]["state"].values(), other["optimizer"]["state"].values(), strict=True):
            assert one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


def test_half_precision_scales_and_unscales(make):
    job = make(learning_rate=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    optimizer, net = job.learner.turns[0].optimizer, job.module
    before = [p.detach().clone() for p in net.parameters()]
    (images,), (labels,) = job.train.take(torch.arange(16))
    for factor in (float("inf"), 1.0):
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(net(images), labels) * factor).backward()
        scaler.step(optimizer)
        scaler.update()
        moved = [not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True)]
        assert all(moved) if factor == 1.0 else not any(moved)


def test_only_the_matrices_of_hidden_layers_are_muons():
    """A small language model: tables, positions, attention in a module used twice, and a head."""
    net = Network("Model")
    ready_modules.add(net, "TransformerPreNorm")
    words = net.add("Input", name="words", field="words", shape=(12,), dtype="int64")
    parts = [
        net.add("Embedding", name="table", num_embeddings=20, embedding_dim=16),
        net.add("LearnedEncoding", name="places", length=12),
        net.add("TransformerPreNorm", name="blocks", repeat=2, heads=2, width=16, hidden=32),
        net.add("LSTM", name="lstm", hidden_size=8),
        net.add("LayerNorm", name="norm", normalized_shape=(12, 8)),
        net.add("Linear", name="head", out_features=20),
        net.add("Output", name="out"),
    ]
    for before, after in itertools.pairwise([words, *parts]):
        net.connect(before, after)
    program = compile_program(net)
    learner = build_learner(program, net, Recipe(optimizer="Muon"), torch.device("cpu"), Length(10, 5))
    optimizer = learner.turns[0].optimizer
    assert isinstance(optimizer, MuonWithAdamW)
    names = {id(p): name for name, p in program.module.named_parameters()}
    muons = {names[id(p)] for group in optimizer.param_groups if group["matrices"] for p in group["params"]}
    assert len(names) == sum(len(group["params"]) for group in optimizer.param_groups)
    two = {name for name, p in program.module.named_parameters() if p.ndim == 2}
    assert two - muons == {"table.weight", "places.weight", "norm.weight", "norm.bias", "head.weight"}
    assert {"lstm.weight_ih_l0", "lstm.weight_hh_l0"} < muons and any("attention" in name for name in muons)


def test_a_table_that_is_also_the_answer_is_no_matrix():
    module = nn.ModuleDict(
        {"table": nn.Embedding(8, 4), "linear": nn.Linear(4, 4), "head": nn.Linear(4, 8, bias=False)}
    )
    module["head"].weight = module["table"].weight
    assert matrices_of(module) == {module["linear"].weight}
    assert matrices_of(module, ["linear"]) == set()


def test_without_a_matrix_it_is_refused(make_job):
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 3, 8)

        def forward(self, image):
            return self.conv(image).flatten(1)

    with pytest.raises(NothingToLearn, match=r"Muon moves the matrices of hidden layers .* take AdamW"):
        make_job(Flat, optimizer="Muon")


def test_it_is_not_spread_over_devices(make_job):
    job = make_job(Deep)
    ranks = SimpleNamespace(size=2, shard=True)
    with pytest.raises(RecipeError, match="do not go with Muon"):
        build_learner(job.program, None, job.recipe.having(optimizer="Muon"), torch.device("cpu"), Length(9, 3), ranks)
