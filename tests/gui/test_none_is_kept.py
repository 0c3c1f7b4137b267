"""PySide6 6.12 on Python 3.11 drops a reference to None with every void call and aborts in the end: never again."""

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

CALLS = 20_000


class Source(QObject):
    told = Signal()


def test_void_calls_do_not_eat_none(app, qtbot):
    label = QLabel()
    qtbot.addWidget(label)
    source = Source()
    source.told.connect(label.update)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        label.setText("x")
        label.setVisible(False)
        source.told.emit()
    lost = before - sys.getrefcount(None)
    assert lost < 100, f"{lost} references to None were lost in {3 * CALLS} calls"
