"""Rules about sizes: borders that are lost, kernels larger than what they see, where the parameters are."""

from __future__ import annotations

from collections.abc import Iterator

from graph.edits import Compound
from graph.network import Block
from graph.problem import Fix
from graph.problems.mending import insert, inserting, removing, replacing, setting
from graph.problems.rule import Finding, at, overall
from graph.problems.view import CONVOLUTIONS, POOLINGS, View, whole

LARGE = 1_000_000  # parameters from which the share of one layer matters
SHARE = 0.6
LONG = 100  # steps that a plain RNN hardly carries a gradient through
WINDOWED = (*CONVOLUTIONS, *POOLINGS)


def _window(view: View, block: Block) -> list[tuple[int, int, int, int, int]] | None:
    """(size, kernel with its gaps, stride, padding before, padding behind) for each side; None where unknown."""
    if block.id not in view.windows:
        view.windows[block.id] = _fitted(view, block)
    return view.windows[block.id]


def _fitted(view: View, block: Block) -> list[tuple[int, int, int, int, int]] | None:
    values, tensor = view.values(block), view.tensor(block)
    rank = int(block.type[-2])
    if tensor is None or tensor.rank < rank + 1 or values.get("padding") == "same":
        return None
    kernel, stride = _each(values["kernel_size"], rank), values.get("stride")
    strides = kernel if stride is None else _each(stride, rank)
    gaps, padding = _each(values.get("dilation", 1), rank), values.get("padding", 0)
    padding = 0 if padding == "valid" else padding
    pads = _pads(padding, rank)
    sizes = tensor.dims[-rank:]
    if pads is None or kernel is None or strides is None or gaps is None or not whole(*sizes):
        return None
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, gaps, strict=True)]
    return list(zip(sizes, extents, strides, *zip(*pads, strict=True), strict=True))


def _each(value, rank: int) -> tuple[int, ...] | None:
    if isinstance(value, int):
        return (value,) * rank
    return value if isinstance(value, tuple) and len(value) == rank and whole(*value) else None


def _pads(padding, rank: int) -> list[tuple[int, int]] | None:
    each = _each(padding, rank)
    if each is not None:
        return [(p, p) for p in each]
    if isinstance(padding, tuple) and len(padding) == rank:
        pairs = [p if isinstance(p, tuple) else (p, p) for p in padding]
        return pairs if all(len(p) == 2 and whole(*p) for p in pairs) else None
    return None


