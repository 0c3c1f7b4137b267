"""Margin losses: the right answer has to win, or two answers have to differ, by a margin; more is not asked for.

What they share with the other losses stands in loss.py.
"""

from __future__ import annotations

from graph.block_type import Port, ShapeError
from graph.blocks.broadcasting import promote
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import REDUCTION, WEIGHT, ClassLoss, Loss, different
from graph.blocks.value_loss import CountLoss
from graph.hyperparameter import Bool, Float, Int

ORDER = Port("target", help="1 where the first should be larger, -1 where the second.")
ALIKE = Port("target", help="1 for a pair that belongs together, -1 for one that does not.")


class HingeEmbeddingLoss(CountLoss):
    """For distances of pairs: small where the target is 1, beyond the margin where it is -1.

    Takes distances and targets of 1 or -1 of the same shape.
    """

    aliases = ("hinge", "metric learning", "similarity loss", "contrastive loss", "plus minus one")
    function = "hinge_embedding_loss"
    formula = "input where target is 1, else max(0, margin - input)"
    hyperparameters = (Float("margin", 1.0, "How far apart what differs has to be."), REDUCTION)

    def _compare(self, x, target):
        dims, _, warnings = super()._compare(x, target)
        return dims, x.dtype, warnings


class ManyClassesLoss(ClassLoss):
    """What the margin losses over classes share: scores (N, C) in float32 or float64, whole numbers int64."""

    def _check_table(self, x, target):
        if x.dtype not in ("float32", "float64"):
            raise wrong_dtype(self.name, x, "scores in float32")
        if x.rank != 2:
            raise wrong_rank(self.name, x, "scores N x classes")
        if target.dtype != "int64":
            raise wrong_dtype(self.name, target, "class numbers in int64", "target")


class MultiMarginLoss(ManyClassesLoss):
    """The loss of support vector machines for many classes: the right score must lead every other by the margin.

    Takes scores (N, C) and class numbers (N).
    """

    aliases = ("svm loss", "multi-class hinge", "hinge", "support vector machine", "classification loss")
    function = "multi_margin_loss"
    formula = "sum over wrong classes of max(0, margin - input[target] + input[class])^p / classes"
    hyperparameters = (
        Int("p", 1, "1 or 2: the power a missing lead is taken to.", low=1, high=2),
        Float("margin", 1.0, "The lead the right class has to have."),
        WEIGHT,
        REDUCTION,
    )

    def _compare(self, x, target):
        self._check_table(x, target)
        self._check_numbers(x, target)
        return target.dims, x.dtype, ()


class MultiLabelMarginLoss(ManyClassesLoss):
    """For samples with several labels: each right class must lead each wrong one by 1.

    Takes scores (N, C) and, of the same shape, the right class numbers from the left with -1 behind the last one.
    """

    aliases = ("multi-label", "multilabel hinge", "hinge", "ranking loss")
    function = "multilabel_margin_loss"
    formula = "sum over right and wrong classes of max(0, 1 - input[right] + input[wrong]) / classes"

    def _compare(self, x, target):
        self._check_table(x, target)
        if target.dims != x.dims:
            raise different(self.name, x, target)
        return x.dims[:1], x.dtype, ()


class PairLoss(Loss):
    """What losses share that compare answers with one another: all of one shape, in float."""

    def _check_alike(self, *tensors) -> None:
        ports = [port.name for port in self.inputs]
        for tensor, port in zip(tensors, ports, strict=False):
            if not tensor.is_float:
                raise wrong_dtype(self.name, tensor, port=port)
            if tensor.dims != tensors[0].dims:
                raise different(self.name, tensors[0], tensor, port)

    def _check_sign(self, target) -> None:
        if target.dtype == "bool":
            raise wrong_dtype(self.name, target, "targets of 1 and -1", "target")


class MarginRankingLoss(PairLoss):
    """Learns an order from pairs: the score that should be larger must be so by the margin.

    Takes two scores and targets of 1 or -1, all of the same shape.
    """

    aliases = ("ranking loss", "learning to rank", "pairwise loss", "preference")
    function = "margin_ranking_loss"
    formula = "max(0, -target*(input1 - input2) + margin)"
    inputs = (Port("input1", help="The first scores."), Port("input2", help="The second scores."), ORDER)
    hyperparameters = (Float("margin", 0.0, "How much larger the larger one has to be."), REDUCTION)

    def _compare(self, x, other, target):
        self._check_alike(x, other)
        self._check_sign(target)
        if target.dims != x.dims:
            raise different(self.name, x, target)
        return x.dims, promote((x, other, target)), ()


class CosineEmbeddingLoss(PairLoss):
    """Turns vectors that belong together the same way, and others apart, by the cosine between them.

    Takes two batches of vectors (N, D) and a target of 1 or -1 for each pair (N).
    """

    aliases = ("cosine loss", "cosine similarity", "metric learning", "siamese", "embedding loss")
    function = "cosine_embedding_loss"
    formula = "1 - cos(input1, input2) where target is 1, else max(0, cos(input1, input2) - margin)"
    inputs = (Port("input1", help="The first vectors."), Port("input2", help="The second vectors."), ALIKE)
    hyperparameters = (Float("margin", 0.0, "The cosine below which different vectors are let be."), REDUCTION)

    def _compare(self, x, other, target):
        self._check_alike(x, other)
        self._check_sign(target)
        if x.rank != 2:
            raise wrong_rank(self.name, x, "vectors N x features", "input1")
        if target.dims != x.dims[:1]:
            text = f"pairs of {x} ask for one target each, N, but the target is {target}"
            raise ShapeError(text, "target", code="target_shape")
        return target.dims, promote((x, other)), ()


class TripletMarginLoss(PairLoss):
    """Pulls an anchor towards a positive example and away from a negative one until the margin lies between.

    Takes three batches of vectors (N, D), of one network with the same weights; needs no target.
    """

    aliases = ("triplet loss", "metric learning", "siamese", "facenet", "contrastive loss", "embedding loss")
    function = "triplet_margin_loss"
    formula = "max(0, |anchor - positive| - |anchor - negative| + margin)"
    inputs = (
        Port("anchor", help="The vectors to place."),
        Port("positive", help="Vectors of the same kind: these should be near."),
        Port("negative", help="Vectors of another kind: these should be far."),
    )
    hyperparameters = (
        Float("margin", 1.0, "How much farther the negative has to be.", low=0.0, low_open=True),
        Float("p", 2.0, "Degree of the norm that measures distance: 2 is the straight line.", low=0.0),
        Float("eps", 1e-6, "Added to every difference, so that slopes stay finite."),
        Bool("swap", False, "Measures the negative from anchor or positive, whichever is nearer."),
        REDUCTION,
    )

    def _compare(self, x, positive, negative):
        self._check_alike(x, positive, negative)
        if x.rank < 2:
            raise wrong_rank(self.name, x, "vectors N x features", "anchor")
        return x.dims[:-1], promote((x, positive, negative)), ()


BLOCK_TYPES = (
    HingeEmbeddingLoss,
    MultiMarginLoss,
    MultiLabelMarginLoss,
    MarginRankingLoss,
    CosineEmbeddingLoss,
    TripletMarginLoss,
)
