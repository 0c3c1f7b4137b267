"""Objectives: whose turn it is, what each moves, and what their losses weigh, held against torch written out."""

import copy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backend.training.objectives import Length, RecipeError, build_learner
from backend.training.optimizer import NothingToLearn
from backend.training.turn import Uncertainties
from graph import Network
from graph.objective import LossShare, Objective, ParameterGroup
from graph.recipe import Recipe

sys.path.insert(0, str(Path(__file__).parent))
from taking_steps import Linear, batches, learn, weights


class Two(nn.Module):
    """Two heads on one trunk."""

    def __init__(self):
        super().__init__()
        self.flatten1 = nn.Flatten()
        self.trunk = nn.Linear(64, 8)
        self.class_head = nn.Linear(8, 3)
        self.size_head = nn.Linear(8, 1)

    def forward(self, image):
        x = torch.tanh(self.trunk(self.flatten1(image)))
        return self.class_head(x), self.size_head(x)


def two_losses(logits, size, label):
    kind = F.cross_entropy(logits, label)
    amount = F.mse_loss(size.squeeze(1), 5.0 * label.to(size.dtype))
    return {"loss": kind + amount, "kind": kind, "amount": amount}


@pytest.fixture
def two(make_job):
    network = Network()
    for name in ("trunk", "class_head", "size_head"):
        network.add("Linear", name=name, out_features=1)
    for name in ("kind", "amount"):
        network.add("MSELoss", name=name)
    id = {block.name: block.id for block in network.blocks.values()}

    def make(*objectives, **recipe):
        import backend.training.objectives as building

        job = make_job(Two, two_losses, **recipe)
        program = SimpleNamespace(
            module=job.module,
            objective=two_losses,
            blocks={name: id[name] for name in ("trunk", "class_head", "size_head")},
            source=SimpleNamespace(names={i: n for n, i in id.items()}),
        )
        length = building.Length(job.steps, len(job.batches))
        recipe = job.recipe.having(objectives=objectives)
        learner = building.build_learner(program, network, recipe, torch.device("cpu"), length)
        object.__setattr__(job, "learner", learner)
        return job

    make.id = id
    return make


def test_objectives_take_turns_and_move_only_their_own(two):
    kind = Objective(name="classes", losses=(LossShare(loss=two.id["kind"]),), trains=(two.id["class_head"],))
    amount = Objective(
        name="sizes",
        losses=(LossShare(loss=two.id["amount"], weight=0.5),),
        trains=(two.id["size_head"], two.id["trunk"]),
        learning_rate=1e-4,
        steps=2,
    )
    job = two(kind, optimizer="SGD", momentum=0.0)
    before = {name: p.detach().clone() for name, p in job.module.named_parameters()}
    learn(job, batches(1))
    moved = {name for name, p in job.module.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"class_head.weight", "class_head.bias"}
    assert all(p.requires_grad for p in job.module.parameters())

    job = two(kind, amount, optimizer="SGD", momentum=0.0)
    [values] = learn(job, batches(1))
    assert {"loss", "classes", "sizes", "kind", "amount"} <= values.keys()
    assert values["loss"].item() == pytest.approx(values["classes"].item() + values["sizes"].item())
    by_hand = two(optimizer="SGD").module
    inputs, (label,) = job.train.take(batches(1)[0])
    for _ in range(2):
        loss = 0.5 * two_losses(*by_hand(*inputs), label)["amount"]
        by_hand.zero_grad()
        loss.backward()
        with torch.no_grad():
            for part in (by_hand.trunk, by_hand.size_head):
                for p in part.parameters():
                    p -= 1e-4 * p.grad
    torch.testing.assert_close(job.module.trunk.weight, by_hand.trunk.weight)


