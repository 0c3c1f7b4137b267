"""Names of blocks and networks: what may be one, and the next that is free."""

from __future__ import annotations

import re
from collections.abc import Container

NUMBER = re.compile(r"_?\d+$")


class NamingError(ValueError):
    """A block or network name that breaks a rule; the text names the rule."""


def check_name(name: str) -> str:
    """A name of 1 to 80 printable characters, without spaces around it; raises NamingError."""
    if not isinstance(name, str) or not 1 <= len(name) <= 80 or not name.isprintable() or name != name.strip():
        raise NamingError(f"a name has 1 to 80 printable characters and no space at its ends, not {name!r}")
    return name


def free_name(base: str, taken: Container[str], reached: dict[str, int] | None = None) -> str:
    """The base itself, or with the first number that makes it unique.

    `reached` remembers how far each stem has got, so that naming many blocks at once does not count from 1 again.
    """
    if base not in taken:
        return base
    stem = NUMBER.sub("", base) or base
    count = (reached or {}).get(stem, 0) + 1
    while f"{stem}{count}" in taken:
        count += 1
    if reached is not None:
        reached[stem] = count
    return f"{stem}{count}"
