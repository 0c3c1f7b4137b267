"""Thrift's compact protocol, as far as Parquet describes itself in it: chosen values of a struct, the rest skipped.

Damaged bytes are a ValueError.
Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
DEEPEST = 16
Wanted = dict[int, "Wanted | None"]  # by a field's number: its own fields where it is a struct or a list of them


class Reader:
    """A place in some bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def struct(self, wanted: Wanted | None, depth: int = 0) -> dict[int, Any]:
        """The wanted fields of the struct that begins here; with None it is only skipped."""
        if depth > DEEPEST:
            raise ValueError("structs within structs without end")
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            within = wanted.get(number) if wanted else None
            value = self._value(head & 15, within, depth, in_list=False)
            if wanted is not None and number in wanted:
                found[number] = value
        return found

    def _value(self, kind: int, wanted: Wanted | None, depth: int, in_list: bool) -> Any:
        if kind in (TRUE, FALSE):
            return self._byte() == TRUE if in_list else kind == TRUE
        if kind == BYTE:
            return self._byte()
        if kind in (I16, I32, I64):
            return self._zigzag()
        if kind == DOUBLE:
            return self._bytes(8)
        if kind == BINARY:
            return self._bytes(self._varint())
        if kind in (LIST, SET):
            return self._list(wanted, depth)
        if kind == MAP:
            return self._map(depth)
        if kind == STRUCT:
            return self.struct(wanted, depth + 1)
        raise ValueError(f"a value of unknown kind {kind}")

    def _list(self, wanted: Wanted | None, depth: int) -> list[Any]:
        head = self._byte()
        length = head >> 4 if head >> 4 < 15 else self._varint()
        if length > len(self.data) - self.place:  # each takes a byte at least
            raise ValueError("a list longer than the file")
        if depth > DEEPEST:
            raise ValueError("lists within lists without end")
        return [self._value(head & 15, wanted, depth + 1, in_list=True) for _ in range(length)]

    def _map(self, depth: int) -> None:
        length = self._varint()
        if length > len(self.data) - self.place or depth > DEEPEST:
            raise ValueError("a map longer than the file")
        kinds = self._byte() if length else 0
        for _ in range(length):
            self._value(kinds >> 4, None, depth + 1, in_list=True)
            self._value(kinds & 15, None, depth + 1, in_list=True)

    def _byte(self) -> int:
        if self.place >= len(self.data):
            raise ValueError("it ends too early")
        self.place += 1
        return self.data[self.place - 1]

    def _bytes(self, length: int) -> bytes:
        start = self.place
        if length > len(self.data) - start:
            raise ValueError("a text longer than the file")
        self.place += length
        return self.data[start : self.place]

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number without end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
