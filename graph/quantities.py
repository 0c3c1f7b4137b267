"""How numbers are written for people: thousands with separators, large ones with SI prefixes."""

from __future__ import annotations

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def thousands(count: object) -> str:
    """61706 -> 61,706; anything symbolic as it prints itself."""
    return f"{count:,}" if isinstance(count, int) else str(count)


def short(count: object) -> str:
    """Three significant figures and an SI prefix from a million on: 61,706 and 25.6 M."""
    if not isinstance(count, int) or abs(count) < 1_000_000:
        return thousands(count)
    return prefixed(count)


def prefixed(count: object) -> str:
    """Three significant figures and an SI prefix from a thousand on: 416 k, 4.09 G."""
    if not isinstance(count, int | float):
        return str(count)
    for index, (unit, prefix) in enumerate(PREFIXES):
        if abs(count) >= unit:
            figure = f"{count / unit:.3g}"
            if "e" in figure:  # 999,999 rounds up into the next prefix
                return f"1 {PREFIXES[index - 1][1]}" if index else f"{count / unit:.0f} {prefix}"
            return f"{figure} {prefix}"
    return f"{count:g}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """1 block, 2 blocks, 1,000 blocks."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def binary(count: int) -> str:
    """Bytes in the units memory is sold in: 512 B, 1.5 KiB, 3.2 GiB."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1000 or unit == "TiB":
            break
        size /= 1024
    return f"{count} B" if unit == "B" else f"{size:.3g} {unit}"
