"""Aligning and distributing: where selected blocks go so that edges meet or gaps are equal. Plain arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

Place = tuple[float, float]  # the middle of a block's top edge
Size = tuple[float, float]

EDGES = ("left", "centre", "right", "top", "middle", "bottom")
WAYS = ("across", "down")


def aligned(places: Mapping[str, Place], sizes: Mapping[str, Size], edge: str) -> dict[str, Place]:
    """All blocks with one edge, or their middles, on one line."""
    lines = {id: _line(places[id], sizes[id], edge) for id in places}
    goals = {"left": min, "top": min, "right": max, "bottom": max}
    if edge in goals:
        goal = goals[edge](lines.values())
    else:
        goal = (min(lines.values()) + max(lines.values())) / 2
    across = edge in ("left", "centre", "right")
    return {
        id: (round(x + goal - lines[id]), y) if across else (x, round(y + goal - lines[id]))
        for id, (x, y) in places.items()
    }


def distributed(places: Mapping[str, Place], sizes: Mapping[str, Size], way: str) -> dict[str, Place]:
    """Equal gaps between blocks in a row or a column; the outermost stay where they are."""
    axis = WAYS.index(way)
    low, high = ("left", "right") if way == "across" else ("top", "bottom")
    order = sorted(places, key=lambda id: (_line(places[id], sizes[id], low), id))
    first, last = order[0], order[-1]
    room = _line(places[last], sizes[last], low) - _line(places[first], sizes[first], high)
    gap = (room - sum(sizes[id][axis] for id in order[1:-1])) / max(1, len(order) - 1)
    found, edge = dict(places), _line(places[first], sizes[first], high)
    for id in order[1:-1]:
        shift = edge + gap - _line(places[id], sizes[id], low)
        x, y = places[id]
        found[id] = (round(x + shift), y) if way == "across" else (x, round(y + shift))
        edge += gap + sizes[id][axis]
    return found


def _line(place: Place, size: Size, edge: str) -> float:
    (x, y), (width, height) = place, size
    return {
        "left": x - width / 2,
        "centre": x,
        "right": x + width / 2,
        "top": y,
        "middle": y + height / 2,
        "bottom": y + height,
    }[edge]
