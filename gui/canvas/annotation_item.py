"""AnnotationItem: one frame or note on the canvas; holds what it shows, its size and state, paints itself.

Notes are Markdown, laid out by Qt without any resource from outside: no pictures, no links that open by themselves.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTextDocument
from PySide6.QtWidgets import QGraphicsItem

from graph.annotations import FRAME, Annotation
from gui import theme
from gui.canvas.ink import Ink, ink

FRAME_Z, NOTE_Z = -2.0, -1.0
TITLE = 28.0  # height of a frame's title, by which it is moved
HANDLE = 16.0  # the corner by which it is resized
PAD = 12.0
READABLE = 0.3  # zoom from which notes show their text


class PlainDocument(QTextDocument):
    """Loads nothing: texts of notes come from files."""

    def loadResource(self, _type: int, _name: QUrl):
        return None


class AnnotationItem(QGraphicsItem):
    """A frame behind the blocks it holds, or a note."""

    def __init__(self, annotation: Annotation):
        super().__init__()
        self.id = annotation.id
        self.selected = False
        self.words = PlainDocument()
        self.show_annotation(annotation)

    def show_annotation(self, annotation: Annotation) -> None:
        """Take other contents, another place or size."""
        self.prepareGeometryChange()
        self.annotation = annotation
        self.setPos(annotation.x, annotation.y)
        self.size = QSizeF(annotation.width, annotation.height)
        self.setZValue(FRAME_Z if annotation.kind == FRAME else NOTE_Z)
        self.restyle()
        self.update()

    def restyle(self) -> None:
        """Lay the words out in the theme's fonts and colours."""
        if self.annotation.kind == FRAME:
            return
        self.words.setDefaultFont(theme.ui_font("small"))
        self.words.setDocumentMargin(0)
        self.words.setMarkdown(self.annotation.text, QTextDocument.MarkdownFeature.MarkdownNoHTML)
        self.words.setTextWidth(max(20.0, self.size.width() - 2 * PAD))

    def resize(self, width: float, height: float) -> None:
        """Show another size while it is dragged; the document does not know."""
        self.prepareGeometryChange()
        self.size = QSizeF(width, height)
        self.words.setTextWidth(max(20.0, width - 2 * PAD))
        self.update()

    def set_selected(self, selected: bool) -> None:
        if selected != self.selected:
            self.selected = selected
            self.update()

    def box(self) -> QRectF:
        """Its box in the scene."""
        return QRectF(self.pos(), self.size)

    def grip_at(self, point: QPointF) -> str:
        """What a press at a scene point takes hold of: `corner`, `body`, or nothing inside a frame."""
        box = self.box()
        if not box.contains(point):
            return ""
        if QRectF(box.right() - HANDLE, box.bottom() - HANDLE, HANDLE, HANDLE).contains(point):
            return "corner"
        on_title = point.y() <= box.top() + TITLE
        return "body" if on_title or self.annotation.kind != FRAME else ""

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), self.size).adjusted(-3, -3, 3, 3)

    def paint(self, painter: QPainter, option, widget=None) -> None:
        pen, box = ink(), QRectF(QPointF(), self.size)
        colour = colour_of(self.annotation.colour, pen)
        (self._paint_frame if self.annotation.kind == FRAME else self._paint_note)(painter, box, colour, pen)
        if self.selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(pen.theme.accent, 2.0))
            painter.drawRoundedRect(box, 10, 10)
        painter.setPen(QPen(colour, 1.5))
        for inset in (5.0, 9.0):
            corner = box.bottomRight()
            painter.drawLine(corner - QPointF(inset, 4), corner - QPointF(4, inset))

    def _paint_frame(self, painter: QPainter, box: QRectF, colour: QColor, pen: Ink) -> None:
        tint = QColor(colour)
        tint.setAlphaF(0.08 if pen.theme.dark else 0.06)
        line = QColor(colour)
        line.setAlphaF(0.55)
        painter.setBrush(tint)
        painter.setPen(QPen(line, 1.2))
        painter.drawRoundedRect(box, 10, 10)
        font = theme.ui_font("normal", bold=True)
        painter.setFont(font)
        painter.setPen(colour)
        title = QFontMetricsF(font).elidedText(self.annotation.text, Qt.TextElideMode.ElideRight, box.width() - 2 * PAD)
        painter.drawText(QPointF(PAD, 19.0), title)

    def _paint_note(self, painter: QPainter, box: QRectF, colour: QColor, pen: Ink) -> None:
        ground = QColor(colour)
        ground.setAlphaF(0.14 if pen.theme.dark else 0.12)
        painter.setPen(pen.hairline)
        painter.setBrush(pen.theme.surface[1])
        painter.drawRoundedRect(box, 8, 8)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 8, 8)
        if painter.worldTransform().m11() < READABLE:
            return
        painter.save()
        painter.setClipRect(box.adjusted(PAD, PAD - 4, -PAD, -4))
        painter.translate(PAD, PAD - 2)
        context = self.words.documentLayout().PaintContext()
        context.palette.setColor(context.palette.ColorRole.Text, pen.text)
        context.palette.setColor(context.palette.ColorRole.Link, pen.text)
        self.words.documentLayout().draw(painter, context)
        painter.restore()


def colour_of(name: str, pen: Ink) -> QColor:
    """A colour of the theme by the name that files keep."""
    families = {
        "blue": "convolution",
        "green": "pooling",
        "yellow": "activation",
        "orange": "linear",
        "purple": "module",
    }
    if name in families:
        return QColor(theme.family_colour(families[name]))
    return QColor(pen.severity["error"] if name == "red" else pen.secondary)
