"""A short text for a character language model that needs no file: how Alice falls down the rabbit-hole.

Lewis Carroll, "Alice's Adventures in Wonderland", 1865; in the public domain.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.data import text
from backend.data.dataset import Dataset
from graph.data_source import Field

OPTIONS = (text.UNIT, replace(text.LENGTH, default=32, high=500), replace(text.STEP, default=4), text.LOWERCASE)


def describe(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "text" and "next", (length,) class numbers each."""
    return load(options).fields


def load(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """Windows of the story; they overlap unless the step is as long as they are."""
    words = Path(__file__).with_name("alice.txt").read_text(encoding="utf-8")
    return text.of_text("Alice in Wonderland", words, options)
