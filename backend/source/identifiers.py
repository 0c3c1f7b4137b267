"""Names of people become names of Python: one identifier per block, injective, ASCII `[a-z][a-z0-9_]*`.

A name that is a good identifier already stays as it is; others are spelled in ASCII, and whatever then collides is
numbered. Nothing else of what people typed gets into code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from backend.source.reserved import CLASS_NAMES, IDENTIFIERS

LONGEST = 40
EXACT = re.compile(r"[a-z][a-z0-9_]{0,%d}\Z" % (LONGEST - 1), re.ASCII)  # noqa: UP031 (braces are the pattern's)


class Names:
    """The identifiers of one network, by block id; every one of them is handed out once."""

    def __init__(self, reserved: Iterable[str] = ()):
        self._reserved = IDENTIFIERS | set(reserved)
        self._taken: set[str] = set()
        self._ports: dict[tuple[str, str], str] = {}
        self.blocks: dict[str, str] = {}

    def __getitem__(self, id: str) -> str:
        return self.blocks[id]

    def assign(self, blocks: Iterable[tuple[str, str, str]]) -> None:
        """Name every block, given as (id, name, fallback) in order of creation.

        Names that can stay are given away first: adding a block never renames one of those.
        """
        blocks = [(id, plain(name), fallback) for id, name, fallback in blocks]
        found = {id: self._take(name) for id, name, _ in blocks if self._is_free(name)}
        for id, name, fallback in blocks:
            if id not in found:
                found[id] = self.fresh(spelled(name, fallback))
        self.blocks = {id: found[id] for id, _, _ in blocks}

    def port(self, id: str, port: str) -> str:
        """The name of a further output of a block: lstm_h_n."""
        if (id, port) not in self._ports:
            self._ports[id, port] = self.fresh(f"{self.blocks[id]}_{port}"[:LONGEST])
        return self._ports[id, port]

    def fresh(self, base: str) -> str:
        """The base itself, or the first variation of it that nobody has."""
        if base in self._reserved:
            base = f"{base}_"
        candidate, count = base, 1
        while not self._is_free(candidate):
            count += 1
            ending = f"_{count}"
            candidate = base[: LONGEST - len(ending)].rstrip("_") + ending
        return self._take(candidate)

    def _is_free(self, name: str) -> bool:
        return EXACT.match(name) is not None and name not in self._reserved and name not in self._taken

    def _take(self, name: str) -> str:
        self._taken.add(name)
        return name


def spelled(name: str, fallback: str) -> str:
    """A name in lower-case ASCII words: "3. Fältung" -> "conv_3_faltung"; the fallback where nothing is left."""
    words = re.sub(r"[^a-z0-9]+", "_", _ascii(name).lower()).strip("_")
    if not words:
        return fallback
    return (words if words[0].isalpha() else f"{fallback}_{words}")[: LONGEST - 1].rstrip("_")


def class_name(name: str) -> str:
    """A network's name as a class name: "my résumé net" -> "MyResumeNet"."""
    words = re.findall(r"[A-Za-z0-9]+", _ascii(plain(name)))
    joined = "".join(word[0].upper() + word[1:] for word in words)[:LONGEST]
    if not joined:
        return "Network"
    if not joined[0].isalpha():
        joined = f"Network{joined}"
    return f"{joined}Network" if joined in CLASS_NAMES else joined


def plain(text: str) -> str:
    """The same characters as an exact str: a subclass could print itself as something else."""
    return "".join(str.__iter__(text))


def _ascii(text: str) -> str:
    """The text without accents, and with spaces for whatever ASCII does not have."""
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(char if char.isascii() else " " for char in letters)
