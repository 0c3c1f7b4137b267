"""A card of the start page: a project's picture with two lines below, one button to press. Paints, opens nothing.

The picture is asked for when the card is first painted, so that only what is looked at is drawn.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui import theme
from gui.language import counted
from gui.thumbnails import Thumbnail, Thumbnails

PICTURE = QSize(216, 138)
WORDS = 56  # pixels under the picture
CARD = QSize(PICTURE.width(), PICTURE.height() + WORDS)
RADIUS = 8.0


class Card(QAbstractButton):
    """One project, example or template; `icon` stands in where there is no file to draw."""

    menu_asked = Signal(object)  # where, in global pixels

    def __init__(
        self,
        title: str,
        detail: str,
        tip: str,
        file: Path | None = None,
        thumbnails: Thumbnails | None = None,
        icon: str = "new",
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.title, self.detail, self.file = title, detail, file
        self._thumbnails, self._icon = thumbnails, icon
        self._picture: Thumbnail | None = None
        self.setText(title)
        self.setToolTip(tip)
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{detail}. {tip}" if tip else detail)
        self.setFixedHeight(CARD.height())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if thumbnails is not None and file is not None:
            thumbnails.ready.connect(self._arrived)

    def sizeHint(self) -> QSize:
        return CARD

    minimumSizeHint = sizeHint

    def line(self) -> str:
        """What is written under the title: what the picture knows, or what the card was told."""
        picture = self._picture
        if picture is not None and picture.wrong:
            return self.tr("cannot be opened")
        if self.detail or picture is None:
            return self.detail
        size = self.tr("{0} parameters").format(picture.parameters) if picture.parameters not in ("", "0") else ""
        return size or (counted(picture.blocks, "block") if picture.blocks else self.tr("empty"))

    @property
    def pictured(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.file is None or self._picture is not None

    def contextMenuEvent(self, event) -> None:
        self.menu_asked.emit(event.globalPos())

    def keyPressEvent(self, event) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    # Painting

    def paintEvent(self, _event) -> None:
        self._ask()
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lit = self.underMouse() or self.isDown()
        shape = QPainterPath()
        shape.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(shape, tokens.surface[3] if self.isDown() else tokens.surface[2])
        painter.save()
        painter.setClipPath(shape)
        self._paint_picture(painter, QRectF(box.left(), box.top(), box.width(), PICTURE.height()))
        painter.restore()
        self._paint_words(painter, QRect(14, PICTURE.height() + 9, self.width() - 28, WORDS - 16))
        edge = tokens.accent if self.hasFocus() else tokens.text[2] if lit else tokens.line
        painter.setPen(QPen(edge, 2.0 if self.hasFocus() else 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, RADIUS, RADIUS)

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        tokens = theme.current()
        painter.fillRect(area, tokens.paper)  # what the picture itself lies on: a wider card shows no seam
        picture = self._picture
        if picture is not None and picture.pixmap is not None:
            painter.drawPixmap(QPointF(round(area.center().x() - PICTURE.width() / 2), area.top()), picture.pixmap)
        elif self.file is None or (picture is not None and picture.wrong):
            wrong = picture is not None and bool(picture.wrong)
            drawn = theme.icon("warning" if wrong else self._icon, tokens.severity["warning"] if wrong else None)
            self._paint_icon(painter, area, drawn.pixmap(QSize(32, 32), self.devicePixelRatioF()))
        painter.setPen(QPen(tokens.line, 1.0))
        painter.drawLine(QPointF(area.left(), area.bottom()), QPointF(area.right(), area.bottom()))

    def _paint_icon(self, painter: QPainter, area: QRectF, pixmap: QPixmap) -> None:
        size = pixmap.deviceIndependentSize()
        painter.drawPixmap(area.center() - QPointF(size.width() / 2, size.height() / 2), pixmap)

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        tokens = theme.current()
        for font, colour, text, top in (
            (theme.ui_font("normal", bold=True), tokens.text[0], self.title, 0),
            (theme.ui_font("small"), tokens.text[1], self.line(), 21),
        ):
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(colour)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(QRect(area.left(), area.top() + top, area.width(), metrics.height()), 0, shown)

    def _ask(self) -> None:
        if self._thumbnails is not None and self.file is not None:
            known = self._thumbnails.get(self.file, PICTURE, self.devicePixelRatioF())
            self._picture = known or self._picture
            if known is not None and known.wrong:
                self.setToolTip(f"{self.file}\n{known.wrong}")

    def _arrived(self, file: Path) -> None:
        if file == self.file:
            self.update()
