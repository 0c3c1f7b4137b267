"""Python's garbage collector on the window's thread alone.

By itself it runs on whichever thread makes an object too many: on one that reads runs or data it would take apart
what Qt is painting at that moment, and the process ends. So it is off, and a timer of the window collects what is due.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL = 500  # ms


class Collecting(QObject):
    """Collects on the thread it was made on, as long as it lives."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(collect_what_is_due)
        self._timer.start()


def collect_what_is_due() -> None:
    """Collect each generation that has grown beyond its threshold, as the collector would by itself."""
    for generation, threshold in enumerate(gc.get_threshold()):
        if gc.get_count()[generation] <= threshold:
            return
        gc.collect(generation)
