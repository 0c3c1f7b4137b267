"""Automatic layout: where blocks stand so that flow runs one way and skips find a lane beside them.

fast-sugiyama decides the order within rows; rows, columns and distances come from the blocks' real sizes.
Positions are the middle of a block's top edge (of its left edge when flow runs right). Knows nothing of Qt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import networkx as nx

from graph.network import Network, number

ROW_GAP = 56.0  # between rows: room for an arrow and a shape pill
PORT_NAMES = 14.0  # more where names of ports stand between
BLOCK_GAP = 40.0  # between blocks of one row
LANE = 96.0  # what a wire passing a row takes: a shape pill fits beside the blocks
NARROW_LANE = 24.0  # the same where many wires pass
COMPONENT_GAP = 96.0
SWEEPS = 6
CROWDED = 4  # passing wires in one row above which lanes become narrow
NOMINAL_SIZE = (280.0, 76.0)  # the widest a block is drawn, for who has no canvas to ask

Sizes = Mapping[str, tuple[float, float]]
Positions = dict[str, tuple[float, float]]


def layout(network: Network, sizes: Sizes, direction: str = "down", only: Iterable[str] | None = None) -> Positions:
    """Positions for every block, or for `only` those; the same drawing always gives the same layout.

    `sizes` are (width, height); the result starts at (0, 0), or keeps its upper middle where `only` is given.
    """
    chosen = sorted(network.blocks if only is None else set(only) & set(network.blocks), key=number)
    if not chosen:
        return {}
    across = {id: sizes[id] if direction == "down" else sizes[id][::-1] for id in chosen}
    plain = nx.DiGraph()
    plain.add_nodes_from(chosen)
    plain.add_edges_from(
        (w.source, w.target) for w in network.wires.values() if w.source in across and w.target in across
    )
    parts = [sorted(part, key=number) for part in nx.weakly_connected_components(plain)]
    wired = sorted((part for part in parts if len(part) > 1), key=lambda part: (-len(part), number(part[0])))
    alone = sorted((part[0] for part in parts if len(part) == 1), key=number)
    ports = _Ports(network)
    pieces = [_component(plain.subgraph(part), part, across, ports) for part in wired]
    if alone:
        pieces.append(_shelf(alone, across))
    placed = _side_by_side(pieces, across)
    if direction != "down":
        placed = {id: (y, x) for id, (x, y) in placed.items()}
    return placed if only is None else _anchored(placed, network.positions)


def lay_out_levels(network: Network) -> None:
    """Give every block of a network and of its modules a position, as blocks of one nominal size."""
    for level in (network, *(module.network for module in network.modules.values())):
        level.positions.update(layout(level, dict.fromkeys(level.blocks, NOMINAL_SIZE)))


class _Ports:
    """Where on their edges wires begin, and which edges carry port names."""

    def __init__(self, network: Network):
        self._network = network

    def several(self, id: str, output: bool) -> bool:
        return len(self._outputs(id) if output else self._network.type_of(id).inputs) > 1

    def _outputs(self, id: str) -> list:
        """The outputs that are drawn: optional ones, such as a max pool's indices, where they are wired."""
        wired = {wire.output for wire in self._network.wires_out(id)}
        return [port for port in self._network.type_of(id).outputs if not port.optional or port.name in wired]

    def shares(self) -> dict[tuple[str, str, bool], float]:
        """(block, other end, is output) -> mean place along the block's edge, -0.5 to 0.5."""
        found: dict[tuple[str, str, bool], list[float]] = {}
        for wire in self._network.wires.values():
            target = self._network.type_of(wire.target)
            found.setdefault((wire.source, wire.target, True), []).append(
                _share(self._outputs(wire.source), wire.output)
            )
            found.setdefault((wire.target, wire.source, False), []).append(_share(target.inputs, wire.input))
        return {key: sum(places) / len(places) for key, places in found.items()}


