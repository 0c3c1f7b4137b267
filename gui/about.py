"""What Netloom says of itself."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.language import tr


def about(window: QWidget) -> None:
    """Name, version and purpose in a dialog."""
    try:
        number = version("netloom")
    except PackageNotFoundError:
        number = tr("in a checkout")
    text = tr("Netloom {0}\n\nDraw neural networks, train them live, take the PyTorch code home.").format(number)
    QMessageBox.about(window, tr("About Netloom"), text)
