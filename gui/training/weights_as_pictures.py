"""Weights as tiles: slices of a convolution's kernels, RGB where it reads colours, templates of a Linear.

Pure functions of arrays; knows neither Qt nor blocks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gui.language import tr
from gui.training.tile_view import Tiles, short

MOST = 4096  # tiles laid out; more than a screen can show

Describe = Callable[[int, int, int], str]


def filter_tiles(weights: np.ndarray, limit: float, picture: tuple[int, ...] | None = None) -> Tiles:
    """Weights (out, in, ...) as tiles with colours from -limit to limit.

    `picture` is the shape (c, h, w) that a Linear's input had before it was flattened: then each unit is drawn
    as what it looks for. Three input channels in 2-d become RGB, one a plain grid, more a matrix of slices.
    """
    weights = np.asarray(weights, np.float32)
    limits = (-limit, limit)
    if picture is not None and weights.ndim == 2 and int(np.prod(picture)) == weights.shape[1]:
        weights = weights.reshape(len(weights), *picture)
    if weights.ndim == 4 and weights.shape[1] == 3:
        return Tiles(weights.transpose(0, 2, 3, 1)[:MOST], "rgb", limits, describe=_rgb_words(weights))
    if weights.ndim <= 3:  # a row of weights a unit, or inputs x length a filter
        flat = weights.reshape(len(weights), -1, weights.shape[-1])
        return Tiles(flat[:MOST], "signed", limits, square=False, describe=_flat_words(flat, weights.ndim))
    outputs, inputs = weights.shape[:2]
    pages = weights.reshape(outputs, inputs, -1, weights.shape[-1])  # 3-d kernels: depth by depth, downwards
    if inputs == 1:
        return Tiles(pages[:MOST, 0], "signed", limits, describe=_slice_words(pages))
    rows = min(outputs, max(MOST // inputs, 16))
    columns = min(inputs, max(MOST // rows, 16))
    pages = pages[:rows, :columns]
    slices = pages.reshape(rows * columns, *pages.shape[2:])
    captions = (tr("output channel"), tr("input channel"))
    return Tiles(slices, "signed", limits, (rows, columns), captions, describe=_slice_words(pages))


def _slice_words(pages: np.ndarray) -> Describe:
    inputs = pages.shape[1]

    def describe(tile: int, row: int, column: int) -> str:
        output, input = divmod(tile, inputs)
        value = short(float(pages[output, input, row, column]), signed=True)
        return tr("output {0}, input {1}, row {2}, column {3}: {4}").format(output, input, row, column, value)

    return describe


def _flat_words(slices: np.ndarray, axes: int) -> Describe:
    def describe(tile: int, row: int, column: int) -> str:
        value = short(float(slices[tile, row, column]), signed=True)
        place = tr("input {0}").format(column) if axes == 2 else tr("input {0}, position {1}").format(row, column)
        return tr("output {0}, {1}: {2}").format(tile, place, value)

    return describe


def _rgb_words(weights: np.ndarray) -> Describe:
    def describe(tile: int, row: int, column: int) -> str:
        red, green, blue = (short(float(value), signed=True) for value in weights[tile, :, row, column])
        return tr("output {0}, row {1}, column {2}: red {3}, green {4}, blue {5}").format(
            tile, row, column, red, green, blue
        )

    return describe
