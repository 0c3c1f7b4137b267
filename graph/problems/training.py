"""Rules about training: what trains at all, how weights begin, and whether the recipe suits the network."""

from __future__ import annotations

from collections.abc import Iterator

from graph.edits import SetProperty, SetRecipe
from graph.network import Block
from graph.problem import Fix
from graph.problems.rule import Finding, at, overall
from graph.problems.view import LINEAR_MAPS, View

USUAL_RATES = {"Adam": (1e-5, 0.02), "AdamW": (1e-5, 0.02), "SGD": (1e-4, 1.0)}
TRIED_RATES = {"Adam": 1e-3, "AdamW": 1e-3, "SGD": 0.1}
SAMPLES = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569, "diabetes": 442}


@overall(
    "all_frozen",
    "warning",
    "Nothing trains",
    "Every block that has parameters is frozen, so no step of training changes anything: the loss stays where it is.",
)
def all_frozen(view: View) -> Iterator[Finding]:
    frozen = [b for b in view.network.blocks.values() if b.frozen and view.analysis.parameters(b)]
    if not frozen or view.trained or not (view.fields or view.roles.get("loss")):
        return
    last = max(frozen, key=lambda block: view.network.rank(block.id))
    count = sum(view.analysis.parameters(block) for block in frozen)
    fix = Fix(f"Unfreeze {last.name}", lambda n, r: SetProperty((last.id,), "frozen", False))
    yield Finding(f"all {count:,} parameters are frozen: training changes nothing", (fix,), block=last.id)


@overall(
    "nothing_to_train",
    "warning",
    "No parameters",
    "Training adjusts parameters, and no block of this network has any. It can be run, but not trained.",
)
def nothing_to_train(view: View) -> Iterator[Finding]:
    losses = view.roles.get("loss", ())
    if losses and view.fields and not view.analysis.partial and not view.analysis.total_parameters:
        yield Finding("the network has a loss but 0 parameters: there is nothing to train", block=losses[0].id)


@overall(
    "frozen_in_between",
    "hint",
    "A frozen block behind trained ones",
    "Gradients still go back through a frozen block to the trained ones before it, so all of its work on the way back "
    "is still done; only its own weights stay. Usually it is the first layers that are frozen, and those save time.",
)
def frozen_in_between(view: View) -> Iterator[Finding]:
    for block in view.network.blocks.values():
        if block.frozen and view.analysis.parameters(block) and block.id in view.behind_trained:
            count = view.analysis.parameters(block)
            fix = Fix("Unfreeze", lambda n, r, id=block.id: SetProperty((id,), "frozen", False))
            text = f"its {count:,} parameters are frozen, but blocks before it train: gradients still pass through it"
            yield Finding(text, (fix,), block=block.id)


@at(
    LINEAR_MAPS,
    "symmetric_start",
    "warning",
    "All units begin alike",
    "Units that begin with the same weights get the same gradient and stay the same for ever: a layer of 100 of them "
    "knows no more than a layer of one. With zeros, nothing comes back to the layers before either. Weights must begin "
    "at random; only biases may be alike.",
)
def symmetric_start(view: View, block: Block) -> Iterator[Finding]:
    name = "weight" if "weight" in block.initial else ""
    way = block.initial.get(name)
    if way is None or way.kind not in ("zeros", "ones", "constant") or block.frozen or "weight" in block.weights:
        return
    out = view.analysis.output(block)
    width = out.dims[-1] if block.type == "Linear" else out.dims[1]
    after = view.readers(block)
    if width == 1 or not after or all(view.role(r) != "layer" or view.family(r) == "merging" for r in after):
        return
    rest = {k: v for k, v in block.initial.items() if k != name}
    fix = Fix("Let it begin as torch does", lambda n, r: SetProperty((block.id,), "initial", rest))
    yield Finding(f"all {width} units begin with the same weights ({way.kind}) and stay alike", (fix,))


@overall(
    "learning_rate",
    "hint",
    "An unusual learning rate",
    "A rate too large jumps over the valley, and the loss grows or becomes NaN; one too small hardly moves. Adam "
    "mostly wants 0.0001 to 0.01, plain SGD 0.001 to 0.5.",
)
def learning_rate(view: View) -> Iterator[Finding]:
    if view.recipe is None or not view.fields:
        return
    low, high = USUAL_RATES.get(view.recipe.optimizer, (0.0, float("inf")))
    rate, usual = view.recipe.learning_rate, TRIED_RATES.get(view.recipe.optimizer)
    if low <= rate <= high:
        return
    what = "large" if rate > high else "small"
    text = f"learning rate {rate:g} is {what} for {view.recipe.optimizer}: {low:g} to {high:g} is usual"
    fix = Fix(f"Set the learning rate to {usual:g}", lambda n, r: SetRecipe(r.having(learning_rate=usual)))
    yield Finding(text, (fix,))


@overall(
    "batch_too_large",
    "hint",
    "A batch larger than the data",
    "Each epoch is then a single step of training, so many epochs are needed for the number of steps that smaller "
    "batches take in a few.",
)
def batch_too_large(view: View) -> Iterator[Finding]:
    data = view.recipe.data if view.recipe else None
    samples = SAMPLES.get(data.kind) if data else None
    if samples is None:
        return
    trained = int(samples * (1 - view.recipe.validation))
    if view.recipe.batch_size > trained:
        better = 32
        text = f"batch size {view.recipe.batch_size} with {trained} samples to train on: an epoch is one step"
        fix = Fix(f"Set the batch size to {better}", lambda n, r: SetRecipe(r.having(batch_size=better)))
        yield Finding(text, (fix,))


@overall(
    "decay_with_adam",
    "hint",
    "Weight decay with Adam",
    "Adam adds the decay to the gradient and then divides both by the gradient's size, so weights with large "
    "gradients hardly decay. AdamW subtracts the decay from the weights themselves, which is what is meant.",
)
def decay_with_adam(view: View) -> Iterator[Finding]:
    if view.recipe is not None and view.fields and view.recipe.optimizer == "Adam" and view.recipe.weight_decay > 0:
        text = f"Adam scales weight decay {view.recipe.weight_decay:g} with the gradients; AdamW applies it as it is"
        yield Finding(text, (Fix("Use AdamW", lambda n, r: SetRecipe(r.having(optimizer="AdamW"))),))
