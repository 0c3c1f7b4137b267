"""When something was, as people say it: just now, 5 minutes ago, yesterday at 14:05, 12 March 2024 at 9:30."""

from __future__ import annotations

import time
from datetime import date

from PySide6.QtCore import QDateTime, QLocale

from gui.language import tr

MINUTE, HOUR = 60, 3600


def ago(then: float, now: float | None = None) -> str:
    """How long ago a moment was, in seconds since 1970; what lies ahead of a wrong clock is just now."""
    now = time.time() if now is None else now
    passed = now - then
    if passed < MINUTE:
        return tr("just now")
    if passed < HOUR:
        minutes = int(passed // MINUTE)
        return tr("a minute ago") if minutes == 1 else tr("{n} minutes ago").format(n=minutes)
    days = (date.fromtimestamp(now) - date.fromtimestamp(then)).days
    if days == 0 or passed < 3 * HOUR:
        hours = int(passed // HOUR)
        return tr("an hour ago") if hours == 1 else tr("{n} hours ago").format(n=hours)
    moment = QDateTime.fromSecsSinceEpoch(int(then))
    clock = QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat)
    if days == 1:
        return tr("yesterday at {clock}").format(clock=clock)
    if days < 7:
        return tr("{n} days ago").format(n=days)
    return QLocale().toString(moment.date(), QLocale.FormatType.LongFormat if days > 300 else "d MMMM")
