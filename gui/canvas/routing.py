"""How a wire runs: straight down where it can, otherwise through a free lane beside the blocks in its way.

Rectangles are found through an index of rows, never by a scan of all blocks. Knows rectangles and points only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

Rect = tuple[float, float, float, float]  # left, top, right, bottom

ROW = 160.0  # height of a bucket of the index
LANE_ROW = 640.0  # the same of what is taken of lanes
CLEARANCE = 9.0  # a curve stays this far from boxes it passes
WIDE, NARROW = 62.0, 16.0  # a lane's distance from boxes: with room for a shape pill, without
TURN = 72.0  # the most height a wire takes to reach its lane
LANE_STEP = 14.0  # between wires that share a lane
NEAR = 1600.0  # boxes further aside are not in the way


class BoxIndex:
    """Boxes by the rows they cross."""

    def __init__(self) -> None:
        self.boxes: dict[str, Rect] = {}
        self._rows: dict[int, set[str]] = defaultdict(set)

    def put(self, id: str, box: Rect) -> None:
        self.drop(id)
        self.boxes[id] = box
        for row in range(int(box[1] // ROW), int(box[3] // ROW) + 1):
            self._rows[row].add(id)

    def drop(self, id: str) -> None:
        box = self.boxes.pop(id, None)
        if box is not None:
            for row in range(int(box[1] // ROW), int(box[3] // ROW) + 1):
                self._rows[row].discard(id)

    def within(self, left: float, top: float, right: float, bottom: float) -> Iterator[tuple[str, Rect]]:
        """Boxes that touch a rectangle."""
        seen: set[str] = set()
        for row in range(int(top // ROW), int(bottom // ROW) + 1):
            for id in self._rows.get(row, ()):
                box = self.boxes[id]
                if id not in seen and box[0] <= right and box[2] >= left and box[1] <= bottom and box[3] >= top:
                    seen.add(id)
                    yield id, box


@dataclass(frozen=True, slots=True)
class Route:
    """A wire's course; `lane` is the x it runs along between the heights `enter` and `leave`, if it needs one."""

    start: tuple[float, float]
    end: tuple[float, float]
    lane: float | None = None
    enter: float = 0.0
    leave: float = 0.0
    via: tuple[tuple[float, float], ...] = ()  # points it is led through by hand

    @property
    def arrives_from(self) -> float:
        """The x the last stretch comes from: sorts wires that land side by side."""
        if self.via:
            return self.via[-1][0]
        return self.start[0] if self.lane is None else self.lane

    def shifted(self, dx: float, dy: float) -> Route:
        """The same course elsewhere."""
        (sx, sy), (tx, ty) = self.start, self.end
        lane = None if self.lane is None else self.lane + dx
        via = tuple((x + dx, y + dy) for x, y in self.via)
        return Route((sx + dx, sy + dy), (tx + dx, ty + dy), lane, self.enter + dy, self.leave + dy, via)

    def led_through(self, via: tuple[tuple[float, float], ...]) -> Route:
        return Route(self.start, self.end, via=via)

    def landing_at(self, x: float) -> Route:
        return replace(self, end=(x, self.end[1]))