def _share(ports: Sequence, name: str) -> float:
    index = next((i for i, port in enumerate(ports) if port.name == name), None)
    return 0.0 if index is None else port_share(index, len(ports))


def port_share(index: int, count: int) -> float:
    """Where a port stands along its edge, -0.5 to 0.5: evenly, a little closer to the middle than to the corners."""
    return ((index + 0.5) / count - 0.5) * (0.86 if count > 1 else 1.0)


@dataclass(slots=True)
class _Grid:
    """A component on rows: every edge spans one row, longer ones through lane nodes ("lane/...")."""

    rows: list[list[str]]
    above: dict[str, list[str]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    width: dict[str, float] = field(default_factory=dict)
    lead: dict[str, list[str]] = field(default_factory=dict)  # the neighbours above a node stands under
    follow: dict[str, list[str]] = field(default_factory=dict)  # and below, over which it stands
    weight: dict[str, float] = field(default_factory=dict)  # how firmly it insists


def _component(graph: nx.DiGraph, ids: Sequence[str], sizes: Sizes, ports: _Ports) -> Positions:
    grid = _rows(graph, ids, sizes)
    _order_rows(grid)
    shares = ports.shares()
    _untangle(grid, shares)
    _find_trunks(grid, graph)
    x = _columns(grid, shares)
    placed, y = {}, 0.0
    for row, following in zip(grid.rows, [*grid.rows[1:], []], strict=True):
        blocks = [id for id in row if not _is_lane(id)]
        placed.update((id, (x[id], y)) for id in blocks)
        names = sum(
            any(ports.several(id, output) for id in ids if not _is_lane(id))
            for ids, output in ((row, True), (following, False))
        )
        y += max(sizes[id][1] for id in blocks) + ROW_GAP + names * PORT_NAMES
    return placed


def _rows(graph: nx.DiGraph, ids: Sequence[str], sizes: Sizes) -> _Grid:
    """Longest-path rows, sources pulled down to their readers, long edges cut at every row."""
    order = list(nx.lexicographical_topological_sort(graph, key=number))
    row = {}
    for id in order:
        row[id] = max((row[before] + 1 for before in graph.pred[id]), default=0)
    for id in reversed(order):  # shorten wires: a target stands just above its loss, not at the top
        if len(graph.succ[id]) > len(graph.pred[id]):
            row[id] = min(row[after] for after in graph.succ[id]) - 1
    top = min(row.values())
    grid = _Grid([[] for _ in range(max(row.values()) - top + 1)])
    for id in ids:
        grid.rows[row[id] - top].append(id)
        grid.width[id] = sizes[id][0]
        grid.above[id], grid.below[id] = [], []
    for source, target in sorted(graph.edges, key=lambda edge: (number(edge[0]), number(edge[1]))):
        before = source
        for between in range(row[source] + 1, row[target]):
            lane = f"lane/{source}/{target}/{between}"
            grid.rows[between - top].append(lane)
            grid.above[lane], grid.below[lane] = [], []
            _join(grid, before, lane)
            before = lane
        _join(grid, before, target)
    for members in grid.rows:
        lanes = [id for id in members if id not in sizes]
        grid.width.update(dict.fromkeys(lanes, LANE if len(lanes) < CROWDED else NARROW_LANE))
    return grid


def _join(grid: _Grid, upper: str, lower: str) -> None:
    grid.below[upper].append(lower)
    grid.above[lower].append(upper)


def _order_rows(grid: _Grid) -> None:
    """Sort each row so that few wires cross."""
    try:
        from fast_sugiyama import from_edges
    except ImportError:  # no wheel on this platform
        _order_by_barycentre(grid)
        return
    ids = {id: _StableId.of(id, index) for index, id in enumerate(id for row in grid.rows for id in row)}
    edges = [(ids[upper], ids[lower]) for upper in grid.below for lower in grid.below[upper]]
    found = {
        str(id): x for part in from_edges(edges, vertex_spacing=10, ranking_type="minimize") for id, (x, _) in part[0]
    }
    for row in grid.rows:
        row.sort(key=lambda id: found[id])


class _StableId(str):
    """A string id whose hash is its index: the library walks a set of ids, and must do so alike in every process."""

    index: int

    @classmethod
    def of(cls, id: str, index: int) -> _StableId:
        made = cls(id)
        made.index = index
        return made

    def __hash__(self) -> int:
        return self.index

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)


