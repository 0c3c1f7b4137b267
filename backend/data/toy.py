"""Sets of points in the plane: moons, circles, spirals and XOR, which no straight line parts; a ring of Gaussians.

All are drawn here from a seed; the points lie within about -1..1, in no order, and every class has its share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Dataset
from backend.data.labels import class_arrays, class_fields
from backend.data.options import Option
from graph.data_source import Field

SAMPLES = Option("samples", "whole number", 600, "How many points are drawn.", low=10, high=1_000_000)
SEED = Option("seed", "whole number", 0, "The same seed draws the same points.", low=0, high=2**31 - 1)


def _noise(default: float) -> Option:
    return Option("noise", "number", default, "Deviation of the scatter; the figure is 1 in radius.", low=0, high=10)


TURNS = Option("turns", "number", 1.5, "How often an arm winds around the centre.", low=0.1, high=10)
ARMS = Option("arms", "whole number", 2, "How many arms there are, each a class.", low=2, high=10)
FACTOR = Option("factor", "number", 0.5, "Radius of the inner circle.", low=0.05, high=0.95)
MODES = Option("modes", "whole number", 8, "How many heaps of points stand on the ring.", low=2, high=100)
OPTIONS = {
    "moons": (SAMPLES, _noise(0.08), SEED),
    "circles": (SAMPLES, _noise(0.06), FACTOR, SEED),
    "spirals": (SAMPLES, _noise(0.02), TURNS, ARMS, SEED),
    "xor": (SAMPLES, _noise(0.0), SEED),
    "gaussian_ring": (SAMPLES, _noise(0.05), MODES, SEED),
}
TITLES = {
    "moons": "Two moons",
    "circles": "Two circles",
    "spirals": "Spirals",
    "xor": "XOR",
    "gaussian_ring": "Ring of Gaussians",
}


def class_names(kind: str, options: dict[str, Any]) -> tuple[str, ...]:
    if kind == "spirals":
        return tuple(f"arm {number}" for number in range(1, options["arms"] + 1))
    if kind == "gaussian_ring":
        return tuple(f"heap {number}" for number in range(1, options["modes"] + 1))
    return {"moons": ("upper", "lower"), "circles": ("outer", "inner"), "xor": ("same sign", "opposite signs")}[kind]


def describe(kind: str, options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "point" (2,), "label", and where there are two classes "target" (1,)."""
    return Field(name="point", shape=(2,)), *class_fields(class_names(kind, options))


def load(kind: str, options: dict[str, Any], path: Path | None = None) -> Dataset:
    """Draw the points; nothing needs standardising."""
    rng = np.random.default_rng(options["seed"])
    samples = options["samples"]
    if kind == "xor":
        points = rng.uniform(-1, 1, (samples, 2))
        label = ((points[:, 0] > 0) != (points[:, 1] > 0)).astype(np.int64)
    else:
        classes = len(class_names(kind, options))
        number = rng.permutation(samples)
        label = number % classes
        along = (number // classes + 0.5) / -(-samples // classes)  # 0..1 within each class
        points = DRAWN[kind](along, label, options)
    points = points + options["noise"] * rng.standard_normal((samples, 2))
    arrays = {"point": points.astype(np.float32), **class_arrays(label, class_names(kind, options))}
    return Dataset(TITLES[kind], describe(kind, options), arrays)


def _moons(along: np.ndarray, label: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """Two half circles, the lower one shifted into the mouth of the upper."""
    x, y = np.cos(np.pi * along), np.sin(np.pi * along)
    upper = label == 0
    return np.stack([np.where(upper, x, 1 - x) - 0.5, np.where(upper, y, 0.5 - y) - 0.25], axis=1) / 1.5


def _circles(along: np.ndarray, label: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    radius = np.where(label == 0, 1.0, options["factor"])
    return _polar(radius, 2 * np.pi * along)


def _spirals(along: np.ndarray, label: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """Archimedean arms; the square root spreads the points evenly along an arm, not towards the centre."""
    radius = 0.05 + 0.95 * np.sqrt(along)
    return _polar(radius, 2 * np.pi * (options["turns"] * radius + label / options["arms"]))


def _gaussian_ring(along: np.ndarray, label: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """The centres of heaps of equal size: what a generator must cover all of."""
    return _polar(np.ones(len(label)), 2 * np.pi * label / options["modes"])


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


DRAWN = {"moons": _moons, "circles": _circles, "spirals": _spirals, "gaussian_ring": _gaussian_ring}
