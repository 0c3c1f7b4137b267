"""Words from files as a terminal may show them. Imports neither torch nor Qt."""

from __future__ import annotations

from rich.markup import escape


def plain(text: str) -> str:
    """The text without control characters, which could act on the terminal; line ends and tabs stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def safe(text: str) -> str:
    """The text for rich: neither markup nor control characters, in one line."""
    return escape(plain(text).replace("\n", "?").replace("\t", "?"))


def safe_lines(text: str) -> str:
    """The text for rich as `safe` has it, line by line."""
    return "\n".join(map(safe, text.split("\n")))
