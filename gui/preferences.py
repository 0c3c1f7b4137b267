"""What a person may set about the editor itself, and the news when it is set. Nothing of a project."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.settings import settings

AUTOSAVE_SECONDS = (0, 2, 5, 15, 60)  # 0: no recovery copies


class Preferences(QObject):
    """Read from the settings each time, so that two windows and two processes agree."""

    changed = Signal(str)  # the name of what was set

    @property
    def motion(self) -> bool:
        """Whether things may glide; without it every change is there at once."""
        return settings().value("motion", True, bool)

    @property
    def autosave_seconds(self) -> int:
        """How long after a change a recovery copy is written; 0 means never."""
        try:
            seconds = int(settings().value("autosave", 5))
        except (TypeError, ValueError):
            return 5
        return seconds if seconds in AUTOSAVE_SECONDS else 5

    @property
    def restore_session(self) -> bool:
        """Whether the next start opens what was open."""
        return settings().value("restore", True, bool)

    def set_motion(self, on: bool) -> None:
        self._set("motion", bool(on))

    def set_autosave_seconds(self, seconds: int) -> None:
        if seconds not in AUTOSAVE_SECONDS:
            raise ValueError(f"autosave every {seconds} s is no choice; use one of {AUTOSAVE_SECONDS}")
        self._set("autosave", seconds)

    def set_restore_session(self, on: bool) -> None:
        self._set("restore", bool(on))

    def _set(self, name: str, value: object) -> None:
        settings().setValue(name, value)
        self.changed.emit(name)


preferences = Preferences()
