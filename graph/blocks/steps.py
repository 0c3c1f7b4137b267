"""Steps of a sequence among the samples and back: layers between look at every step alone, with the same weights.

What Keras calls TimeDistributed: a convolutional network over each picture of a video.
"""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import wrong_rank
from graph.dim import product
from graph.tensor_type import TensorType


class MergeSteps(BlockType):
    """Puts the steps of every sequence among the samples, so that what follows looks at each step alone.

    N x T x ... -> N*T x ...; a SplitSteps behind makes sequences of them again.
    """

    family = "shaping"
    keeps = KEEPS_NOTHING
    is_view = True
    aliases = ("time distributed", "timedistributed", "frames", "video", "per step", "per frame")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank < 3:
            raise wrong_rank(self.name, x, "sequences N x T x ...")
        return Inferred({"output": TensorType((product(x.dims[:2]), *x.dims[2:]), x.dtype, x.classes)})

    def explain(self, values, inputs, inferred):
        n, t = inputs["input"].dims[:2]
        return (
            ("output", f"{inferred.outputs['output']}: {n} samples of {t} steps"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.flatten(0, 1)"


class SplitSteps(BlockType):
    """Makes sequences again of steps that a MergeSteps put among the samples.

    N*T x ..., and the sequences N x T x ... they came from -> N x T x ...
    """

    family = "shaping"
    keeps = KEEPS_NOTHING
    is_view = True
    aliases = ("time distributed", "timedistributed", "frames", "video", "unmerge", "sequence again")
    inputs = (
        Port("input", help="The steps, one behind the other."),
        Port("like", help="The sequences they were: how many steps each has is taken from here."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, like = inputs["input"], inputs["like"]
        if like.rank < 2:
            raise wrong_rank(self.name, like, "sequences N x T x ...", "like")
        if not x.rank:
            raise wrong_rank(self.name, x, "steps N*T x ...")
        steps = product(like.dims[:2])
        if x.dims[0] != steps:
            text = (
                f"{x} has {x.dims[0]} steps in all, but {like} has {steps}: wire what went into the MergeSteps to like"
            )
            raise ShapeError(text, "like")
        return Inferred({"output": TensorType((*like.dims[:2], *x.dims[1:]), x.dtype, x.classes)})

    def explain(self, values, inputs, inferred):
        steps = inputs["like"].dims[1]
        return (("output", f"{inferred.outputs['output']}: {steps} steps each"), ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.unflatten(0, {site.one('like')}.shape[:2])"


BLOCK_TYPES = (MergeSteps, SplitSteps)
