"""What lies on an empty canvas: the first steps. The canvas under it takes drops and clicks as ever."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.panels.rows import button, label


class Welcome(QWidget):
    """A few words and two buttons in the middle of the view."""

    def __init__(self, window):
        super().__init__(window.canvas.viewport())
        self._view = window.canvas.viewport()
        title, text = label("Draw a network", "title"), label(FIRST_STEPS, "quiet")
        for part in (title, text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        start = button("Open LeNet on digits", lambda: _open_lenet(window), "primary")
        add = button("Add an Input", lambda: window.add_block("Input"))
        steps = QHBoxLayout()
        steps.setSpacing(theme.GAP)
        steps.addStretch(1)
        steps.addWidget(start)
        steps.addWidget(add)
        steps.addStretch(1)
        box = QVBoxLayout(self)
        box.setSpacing(theme.GROUP)
        box.addWidget(title)
        box.addWidget(text)
        box.addLayout(steps)
        self._view.installEventFilter(self)
        self._centre()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._centre()
        return False

    def _centre(self) -> None:
        self.adjustSize()
        area = self._view.rect()
        self.move((area.width() - self.width()) // 2, (area.height() - self.height()) // 2)


FIRST_STEPS = (
    "Drag blocks from the palette, or press Tab and type a name.\n"
    "Wire them from output to input: shapes and counts follow every edit."
)


def _open_lenet(window) -> None:
    paths = {path.stem: path for path in window.files.examples()}
    if "lenet_digits" in paths:
        window.files.open_example(paths["lenet_digits"])