def _order_by_barycentre(grid: _Grid) -> None:
    """The pure fallback: rows sorted by the mean place of their neighbours, down and up."""
    for sweep in range(2 * SWEEPS):
        downwards = sweep % 2 == 0
        beside = grid.above if downwards else grid.below
        rows = grid.rows if downwards else grid.rows[::-1]
        for before, row in pairwise(rows):
            place = {id: index for index, id in enumerate(before)}
            own = {id: index for index, id in enumerate(row)}
            centre = {
                id: sum(place[other] for other in beside[id]) / len(beside[id]) if beside[id] else own[id] for id in row
            }
            row.sort(key=lambda id, centre=centre, own=own: (centre[id], own[id]))


def _untangle(grid: _Grid, shares: Mapping[tuple[str, str, bool], float]) -> None:
    """Swap neighbours while that saves crossings, now that it counts which port a wire begins or ends at."""
    for _ in range(SWEEPS):
        swapped = False
        for index, row in enumerate(grid.rows):
            above = _places(grid.rows[index - 1] if index else [])
            below = _places(grid.rows[index + 1] if index + 1 < len(grid.rows) else [])

            def ends(id: str, above=above, below=below) -> tuple[list[float], list[float]]:
                return (
                    [above[o] + shares.get((o, _target(id), True), 0.0) for o in grid.above[id]],
                    [below[o] + shares.get((o, _source(id), False), 0.0) for o in grid.below[id]],
                )

            for left in range(len(row) - 1):
                one, other = ends(row[left]), ends(row[left + 1])
                now = sum(a > b for side in (0, 1) for a in one[side] for b in other[side])
                then = sum(a < b for side in (0, 1) for a in one[side] for b in other[side])
                if then < now:
                    row[left], row[left + 1] = row[left + 1], row[left]
                    swapped = True
        if not swapped:
            break


def _places(row: Sequence[str]) -> dict[str, int]:
    return {id: index for index, id in enumerate(row)}


def _find_trunks(grid: _Grid, graph: nx.DiGraph) -> None:
    """The longest paths stand straight: each node follows its deepest input and leads its highest reader."""
    order = list(nx.topological_sort(graph))
    depth, height = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    for id in order:
        depth[id] = max((depth[before] + 1 for before in graph.pred[id]), default=0)
    for id in reversed(order):
        height[id] = max((height[after] + 1 for after in graph.succ[id]), default=0)
    for id in (id for row in grid.rows for id in row):
        grid.lead[id] = _foremost(grid.above[id], {other: depth[_source(other)] for other in grid.above[id]})
        grid.follow[id] = _foremost(grid.below[id], {other: height[_target(other)] for other in grid.below[id]})
    for id in (id for row in grid.rows for id in row):
        on_trunk = any(id in grid.follow[other] for other in grid.lead[id]) or not grid.lead[id]
        grid.weight[id] = 1e-6 if _is_lane(id) else 1.0 if on_trunk else 1e-3


def _foremost(ids: Sequence[str], measure: Mapping[str, int]) -> list[str]:
    best = max(measure.values(), default=0)
    blocks = [id for id in ids if measure[id] == best and not _is_lane(id)]
    return blocks or [id for id in ids if measure[id] == best]


def _is_lane(id: str) -> bool:
    return id.startswith("lane/")


def _source(id: str) -> str:
    return id.split("/")[1] if _is_lane(id) else id


def _target(id: str) -> str:
    return id.split("/")[2] if _is_lane(id) else id


