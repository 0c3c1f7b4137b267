"""A window that slides over an input: its size in each direction, how often it fits, and that in words.

Shared by convolution and pooling; knows nothing of channels, weights or networks.
"""

from __future__ import annotations

from graph.block_type import ShapeError
from graph.dim import Dim, ceil_div, product

DIRECTIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def each(value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for every direction."""
    return value if isinstance(value, tuple) else (value,) * rank


def fits(size: Dim, kernel: int, stride: int, padding: int, dilation: int) -> Dim:
    """How often the window fits: floor((size + 2*padding - dilation*(kernel - 1) - 1)/stride) + 1."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def fits_rounding_up(size: Dim, kernel: int, stride: int, padding: int, dilation: int) -> Dim:
    """The same with ceil_mode: a last window may hang over, but must start within input or left padding."""
    reach = dilation * (kernel - 1) + 1
    if stride >= reach - padding:
        return ceil_div(size + padding, stride)
    return ceil_div(size + 2 * padding - reach, stride) + 1


def in_words(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool = False) -> str:
    """The arithmetic with its numbers, without the result."""
    reach = dilation * (kernel - 1) + 1
    if ceil_mode and stride >= reach - padding:
        return f"ceil(({size} + {padding})/{stride})"
    window = str(kernel) if dilation == 1 else f"{dilation}*({kernel} - 1) - 1"
    rounded = "ceil" if ceil_mode else "floor"
    return f"{rounded}(({size} + 2*{padding} - {window})/{stride}) + 1"


def too_large(
    what: str, sizes: tuple[Dim, ...], kernel: tuple[int, ...], padding: tuple[int, ...], dilation: tuple[int, ...]
) -> ShapeError:
    """The window does not fit once; names the sizes and what would make it fit."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    padded = tuple(size + 2 * p for size, p in zip(sizes, padding, strict=True))
    short = max((r - p for r, p in zip(reach, padded, strict=True) if isinstance(p, int)), default=0)
    need = max(padding) + (short + 1) // 2
    spread = f" with dilation {by(dilation)} spans {by(reach)}, which" if max(dilation) > 1 else ""
    name = "padded input" if max(padding) else "input"
    cure = "a smaller kernel" if 2 * need > max(reach) else f"a smaller kernel or padding of at least {need}"
    text = f"{what} {by(kernel)}{spread} is larger than the {name} {by(padded)}: use {cure}"
    return ShapeError(text, "input", "kernel_size", "kernel_too_large")


def by(sizes: tuple) -> str:
    """5 x 5."""
    return " x ".join(map(str, sizes))


def factors(sizes: tuple) -> str:
    """5*5, with sums bracketed."""
    return "*".join(f"({size})" if " " in str(size) else str(size) for size in sizes) or "1"


def places(sizes: tuple[Dim, ...]) -> Dim:
    """At how many places the window is put."""
    return product(sizes)
