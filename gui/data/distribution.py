"""How the values of one field are spread, chosen among all: its classes by their counts, its numbers as a histogram."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from backend.data.statistics import FieldStatistics, balance
from gui import theme
from gui.data.balance_view import ROW, TALLEST, BalanceView
from gui.data.histogram_view import HistogramView
from gui.panels.rows import label


class Distribution(QWidget):
    """Shows the first field with a class a sample until another is chosen."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.choice, self.said = QComboBox(), label("", "small", wrap=True)
        self.balance, self.histogram = BalanceView(), HistogramView()
        self.choice.setAccessibleName(self.tr("Field whose values are counted"))
        self.choice.currentIndexChanged.connect(self._show)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        for part in (self.choice, self.said):
            box.addWidget(part)
        for view in (self.balance, self.histogram):
            box.addWidget(view, 1)
        box.addStretch(0)

    def show_all(self, found: tuple[FieldStatistics, ...]) -> None:
        """Offer these, classes of samples first."""
        counted = sorted((one for one in found if one.counts), key=lambda one: len(one.field.shape))
        self.choice.blockSignals(True)
        self.choice.clear()
        for one in counted:
            self.choice.addItem(self.tr("Classes of {0}").format(one.field.name), one)
        for one in found:
            if one.histogram:
                self.choice.addItem(self.tr("Values of {0}").format(one.column or one.field.name), one)
        self.choice.blockSignals(False)
        self.setVisible(self.choice.count() > 0)
        self._show()

    def choose(self, wanted: FieldStatistics) -> None:
        """Show this one, if there is anything to show of it."""
        for place in range(self.choice.count()):
            if self.choice.itemData(place) is wanted:
                self.choice.setCurrentIndex(place)

    def _show(self, *_index) -> None:
        one = self.choice.currentData()
        if one is None:
            return
        self.balance.setVisible(bool(one.counts))
        self.histogram.setVisible(not one.counts)
        high = QSizePolicy.Policy.Expanding if self._needs_room(one) else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, high)
        if one.counts:
            self.balance.show_counts(one.field.classes, one.counts)
        else:
            self.histogram.show_histogram(one.histogram, one.low, one.high)
        share = balance(one.counts)
        self.said.setText(self._rarest(one).format(f"{100 * share:.0f}") if share is not None else "")
        self.said.setVisible(bool(self.said.text()))

    def _needs_room(self, one: FieldStatistics) -> bool:
        """Whether all the height there is will be used."""
        return len(one.counts) * ROW > TALLEST

    def _rarest(self, one: FieldStatistics) -> str:
        """What the share of the rarest class is a share of; of texts it says nothing."""
        if not one.field.shape:
            return self.tr("The rarest class has {0} % of the samples of the most frequent one.")
        if len(one.field.shape) == 2:
            return self.tr("The rarest class has {0} % of the pixels of the most frequent one.")
        return ""
