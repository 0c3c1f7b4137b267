"""What changes weights, held against plain torch written out: accumulation, clipping, schedules, means, objectives."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backend.training import optimizer as optimizers
from backend.training.loop import train
from backend.training.objectives import Length, RecipeError, build_learner
from backend.training.optimizer import NothingToLearn
from backend.training.turn import Uncertainties
from graph import Network
from graph.objective import LossShare, Objective, ParameterGroup
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe
from graph.schedule import Schedule


class Linear(nn.Module):
    """Without chance and statistics, so that sums over batches are exact."""

    def __init__(self):
        super().__init__()
        self.flatten1 = nn.Flatten()
        self.linear1 = nn.Linear(64, 8)
        self.linear2 = nn.Linear(8, 3)

    def forward(self, image):
        return self.linear2(torch.tanh(self.linear1(self.flatten1(image))))


def learn(job, batches):
    return [job.learner(*job.train.take(rows)) for rows in batches]


def batches(count, size=16):
    return torch.arange(count * size).split(size)


def weights(job):
    return [p.detach().clone() for p in job.module.parameters()]


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "Muon"])  # that moves matrices alone
def test_every_optimizer_steps_as_torchs_own(make_job, name):
    job = make_job(Linear, optimizer=name, learning_rate=0.01, momentum=0.5, weight_decay=0.0)
    other = copy.deepcopy(job.module)
    more = {"momentum": 0.5} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)(other.parameters(), lr=0.01, **more)
    if name == "AdamW":
        optimizer.param_groups[0]["weight_decay"] = 0.0
    learn(job, batches(4))
    for rows in batches(4):
        (images,), (labels,) = job.train.take(rows)

        def closure(images=images, labels=labels):
            optimizer.zero_grad()
            loss = F.cross_entropy(other(images), labels)
            loss.backward()
            return loss

        optimizer.step(closure)
    for ours, theirs in zip(job.module.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_accumulated_batches_are_one_large_batch(make_job):
    small, large = (make_job(Linear, optimizer="SGD", accumulate=n, batch_size=16 * (5 - n)) for n in (4, 1))
    learn(small, torch.arange(64).split(16))
    learn(large, [torch.arange(64)])
    for a, b in zip(weights(small), weights(large), strict=True):
        torch.testing.assert_close(a, b)


def test_gradients_that_wait_at_the_end_of_an_epoch_are_not_lost(make_job):
    job = make_job(Linear, optimizer="SGD", accumulate=4)  # 100 samples in batches of 16: seven an epoch
    before = weights(job)
    learn(job, batches(3))
    assert all(map(torch.equal, weights(job), before))
    learn(job, batches(1))
    after = weights(job)
    assert not any(map(torch.equal, after, before))
    learn(job, batches(3))
    assert job.learner.step == 7 and not any(map(torch.equal, weights(job), after))


def test_a_shorter_step_at_the_end_of_an_epoch_is_the_mean_of_its_own_batches(make_job):
    short, whole = (make_job(Linear, optimizer="SGD", accumulate=n) for n in (100, 7))  # seven batches an epoch
    learn(short, batches(6))
    learn(short, [torch.arange(96, 100)])
    learn(whole, batches(6))
    learn(whole, [torch.arange(96, 100)])
    for a, b in zip(weights(short), weights(whole), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("rule", [{"clip_norm": 0.01}, {"clip_value": 0.0005}])
def test_gradients_are_clipped_before_the_step(make_job, rule):
    job = make_job(Linear, optimizer="SGD", momentum=0.0, learning_rate=1.0, **rule)
    before = weights(job)
    learn(job, batches(1))
    steps = [a - b for a, b in zip(weights(job), before, strict=True)]
    if "clip_norm" in rule:
        assert torch.cat([s.flatten() for s in steps]).norm().item() == pytest.approx(0.01, rel=1e-3)
    else:
        assert max(s.abs().max().item() for s in steps) == pytest.approx(0.0005, rel=1e-3)


def test_a_schedule_moves_every_group_by_its_factor(make_job):
    groups = (ParameterGroup(blocks=("id of linear1",), learning_rate_factor=0.1, weight_decay=0.5),)
    network = Network()
    network.add("Linear", name="linear1", out_features=8)
    groups = (ParameterGroup(blocks=(network.block("linear1").id,), learning_rate_factor=0.1, weight_decay=0.5),)
    schedule = Schedule(kind="step", every=1, factor=0.5)
    with pytest.raises(RecipeError, match="names the block 'x', which is not in the network"):
        make_job(Linear, groups=(ParameterGroup(blocks=("x",)),), network=network)
    job = make_job(Linear, groups=groups, schedule=schedule, network=network, decay_norms_and_biases=False)
    first = job.learner.turns[0].optimizer
    job.program.blocks["linear1"] = network.block("linear1").id
    optimizer = optimizers.build(job.recipe, optimizers.weights_of(job.module, job.program.blocks))
    kinds = {(g["factor"], g["weight_decay"]): len(g["params"]) for g in optimizer.param_groups}
    assert kinds == {(0.1, 0.5): 1, (0.1, 0.0): 1, (1.0, 0.0): 2}
    learn(job, batches(6) + batches(1))
    assert first.param_groups[0]["lr"] == pytest.approx(0.005) and job.learner.learning_rate == pytest.approx(0.005)
    job.learner.set_learning_rate(0.2)
    assert first.param_groups[0]["lr"] == pytest.approx(0.2)
    learn(job, batches(6) + batches(1))
    assert job.learner.learning_rate == pytest.approx(0.1)  # the schedule goes on from the person's rate


def test_a_plateau_halves_the_rate_after_its_patience(make_job):
    job = make_job(Linear, schedule=Schedule(kind="plateau", patience=1, factor=0.5))
    rates = []
    for loss in (1.0, 0.9, 0.95, 0.95, 0.5, 0.6, 0.6):
        job.learner.epoch(loss)
        rates.append(job.learner.learning_rate)
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025])


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_the_mean_of_weights_is_what_is_judged(make_job, kind):
    job = make_job(Linear, averaging=kind, averaging_decay=0.5, averaging_from=0.0)
    seen = []
    for rows in batches(5):
        learn(job, [rows])
        seen.append(weights(job)[0])
    mean = seen[0].clone()
    if kind == "swa":
        mean = torch.stack(seen).mean(0)
    else:
        start = make_job(Linear).module.linear1.weight.detach()
        mean = start.clone()
        for i, one in enumerate(seen, 1):
            mean = mean.lerp(one, 1 - min(0.5, (1 + i) / (10 + i)))
    live = weights(job)[0]
    with job.learner.shown():
        torch.testing.assert_close(weights(job)[0], mean)
    assert torch.equal(weights(job)[0], live)


def test_l1_pulls_weights_to_zero_and_is_not_in_the_loss_told(make_job):
    plain, pulled = make_job(Linear), make_job(Linear, l1=0.01)
    told = [learn(job, batches(1))[0]["loss"].item() for job in (plain, pulled)]
    assert told[0] == told[1]
    for job in (plain, pulled):
        learn(job, batches(6) * 20)
    sizes = [job.module.linear1.weight.abs().mean().item() for job in (plain, pulled)]
    assert sizes[1] < sizes[0] / 2


def test_a_line_search_sees_the_l1_penalty_as_its_gradients_do(make_job):
    search = {"line_search_fn": "strong_wolfe"}
    job = make_job(Linear, optimizer="LBFGS", l1=0.05, learning_rate=1.0, optimizer_arguments=search)
    other = copy.deepcopy(job.module)
    optimizer = torch.optim.LBFGS(other.parameters(), lr=1.0, line_search_fn="strong_wolfe")
    [rows] = batches(1)
    learn(job, [rows])
    (images,), (labels,) = job.train.take(rows)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(other(images), labels) + 0.05 * sum(
            p.abs().sum() for p in other.parameters() if p.ndim > 1
        )
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(weights(job), [p.detach() for p in other.parameters()], rtol=1e-3, atol=1e-4)


def test_a_schedule_that_more_epochs_stretch_is_followed_from_the_first_step(make_job):
    short, longer = (make_job(Linear, epochs=epochs, schedule=Schedule(kind="cosine")) for epochs in (1, 4))
    learn(short, batches(6) + batches(1))
    longer.learner.restore(copy.deepcopy(short.learner.state()))
    [group] = longer.learner.turns[0].optimizer.param_groups
    assert group["lr"] == pytest.approx(0.01 * Schedule(kind="cosine").at(7, 28, 7))


def test_half_precision_learns_the_same_up_to_its_rounding(make_job):
    losses = {}
    for precision in ("float32", "bfloat16"):
        job = make_job(Linear, precision=precision)
        losses[precision] = [values["loss"].item() for values in learn(job, batches(6) * 5)]
        assert job.module.linear1.weight.dtype == torch.float32
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.1, abs=0.05)


def test_the_whole_state_comes_back_in_the_middle_of_an_accumulation(make_job):
    def fresh():
        return make_job(
            Linear,
            optimizer="NAdam",
            accumulate=3,
            averaging="ema",
            schedule=Schedule(kind="plateau", warmup=4),
        )

    whole, first, second = fresh(), fresh(), fresh()
    learn(whole, batches(6))
    learn(first, batches(6)[:4])
    second.module.load_state_dict(first.module.state_dict())
    second.learner.restore(copy.deepcopy(first.learner.state()))
    learn(second, batches(6)[4:])
    assert all(map(torch.equal, weights(whole), weights(second)))
    with whole.learner.shown(), second.learner.shown():
        assert all(map(torch.equal, weights(whole), weights(second)))


# ---- several objectives


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


class Watcher:
    """Follows a run without stopping it."""

    def __init__(self):
        self.steps = 0

    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        self.steps += 1
        return True

    def epoch_ends(self):
        return True


def test_a_number_of_steps_ends_the_run_within_an_epoch(make_job):
    watcher = Watcher()
    assert train(make_job(Linear, steps=10), watcher)
    assert watcher.steps == 10
