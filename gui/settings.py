"""What one person's Netloom remembers between starts: theme, window, recent files, keys. Nothing of a project."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings

RECENT = 10
MOST_SEATS, MOST_LOOKS = 12, 60


def settings() -> QSettings:
    return QSettings("Netloom", "Netloom")


def theme_mode() -> str:
    mode = str(settings().value("theme", "system"))
    return mode if mode in ("system", "dark", "light") else "system"


def remember_theme(mode: str) -> None:
    settings().setValue("theme", mode)


def recent_files() -> list[Path]:
    """Projects opened lately, the last first, as far as they are still there."""
    held = settings().value("recent", [])
    names = [held] if isinstance(held, str) else list(held or [])
    return [Path(name) for name in names if Path(name).is_file()]


def remember_file(path: Path) -> None:
    path = path.resolve()
    others = [known for known in recent_files() if known != path]
    settings().setValue("recent", [str(p) for p in (path, *others)][:RECENT])


def own_keys() -> dict[str, str]:
    """Keys that this person bound otherwise than the table of actions."""
    held = settings()
    held.beginGroup("keys")
    return {name: str(held.value(name)) for name in held.childKeys()}


def remember_key(id: str, key: str, default: str) -> None:
    """Keep a key that differs from the table's; an empty one means none."""
    if key == default:
        settings().remove(f"keys/{id}")
    else:
        settings().setValue(f"keys/{id}", key)


def forget_keys() -> None:
    settings().remove("keys")


def forget_file(path: Path) -> None:
    """Take a project out of the recent ones; the file itself stays."""
    settings().setValue("recent", [str(known) for known in recent_files() if known != path])


# What was open, and how it was looked at


@dataclass(frozen=True, slots=True)
class Seat:
    """A window of the last session: the project in it and where it stood."""

    path: Path
    geometry: bytes = b""


@dataclass(frozen=True, slots=True)
class Look:
    """How a project was looked at: zoom, and the point in the middle."""

    zoom: float
    x: float
    y: float


def remember_session(seats: list[Seat]) -> None:
    value = [{"path": str(seat.path), "geometry": seat.geometry.hex()} for seat in seats[:MOST_SEATS]]
    settings().setValue("session", json.dumps(value))


def last_session() -> list[Seat]:
    """The windows that were open, as far as their projects are still there."""
    seats = []
    for value in _kept_list("session")[:MOST_SEATS]:
        try:
            seat = Seat(Path(value["path"]), bytes.fromhex(value["geometry"]))
        except (TypeError, KeyError, ValueError):
            continue
        if seat.path.is_file():
            seats.append(seat)
    return seats


def starting() -> bool:
    """Whether a start began to bring projects back and never came to rest."""
    return settings().value("restoring", False, bool)


def set_starting(on: bool) -> None:
    settings().setValue("restoring", on)
    settings().sync()  # what follows may be a crash


def remember_look(path: Path, look: Look) -> None:
    name = str(path.resolve())
    others = [value for value in _kept_list("looks") if isinstance(value, list) and value[:1] != [name]]
    kept = [[name, round(look.zoom, 4), round(look.x, 1), round(look.y, 1)], *others][:MOST_LOOKS]
    settings().setValue("looks", json.dumps(kept))


def look_at(path: Path) -> Look | None:
    """How a project was looked at last, if that is known and can be."""
    name = str(path.resolve())
    for value in _kept_list("looks"):
        if isinstance(value, list) and len(value) == 4 and value[0] == name:
            numbers = value[1:]
            if all(isinstance(n, int | float) and math.isfinite(n) for n in numbers) and numbers[0] > 0:
                return Look(*map(float, numbers))
    return None


def _kept_list(name: str) -> list:
    """A list kept as JSON; a settings file that somebody broke is an empty one."""
    try:
        value = json.loads(str(settings().value(name, "[]")))
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []
