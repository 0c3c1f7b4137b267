"""Pictures of a network: PNG at twice the size, SVG or PDF; the same painting as on screen, without a window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from graph import Document
from gui.canvas.ink import ink

MARGIN = 32.0
SCALE = 2.0
LARGEST = 16_000  # pixels along an edge that image formats and viewers still take


def picture(document: Document, path: str | Path, theme: str = "light") -> None:
    """Draw a document's network to a .png, .svg or .pdf file in a theme; raises OSError if it cannot be written."""
    from PySide6.QtWidgets import QApplication

    from gui import theme as themes
    from gui.canvas.scene import CanvasScene
    from gui.session import Session

    app = QApplication.instance() or QApplication([])
    before = themes.appearance.mode, themes.current()
    themes.apply(app, theme)
    session = Session(document)
    scene = CanvasScene(session)
    try:
        save_picture(scene, path)
    finally:
        if themes.current() is not before[1]:
            themes.apply(app, before[0])
        scene.deleteLater()
        session.deleteLater()


def save_picture(scene, path: str | Path) -> None:
    """Paint everything on a scene, without selection, to a .png, .svg or .pdf file."""
    path = Path(path)
    area = scene.content()
    area = (area if not area.isEmpty() else QRectF(0, 0, 320, 200)).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    lit = scene.session.selection
    scene.session.clear_selection()
    try:
        if path.suffix.lower() == ".svg":
            _svg(scene, area, path)
        elif path.suffix.lower() == ".png":
            _png(scene, area, path)
        elif path.suffix.lower() == ".pdf":
            _pdf(scene, area, path)
        else:
            raise ValueError(f"a picture ends in .png, .svg or .pdf, not {path.name!r}")
    finally:
        scene.session.select(lit)


def _png(scene, area: QRectF, path: Path) -> None:
    scale = min(SCALE, LARGEST / max(area.width(), area.height()))
    image = QImage(QSize(int(area.width() * scale), int(area.height() * scale)), QImage.Format.Format_ARGB32)
    image.fill(ink().ground)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    scene.render(painter, QRectF(image.rect()), area, Qt.AspectRatioMode.KeepAspectRatio)
    painter.end()
    if not image.save(str(path), "PNG"):
        raise OSError(f"{path} could not be written")


def _svg(scene, area: QRectF, path: Path) -> None:
    from PySide6.QtSvg import QSvgGenerator

    path.touch()  # raises what is wrong with the place; the generator would only print it
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setTitle(scene.session.network.name)
    generator.setSize(QSizeF(area.size()).toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    painter = QPainter(generator)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, area.width(), area.height()), ink().ground)
    scene.render(painter, QRectF(0, 0, area.width(), area.height()), area, Qt.AspectRatioMode.KeepAspectRatio)
    painter.end()


def _pdf(scene, area: QRectF, path: Path) -> None:
    """One page as large as the network, one point a unit, on white: text stays text, lines stay lines."""
    path.touch()
    writer = QPdfWriter(str(path))
    writer.setTitle(scene.session.network.name)
    writer.setCreator("Netloom")
    writer.setResolution(72)
    writer.setPageSize(QPageSize(area.size(), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(0, 0, area.width(), area.height()), area, Qt.AspectRatioMode.KeepAspectRatio)
    if not painter.end():
        raise OSError(f"{path} could not be written")
