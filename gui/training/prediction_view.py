"""What the network says about one sample: the likeliest classes as bars and whether it is right, or values.

Paints a backend Prediction; knows no controller.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.messages import Prediction
from gui import theme
from gui.language import tr
from gui.training.tile_view import short

LINE = 20  # height of a row
MOST = 10  # classes shown


class PredictionView(QWidget):
    """A sentence, then as many bars as there is room for."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.prediction: Prediction | None = None
        self.setMinimumSize(QSize(120, 2 * LINE))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.appearance.changed.connect(self._redress)

    def show_prediction(self, prediction: Prediction | None) -> None:
        self.prediction = prediction
        self.setAccessibleDescription(sentence(prediction) if prediction else "")
        self.update()

    def paintEvent(self, event) -> None:
        if self.prediction is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        right = is_right(self.prediction)
        tone = theme.current().text[0]
        if right is not None:
            tone = theme.current().severity["good" if right else "error"]
        painter.setFont(theme.ui_font("normal", bold=True))
        painter.setPen(tone)
        if not self.prediction.probabilities:  # nothing but the sentence
            words = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), words, sentence(self.prediction))
            return
        head = QRect(0, 0, self.width(), LINE)
        text = painter.fontMetrics().elidedText(sentence(self.prediction), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(theme.ui_font("small"))
        self._paint_bars(painter)

    def _paint_bars(self, painter: QPainter) -> None:
        chances = self.prediction.probabilities
        room = min(max((self.height() - LINE - 4) // LINE, 0), MOST)
        ranked = sorted(range(len(chances)), key=lambda index: -chances[index])[:room]
        names = [class_name(self.prediction, index) for index in ranked]
        metrics = QFontMetrics(theme.ui_font("small"))
        left = min(max((metrics.horizontalAdvance(name) for name in names), default=0) + 12, self.width() // 2)
        number = metrics.horizontalAdvance("100.0 %")
        for row, (index, name) in enumerate(zip(ranked, names, strict=True)):
            top = LINE + 4 + row * LINE
            self._paint_bar(painter, QRect(0, top, self.width(), LINE), left, number, index, name)

    def _paint_bar(self, painter: QPainter, area: QRect, left: int, number: int, index: int, name: str) -> None:
        colours, share = theme.current(), self.prediction.probabilities[index]
        labelled = index == self.prediction.label
        painter.setPen(colours.text[0] if labelled else colours.text[1])
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, left - 6)
        painter.drawText(area.adjusted(0, 0, left - area.width(), 0), middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, f"{100 * share:.1f} %")
        groove = QRect(left, area.top() + 6, max(area.width() - left - number - 8, 8), area.height() - 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.surface[2])
        painter.drawRoundedRect(groove, 2, 2)
        fill = QRect(groove)
        fill.setWidth(max(round(groove.width() * share), 2))
        painter.setBrush(self._colour(index))
        painter.drawRoundedRect(fill, 2, 2)

    def _colour(self, index: int) -> QColor:
        """The label's bar is good, a wrong winner's bar is not, others are neutral."""
        colours, prediction = theme.current(), self.prediction
        if index == prediction.label:
            return colours.severity["good"]
        if index == prediction.predicted and prediction.label is not None:
            return colours.severity["error"]
        return colours.text[2]

    def _redress(self, *_: object) -> None:
        self.update()


def is_right(prediction: Prediction) -> bool | None:
    """Whether the predicted class is the label; None where there are no classes."""
    if prediction.predicted is None or prediction.label is None:
        return None
    return prediction.predicted == prediction.label


def class_name(prediction: Prediction, index: int) -> str:
    classes = prediction.classes
    return classes[index] if classes and index < len(classes) else tr("class {0}").format(index)


def sentence(prediction: Prediction) -> str:
    """What it says, and whether that is right, in words."""
    right = is_right(prediction)
    if right is not None:
        said, label = (class_name(prediction, index) for index in (prediction.predicted, prediction.label))
        return tr("✓ {0}, right").format(said) if right else tr("✗ {0}, but it is {1}").format(said, label)
    if prediction.predicted is not None:
        return tr("says {0}").format(class_name(prediction, prediction.predicted))
    if prediction.values and prediction.target:
        return tr("says {0}, target {1}").format(_some(prediction.values), _some(prediction.target))
    if prediction.values:
        return tr("says {0}").format(_some(prediction.values))
    return tr("This network's answer cannot be summed up in a word")


def _some(numbers: tuple[float, ...]) -> str:
    return ", ".join(short(value) for value in numbers[:3]) + (" ..." if len(numbers) > 3 else "")
