"""Rules around losses: what must and must not stand before each, and whether the answers suit the target."""

from __future__ import annotations

from collections.abc import Iterator

from graph.edits import SetHyperparameter
from graph.network import Block
from graph.problem import Fix
from graph.problems.mending import bypassing, inserting, removing, replacing, setting
from graph.problems.rule import Finding, at, overall
from graph.problems.view import LINEAR_MAPS, RECTIFIERS, VALUE_LOSSES, View

LAYERS_WITH_WIDTH = {
    "Linear": "out_features",
    "Conv1d": "out_channels",
    "Conv2d": "out_channels",
    "Conv3d": "out_channels",
}
SHAPELESS = {"activation", "regularization", "normalization"}
SCORE_LOSSES = ("CrossEntropyLoss", "BCEWithLogitsLoss", "MultiMarginLoss", "MultiLabelSoftMarginLoss")
RANGES = {
    "Tanh": "-1 to 1",
    "ReLU": "0 upwards",
    "LeakyReLU": "all numbers",
    "ELU": "-1 upwards",
    "GELU": "-0.17 up",
    "SiLU": "-0.28 upwards",
    "Softplus": "0 upwards",
    "Hardswish": "-0.375 upwards",
}


@at(
    ("CrossEntropyLoss",),
    "double_softmax",
    "warning",
    "Softmax before CrossEntropyLoss",
    "CrossEntropyLoss takes raw scores and applies log-softmax itself. Probabilities lie between 0 and 1, so a second "
    "softmax can never become sure: with 10 classes the best possible loss is 1.46 instead of 0, and gradients shrink.",
)
def double_softmax(view: View, loss: Block) -> Iterator[Finding]:
    source = view.speaker(loss, "input")
    if source is not None and source.type in ("Softmax", "LogSoftmax"):
        text = f"CrossEntropyLoss applies log-softmax itself; {source.name} before it makes learning slow and wrong"
        yield Finding(text, (bypassing(loss, source, title=f"Feed the loss from before {source.name}"),), "input")


@at(
    ("BCEWithLogitsLoss",),
    "double_sigmoid",
    "warning",
    "Sigmoid before BCEWithLogitsLoss",
    "BCEWithLogitsLoss takes raw scores and applies the sigmoid itself. A sigmoid of a sigmoid lies between 0.5 and "
    "0.731: the network can never answer no, and its gradients are at most a quarter of what they should be.",
)
def double_sigmoid(view: View, loss: Block) -> Iterator[Finding]:
    source = view.speaker(loss, "input")
    if source is not None and source.type == "Sigmoid":
        text = (
            f"BCEWithLogitsLoss applies the sigmoid itself; {source.name} before it flattens the gradients:"
            " all answers lie between 0.5 and 0.731"
        )
        yield Finding(text, (bypassing(loss, source, title=f"Feed the loss from before {source.name}"),), "input")


@at(
    ("BCELoss",),
    "sigmoid_missing",
    "warning",
    "BCELoss without Sigmoid",
    "BCELoss takes the logarithm of its input, which must be a probability from 0 to 1. The output of a layer or of "
    "most activations leaves that range sooner or later, and torch then stops with an error.",
)
def sigmoid_missing(view: View, loss: Block) -> Iterator[Finding]:
    source = view.speaker(loss, "input")
    if source is None:
        return
    if source.type in LINEAR_MAPS:
        text = f"BCELoss needs probabilities 0 to 1; {source.name} gives any number. Put a Sigmoid between"
        yield Finding(text, (inserting(loss, "input", "Sigmoid"),), "input")
    elif source.type in RANGES:
        text = f"BCELoss needs probabilities 0 to 1; {source.name} ({source.type}) gives {RANGES[source.type]}"
        yield Finding(text, (replacing(source, "Sigmoid"),), "input")