class Lanes:
    """Which stretch of which lane is taken by which wire, found by the rows it crosses."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, int], dict[str, tuple[float, float]]] = defaultdict(dict)
        self._held: dict[str, list[tuple[int, int]]] = {}

    def release(self, wire: str) -> None:
        for cell in self._held.pop(wire, ()):
            del self._taken[cell][wire]

    def take(self, wire: str, x: float, top: float, bottom: float, step: float, limit: float) -> float:
        """The nearest free x from `x` on in the direction of `step`, not beyond `limit`."""
        tried = x
        while abs(tried - x) <= abs(limit - x) and abs(tried - x) < 12 * LANE_STEP:
            lane = round(tried / LANE_STEP)
            cells = [(lane, row) for row in range(int(top // LANE_ROW), int(bottom // LANE_ROW) + 1)]
            others = (stretch for cell in cells for stretch in self._taken.get(cell, {}).values())
            if all(bottom < low or top > high for low, high in others):
                for cell in cells:
                    self._taken[cell][wire] = (top, bottom)
                self._held[wire] = cells
                return tried
            tried += step
        return x


def find_route(wire: str, start: QPointF, end: QPointF, boxes: BoxIndex, lanes: Lanes, ends: tuple[str, str]) -> Route:
    """The course of a wire between two points; `ends` are the blocks it joins."""
    direct = Route((start.x(), start.y()), (end.x(), end.y()))
    lanes.release(wire)
    (sx, sy), (tx, ty) = direct.start, direct.end
    if ty < sy + 8:
        return _around(wire, direct, boxes, lanes)
    box = (min(sx, tx) - CLEARANCE, sy, max(sx, tx) + CLEARANCE, ty)
    near = [rect for id, rect in boxes.within(*box) if id not in ends]
    if not near or not _meets(direct, near):
        return direct
    return _through_lane(wire, direct, boxes, lanes, ends)


def side_by_side(routes: dict[str, Route], spread: float) -> dict[str, Route]:
    """The courses that end at one port, ordered by where they come from, the straightest one in its middle."""
    middle = next(iter(routes.values())).end[0]
    ordered = sorted(routes, key=lambda id: (routes[id].arrives_from, id))
    straight = min(range(len(ordered)), key=lambda index: abs(routes[ordered[index]].arrives_from - middle))
    return {id: routes[id].landing_at(middle + (index - straight) * spread) for index, id in enumerate(ordered)}


def path_of(route: Route, arrow: float = 0.0) -> QPainterPath:
    """The course as a smooth curve, ending `arrow` above its end."""
    (sx, sy), (tx, ty) = route.start, route.end
    ty -= arrow
    path = QPainterPath(QPointF(sx, sy))
    if route.via:
        return _through_points(path, (route.start, *route.via, (tx, ty)))
    if route.lane is None:
        bend = _bend(sx, sy, tx, ty)
        path.cubicTo(sx, sy + bend, tx, ty - bend, tx, ty)
        return path
    lane, enter, leave = route.lane, route.enter, route.leave
    if leave < enter:  # upwards: down and out, up the lane, over and in
        path.cubicTo(sx, sy + 56, lane, sy + 56, lane, enter)
        path.lineTo(lane, leave)
        path.cubicTo(lane, ty - 56, tx, ty - 56, tx, ty)
        return path
    first, last = enter - sy, ty - leave
    path.cubicTo(sx, sy + first * 0.62, lane, sy + first * 0.38, lane, enter)
    path.lineTo(lane, leave)
    path.cubicTo(lane, ty - last * 0.38, tx, ty - last * 0.62, tx, ty)
    return path


def _through_points(path: QPainterPath, points: tuple[tuple[float, float], ...]) -> QPainterPath:
    """A smooth curve through points (Catmull and Rom 1974), leaving and arriving downwards."""
    (sx, sy), (tx, ty) = points[0], points[-1]
    ends = ((sx, sy - 60), *points, (tx, ty + 60))
    for before, begin, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        first = QPointF(begin[0] + (end[0] - before[0]) / 6, begin[1] + (end[1] - before[1]) / 6)
        second = QPointF(end[0] - (after[0] - begin[0]) / 6, end[1] - (after[1] - begin[1]) / 6)
        path.cubicTo(first, second, QPointF(*end))
    return path


def pill_place(route: Route, share: float = 0.5) -> QPointF:
    """Where the shape pill sits: on the lane, or at a share of the way down a direct wire."""
    (sx, sy), (tx, ty) = route.start, route.end
    if route.via:
        return QPointF(*route.via[len(route.via) // 2]) + QPointF(0, 18)
    if route.lane is not None:
        return QPointF(route.lane, (route.enter + route.leave) / 2)
    ty -= 6
    bend, t, u = _bend(sx, sy, tx, ty), share, 1 - share
    x = sx * (u**3 + 3 * u * u * t) + tx * (3 * u * t * t + t**3)
    y = sy * u**3 + 3 * (sy + bend) * u * u * t + 3 * (ty - bend) * u * t * t + ty * t**3
    return QPointF(x, y)


def distance_to(route: Route, path: QPainterPath, point: QPointF) -> float:
    """How far a point is from a wire, to a pixel or so."""
    steps = 24
    best = 1e9
    before = path.pointAtPercent(0.0)
    for step in range(1, steps + 1):
        after = path.pointAtPercent(step / steps)
        best = min(best, _to_segment(point, before, after))
        before = after
    return best


def _bend(sx: float, sy: float, tx: float, ty: float) -> float:
    return max((ty - sy) * 0.5, min(abs(tx - sx) * 0.25, 40.0), 56.0 if ty < sy + 8 else 0.0)


def _meets(route: Route, rects: list[Rect]) -> bool:
    """Whether the direct curve comes near any of the boxes."""
    (sx, sy), (tx, ty) = route.start, route.end
    bend = _bend(sx, sy, tx, ty)
    for step in range(1, 16):
        t = step / 16
        u = 1 - t
        x = sx * (u * u * u + 3 * u * u * t) + tx * (3 * u * t * t + t * t * t)
        y = sy * u**3 + 3 * (sy + bend) * u * u * t + 3 * (ty - bend) * u * t * t + ty * t**3
        for left, top, right, bottom in rects:
            if left - CLEARANCE < x < right + CLEARANCE and top - CLEARANCE < y < bottom + CLEARANCE:
                return True
    return False


def _through_lane(wire: str, route: Route, boxes: BoxIndex, lanes: Lanes, ends: tuple[str, str]) -> Route:
    (sx, sy), (tx, ty) = route.start, route.end
    low, high = min(sx, tx) - NEAR, max(sx, tx) + NEAR
    band = [rect for id, rect in boxes.within(low, sy + 4, high, ty - 4) if id not in ends]
    first = min((top for _, top, _, _ in band if top > sy + 16), default=sy + TURN)
    last = max((bottom for _, _, _, bottom in band if bottom < ty - 16), default=ty - TURN)
    enter = sy + min(TURN, max(20.0, first - sy))
    leave = ty - min(TURN, max(20.0, ty - last))
    if leave < enter:
        enter = leave = (sy + ty) / 2
    inside = [rect for rect in band if rect[3] > enter + 1 and rect[1] < leave - 1]
    lane = _free_lane(wire, inside, (sx, tx), enter, leave, lanes)
    return replace(route, lane=lane, enter=enter, leave=leave)


def _around(wire: str, route: Route, boxes: BoxIndex, lanes: Lanes) -> Route:
    """A wire whose end lies above its start: out, up beside everything between, and in."""
    (sx, sy), (tx, ty) = route.start, route.end
    low, high = min(sx, tx) - NEAR, max(sx, tx) + NEAR
    band = [rect for _, rect in boxes.within(low, ty - 16, high, sy + 16)]
    lane = _free_lane(wire, band, (sx, tx), ty, sy, lanes)
    return replace(route, lane=lane, enter=sy, leave=ty)


def _free_lane(
    wire: str, band: list[Rect], ends: tuple[float, float], top: float, bottom: float, lanes: Lanes
) -> float:
    """The x of least detour that no box of the band covers."""
    middle = (ends[0] + ends[1]) / 2
    best: tuple[float, float, float, float] | None = None  # cost, x, step, limit
    for left, right in _gaps(band):
        room = right - left
        if room < 2 * NARROW:
            continue
        margin = WIDE if room >= 2 * WIDE else NARROW
        straight = [end for end in ends if left + NARROW <= end <= right - NARROW]
        x = straight[0] if straight else min(max(middle, left + margin), right - margin)
        # Rightwards on a tie, so that the skips of a chain all bend to the same side.
        cost = abs(x - ends[0]) + abs(x - ends[1]) - (24.0 if straight else 1.0 if x > middle else 0.0)
        if best is None or cost < best[0]:
            outward = LANE_STEP if x >= middle else -LANE_STEP
            best = cost, x, outward, (right - NARROW if outward > 0 else left + NARROW)
    if best is None:
        return middle
    return lanes.take(wire, best[1], top, bottom, best[2], best[3])


def _gaps(band: list[Rect]) -> Iterator[tuple[float, float]]:
    """The free stretches of x between boxes, the outermost without end."""
    reached = -1e6
    for left, right in sorted((rect[0], rect[2]) for rect in band):
        if left > reached:
            yield reached, left
        reached = max(reached, right)
    yield reached, 1e6


def _to_segment(point: QPointF, a: QPointF, b: QPointF) -> float:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else max(0.0, min(1.0, ((point.x() - a.x()) * dx + (point.y() - a.y()) * dy) / length))
    return ((point.x() - a.x() - t * dx) ** 2 + (point.y() - a.y() - t * dy) ** 2) ** 0.5


def bounds(path: QPainterPath, margin: float) -> QRectF:
    return path.controlPointRect().adjusted(-margin, -margin, margin, margin)
