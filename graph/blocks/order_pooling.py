"""Pooling by order: the smallest or the middle value of each window; torch.nn has neither, its functions suffice."""

from __future__ import annotations

from graph.block_type import Inferred, Inputs, Site, Values
from graph.blocks.convolution import check_border
from graph.blocks.demands import FLOATS
from graph.blocks.pooling import CEIL_MODE, Pooling, window
from graph.blocks.window import each
from graph.dim import Dim
from graph.hyperparameter import Choice, Size
from graph.tensor_type import TensorType

BORDERS = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class OrderPooling(Pooling):
    """What MinPool2d and MedianPool2d share: an expression of torch functions instead of a module."""

    rank = 2

    def _outputs(self, values: Values, x: TensorType, dims: tuple[Dim, ...]) -> dict[str, TensorType]:
        return {"output": x.with_dims(dims)}

    def module(self, values, inputs, inferred):
        return None


class MinPool2d(OrderPooling):
    """Keeps the smallest value of each window: -max(-x). Dark features stay, bright ones shrink.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1. The border never wins.
    """

    dtypes = FLOATS | {"int64", "int32"}
    aliases = ("minpool", "min pooling", "minimum pooling", "erosion", "pool", "pooling")
    hyperparameters = (
        *window(2),
        Size("dilation", 1, "Distance between the points of the window."),
        CEIL_MODE,
    )

    def forward(self, site: Site) -> str:
        settings = self.set_apart(site.values)
        kernel = site.literal(settings.pop("kernel_size"))
        more = "".join(f", {name}={site.literal(value)}" for name, value in settings.items())
        return f"-F.max_pool2d(-{site.one('input')}, {kernel}{more})"


class MedianPool2d(OrderPooling):
    """Keeps the middle value of each window: specks of noise vanish, edges stay. Of an even count the lower middle.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1.
    """

    aliases = ("medianpool", "median pooling", "median filter", "denoise", "pool", "pooling")
    dtypes = FLOATS
    hyperparameters = (
        *window(2),
        Choice("padding_mode", "zeros", "What the border is filled with.", choices=tuple(BORDERS)),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        inferred = super().infer(values, inputs)
        if values["padding_mode"] != "zeros":
            check_border(values["padding_mode"], inputs["input"].dims[2:], each(values["padding"], 2))
        return inferred

    def forward(self, site: Site) -> str:
        values, x = site.values, site.one("input")
        (kernel, stride, (top, left), _), literal = self._window(values), site.literal
        if top or left:
            mode = values["padding_mode"]
            mode = "" if mode == "zeros" else f", mode={literal(BORDERS[mode])}"
            x = f"F.pad({x}, {literal((left, left, top, top))}{mode})"
        windows = "".join(
            f".unfold({axis}, {literal(k)}, {literal(s)})" for axis, k, s in zip((2, 3), kernel, stride, strict=True)
        )
        return f"{x}{windows}.flatten(-2).median(dim=-1).values"


BLOCK_TYPES = (MinPool2d, MedianPool2d)