def _columns(grid: _Grid, shares: Mapping[tuple[str, str, bool], float]) -> dict[str, float]:
    """Centres along the row: ports straight under the ports that feed them, nothing overlapping."""

    def slant(upper: str, lower: str) -> float:
        """How far right of the upper one the lower one stands if the wire between them is straight."""
        begin = 0.0 if _is_lane(upper) else shares[upper, _target(lower), True] * grid.width[upper]
        end = 0.0 if _is_lane(lower) else shares[lower, _source(upper), False] * grid.width[lower]
        return begin - end

    x: dict[str, float] = {}
    for row in grid.rows:
        x.update(_apart(row, dict.fromkeys(row, 0.0), grid))
    for sweep in range(2 * SWEEPS + 1):
        downwards = sweep % 2 == 0
        beside = grid.lead if downwards else grid.follow
        before = dict(x)
        for row in grid.rows if downwards else grid.rows[::-1]:
            wishes = {id: x[id] for id in row}
            for id in (id for id in row if beside[id]):
                shifts = (slant(o, id) if downwards else -slant(id, o) for o in beside[id])
                wishes[id] = sum(x[o] + s for o, s in zip(beside[id], shifts, strict=True)) / len(beside[id])
            x.update(_apart(row, wishes, grid))
        if downwards and sweep and all(abs(x[id] - before[id]) < 0.5 for id in x):
            break
    return x


def _apart(row: Sequence[str], wishes: Mapping[str, float], grid: _Grid) -> dict[str, float]:
    """The places nearest to the wishes that keep order and distances (pool adjacent violators)."""
    offsets, offset = [0.0], 0.0
    for left, right in pairwise(row):
        gap = 0.0 if _is_lane(left) or _is_lane(right) else BLOCK_GAP
        offset += (grid.width[left] + grid.width[right]) / 2 + gap
        offsets.append(offset)
    pools: list[list[float]] = []  # [mean, weight, count]
    for id, offset in zip(row, offsets, strict=True):
        pools.append([wishes[id] - offset, grid.weight.get(id, 1.0), 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + mean * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += count
    places = [mean for mean, _, count in pools for _ in range(int(count))]
    return {id: place + offset for id, place, offset in zip(row, places, offsets, strict=True)}


def _shelf(ids: Sequence[str], sizes: Sizes) -> Positions:
    """Unwired blocks in columns of up to eight."""
    placed: Positions = {}
    x = y = 0.0
    width = max(sizes[id][0] for id in ids)
    for index, id in enumerate(ids):
        if index and index % 8 == 0:
            x, y = x + width + BLOCK_GAP, 0.0
        placed[id] = (x, y)
        y += sizes[id][1] + ROW_GAP / 2
    return placed


def _side_by_side(pieces: Sequence[Positions], sizes: Sizes) -> Positions:
    """Components from left to right, the first one's origin at zero; whole numbers."""
    placed: Positions = {}
    right: float | None = None
    for piece in pieces:
        left = min(x - sizes[id][0] / 2 for id, (x, _) in piece.items())
        shift = -min(x for x, _ in piece.values()) if right is None else right + COMPONENT_GAP - left
        placed.update((id, (float(round(x + shift)), float(round(y)))) for id, (x, y) in piece.items())
        right = max(placed[id][0] + sizes[id][0] / 2 for id in piece)
    return placed


def _anchored(placed: Positions, before: Mapping[str, tuple[float, float]]) -> Positions:
    """Shift so that the upper middle stays where it was."""
    old, new = ([table[id] for id in placed] for table in (before, placed))
    dx = (min(x for x, _ in old) + max(x for x, _ in old) - min(x for x, _ in new) - max(x for x, _ in new)) / 2
    dy = min(y for _, y in old) - min(y for _, y in new)
    return {id: (float(round(x + dx)), float(round(y + dy))) for id, (x, y) in placed.items()}
