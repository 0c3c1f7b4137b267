"""Reach: which stretch of its input one output position of a block sees, in one direction.

Position j of the output sees the positions from `factor*j + low` to `factor*j + high` of the input; border included.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Reach:
    """One direction's stretch; the factor is the stride, a fraction where the output is larger than the input."""

    factor: Fraction
    low: Fraction
    high: Fraction


def sliding(kernel: int, stride: int, before: int, dilation: int = 1) -> Reach:
    """A window of `kernel` points; `before` is the border in front of the first position."""
    return Reach(Fraction(stride), Fraction(-before), Fraction(dilation * (kernel - 1) - before))


def spreading(kernel: int, stride: int, before: int, dilation: int = 1) -> Reach:
    """A transposed window: each input position is spread over `kernel` points of the output."""
    return Reach(Fraction(1, stride), Fraction(before - dilation * (kernel - 1), stride), Fraction(before, stride))


def enlarging(factor: float, between: int = 0) -> Reach:
    """Every position repeated `factor` times; `between` neighbours more on either side where values are blended."""
    exact = Fraction(factor).limit_denominator(1000)
    return Reach(1 / exact, -(exact - 1) / exact - between, Fraction(between))


def shifted(before: int) -> Reach:
    """A border of `before` positions in front."""
    return Reach(Fraction(1), Fraction(-before), Fraction(-before))
