"""Text as numbers: which characters or words there are, in what order, and back from numbers to text.

Number 0 is filling where texts are padded; what is beyond the vocabulary is one number, "<unknown>".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Unit = Literal["characters", "words"]
PADDING, UNKNOWN = "<pad>", "<unknown>"
SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}  # how these look as names of classes
MEANT = {name: character for character, name in SHOWN.items()}
CODE = re.compile(r"U\+[0-9A-F]{4,6}")
WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]|\n")
LONGEST_WORD = 200
BEFORE = frozenset(".,;:!?)]}'\"%\n")  # no space before these when words are joined again


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens by number; `names` are those of the field's classes."""

    unit: Unit
    tokens: tuple[str, ...]  # characters or words as they are in the text, and the two special ones

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._name(token) for token in self.tokens)

    def encoder(self) -> Callable[[str], np.ndarray]:
        """What turns a text into class numbers (length,) int64."""
        number = {token: place for place, token in enumerate(self.tokens)}
        unknown = number.get(UNKNOWN, 0)
        if self.unit == "words":
            return lambda text: np.array([number.get(word, unknown) for word in split_words(text)], np.int64)
        single = sorted((ord(token), place) for token, place in number.items() if len(token) == 1)
        codes = np.array([code for code, _ in single], np.uint32)
        places = np.array([place for _, place in single], np.int64)

        def characters(text: str) -> np.ndarray:
            wanted = _codes(text)
            found = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
            return np.where(codes[found] == wanted, places[found], unknown)

        return characters

    def _name(self, token: str) -> str:
        if self.unit == "words":
            return SHOWN.get(token, token)
        if token in SHOWN:
            return SHOWN[token]
        return token if len(token) > 1 or (token.isprintable() and token not in MEANT) else f"U+{ord(token):04X}"


def build(texts: Iterable[str], unit: Unit, most: int, padded: bool) -> Vocabulary:
    """The `most` frequent tokens, the special ones counted; ties in the order of the alphabet.

    There is an unknown token for words, and for characters where not all of them have room.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text) if unit == "words" else _count_characters(text))
    ordered = sorted((token for token in counts if len(token) <= LONGEST_WORD), key=lambda t: (-counts[t], t))
    special = (PADDING,) if padded else ()
    if unit == "words" or len(ordered) + len(special) > most:
        special += (UNKNOWN,)
    return Vocabulary(unit, (*special, *ordered[: most - len(special)]))


def split_words(text: str) -> list[str]:
    """Words, marks of punctuation one by one, and line ends."""
    return WORD.findall(text)


def text_of(names: Sequence[str], numbers: Iterable[int], unit: Unit) -> str:
    """The text that class numbers stand for, given the names of a field's classes; filling is left out."""
    tokens = [names[number] for number in numbers]
    tokens = [MEANT.get(name, name) for name in tokens if name != PADDING]
    if unit == "characters":
        return "".join(_character(name) for name in tokens)
    text = ""
    for token in tokens:
        close = not text or token in BEFORE or text.endswith("\n")
        text += token if close else f" {token}"
    return text


def _character(name: str) -> str:
    """The character a class is named after; a code that no text can hold stays as it is."""
    code = int(name[2:], 16) if CODE.fullmatch(name) else None
    return name if code is None or code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _count_characters(text: str) -> dict[str, int]:
    codes, counts = np.unique(_codes(text), return_counts=True)
    return {chr(code): int(count) for code, count in zip(codes, counts, strict=True)}
