"""Where this person's Netloom keeps what is not a project: state that must last, and caches that need not."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths

Location = QStandardPaths.StandardLocation


def state_folder() -> Path:
    """Kept between starts and not worth a copy elsewhere: recovery files."""
    return _own(getattr(Location, "GenericStateLocation", Location.GenericDataLocation))


def cache_folder() -> Path:
    """May be emptied at any time: pictures of projects."""
    return _own(Location.GenericCacheLocation)


def _own(location: QStandardPaths.StandardLocation) -> Path:
    # The generic place, not the application's: a test or a script that names its application otherwise finds the same.
    return Path(QStandardPaths.writableLocation(location)) / "netloom"
