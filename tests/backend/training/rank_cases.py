"""What two processes do together, beside what one does alone: a program that both run, started as torchrun would.

Both go through the same cases; the first prints what it found as one JSON object. One start of torch serves all.
"""

import copy
import json
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_runs import MLP, classifier

from backend.messages import SetLearningRate, Start, Steps, Stop
from backend.placement import from_environment
from backend.probes.watching import Watching
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training import state as states
from backend.training.checkpoint import Checkpoints
from backend.training.control import Control
from backend.training.follower import Follower
from backend.training.loop import train
from backend.training.meter import NotFinite
from backend.training.objectives import RecipeError
from backend.training.preparation import prepare, read_project
from backend.training.ranks import Ranks
from graph import DataSource, Document, Network, Recipe
from graph.objective import LossShare, Objective
from graph.project_file import to_json

FAST = {"learning_rate": 0.02, "epochs": 2, "batch_size": 50, "validation": 0.175}  # 495 samples to train on


def two_losses(**recipe):
    """A class and a number from one trunk, with a third head that nothing judges."""
    net = Network("Net")
    point = net.add("Input", name="point", field="point")
    trunk, act = net.add("Linear", name="trunk", out_features=8), net.add("Tanh", name="act")
    net.connect(point, trunk)
    net.connect(trunk, act)
    label = net.add("Target", name="label", field="label")
    found = {}
    for name in ("first", "second"):
        head, out = net.add("Linear", name=name, out_features=2), net.add("Output", name=f"{name}_out")
        loss = net.add("CrossEntropyLoss", name=f"{name}_loss")
        net.connect(act, head)
        net.connect(head, out)
        net.connect(head, loss, input="input")
        net.connect(label, loss, input="target")
        found[name] = (head.id, loss.id)
    recipe["objectives"] = recipe["objectives"](found) if "objectives" in recipe else ()
    return to_json(Document(net, Recipe(data=DataSource(kind="xor"), device="cpu", **recipe)))


def learned(found):
    shares = tuple(LossShare(loss=loss) for _, loss in found.values())
    return (Objective(name="all", losses=shares, weighting="learned"),)


def turns(found):
    return tuple(Objective(name=n, losses=(LossShare(loss=loss),), trains=(head,)) for n, (head, loss) in found.items())


def unjudged(**recipe):
    """A head whose output no loss compares: its weights get no gradients."""
    net = Network("Net")
    point, label = net.add("Input", name="point", field="point"), net.add("Target", name="label", field="label")
    loss = net.add("CrossEntropyLoss", name="loss")
    for name in ("judged", "free"):
        head = net.add("Linear", name=name, out_features=2)
        net.connect(point, head)
        net.connect(head, net.add("Output", name=f"{name}_out"))
        if name == "judged":
            net.connect(head, loss, input="input")
    net.connect(label, loss, input="target")
    return to_json(Document(net, Recipe(data=DataSource(kind="xor"), device="cpu", **recipe)))


class Follows:
    """A job with a follower and what it told."""

    def __init__(self, text, ranks, **start):
        start = Start(project=text, run_folder="", devices=ranks.size, **start)
        self.job = prepare(read_project(text), start, lambda _: None, ranks=ranks).job
        self.events, self.control = [], Control()
        watching = Watching(FrameWriter(new_prefix()), self.events.append)
        self.checkpoints = Checkpoints(self.job.module, lambda *_: None, ranks=ranks)
        self.follower = Follower(self.job, self.control, watching, self.checkpoints, self.events.append)

    def train(self):
        done = train(self.job, self.follower)
        self.follower.meter.read()
        self.follower.end()
        return done

    def state(self):
        return states.take(self.job, meter=self.follower.meter, checkpoints=self.checkpoints)

    def put_back(self, state):
        states.put_back(self.job, state, meter=self.follower.meter, checkpoints=self.checkpoints)

    def weights(self):
        return {n: t.clone() for n, t in self.job.ranks.whole(self.job.module.state_dict()).items()}

    def losses(self):
        return [loss for e in self.events if isinstance(e, Steps) for loss in e.metrics["loss"]]

    def epochs(self):
        told = [event for event in self.events if event.type == "epoch"]
        return [figure for epoch in told for figure in (*epoch.train.values(), *epoch.validation.values())]


def equal(make, place, shard=False, **recipe):
    """How far two processes are from one with the double batch: in losses, epochs' metrics and weights."""
    recipe = {**FAST, **recipe}
    two = Follows(make(**recipe), Ranks(place, shard))
    alone = Follows(make(**{**recipe, "batch_size": 2 * recipe["batch_size"]}), Ranks())
    both = (two, alone)
    for one in both:
        one.train()
    assert len(two.losses()) == len(alone.losses()) > 5
    far = [abs(a - b) for a, b in zip(two.losses(), alone.losses(), strict=True)]
    epochs = [abs(a - b) for a, b in zip(two.epochs(), alone.epochs(), strict=True)]
    own, other = two.weights(), alone.weights()
    return {
        "losses": max(far),
        "epochs": max(epochs),
        "weights": max(float((own[name] - other[name]).abs().max()) for name in own),
        "learned": alone.losses()[0] - alone.losses()[-1],
        "averaged": two.job.ranks.averaged,
        "last": two.job.batches.bounds()[-1],
    }


