"""A convolution whose kernel is set by hand and does not train: edges, blur, sharpening, and what one types.

The kernels of the lectures have names here; the module that runs stands in the generated source as an ordinary class.
"""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.convolution import check_border
from graph.blocks.demands import count, wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, each, factors, too_large
from graph.dim import Dim, product
from graph.hyperparameter import Choice, Float, Size
from graph.number_lists import Matrix
from graph.reach import sliding

KERNELS: dict[str, tuple[tuple[float, ...], ...]] = {
    "identity": ((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)),
    "edge": ((-1.0, -1.0, -1.0), (-1.0, 8.0, -1.0), (-1.0, -1.0, -1.0)),
    "sharpen": ((0.0, -1.0, 0.0), (-1.0, 5.0, -1.0), (0.0, -1.0, 0.0)),
    "box_blur": ((1 / 9,) * 3,) * 3,
    "gaussian_blur": ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)),
    "horizontal_edges": ((-1.0,) * 3, (2.0,) * 3, (-1.0,) * 3),
    "vertical_edges": ((-1.0, 2.0, -1.0),) * 3,
    "sobel_x": ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0)),
    "sobel_y": ((-1.0, -2.0, -1.0), (0.0, 0.0, 0.0), (1.0, 2.0, 1.0)),
    "laplace": ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0)),
    "emboss": ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0)),
}
MODES = ("constant", "reflect", "replicate", "circular")


class FixedConv2d(BlockType):
    """Slides one kernel with numbers of your own over every channel: shows what a convolution does, and never trains.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + top + bottom - kernel height)/stride) + 1.
    """

    family = "convolution"
    aliases = (
        "fixed kernel",
        "hand-set kernel",
        "image filter",
        "edge filter",
        "edge detection",
        "blur",
        "sharpen",
        "sobel",
        "identity kernel",
    )
    pieces = ("FixedConv2d",)
    hyperparameters = (
        Choice("kernel", "edge", "A kernel by its name; `numbers` go before it.", choices=tuple(KERNELS)),
        Matrix("numbers", None, "The kernel's own numbers, row by row: 0 -1 0; -1 5 -1; 0 -1 0. Fractions may be 1/9."),
        Size("stride", 1, "Steps between two places of the kernel."),
        Size(
            "padding",
            0,
            "Width of the border: one number, or left, right, top, bottom, which may all differ.",
            rank=4,
            low=0,
        ),
        Choice("padding_mode", "constant", "What the border is filled with.", choices=MODES),
        Float("padding_value", 0.0, "The border's value for padding_mode constant; usually 0."),
        Size("dilation", 1, "Distance between the points the kernel looks at."),
        Float("bias", 0.0, "A number that is added to every value of the output."),
    )

    def stand_in(self, name: str, values: Values):
        return KERNELS.get(values["kernel"]) if name == "numbers" else None

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if x.rank != 4:
            raise wrong_layout(self.name, x, 2)
        kernel, border = self._kernel_size(values), self._border(values)
        if values["padding_mode"] != "constant":
            check_border(values["padding_mode"], x.dims[2:], tuple(map(max, border)))
        sizes = self._sizes(values, x.dims[2:])
        if any(isinstance(size, int) and size < 1 for size in sizes):
            padded = tuple(size + sum(widths) for size, widths in zip(x.dims[2:], border, strict=True))
            error = too_large("kernel", padded, kernel, (0, 0), each(values["dilation"], 2))
            raise ShapeError(error.text, "input", "numbers" if values["numbers"] else "kernel", "fixed_kernel")
        area = kernel[0] * kernel[1]
        return Inferred(
            {"output": x.with_dims((*x.dims[:2], *sizes))},
            buffers=area,
            macs=product((x.dims[1], *sizes)) * area,
        )

    def _numbers(self, values: Values) -> tuple[tuple[float, ...], ...]:
        return values["numbers"] or KERNELS[values["kernel"]]

    def _kernel_size(self, values: Values) -> tuple[int, int]:
        numbers = self._numbers(values)
        return len(numbers), len(numbers[0])

    def _border(self, values: Values) -> tuple[tuple[int, int], tuple[int, int]]:
        """Widths before and after, of height and of width."""
        left, right, top, bottom = each(values["padding"], 4)
        return (top, bottom), (left, right)

    def _sizes(self, values: Values, before: tuple[Dim, ...]) -> tuple[Dim, ...]:
        settings = (self._border(values), self._kernel_size(values))
        strides, dilations = each(values["stride"], 2), each(values["dilation"], 2)
        every = zip(before, *settings, strides, dilations, strict=True)
        return tuple((size + sum(widths) - d * (k - 1) - 1) // s + 1 for size, widths, k, s, d in every)

    def reach(self, values, inputs):
        borders = tuple(before for before, _ in self._border(values))
        settings = (each(values["stride"], 2), borders, each(values["dilation"], 2))
        return tuple(map(sliding, self._kernel_size(values), *settings))

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        kernel, dilation = self._kernel_size(values), each(values["dilation"], 2)
        stride, border = each(values["stride"], 2), self._border(values)
        lines = [("output", f"{x} -> {y}")]
        for i, name in enumerate(DIRECTIONS[2]):
            window = str(kernel[i]) if dilation[i] == 1 else f"{dilation[i]}*({kernel[i]} - 1) - 1"
            above = f"{x.dims[2 + i]} + {border[i][0]} + {border[i][1]} - {window}"
            lines.append((name, f"floor(({above})/{stride[i]}) + 1 = {y.dims[2 + i]}"))
        return (
            *lines,
            ("kernel", self.hyperparameter("numbers").format(self._numbers(values))),
            ("parameters", "nothing to learn"),
            ("multiply-adds", f"{factors(y.dims[1:])} * {factors(kernel)} = {count(inferred.macs)}"),
        )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        kwargs = {}
        if "stride" in settings:
            kwargs["stride"] = settings["stride"]
        if values["padding"] != 0:
            kwargs["border"] = each(values["padding"], 4)
            if values["padding_mode"] != "constant":
                kwargs["mode"] = values["padding_mode"]
            elif values["padding_value"] != 0:
                kwargs["value"] = values["padding_value"]
        kwargs |= {name: settings[name] for name in ("dilation", "bias") if name in settings}
        return Call("FixedConv2d", (self._numbers(values),), kwargs)


BLOCK_TYPES = (FixedConv2d,)