@at(
    ("NLLLoss",),
    "log_softmax_missing",
    "warning",
    "NLLLoss without LogSoftmax",
    "NLLLoss only picks out minus its input at the right class, so its input must be log-probabilities. With raw "
    "scores the loss has no lower bound: it falls for ever while nothing is learned.",
)
def log_softmax_missing(view: View, loss: Block) -> Iterator[Finding]:
    source = view.speaker(loss, "input")
    if source is None:
        return
    if source.type == "Softmax":
        text = f"NLLLoss needs logarithms of probabilities; {source.name} gives the probabilities, 0 to 1"
        dim = {k: v for k, v in source.hyperparameters.items() if k == "dim"}
        yield Finding(text, (replacing(source, "LogSoftmax", **dim),), "input")
    elif source.type in LINEAR_MAPS or source.type in RANGES or source.type == "Sigmoid":
        text = f"NLLLoss needs log-probabilities (0 and less); {source.name} gives others. CrossEntropyLoss does both"
        yield Finding(text, (inserting(loss, "input", "LogSoftmax", dim=1),), "input")


@at(
    ("Softmax", "LogSoftmax"),
    "softmax_twice",
    "warning",
    "Softmax twice",
    "A softmax of probabilities makes them nearly equal: the largest of 10 classes can reach 0.23 at most. A softmax "
    "of log-probabilities gives the probabilities back, log-softmax of them changes nothing.",
)
def softmax_twice(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is not None and source.type in ("Softmax", "LogSoftmax"):
        text = f"{source.name} before it is a softmax already; one of the two is right"
        yield Finding(text, (bypassing(block, source),), "input")


@at(
    (*SCORE_LOSSES, "Softmax", "LogSoftmax", "Sigmoid"),
    "clipped_scores",
    "warning",
    "ReLU on the scores",
    "Scores must be free to fall: a ReLU right before them cuts everything below 0, so a class can never be ruled "
    "out, a yes-or-no answer never falls below one half, and where all scores are 0 no gradient comes back.",
)
def clipped_scores(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block, "input")
    if source is not None and source.type in RECTIFIERS and not (block.type == "Sigmoid" and _is_gate(view, block)):
        before = view.speaker(source)
        if before is None or before.type not in LINEAR_MAPS:
            return
        text = f"{source.name} right before it cuts scores below 0: {block.type} needs them free in both directions"
        yield Finding(text, (bypassing(block, source),), "input")


def _is_gate(view: View, block: Block) -> bool:
    return any(view.role(reader) == "layer" for reader in view.readers(block))


@at(
    VALUE_LOSSES,
    "clipped_answer",
    "hint",
    "ReLU on the answer",
    "After a ReLU the answer is never negative, and where it is 0 no gradient comes back: such an answer stays 0. "
    "That is right only for targets that are never negative; a plain linear layer answers any number.",
)
def clipped_answer(view: View, loss: Block) -> Iterator[Finding]:
    source = view.speaker(loss, "input")
    if source is not None and source.type in RECTIFIERS:
        text = f"{source.name} right before {loss.type}: the answer is never below 0 and does not learn where it is 0"
        yield Finding(text, (bypassing(loss, source),), "input")


@at(
    VALUE_LOSSES,
    "regression_on_classes",
    "warning",
    "Class numbers as quantities",
    "The distance between class numbers means nothing: class 9 is not nine times class 1. A loss of values makes the "
    "network answer averages of numbers that only name things; CrossEntropyLoss compares one score per class.",
)
def regression_on_classes(view: View, loss: Block) -> Iterator[Finding]:
    target, answer = view.tensor(loss, "target"), view.tensor(loss, "input")
    if target is None or target.classes is None or target.classes <= 2:
        return
    fits = answer is not None and answer.rank == target.rank + 1 and answer.dims[1] == target.classes
    fixes = (replacing(loss, "CrossEntropyLoss"),) if fits else ()
    text = f"the target names one of {target.classes} classes; {loss.type} takes their numbers for quantities"
    yield Finding(text, fixes, "target")


@at(
    ("CrossEntropyLoss", "Softmax", "LogSoftmax"),
    "one_score",
    "warning",
    "Softmax of a single score",
    "Softmax of a single score is always 1, whatever the score: the loss is 0 from the start and no gradient ever "
    "comes back. A yes-or-no question takes one score with a sigmoid (BCEWithLogitsLoss), or two scores here.",
)
def one_score(view: View, block: Block) -> Iterator[Finding]:
    tensor = view.tensor(block, "input")
    if tensor is None or tensor.rank < 2:
        return
    if block.type == "CrossEntropyLoss":
        if tensor.dims[1] == 1:
            text = f"there is one score, {tensor}: its softmax is always 1 and the loss always 0; 2 classes need 2"
            yield Finding(text, tuple(width_fixes(view.network, view.source(block, "input"), 2)), "input")
        return
    dim = view.values(block).get("dim")
    if isinstance(dim, int) and -tensor.rank <= dim < tensor.rank and tensor.dims[dim] == 1:
        text = f"dimension {dim} of {tensor} holds one value: its softmax is always 1; a Sigmoid answers yes or no"
        yield Finding(text, (replacing(block, "Sigmoid"),), "input", "dim")


@at(
    ("CrossEntropyLoss", "NLLLoss"),
    "spare_classes",
    "warning",
    "More scores than classes",
    "The network scores classes that the data do not have: such an answer can never be right, and training must "
    "first learn never to give it.",
)
def spare_classes(view: View, loss: Block) -> Iterator[Finding]:
    target, logits, source = view.tensor(loss, "target"), view.tensor(loss, "input"), view.source(loss, "input")
    if target is None or logits is None or target.classes is None or logits.rank < 2:
        return
    count = logits.dims[1]
    if isinstance(count, int) and count > target.classes and target.rank == logits.rank - 1:
        fixes = tuple(width_fixes(view.network, source, target.classes))
        text = f"the data have {target.classes} classes, but {source.name} gives {count} scores"
        yield Finding(text, fixes, "input")


@at(
    ("ArgMax", "Compare", "OneHot", "Step", "Sign"),
    "no_gradient",
    "warning",
    "No gradient comes through",
    "Its output jumps or is a whole number: the derivative is 0 wherever there is one. What was learned must lie "
    "behind it, for no gradient of the loss reaches the layers before it by this way.",
)
def no_gradient(view: View, block: Block) -> Iterator[Finding]:
    if block.id not in view.behind_trained:
        return
    for reader in view.readers(block):
        if view.role(reader) == "loss" and any(
            wire.source == block.id and wire.input != "target" for wire in view.network.wires_into(reader.id)
        ):
            text = f"{block.type} has no gradient: nothing before it learns from {reader.name}"
            yield Finding(text, (removing(block),), "input")


@at(
    ("Accuracy",),
    "accuracy_of_values",
    "warning",
    "Accuracy of quantities",
    "Accuracy counts right answers, and a quantity is never exactly right: a float target above a half is read as yes, "
    "a score above 0 as the answer yes. Where a loss of values is trained, an error in the target's unit tells more.",
)
def accuracy_of_values(view: View, metric: Block) -> Iterator[Finding]:
    goal, target = view.source(metric, "target"), view.tensor(metric, "target")
    if goal is None or target is None or not target.is_float or target.classes is not None:
        return
    loss = next((reader for reader in view.readers(goal) if reader.type in VALUE_LOSSES), None)
    if loss is not None:
        text = f"the target {goal.name} is a quantity that {loss.type} compares; accuracy asks only if it is above 0.5"
        yield Finding(text, (replacing(metric, "MeanAbsoluteError"),), "target")


@overall(
    "loss_scales",
    "hint",
    "Losses of different scale",
    "Several losses are added. One that sums over the batch grows with the batch size, one that takes the mean does "
    "not, so the sum drowns the mean: with 64 samples it counts 64 times as much.",
)
def loss_scales(view: View) -> Iterator[Finding]:
    losses = [loss for loss in view.roles.get("loss", ()) if "reduction" in view.network.values(loss)]
    ways = {view.network.values(loss)["reduction"] for loss in losses}
    if not {"sum", "mean"} <= ways:
        return
    for loss in losses:
        if view.network.values(loss)["reduction"] == "sum":
            batch = view.recipe.batch_size if view.recipe else 64
            text = f"it sums over the batch while others take the mean: with {batch} samples it counts {batch} times"
            yield Finding(text, (setting(loss, "reduction", "mean"),), None, "reduction", loss.id)


def width_fixes(network, source: Block | None, classes: int) -> Iterator[Fix]:
    """Offer to set the width of the last layer that decides the number of scores."""
    while source is not None and source.type not in LAYERS_WITH_WIDTH:
        wires = network.wires_into(source)
        if network.declared(source.type).family not in SHAPELESS or not wires:
            return
        source = network.blocks[wires[0].source]
    if source is not None:
        name = LAYERS_WITH_WIDTH[source.type]
        title = f"Set {name} of {source.name} to {classes}"
        yield Fix(title, lambda n, r: SetHyperparameter(source.id, name, classes))