@at(
    WINDOWED,
    "lost_border",
    "hint",
    "The border is left out",
    "The window moves in steps and stops where it no longer fits, so rows and columns behind its last place are never "
    "seen: floor((n + 2p - k)/s) + 1 rounds down. Sizes that divide, a little padding or ceil_mode use everything.",
)
def lost_border(view: View, block: Block) -> Iterator[Finding]:
    values = view.values(block)
    sides = _window(view, block)
    if sides is None or values.get("ceil_mode"):
        return
    lost = [max(0, (n + a + b - k) % s - b) for n, k, s, a, b in sides]
    if not any(lost) or any(s > k for _, k, s, _, _ in sides):
        return
    names = {1: ("steps",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}[len(lost)]
    places = [(n, side[0], name) for n, side, name in zip(lost, sides, names, strict=True) if n]
    parts = [f"the last {f'{n} ' if n > 1 else ''}of {size} {name}" for n, size, name in places]
    fixes = ()
    if "ceil_mode" in values:
        fixes = (setting(block, "ceil_mode", True, "Set ceil_mode"),)
    elif all(a == b == sides[0][3] for _, _, _, a, b in sides):
        padding = sides[0][3]
        better = next((p for p in range(padding + 1, padding + 8) if _all_seen(sides, p)), None)
        fixes = (setting(block, "padding", better),) if better is not None else ()
    verb = "is" if sum(lost) == 1 else "are"
    yield Finding(f"{' and '.join(parts)} {verb} never seen", fixes, "input", "stride")


def _all_seen(sides, padding: int) -> bool:
    return all((n + 2 * padding - k) % s <= padding and padding <= k // 2 for n, k, s, _, _ in sides)


@at(
    WINDOWED,
    "mostly_padding",
    "hint",
    "A kernel larger than the picture",
    "The kernel fits only because of the padding, so at every place some of its weights meet nothing but padding: "
    "they are carried, computed and hardly trained. A kernel no larger than its input does the same with fewer.",
)
def mostly_padding(view: View, block: Block) -> Iterator[Finding]:
    sides = _window(view, block)
    if sides is None or not all(k > n for n, k, _, _, _ in sides):
        return
    sizes = " x ".join(str(side[0]) for side in sides)
    kernels = " x ".join(str(side[1]) for side in sides)
    yield Finding(f"its kernel reaches {kernels}, but the input is only {sizes}: the rest is padding", (), "input")


@at(
    CONVOLUTIONS,
    "even_same",
    "hint",
    "An even kernel with padding same",
    "Padding that keeps the size needs k - 1 values in all; for an even kernel that is odd, so torch pads one more "
    "behind than before and everything moves by half a pixel. Odd kernels have a middle.",
)
def even_same(view: View, block: Block) -> Iterator[Finding]:
    values = view.values(block)
    kernel = _each(values["kernel_size"], int(block.type[-2]))
    if values["padding"] != "same" or kernel is None or not any(k % 2 == 0 for k in kernel):
        return
    better = tuple(k + 1 - k % 2 for k in kernel)
    even = next(k for k in kernel if k % 2 == 0)
    title = f"Set kernel_size to {' x '.join(map(str, better))}"
    text = f"kernel {even} with padding same pads {(even - 1) // 2} before and {even // 2} behind; odd kernels are even"
    text = text.replace("odd kernels are even", "an odd kernel pads alike")
    yield Finding(text, (setting(block, "kernel_size", better, title),), None, "padding")


@at(
    POOLINGS,
    "pools_nothing",
    "hint",
    "Pooling that does nothing",
    "A pooling window of 1 with stride 1 gives every value back as it is: the block costs time and says nothing.",
)
def pools_nothing(view: View, block: Block) -> Iterator[Finding]:
    sides = _window(view, block)
    if sides is not None and all((k, s, a, b) == (1, 1, 0, 0) for _, k, s, a, b in sides):
        yield Finding("a window of 1 with stride 1 changes nothing", (removing(block),), None, "kernel_size")


@at(
    ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"),
    "drops_nothing",
    "hint",
    "Dropout that does nothing",
    "With p 0 nothing is ever dropped: the block is only in the way. Usual values are 0.1 to 0.5.",
)
def drops_nothing(view: View, block: Block) -> Iterator[Finding]:
    if view.values(block)["p"] == 0:
        yield Finding("p 0 drops nothing; 0.5 is usual", (setting(block, "p", 0.5), removing(block)), None, "p")


@overall(
    "huge_dense",
    "hint",
    "Most parameters in one layer",
    "A Linear layer has a weight for every pair of input and output. Behind a Flatten of feature maps that is soon "
    "most of the network, slow to train and quick to overfit. Averaging each feature map first (GlobalAvgPool) is what "
    "networks since GoogLeNet and ResNet do.",
)
def huge_dense(view: View) -> Iterator[Finding]:
    total = view.analysis.total_parameters
    if total < LARGE:
        return
    for block in view.network.blocks.values():
        count = view.analysis.parameters(block) if block.type == "Linear" else 0
        if count < SHARE * total or view.tensor(block) is None:
            continue
        text = f"{count / total * 100:.0f} % of all parameters are here: {count:,} of {total:,}"
        yield Finding(text, tuple(_averaging(view, block)), None, "out_features", block.id)


def _averaging(view: View, block: Block) -> Iterator[Fix]:
    flat = view.speaker(block)
    if flat is None or flat.type != "Flatten":
        return
    tensor = view.tensor(flat)
    if tensor is not None and tensor.rank == 4 and whole(*tensor.dims[1:]) and tensor.dims[2] * tensor.dims[3] > 1:
        yield inserting(flat, "input", "AdaptiveAvgPool2d", "Average each feature map first", output_size=1)


@at(
    ("Linear",),
    "one_wide",
    "hint",
    "A bottleneck of one value",
    "All that later layers learn of a sample passes through a single number here. At the end of a network that is an "
    "answer; in its middle hardly anything can pass.",
)
def one_wide(view: View, block: Block) -> Iterator[Finding]:
    tensor, out = view.tensor(block), view.analysis.output(block)
    if tensor is None or out is None or out.dims[-1] != 1 or not whole(tensor.dims[-1]) or tensor.dims[-1] < 4:
        return
    after = block
    for _ in range(4):
        after = view.only_reader(after)
        if after is None:
            return
        if after.type == "Linear":
            wide = view.analysis.output(after)
            if wide is not None and whole(wide.dims[-1]) and wide.dims[-1] > 1:
                text = f"{tensor.dims[-1]} values become 1 here, and {after.name} makes {wide.dims[-1]} of it again"
                yield Finding(text, (setting(block, "out_features", min(16, tensor.dims[-1])),), None, "out_features")
            return
        if view.family(after) not in ("activation", "regularization", "normalization"):
            return


@at(
    ("RNN",),
    "long_rnn",
    "hint",
    "A plain RNN over a long sequence",
    "The gradient is multiplied by the same matrix and by tanh's derivative at every step back: after a hundred steps "
    "what was seen first no longer counts (or it explodes). LSTM and GRU carry a state past that.",
)
def long_rnn(view: View, block: Block) -> Iterator[Finding]:
    tensor = view.tensor(block, "input")
    if tensor is not None and tensor.rank == 3 and whole(tensor.dims[1]) and tensor.dims[1] > LONG:
        kept = {k: v for k, v in block.hyperparameters.items() if k != "nonlinearity"}
        text = f"it goes back over {tensor.dims[1]} steps; a plain RNN hardly learns from more than {LONG}"
        yield Finding(text, (replacing(block, "GRU", **kept),), "input")


@at(
    ("Embedding", "EmbeddingBag"),
    "embedding_large",
    "hint",
    "More embeddings than numbers in the data",
    "Rows that no number of the data ever picks are never trained and never used; they only take memory.",
)
def embedding_large(view: View, block: Block) -> Iterator[Finding]:
    tensor, values = view.tensor(block, "input"), view.values(block)
    rows, width = values["num_embeddings"], values["embedding_dim"]
    spare = 1 if values.get("padding_idx") is not None else 0
    if tensor is not None and tensor.classes and rows > tensor.classes + spare:
        extra = rows - tensor.classes
        text = (
            f"the data hold {tensor.classes} different numbers: {extra} rows ({extra * width:,} parameters) are spare"
        )
        yield Finding(text, (setting(block, "num_embeddings", tensor.classes),), "input", "num_embeddings")


def resized(block: Block, port: str, slot: int, sizes: tuple[int, ...], title: str) -> Fix:
    """Upsample what comes over one of several wires to a size."""

    def build(network, recipe) -> Compound:
        wire = next(w for w in network.wires_at(block.id, port) if w.slot == slot)
        return insert(network, wire.id, "Upsample", size=sizes, scale_factor=None)

    return Fix(title, build)


@at(
    ("Linear",),
    "needs_flatten",
    "warning",
    "Features are not flat",
    "Linear acts on the last dimension alone. Behind feature maps that is one row of pixels; Flatten makes one row of "
    "all features. (Where channels were moved to the end on purpose, nothing is said.)",
)
def needs_flatten(view: View, block: Block) -> Iterator[Finding]:
    tensor = view.tensor(block)
    if tensor is None or tensor.rank != 4:
        return
    at = view.source(block)
    while at is not None and view.family(at) in ("activation", "regularization", "normalization", "linear", "merging"):
        at = view.source(at)
    if at is not None and view.family(at) in ("source", "convolution", "pooling"):
        text = f"Linear acts on the last dimension of {tensor} alone; Insert Flatten to use all of them?"
        yield Finding(text, (inserting(block, "input", "Flatten"),), "input")
