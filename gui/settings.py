"""What one person's Netloom remembers between starts: theme, window, recent files, keys. Nothing of a project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

RECENT = 10


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
