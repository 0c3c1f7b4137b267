"""Many small pictures laid side by side in one image, every value a square of whole pixels, and their colours.

Pure NumPy over arrays of values: nothing is interpolated, scales do not flicker. Knows no widgets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

Colouring = Literal["signed", "positive", "grey", "rgb"]
MAPS = {"signed": "CET-CBD1", "positive": "CET-CBL1", "grey": "CET-L1"}
STRETCH = 6  # how much longer one way a value may be where a square means nothing
RAGGED = 0.85  # what a grid with holes in its last row is worth beside a full one
NICE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where tiles stand: each value `wide` x `tall` pixels, `gap` pixels between tiles."""

    columns: int
    rows: int
    tile: tuple[int, int]  # height and width in values
    wide: int
    tall: int
    gap: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.tile
        return (
            self.columns * (width * self.wide + self.gap) - self.gap,
            self.rows * (height * self.tall + self.gap) - self.gap,
        )

    @property
    def shown(self) -> int:
        return self.columns * self.rows

    def at(self, x: float, y: float) -> tuple[int, int, int, int] | None:
        """Grid row and column, and row and column within the tile, under a pixel; None between tiles."""
        height, width = self.tile[0] * self.tall, self.tile[1] * self.wide
        column, left = divmod(int(x), width + self.gap)
        row, top = divmod(int(y), height + self.gap)
        if not (0 <= column < self.columns and 0 <= row < self.rows) or left >= width or top >= height:
            return None
        return row, column, top // self.tall, left // self.wide


def arrange(
    count: int, tile: tuple[int, int], room: tuple[int, int], gap: int = 3, most: int = 64, square: bool = True
) -> Grid:
    """The grid of `count` tiles that shows values largest in a room of width x height pixels.

    Values are square, or up to STRETCH times longer one way. Where not all fit at one pixel a value the grid
    holds fewer (`shown`).
    """
    best = None
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        wide, tall = _fit(columns, rows, tile, room, gap, most, 1 if square else STRETCH)
        worth = math.sqrt(wide * tall) * (1.0 if columns * rows == count else RAGGED)
        if best is None or worth > best[0]:
            best = worth, Grid(columns, rows, tile, wide, tall, gap)
    return best[1] if best[0] > 0 else _cropped(count, tile, room, gap)


def arrange_matrix(
    rows: int, columns: int, tile: tuple[int, int], room: tuple[int, int], gap: int = 3, most: int = 64
) -> Grid:
    """A grid of fixed rows and columns; fewer of both where they do not fit at two pixels a value."""
    scale, _ = _fit(columns, rows, tile, room, gap, most, 1)
    if scale >= 2:
        return Grid(columns, rows, tile, scale, scale, gap)
    gap = min(gap, 2)
    width, height = tile[1] * 2 + gap, tile[0] * 2 + gap
    columns, rows = min(columns, (room[0] + gap) // width), min(rows, (room[1] + gap) // height)
    return Grid(max(columns, 1), max(rows, 1), tile, 2, 2, gap)


def compose(tiles: np.ndarray, grid: Grid) -> np.ndarray:
    """One RGBA image (height, width, 4) of tiles (n, h, w, 3) in reading order; gaps are transparent."""
    width, height = grid.size
    image = np.zeros((height, width, 4), np.uint8)
    big = tiles[: grid.shown].repeat(grid.tall, 1).repeat(grid.wide, 2)
    tall, wide = big.shape[1] + grid.gap, big.shape[2] + grid.gap
    for index, tile in enumerate(big):
        top, left = (index // grid.columns) * tall, (index % grid.columns) * wide
        image[top : top + tile.shape[0], left : left + tile.shape[1], :3] = tile
        image[top : top + tile.shape[0], left : left + tile.shape[1], 3] = 255
    return image


def coloured(values: np.ndarray, colouring: Colouring, limits: tuple[float, float]) -> np.ndarray:
    """Bytes of red, green and blue for values between two limits; a last axis of three stays as it is in "rgb"."""
    low, high = limits
    share = (np.asarray(values, np.float32) - low) / ((high - low) or 1.0)
    level = (np.nan_to_num(np.clip(share, 0.0, 1.0), nan=0.5) * 255 + 0.5).astype(np.uint8)
    return level if colouring == "rgb" else lookup(colouring)[level]


@lru_cache(maxsize=8)
def lookup(colouring: Colouring) -> np.ndarray:
    """The 256 colours of a map, dark or negative first."""
    import pyqtgraph

    if colouring in ("grey", "rgb"):
        return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    return pyqtgraph.colormap.get(MAPS[colouring]).getLookupTable(nPts=256)[:, :3].astype(np.uint8)


def steady_limit(largest: float, before: float | None) -> float:
    """A round number at or above `largest` that stays while values shrink to less than half of it."""
    if not math.isfinite(largest) or largest <= 0:
        return before or 1.0
    if before is not None and 0.45 * before <= largest <= before:
        return before
    power = 10.0 ** math.floor(math.log10(largest))
    return next(nice * power for nice in NICE if nice * power >= largest * (1 - 1e-9))


def _fit(
    columns: int, rows: int, tile: tuple[int, int], room: tuple[int, int], gap: int, most: int, stretch: int
) -> tuple[int, int]:
    """Width and height in pixels that a value can have for so many tiles to fit; (0, 0) where they do not."""
    across = min((room[0] - gap * (columns - 1)) // (columns * tile[1]), most)
    down = min((room[1] - gap * (rows - 1)) // (rows * tile[0]), most)
    if across < 1 or down < 1:
        return 0, 0
    return min(across, stretch * down), min(down, stretch * across)


def _cropped(count: int, tile: tuple[int, int], room: tuple[int, int], gap: int) -> Grid:
    gap = min(gap, 1)
    columns = max(min((room[0] + gap) // (tile[1] + gap), count), 1)
    rows = max(min((room[1] + gap) // (tile[0] + gap), math.ceil(count / columns)), 1)
    return Grid(columns, rows, tile, 1, 1, gap)
