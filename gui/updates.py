"""When a panel recomputes: once for many changes, soon after the last, and never while nobody sees it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget


class Updates(QObject):
    """Calls `refresh` once after any number of `ask`s, and on a hidden widget only when it is shown again.

    `patient` waits for a pause: every further `ask` begins the delay anew, and what took long waits longer.
    """

    def __init__(self, widget: QWidget, refresh: Callable[[], None], delay: int = 0, patient: bool = False):
        super().__init__(widget)
        self._widget, self._refresh = widget, refresh
        self._delay, self._patient = delay, patient
        self._stale = True
        self._timer = QTimer(self, singleShot=True, interval=delay)
        self._timer.timeout.connect(self.flush)
        widget.installEventFilter(self)

    def ask(self, *_ignored) -> None:
        """Something changed. Takes any arguments, so that any signal can be connected to it."""
        self._stale = True
        if self._widget.isVisible() and (self._patient or not self._timer.isActive()):
            self._timer.start()

    def flush(self) -> None:
        """Refresh now if anything changed and somebody can see it."""
        self._timer.stop()
        if self._stale and self._widget.isVisible():
            self._stale = False
            began = time.perf_counter()
            self._refresh()
            if self._patient:
                self._timer.setInterval(max(self._delay, round(3000 * (time.perf_counter() - began))))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # After Show is delivered isVisible() is true; the panel is filled before its first paint.
        if event.type() == QEvent.Type.Show and self._stale:
            self._timer.start(0)
        return False
