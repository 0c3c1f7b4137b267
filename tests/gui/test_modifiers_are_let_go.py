"""Keys held in one test are not held in the next: the order of tests decides nothing."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton


def test_a_click_leaves_its_modifier_behind(qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.keyboardModifiers()


def test_which_is_gone_in_the_next_test(qapp):
    assert not QGuiApplication.keyboardModifiers()
