"""The application: Qt set up once (dense screens, style, fonts, theme), a window opened, the event loop run."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.collecting import Collecting
from gui.language import speak
from gui.settings import theme_mode


def application(mode: str | None = None) -> QApplication:
    """The one QApplication, dressed in a theme: the person's own unless one is named."""
    app = QApplication.instance()
    if app is None:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        QCoreApplication.setOrganizationName("Netloom")
        QCoreApplication.setApplicationName("Netloom")
        app = QApplication(sys.argv[:1])
        app.setStyle("Fusion")  # the same everywhere; the stylesheet refines it
        app.setDesktopFileName("netloom")
        Collecting(app)
        speak(app)
    theme.apply(app, mode or theme_mode())
    return app


def run_editor(project: Path | None = None, train: bool = False) -> int:
    """Open the editor and stay until it is closed; the exit status. `train` opens a copy and trains it at once."""
    app = application()
    from gui.windows import Windows

    windows = Windows()
    windows.warm = True
    windows.begin(project, train)
    _end_on_ctrl_c(app, windows)
    status = app.exec()
    windows.keeper.close()
    return status


def _end_on_ctrl_c(app: QApplication, windows) -> None:
    """Ctrl+C in the terminal ends the editor; Python looks at signals only when it runs."""

    def end(*_signal) -> None:
        windows.quit()
        if not windows.all:
            app.quit()

    signal.signal(signal.SIGINT, end)
    heartbeat = QTimer(app, interval=250)
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start()
