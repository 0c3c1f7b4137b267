"""Unpooling: largest values put back to the places a max pool took them from; all else is zero."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import FLOATS, wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, by, each
from graph.dim import Dim
from graph.hyperparameter import Size
from graph.tensor_type import TensorType


def hyperparameters(rank: int) -> tuple:
    """The settings of the pool that is undone."""
    return (
        Size("kernel_size", help="Window of the max pool that is undone.", rank=rank, suggestion=2),
        Size("stride", None, "Its stride; as large as the window unless given.", rank=rank),
        Size("padding", 0, "Its padding, which is cut off.", rank=rank, low=0),
    )


class Unpooling(BlockType):
    """What the unpools share; they differ in the number of directions."""

    family = "pooling"
    rank = 2
    inputs = (
        Port("input", help="the pooled values"),
        Port("indices", help="where they were: a max pool gives them with return_indices"),
        Port("like", optional=True, help="a tensor of the size to restore, where the pool's floor left it open"),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, places, rank = inputs["input"], inputs["indices"], self.rank
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        if len(x.dims) != rank + 2:
            raise wrong_layout(self.name, x, rank)
        if places.dtype != "int64":
            raise wrong_dtype(self.name, places, "the int64 indices of a max pool", "indices")
        if places.dims != x.dims:
            text = f"indices of {places} are not those of {x}: take both from one max pool"
            raise ShapeError(text, "indices", code="unpool")
        sizes = tuple(self._size(values, size, i) for i, size in enumerate(x.dims[2:]))
        if "like" in inputs:
            sizes = self._restored(values, sizes, inputs["like"])
        elif any(isinstance(size, int) and size < 1 for size in sizes):
            text = (
                f"padding {by(each(values['padding'], rank))} would cut the output away: its size would be {by(sizes)}"
            )
            raise ShapeError(text, "input", "padding", "padding")
        return Inferred({"output": x.with_dims((*x.dims[:2], *sizes))})

    def _size(self, values: Values, size: Dim, i: int) -> Dim:
        kernel, stride, padding = self._window(values, i)
        return (size - 1) * stride - 2 * padding + kernel

    def _window(self, values: Values, i: int) -> tuple[int, int, int]:
        kernel, stride = values["kernel_size"], values["stride"]
        stride = kernel if stride is None else stride
        return tuple(each(value, self.rank)[i] for value in (kernel, stride, values["padding"]))

    def _restored(self, values: Values, sizes: tuple[Dim, ...], like: TensorType) -> tuple[Dim, ...]:
        """The sizes of `like`, which must be within a stride of what the pool's arithmetic gives."""
        if len(like.dims) != self.rank + 2:
            raise wrong_layout(self.name, like, self.rank)
        for i, (size, wanted) in enumerate(zip(sizes, like.dims[2:], strict=True)):
            stride = self._window(values, i)[1]
            off = wanted - size
            if isinstance(off, int) and not -stride < off < stride:
                raise ShapeError(
                    f"{self.name} would restore {by(sizes)}, which is a stride or more from the {by(like.dims[2:])} of"
                    f" {like}: use the kernel_size, stride and padding of the max pool",
                    "like",
                    "kernel_size",
                    "unpool",
                )
        return like.dims[2:]

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        lines = [("output", f"{x} -> {y}")]
        for i, name in enumerate(DIRECTIONS[self.rank]):
            kernel, stride, padding = self._window(values, i)
            words = f"({x.dims[2 + i]} - 1)*{stride} - 2*{padding} + {kernel} = {self._size(values, x.dims[2 + i], i)}"
            lines.append((name, f"{y.dims[2 + i]}, as `like`" if "like" in inputs else words))
        return (*lines, ("parameters", "nothing to learn"))

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call(f"nn.{self.name}", (settings.pop("kernel_size"),), settings)

    def forward(self, site: Site) -> str:
        like = site.one("like")
        size = (f"output_size={like}.shape[2:]",) if like else ()
        return site.call_module(site.one("input"), site.one("indices"), *size)


class MaxUnpool1d(Unpooling):
    """Puts the largest values of a MaxPool1d back where they were in the sequence, zeros between them.

    (N, C, length) -> (N, C, (length - 1)*stride - 2*padding + kernel_size).
    """

    rank = 1
    aliases = ("unpool", "max unpooling", "unpooling")
    hyperparameters = hyperparameters(1)


class MaxUnpool2d(Unpooling):
    """Puts the largest values of a MaxPool2d back where they were, zeros between them: SegNet's way up.

    (N, C, H, W) -> (N, C, H', W') with H' = (H - 1)*stride - 2*padding + kernel_size, or the size of `like`.
    """

    rank = 2
    aliases = ("unpool", "max unpooling", "unpooling", "segnet")
    hyperparameters = hyperparameters(2)


class MaxUnpool3d(Unpooling):
    """Puts the largest values of a MaxPool3d back where they were in the volume, zeros between them.

    (N, C, D, H, W) -> (N, C, D', H', W'), each as for MaxUnpool2d.
    """

    rank = 3
    aliases = ("unpool", "max unpooling", "unpooling")
    hyperparameters = hyperparameters(3)


BLOCK_TYPES = (MaxUnpool1d, MaxUnpool2d, MaxUnpool3d)
