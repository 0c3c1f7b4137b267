"""How an ONNX tensor lies in a block's output: its dimensions as products of parts of the block's own, in any order.

Transposes and reshapes only change this description; blocks are drawn for them where somebody needs the real shape.
Pure arithmetic: knows nothing of networks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graph.dim import Dim, Expr, N, product, substitute

Atom = tuple[int, int]  # the axis of the block's output, and which part of it
Group = tuple[Atom, ...]


class Misfit(ValueError):
    """A shape that the values do not fill, or of which it is open whether they do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`axes` are the sizes of the parts of each axis, outermost first, without those of size 1; `dims` group them."""

    axes: tuple[tuple[Dim, ...], ...]
    dims: tuple[Group, ...]

    @classmethod
    def of(cls, shape: Sequence[Dim]) -> Layout:
        """A tensor just as the block gives it."""
        return cls(
            tuple(() if size == 1 else (size,) for size in shape),
            tuple(() if size == 1 else ((axis, 0),) for axis, size in enumerate(shape)),
        )

    @property
    def sizes(self) -> tuple[Dim, ...]:
        """The shape in ONNX's eyes."""
        return tuple(product(self.axes[axis][part] for axis, part in group) for group in self.dims)

    @property
    def shape(self) -> tuple[Dim, ...]:
        """The shape of the block's output."""
        return tuple(map(product, self.axes))

    @property
    def order(self) -> list[Atom]:
        return [atom for group in self.dims for atom in group]

    @property
    def plain(self) -> bool:
        """Whether the block's output is the tensor itself."""
        return self.sizes == self.shape and self.order == sorted(self.order)

    def size(self, group: Group) -> Dim:
        return product(self.axes[axis][part] for axis, part in group)

    def axis_of(self, dim: int) -> int | None:
        """The block's axis that is this dimension; None where it is none or part of one."""
        if self.plain:
            return dim
        group = self.dims[dim]
        return group[0][0] if len(group) == 1 and len(self.axes[group[0][0]]) == 1 else None

    def transposed(self, order: Iterable[int]) -> Layout:
        return _merged(self.axes, tuple(self.dims[i] for i in order))

    def squeezed(self, gone: Iterable[int]) -> Layout:
        """Without dimensions of size 1; raises Misfit for others."""
        gone = set(gone)
        for i in gone:
            if self.dims[i]:
                raise Misfit(f"dimension {i} is {self.sizes[i]}, not 1")
        return Layout(self.axes, tuple(group for i, group in enumerate(self.dims) if i not in gone))

    def unsqueezed(self, at: Iterable[int]) -> Layout:
        """With dimensions of size 1 that stand at these places afterwards."""
        dims = list(self.dims)
        for i in sorted(at):
            dims.insert(i, ())
        return Layout(self.axes, tuple(dims))

    def batch_dim(self) -> int | None:
        """The dimension the batch is in."""
        return next((i for i, g in enumerate(self.dims) if any(self.axes[a][p] == N for a, p in g)), None)

    def reshaped(self, target: Sequence[Dim], batch: int | None = None) -> Layout:
        """In another shape, the values in their order; -1 is worked out. Raises Misfit.

        `batch` is the number a file writes for the batch where it was exported for one size alone.
        """
        target = list(target)
        if -1 in target:
            at = target.index(-1)
            total = _number(product(self.sizes), batch)
            known = _number(product(size for i, size in enumerate(target) if i != at), batch)
            rest = exact(total, known) if known != 0 else None
            if rest is None:
                raise Misfit(f"{total} values do not fill {_by(target)}")
            target[at] = rest
        taking = _Taking(self, batch)
        groups = [taking.take(size, target[i + 1 :]) for i, size in enumerate(target)]
        if taking.left:
            raise Misfit(f"{product(self.sizes)} values do not fill {_by(target)}")
        return taking.finish(groups)


