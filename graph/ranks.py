"""Ranks: a topological order kept up to date while wires come and go, after Pearce and Kelly (2006).

Adding a wire costs only the region it puts out of order; knows blocks by id and nothing else about them.
"""

from __future__ import annotations


class Ranks:
    """A number for each node that grows along every edge."""

    def __init__(self) -> None:
        self._rank: dict[str, int] = {}
        self._next = 0

    def __getitem__(self, id: str) -> int:
        return self._rank[id]

    def append(self, id: str) -> None:
        self._rank[id] = self._next
        self._next += 1

    def remove(self, id: str) -> None:
        del self._rank[id]

    def reaches(self, source: str, target: str, out) -> bool:
        """Whether a path leads from source to target; only ranks between the two are visited."""
        limit = self._rank[target]
        return self._rank[source] < limit and self._forward(source, target, limit, out) is None

    def add_edge(self, source: str, target: str, into, out) -> bool:
        """Make room for the edge; False (and nothing changed) if it would close a cycle."""
        low, high = self._rank[target], self._rank[source]
        if low > high:
            return True
        ahead = self._forward(target, source, high, out)
        if ahead is None:
            return False
        behind = self._backward(source, low, into)
        rank = self._rank
        moved = sorted(behind, key=rank.__getitem__) + sorted(ahead, key=rank.__getitem__)
        for id, place in zip(moved, sorted(rank[id] for id in moved), strict=True):
            rank[id] = place
        return True

    def _forward(self, start: str, forbidden: str, high: int, out) -> set[str] | None:
        """Nodes after start with rank up to high; None if the forbidden one is among them."""
        seen, stack = {start}, [start]
        while stack:
            for wire in out[stack.pop()]:
                id = wire.target
                if id == forbidden:
                    return None
                if id not in seen and self._rank[id] <= high:
                    seen.add(id)
                    stack.append(id)
        return seen

    def _backward(self, start: str, low: int, into) -> set[str]:
        seen, stack = {start}, [start]
        while stack:
            for wire in into[stack.pop()]:
                id = wire.source
                if id not in seen and self._rank[id] >= low:
                    seen.add(id)
                    stack.append(id)
        return seen
