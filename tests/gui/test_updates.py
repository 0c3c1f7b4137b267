"""Updates: many changes are one refresh, and a hidden panel computes nothing."""

from PySide6.QtWidgets import QWidget

from gui.updates import Updates


def test_many_asks_are_one_refresh(app, qtbot):
    widget, calls = QWidget(), []
    qtbot.addWidget(widget)
    widget.show()
    updates = Updates(widget, lambda: calls.append(1))
    for _ in range(50):
        updates.ask("anything", 1)
    qtbot.waitUntil(lambda: bool(calls))
    qtbot.wait(20)
    assert calls == [1]


def test_hidden_computes_nothing_until_shown(app, qtbot):
    widget, calls = QWidget(), []
    qtbot.addWidget(widget)
    updates = Updates(widget, lambda: calls.append(1))
    updates.ask()
    qtbot.wait(30)
    assert calls == []
    widget.show()
    qtbot.waitUntil(lambda: calls == [1])
    widget.hide()
    updates.ask()
    qtbot.wait(30)
    assert calls == [1]
    widget.show()
    qtbot.waitUntil(lambda: calls == [1, 1])
    widget.hide()
    widget.show()
    qtbot.wait(30)
    assert calls == [1, 1]


def test_the_patient_wait_for_a_pause(app, qtbot):
    widget, calls = QWidget(), []
    qtbot.addWidget(widget)
    widget.show()
    qtbot.wait(20)
    updates = Updates(widget, lambda: calls.append(1), 60, patient=True)
    for _ in range(8):
        updates.ask()
        qtbot.wait(15)
    assert calls == []
    qtbot.waitUntil(lambda: calls == [1])