def test_objectives_that_share_weights_keep_the_gradients_that_wait_apart(two):
    """Both turns accumulate two batches: the second sees what the first has moved only in its second batch."""
    kind, amount = (Objective(name=f"of {one}", losses=(LossShare(loss=two.id[one]),)) for one in ("kind", "amount"))
    job, hand = (two(*given, optimizer="SGD", momentum=0.0, accumulate=2) for given in ((kind, amount), ()))
    learn(job, batches(2))

    def gradients(rows, which):
        inputs, (label,) = hand.train.take(rows)
        loss = two_losses(*hand.module(*inputs), label)[which] / 2
        return torch.autograd.grad(loss, list(hand.module.parameters()), allow_unused=True, materialize_grads=True)

    first, second = batches(2)
    kinds = [gradients(first, "kind"), gradients(second, "kind")]
    amounts = [gradients(first, "amount")]
    for found in (kinds, amounts):
        if found is amounts:
            amounts.append(gradients(second, "amount"))
        with torch.no_grad():
            for parameter, *both in zip(hand.module.parameters(), *found, strict=True):
                parameter -= 0.01 * sum(both)
    for a, b in zip(weights(job), weights(hand), strict=True):
        torch.testing.assert_close(a, b)


def test_every_objective_scales_its_half_precision_gradients_by_itself(two):
    objectives = [Objective(name=f"of {one}", losses=(LossShare(loss=two.id[one]),)) for one in ("kind", "amount")]
    job, other = (two(*objectives, precision="float16", accumulate=2) for _ in range(2))
    learn(job, batches(3))
    scalers = [turn.rules.scaler for turn in job.learner.turns]
    assert scalers[0] is not scalers[1]
    scalers[1].update(128.0)
    other.learner.restore(copy.deepcopy(job.learner.state()))
    assert [turn.rules.scaler.get_scale() for turn in other.learner.turns] == [s.get_scale() for s in scalers]


def test_learned_weights_find_each_losses_scale(two):
    """At the optimum exp(s) is the loss, so what each counts is one over its size."""
    learned = Objective(name="both", weighting="learned", trains=(two.id["class_head"],))
    job = two(learned, learning_rate=0.02, epochs=1000)
    for _ in range(400):
        told = learn(job, batches(6))
    [turn] = job.learner.turns
    assert isinstance(turn.total.uncertainties, Uncertainties)
    amount = sum(values["amount"].item() for values in told) / len(told)  # nothing that is trained moves it
    assert told[-1]["amount weight"].item() * amount == pytest.approx(1.0, abs=0.1)
    assert told[-1]["kind weight"] > told[-1]["amount weight"]


def test_who_uses_anothers_weights_stands_for_them_and_what_is_put_aside_for_nothing(make_job):
    network = Network()
    owner, heir, third = (network.add("Linear", name=name, out_features=8) for name in "abc")
    for block in (heir, third):
        network.replace_block(network.blocks[block.id].having(reuses=owner.id))
    network.replace_block(network.blocks[owner.id].having(aside="bypassed"))
    kept, aside = (network.add("MSELoss", name=name) for name in ("kept", "aside"))
    network.replace_block(network.blocks[aside.id].having(aside="bypassed"))
    module = Linear()
    program = SimpleNamespace(
        module=module,
        objective=None,
        blocks={"linear1": heir.id, "linear2": "another"},
        source=SimpleNamespace(names={kept.id: "kept"}),
    )
    recipe = Recipe(
        objectives=(Objective(name="a", trains=(third.id,)),),
        groups=(ParameterGroup(blocks=(third.id,), learning_rate_factor=0.5),),
    )
    [turn] = build_learner(program, network, recipe, torch.device("cpu"), Length(4, 4)).turns
    [group] = turn.optimizer.param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in module.linear1.parameters()]
    assert group["factor"] == 0.5 and dict(turn.total.shares) == {"loss": 1.0}


def test_what_objectives_name_must_be_there(two):
    with pytest.raises(RecipeError, match="sums the loss 'b99', which is no loss block"):
        two(Objective(name="a", losses=(LossShare(loss="b99"),)))
    with pytest.raises(RecipeError, match="trains the block 'b99', which is not in the network"):
        two(Objective(name="a", trains=("b99",)))
    with pytest.raises(NothingToLearn, match='the objective "a" trains no weights'):
        two(Objective(name="a", trains=(two.id["kind"],)))
    for name in ("loss", "kind"):
        with pytest.raises(RecipeError, match=f'the objective "{name}" is called as a loss or metric is'):
            two(Objective(name=name))
    with pytest.raises(ValueError, match="two have the same name"):
        Recipe(objectives=(Objective(name="a"), Objective(name="a")))
