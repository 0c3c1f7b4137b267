"""Rules about activations and depth: too many, too few, saturating, or in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as moved

from graph import commands
from graph.edits import AddBlock, Compound, Connect, Disconnect, RemoveBlocks
from graph.network import Block, Network
from graph.problem import Fix
from graph.problems.mending import removing, replacing, setting
from graph.problems.rule import Finding, at
from graph.problems.view import BATCH_NORMS, CONVOLUTIONS, DROPOUTS, ENDS, View, whole

STEEPEST = {"Sigmoid": 0.25, "Tanh": 1.0}  # the largest derivative
STRETCH = {"Sigmoid": 3, "Tanh": 6}  # how many in a row are doubtful
IDEMPOTENT = ("ReLU", "ReLU6", "Threshold", "Abs")
POINTWISE = (
    "ReLU",
    "LeakyReLU",
    "ELU",
    "GELU",
    "SiLU",
    "Tanh",
    "Sigmoid",
    "Softplus",
    "Hardswish",
    "ReLU6",
    "SELU",
    "CELU",
    "Mish",
    "Hardsigmoid",
    "Hardtanh",
    "Softsign",
    "LogSigmoid",
)


@at(
    ("Linear",),
    "linear_linear",
    "hint",
    "No activation between layers",
    "Linear layers in a row are one linear layer: a product of matrices is a matrix. Depth only helps when something "
    "bends in between, so put an activation there, or save the parameters and use a single layer.",
)
def linear_linear(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is None or source.type != "Linear" or len(view.network.wires_out(source.id)) != 1:
        return
    first, between, last = view.tensor(source), view.tensor(block), view.analysis.output(block)
    if first is None or between is None or last is None or not whole(first.dims[-1], between.dims[-1]):
        return
    width, out = first.dims[-1], last.dims[-1]
    biased = view.values(block)["bias"] or view.values(source)["bias"]
    spent = view.analysis.parameters(source) + view.analysis.parameters(block)
    single = width * out + (out if biased else 0)
    text = (
        f"{source.name} and {block.name} in a row compute no more than one Linear {width} -> {out}:"
        f" {spent:,} parameters do what {single:,} could; put an activation between"
    )
    wire = view.network.wires_into(block.id)[0].id
    fix = Fix("Insert ReLU", lambda n, r: commands.insert_on_wire(n, wire, "ReLU"))
    yield Finding(text, (fix,))


@at(
    CONVOLUTIONS,
    "conv_conv",
    "hint",
    "No activation between convolutions",
    "Convolutions in a row without anything that bends between them are one convolution with a larger kernel. "
    "(A depthwise and a pointwise one in a row are meant so: they save parameters.)",
)
def conv_conv(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is None or source.type != block.type or len(view.network.wires_out(source.id)) != 1:
        return
    here, there = view.values(block), view.values(source)
    if here["groups"] != 1 or there["groups"] != 1:
        return
    before, after = _sides(here["kernel_size"], 3), _sides(there["kernel_size"], 3)
    if max(before) == 1 or max(after) == 1 or any(v["stride"] != 1 or v["dilation"] != 1 for v in (here, there)):
        return
    if before != after and len({*before, *after}) > 1 and 1 in (*before, *after):
        return  # a kernel taken apart: 1 x 7 after 7 x 1
    kernel = max(before) + max(after) - 1
    text = f"{source.name} and {block.name} in a row are one convolution with a kernel of {kernel}"
    wire = view.network.wires_into(block.id)[0].id
    yield Finding(text, (Fix("Insert ReLU", lambda n, r: commands.insert_on_wire(n, wire, "ReLU")),))


def _sides(kernel, rank: int) -> tuple[int, ...]:
    return kernel if isinstance(kernel, tuple) else (kernel,) * rank


@at(
    POINTWISE,
    "activation_twice",
    "warning",
    "Two activations in a row",
    "An activation of an activation bends nothing new. A second ReLU changes no value at all; others only squeeze "
    "what is left and make gradients smaller. Usually one of the two was left over from an edit.",
)
def activation_twice(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is None or source.type not in POINTWISE:
        return
    if block.type in ("Sigmoid", "Tanh") and source.type != block.type:
        return  # bounds the answer, or is a gate
    same = source.type == block.type and block.type in IDEMPOTENT
    effect = "changes no value" if same else f"bends what {source.type} has bent already"
    yield Finding(f"{source.name} before it is an activation already; {block.name} {effect}", (removing(block),))


@at(
    tuple(STEEPEST),
    "saturating_stretch",
    "hint",
    "A deep stretch of saturating activations",
    "The derivative of a sigmoid is at most 0.25, that of tanh at most 1 and mostly far less. Gradients are multiplied "
    "by it at every layer on the way back, so layers far from the loss hardly learn (vanishing gradients). ReLU passes "
    "them on unchanged; normalization and skip connections help too.",
)
def saturating_stretch(view: View, block: Block) -> Iterator[Finding]:
    stretch = [block]
    source = view.speaker(block)
    for _ in range(400):
        if source is None or view.family(source) == "normalization" or view.family(source) in ("merging", "source"):
            break
        if source.type == block.type:
            stretch.append(source)
        elif source.type in POINTWISE:
            break
        source = view.speaker(source)
    count = len(stretch)
    if count < STRETCH[block.type] or not _ends_stretch(view, block):
        return
    most = STEEPEST[block.type] ** count
    how = f"at most {most:.2g} of a gradient passes them" if most < 1 else "little of a gradient passes them"
    text = f"{count} {block.type} in a row end here: {how}, so the first layers hardly learn"
    hidden = stretch[1]
    yield Finding(text, (replacing(hidden, "ReLU"),))


def _ends_stretch(view: View, block: Block) -> bool:
    """Whether no further activation of this kind follows before the stretch is broken."""
    at = view.only_reader(block)
    for _ in range(400):
        if at is None or view.family(at) in ("normalization", "merging") or view.role(at) != "layer":
            return True
        if at.type == block.type:
            return False
        if at.type in POINTWISE:
            return True
        at = view.only_reader(at)
    return True


@at(
    DROPOUTS,
    "dropout_at_end",
    "warning",
    "Dropout before the output",
    "Dropout sets answers themselves to 0 at random: in training the loss sees scores that the network did not give, "
    "and no layer behind it can make up for them. Dropout belongs before the last layer.",
)
def dropout_at_end(view: View, block: Block) -> Iterator[Finding]:
    p = view.values(block)["p"]
    if p and not view.inside and any(view.role(reader) in ENDS for reader in view.readers(block)):
        text = f"it drops {p * 100:.3g} % of the final answers at random while training; move it before the last layer"
        yield Finding(text, (removing(block),))


@at(
    BATCH_NORMS,
    "dropout_then_norm",
    "hint",
    "Dropout before BatchNorm",
    "Dropout makes values vary more in training than in use. BatchNorm learns the variance of training and divides by "
    "it in use, where it is smaller: scores shift between training and test. Put the dropout after it.",
)
def dropout_then_norm(view: View, block: Block) -> Iterator[Finding]:
    source = view.source(block)
    if source is not None and source.type in DROPOUTS and view.values(source)["p"]:
        p = view.values(source)["p"]
        text = f"{source.name} (p {p:g}) before it makes the variance up to {1 / (1 - p) if p < 1 else 0:.3g} times as"
        yield Finding(f"{text} large in training as in use", (removing(source),), "input")


@at(
    ("LeakyReLU",),
    "straight_leak",
    "warning",
    "A leaky ReLU that does not bend",
    "With a negative_slope of 1 both sides are the same straight line: the block passes everything on unchanged and "
    "the layers around it collapse into one. The usual slope is 0.01; lectures also use 0.1.",
)
def straight_leak(view: View, block: Block) -> Iterator[Finding]:
    if view.values(block)["negative_slope"] == 1:
        yield Finding(
            "negative_slope 1 gives back what comes in: it bends nothing; 0.01 is usual",
            (setting(block, "negative_slope", 0.01),),
            None,
            "negative_slope",
        )


@at(
    ("Log",),
    "log_of_softmax",
    "warning",
    "Logarithm of a probability",
    "A probability near 0 is rounded to 0 and its logarithm is minus infinity, which makes the loss NaN. LogSoftmax "
    "(and LogSigmoid) compute the same without ever rounding to 0; behind a ReLU, half of all values are 0.",
)
def log_of_softmax(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is None or source.type not in ("Softmax", "ReLU"):
        return
    text = f"{source.name} ({source.type}) gives 0 for some values, and the logarithm of 0 is minus infinity"
    fixes = (replacing(source, "Softplus"),) if source.type == "ReLU" else ()
    if source.type == "Softmax" and len(view.network.wires_out(source.id)) == 1:
        dim = {k: v for k, v in source.hyperparameters.items() if k == "dim"}
        fixes = (Fix("Use LogSoftmax for both", lambda n, r: _log_softmax(n, block.id, source.id, dim)),)
    yield Finding(text, fixes, "input")


def _log_softmax(network: Network, log: str, softmax: str, dim: dict) -> Compound:
    """LogSoftmax where the softmax stands, and no logarithm behind it."""
    made = commands.suggested_block(network, "LogSoftmax", dim)
    into, out = network.wires_into(softmax), network.wires_out(log)
    wires = [*into, *network.wires_out(softmax), *out]
    edits = [Disconnect(tuple(wire.id for wire in wires)), AddBlock(made, network.positions[log])]
    edits.append(Connect(moved(into[0], id=network.fresh_wire_id(), target=made.id)))
    for offset, wire in enumerate(out, start=1):
        edits.append(Connect(moved(wire, id=network.fresh_wire_id(offset), source=made.id)))
    return Compound("Use LogSoftmax", (*edits, RemoveBlocks((softmax, log))))


@at(
    ("Linear", *CONVOLUTIONS),
    "norm_at_end",
    "hint",
    "BatchNorm on the answer",
    "BatchNorm right before the output fixes the mean and the spread of each score over the batch: the answer for one "
    "sample then depends on the others in its batch, and scores cannot grow as the network becomes sure.",
)
def norm_at_end(view: View, block: Block) -> Iterator[Finding]:
    after = view.only_reader(block)
    if after is not None and after.type in BATCH_NORMS and not view.inside:
        last = view.only_reader(after)
        if last is not None and view.role(last) in ("output", "loss"):
            yield Finding(f"{after.name} stands between the last layer and {last.name}", (removing(after),))
