"""Two sets made from a formula: a symbol to be remembered over a sequence, and a sine to be fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Dataset
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from graph.data_source import Field

SEED = Option("seed", "whole number", 0, "The same seed draws the same samples.", low=0, high=2**31 - 1)
RECALL_OPTIONS = (
    Option("samples", "whole number", 1000, "How many sequences are drawn.", low=10, high=1_000_000),
    Option("length", "whole number", 20, "How many symbols each has.", low=2, high=10_000),
    Option("symbols", "whole number", 4, "How many different symbols there are, each a class.", low=2, high=26),
    SEED,
)
SINE_OPTIONS = (
    Option("samples", "whole number", 500, "How many points are drawn.", low=10, high=1_000_000),
    Option("waves", "number", 1.0, "How many waves lie between x = -1 and x = 1.", low=0.1, high=100),
    Option("noise", "number", 0.1, "Deviation of the scatter about the sine.", low=0, high=10),
    SEED,
)


def describe_recall(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "sequence" (length,) of symbols and "label", the first of them."""
    symbols = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: options["symbols"]])
    return (
        Field(name="sequence", shape=(options["length"],), dtype="int64", classes=symbols),
        Field(name="label", dtype="int64", classes=symbols),
    )


def load_recall(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """Symbols drawn evenly; every one but the first is of no use."""
    samples, length = options["samples"], options["length"]
    check_memory("sequence_recall", memory_size(samples, (length,), "int64"), "draw fewer, or shorter ones")
    rng = np.random.default_rng(options["seed"])
    sequence = rng.integers(0, options["symbols"], (samples, length), np.int64)
    sequence[:, 0] = rng.permutation(samples) % options["symbols"]
    arrays = {"sequence": sequence, "label": sequence[:, 0].copy()}
    return Dataset("Remember the first symbol", describe_recall(options), arrays)


def describe_sine(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "x" (1,) from -1 to 1 and "target" (1,)."""
    return Field(name="x", shape=(1,)), Field(name="target", shape=(1,))


def load_sine(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """sin(waves pi x) with scatter, at places drawn evenly."""
    rng = np.random.default_rng(options["seed"])
    x = rng.uniform(-1, 1, (options["samples"], 1))
    y = np.sin(options["waves"] * np.pi * x) + options["noise"] * rng.standard_normal(x.shape)
    arrays = {"x": x.astype(np.float32), "target": y.astype(np.float32)}
    return Dataset("A sine", describe_sine(options), arrays)
