"""The page source is written on: statements with the block they came from and the shape behind them.

Shapes stand at line ends in one column per function; a remark that would not fit goes on the line above. Knows layout
only, neither networks nor what the statements mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from backend.source.literals import comment
from backend.source.wrapping import WIDTH, wrap

Place = str | tuple[str, str]  # a block's id, or a module's name and the id of a block inside
FARTHEST = 60  # the column of remarks is never pushed further right than this


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    indent: int
    blocks: tuple[Place, ...]
    remark: str
    group: int
    as_it_stands: bool = False


class Page:
    """Lines in the making; `finish` lays them out."""

    def __init__(self):
        self._entries: list[_Entry] = []
        self._group = 0

    def section(self) -> None:
        """Begin a stretch whose remarks stand in a column of their own, as functions do."""
        self._group += 1

    def statement(self, code: str, indent: int = 0, *blocks: str, remark: str = "") -> None:
        """One statement, the ids of its blocks, and what is said at its end."""
        if not indent or code.startswith("def "):
            self._group += 1
        self._entries.append(_Entry(code, indent, blocks, comment(remark), self._group))

    def remark(self, text: str, indent: int = 0, *blocks: str) -> None:
        """A comment on a line of its own."""
        self._entries.append(_Entry("", indent, blocks, comment(text), self._group))

    def blank(self, lines: int = 1) -> None:
        self._entries.extend([_Entry("", 0, (), "", self._group)] * lines)

    def verbatim(self, text: str) -> None:
        """Lines that are written as they stand."""
        self._group += 1
        self._entries.extend(_Entry(line, 0, (), "", self._group, True) for line in text.splitlines())

    def calls(self, name: str) -> bool:
        """Whether a statement calls something of this name."""
        pattern = re.compile(rf"(?<![\w.]){name}\(")
        return any(pattern.search(entry.code) for entry in self._entries)

    def uses(self, word: str) -> bool:
        """Whether a statement reaches into something of this name, such as `torch` in `torch.cat`."""
        pattern = re.compile(rf"\b{word}\.")
        return any(pattern.search(entry.code) for entry in self._entries)

    @property
    def empty(self) -> bool:
        return not self._entries

    def add(self, page: Page) -> None:
        """Append another page; its stretches of remarks stay its own."""
        self._entries.extend(replace(entry, group=entry.group + self._group) for entry in page._entries)
        self._group += page._group

    def inside(self, module: str) -> Page:
        """The same text, belonging to blocks inside a module: pairs of its name and their ids."""
        page = Page()
        page._entries = [replace(one, blocks=tuple((module, id) for id in one.blocks)) for one in self._entries]
        page._group = self._group
        return page

    def finish(self) -> tuple[str, dict[int, Place], dict[Place, list[int]]]:
        """The text, the block of each line that has one, and the lines of each block; lines count from 1."""
        columns = self._columns()
        lines: list[str] = []
        first: dict[int, Place] = {}
        all_lines: dict[Place, list[int]] = {}
        for entry in self._entries:
            written = _written(entry, columns.get(entry.group, 0))
            for number in range(len(lines) + 1, len(lines) + len(written) + 1):
                for block in entry.blocks:
                    first.setdefault(number, block)
                    all_lines.setdefault(block, []).append(number)
            lines.extend(written)
        return "\n".join(lines) + "\n", first, all_lines

    def _columns(self) -> dict[int, int]:
        """Where the remarks of each group begin."""
        groups: dict[int, list[tuple[int, int]]] = {}
        for entry in self._entries:
            if entry.code and entry.remark:
                ends = (entry.indent + len(entry.code) + 2, len(entry.remark) + 2)
                groups.setdefault(entry.group, []).append(ends)
        return {group: _column(lines) for group, lines in groups.items()}


def _column(lines: list[tuple[int, int]]) -> int:
    """The column in which most remarks can stand; a line is (where its code ends, the length of its remark)."""
    farthest = max(end for end, _ in lines)
    if farthest <= FARTHEST and farthest + max(length for _, length in lines) <= WIDTH:
        return farthest

    def standing(column: int) -> int:
        return sum(end <= column and column + length <= WIDTH for end, length in lines)

    candidates = sorted({end for end, _ in lines if end <= FARTHEST})
    return max(candidates, key=standing, default=0)


def _written(entry: _Entry, column: int) -> list[str]:
    if entry.as_it_stands:
        return [entry.code]
    pad = " " * entry.indent
    if not entry.code:
        return [f"{pad}# {entry.remark}"] if entry.remark else [""]
    if not entry.remark:
        return wrap(entry.code, entry.indent)
    line = pad + entry.code
    aligned = f"{line.ljust(column - 2)}  # {entry.remark}"
    if len(aligned) <= WIDTH:
        return [aligned]
    close = f"{line}  # {entry.remark}"
    if len(close) <= WIDTH:
        return [close]
    return [f"{pad}# {entry.remark}", *wrap(entry.code, entry.indent)]