class _Taking:
    """Hands out the parts of a layout in their order, cutting them where a dimension ends within one."""

    def __init__(self, layout: Layout, batch: int | None):
        self._batch = batch
        self._parts = {(a, p): [[size]] for a, sizes in enumerate(layout.axes) for p, size in enumerate(sizes)}
        self._layout = layout
        self.left: deque[tuple[Atom, list]] = deque((atom, self._parts[atom][0]) for atom in layout.order)

    def take(self, target: Dim, following: Sequence[Dim]) -> list[list]:
        """The parts that make one dimension."""
        group: list[list] = []
        have: Dim = 1
        wanted = _number(target, self._batch)
        if self._batch == 1 and wanted == 1 and self._next_is_batch():
            return [self._whole_batch()]
        while _number(have, self._batch) != wanted:
            if not self.left:
                raise Misfit(f"there are too few values for a dimension of {target}")
            atom, cell = self.left.popleft()
            step = _number(have * cell[0], self._batch)
            if exact(wanted, step) is None:
                cell = self._cut(atom, cell, exact(wanted, _number(have, self._batch)), target)
            group.append(cell)
            have = have * cell[0]
        if self._batch == 1 and self.left and self.left[0][1][0] == N and self._belongs_here(following):
            group.append(self.left.popleft()[1])
        return group

    def _next_is_batch(self) -> bool:
        """Whether a batch comes next, alone or with steps that were put among the samples."""
        return bool(self.left) and exact(self.left[0][1][0], N) is not None

    def _whole_batch(self) -> list:
        atom, cell = self.left.popleft()
        return cell if cell[0] == N else self._cut(atom, cell, N, N)

    def _belongs_here(self, following: Sequence[Dim]) -> bool:
        """Whether a batch written as 1 is part of the dimension before it: what follows is whole without it."""
        if not following:
            return True
        have: Dim = 1
        for _, cell in list(self.left)[1:]:
            have = have * cell[0]
            if have == following[0]:
                return True
        return False

    def _cut(self, atom: Atom, cell: list, first: Dim | None, target: Dim) -> list:
        """Cut a part in two: the first is taken, the rest stays in front."""
        rest = None if first is None else exact(cell[0], first)
        if rest is None:
            raise Misfit(f"a dimension of {target} cannot be cut from {cell[0]}")
        ahead, behind = [first], [rest]
        cells = self._parts[atom]
        at = next(i for i, one in enumerate(cells) if one is cell)
        cells[at : at + 1] = [ahead, behind]
        self.left.appendleft((atom, behind))
        return ahead

    def finish(self, groups: list[list[list]]) -> Layout:
        places: dict[int, Atom] = {}
        axes = []
        for axis, sizes in enumerate(self._layout.axes):
            cells = [cell for part in range(len(sizes)) for cell in self._parts[axis, part]]
            places.update({id(cell): (axis, i) for i, cell in enumerate(cells)})
            axes.append(tuple(cell[0] for cell in cells))
        return _merged(tuple(axes), tuple(tuple(places[id(cell)] for cell in group) for group in groups))


def exact(dim: Dim, by: Dim) -> Dim | None:
    """The quotient where nothing is left over, else None."""
    if by == 1 or dim == by:
        return dim if by == 1 else 1
    if by == 0:
        return None
    if isinstance(dim, int) or isinstance(by, int):
        if not isinstance(by, int):
            return None
        quotient = dim // by
        return quotient if quotient * by == dim else None
    if len(by.terms) != 1:
        return None
    (factors, count), *_ = by.terms
    terms = {}
    for own, coefficient in dim.terms:
        left = list(own)
        for factor in factors:
            if factor not in left:
                return None
            left.remove(factor)
        if coefficient % count:
            return None
        terms[tuple(left)] = coefficient // count
    return terms[()] if set(terms) == {()} else Expr(terms)


def _number(dim: Dim, batch: int | None) -> Dim:
    return dim if batch is None else substitute(dim, {"N": batch})


def _merged(axes: tuple[tuple[Dim, ...], ...], dims: tuple[Group, ...]) -> Layout:
    """The same with parts put together again that stand side by side, and without parts of size 1."""
    dims = tuple(tuple(atom for atom in group if axes[atom[0]][atom[1]] != 1) for group in dims)
    joins = {b for group in dims for a, b in pairwise(group) if _adjoin(axes, a, b)}
    new_axes, places = [], {}
    for axis, sizes in enumerate(axes):
        parts: list[Dim] = []
        for part, size in enumerate(sizes):
            if size == 1:
                continue
            if (axis, part) in joins:
                parts[-1] = parts[-1] * size
            else:
                places[axis, part] = (axis, len(parts))
                parts.append(size)
        new_axes.append(tuple(parts))
    return Layout(tuple(new_axes), tuple(tuple(places[a] for a in group if a in places) for group in dims))


def _adjoin(axes, a: Atom, b: Atom) -> bool:
    """Whether two parts of one axis follow each other, but for parts of size 1."""
    return a[0] == b[0] and a[1] < b[1] and all(axes[a[0]][p] == 1 for p in range(a[1] + 1, b[1]))


def _by(sizes: Sequence[Dim]) -> str:
    return " x ".join(map(str, sizes)) or "a single value"
