"""Where an axis has its numbers, and how learning rates are written. Arithmetic only."""

from __future__ import annotations

import math


def nice_ticks(low: float, high: float, room: int, whole: bool = False) -> list[float]:
    """At most about `room` round numbers within [low, high]: multiples of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not span > 0 or room < 1:
        return []
    power = 10.0 ** math.floor(math.log10(span / room))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= room)
    if whole:
        step = max(1.0, step)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [float(f"{(first + index) * step:.12g}") for index in range(count)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two powers, with 2 and 5 times them where there is room."""
    factors = (1, 2, 5) if high - low < 2 else (1,)
    powers = range(math.floor(low), math.ceil(high) + 1)
    every = max(1, math.ceil(len(powers) / 6))
    found = [factor * 10.0**power for power in powers if power % every == 0 for factor in factors]
    return [value for value in found if low <= math.log10(value) <= high]


def rate_text(value: float) -> str:
    """As people write learning rates: 0.001, 3e-4."""
    if value == 0 or value >= 0.001:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
