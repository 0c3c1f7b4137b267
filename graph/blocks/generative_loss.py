"""Losses of networks that generate or segment, which torch lacks: written as expressions of its functions.

What losses share stands in loss.py.
"""

from __future__ import annotations

from graph.block_type import Port, Site
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import REDUCTION, Loss, YesOrNoLoss, different
from graph.hyperparameter import Float


def _reduced(text: str, reduction: str) -> str:
    """The expression, put together over everything."""
    return text if reduction == "none" else f"torch.{reduction}({text})"


class KLNormalLoss(Loss):
    """How far an encoder's normal distribution is from N(0, 1): the second part of a variational autoencoder's loss.

    Mean and logarithm of the variance (N, ...) of the same shape -> one divergence a sample, summed over its values,
    then the mean over the batch, times beta. Kingma and Welling, 2013; beta: Higgins et al., 2017.
    """

    aliases = ("vae loss", "kl divergence", "kullback-leibler", "beta vae", "latent loss", "elbo")
    inputs = (
        Port("mean", help="The mean of every latent value."),
        Port("log_variance", help="The logarithm of its variance."),
    )
    formula = "1/2*sum over a sample's values of (exp(log_variance) + mean^2 - 1 - log_variance)"
    hyperparameters = (Float("beta", 1.0, "Weight of this loss beside the reconstruction.", low=0.0), REDUCTION)

    def _compare(self, mean, spread):
        for port, x in (("mean", mean), ("log_variance", spread)):
            if x.dtype != "float32":
                raise wrong_dtype(self.name, x, port=port)
            if x.rank < 2:
                raise wrong_rank(self.name, x, "latent values N x ...", port)
        if mean.dims != spread.dims:
            raise different(self.name, mean, spread, "log_variance")
        return mean.dims[:1], "float32", ()

    def forward(self, site: Site) -> str:
        mean, spread = site.one("mean"), site.one("log_variance")
        each = f"({spread}.exp() + {mean}.square() - 1 - {spread}).flatten(1).sum(1)"
        factor = site.literal(site.values["beta"] / 2)
        return _reduced(f"{factor} * {each}", site.values["reduction"])


class FocalLoss(YesOrNoLoss):
    """Cross-entropy of yes-or-no questions that minds hard ones most: for rare objects among much background.

    Takes raw scores and targets of 0 or 1 (float) of the same shape; gamma 0 is BCEWithLogitsLoss. Lin et al., 2017.
    """

    aliases = ("focal", "retinanet loss", "imbalanced", "hard examples", "binary classification loss")
    one_dtype = True
    formula = "(1 - p)^gamma*-log(p), p the probability given to the right answer"
    hyperparameters = (Float("gamma", 2.0, "How little easy answers count; 0 counts all alike.", low=0.0), REDUCTION)

    def forward(self, site: Site) -> str:
        x, target = site.one("input"), site.one("target")
        entropy = f'F.binary_cross_entropy_with_logits({x}, {target}, reduction="none")'
        wrong = f"({target} + {x}.sigmoid() - 2 * {target} * {x}.sigmoid())"  # 1 - p, also for soft targets
        gamma = site.literal(site.values["gamma"])
        return _reduced(f"{wrong}.pow({gamma}) * {entropy}", site.values["reduction"])


class DiceLoss(YesOrNoLoss):
    """One minus the overlap of answer and target: for segmentation where the object is small.

    Takes raw scores and masks of 0 or 1 (float) of the same shape (N, ...); one loss a sample. Milletari et al., 2016.
    """

    aliases = ("dice", "overlap", "f1 loss", "segmentation loss", "mask loss", "soerensen")
    one_dtype = True
    formula = "1 - (2*sum(p*target) + smooth)/(sum(p) + sum(target) + smooth), p = sigmoid(input)"
    hyperparameters = (
        Float("smooth", 1.0, "Added above and below, so that two empty masks agree.", low=0.0, low_open=True),
        REDUCTION,
    )

    def _compare(self, x, target):
        dims, dtype, warnings = super()._compare(x, target)
        if x.rank < 2:
            raise wrong_rank(self.name, x, "masks N x ...")
        return dims[:1], dtype, warnings

    def forward(self, site: Site) -> str:
        x, target, smooth = site.one("input"), site.one("target"), site.literal(site.values["smooth"])
        both = f"({x}.sigmoid() * {target}).flatten(1).sum(1)"
        either = f"({x}.sigmoid() + {target}).flatten(1).sum(1)"
        return _reduced(f"1 - (2 * {both} + {smooth}) / ({either} + {smooth})", site.values["reduction"])


BLOCK_TYPES = (KLNormalLoss, FocalLoss, DiceLoss)