def resumes(place, shard):
    """Whether a run put back in the middle ends with the same weights to the bit, random numbers and all."""
    text = classifier(*(*MLP[:2], ("Dropout", "drop1", {"p": 0.3}), MLP[2]), **FAST)
    whole = Follows(text, Ranks(place, shard))
    first, kept = whole.follower.epoch_begins, []

    def begins(epoch):
        if epoch == 2:
            kept.append(copy.deepcopy(whole.state()))
        return first(epoch)

    whole.follower.epoch_begins = begins
    whole.train()
    again = Follows(text, Ranks(place, shard))
    again.put_back(kept[0])
    again.train()
    own, other = whole.weights(), again.weights()
    return all(torch.equal(own[name], other[name]) for name in own)


def together(place):
    """Commands to the first process only: where both were when they obeyed."""
    one = Follows(classifier(*MLP, **{**FAST, "epochs": 10_000}), Ranks(place))
    steps, seen = one.follower.step, []

    def step(rows, values):
        on = steps(rows, values)
        if one.job.learner.learning_rate == 0.125 and not seen:
            seen.append(one.follower.meter.step)
            one.control.post(Stop()) if place.rank == 0 else None
        return on

    one.follower.step = step
    if place.rank == 0:
        one.control.post(SetLearningRate(value=0.125))
    done = one.train()
    now = torch.tensor([seen[0], one.follower.meter.step, int(done)])
    return [every.tolist() for every in one.job.ranks.gather(now)]


def not_finite(place):
    """What the first process says of a NaN that only the second one's samples lead to."""
    one = Follows(classifier(*MLP, **FAST), Ranks(place))
    (points,) = one.job.train.inputs
    order = next(one.job.course.rows_left(one.job.batches, one.job.device))
    row = int(order[99])  # in the first batch, of the second process
    points[row] = float("nan")
    before = one.weights()
    try:
        one.train()
    except NotFinite as found:
        origin = one.follower.rewind.trace()
        after = one.weights()
        same = all(torch.equal(before[name], after[name]) for name in before)
        return [found.step, origin.identifier, origin.what, same]


def refused(place):
    texts = []
    recipes = (({"optimizer": "LBFGS"}, False), ({"l1": 0.1, "optimizer": "Rprop"}, True))
    for text, shard in ((classifier(*MLP, **recipe), shard) for recipe, shard in recipes):
        try:
            Follows(text, Ranks(place, shard))
        except RecipeError as error:
            texts.append(str(error))
    return texts


def random(place):
    """The first random number each draws after preparation."""
    ranks = Ranks(place)
    Follows(classifier(*MLP, **FAST), ranks)
    return [float(one) for one in ranks.gather(torch.rand(1))]


def point_net(**recipe):
    return classifier(*MLP, **recipe)


def picture_net(**recipe):
    return classifier(
        ("Linear", "fc1", {"out_features": 32}),
        ("Reshape", "picture", {"shape": (2, 4, 4)}),
        ("Conv2d", "conv1", {"out_channels": 4, "kernel_size": 3}),
        ("ReLU", "relu1", {}),
        ("Flatten", "flatten1", {}),
        ("Linear", "fc2", {"out_features": 2}),
        **recipe,
    )


def main():
    torch.set_num_threads(1)
    place = from_environment(os.environ)
    rank = place.rank
    cases = {
        "plain": lambda: equal(point_net, place),
        "convolutions": lambda: equal(picture_net, place),
        "a last batch of one sample": lambda: equal(point_net, place, batch_size=19),
        "accumulated": lambda: equal(point_net, place, accumulate=3, clip_norm=0.1, epochs=3, optimizer="SGD"),
        "penalty": lambda: equal(point_net, place, l1=0.01, schedule={"kind": "cosine", "warmup": 3}),
        "averaged weights": lambda: equal(point_net, place, averaging="ema", averaging_decay=0.9),
        "learned weights of losses": lambda: equal(two_losses, place, objectives=learned),
        "objectives in turn": lambda: equal(two_losses, place, objectives=turns),
        "weights without gradients": lambda: equal(unjudged, place),
        "shards": lambda: equal(point_net, place, shard=True, clip_norm=1.0),
        "shards of convolutions": lambda: equal(picture_net, place, shard=True),
        "shards moved by SGD": lambda: equal(point_net, place, True, optimizer="SGD", clip_value=0.01),
        "shards in half precision": lambda: equal(point_net, place, True, precision="bfloat16"),
        "half precision": lambda: equal(point_net, place, precision="bfloat16"),
        "resumes": lambda: resumes(place, False),
        "resumes in shards": lambda: resumes(place, True),
        "together": lambda: together(place),
        "not finite": lambda: not_finite(place),
        "refused": lambda: refused(place),
        "random": lambda: random(place),
    }
    found = {}
    for name in sys.argv[1:] or cases:
        found[name] = cases[name]()
    if rank == 0:
        print(json.dumps(found), flush=True)
    Ranks(place).leave()
    os._exit(0)  # as the worker does: threads of torch may still be at their farewell


if __name__ == "__main__":
    main()
