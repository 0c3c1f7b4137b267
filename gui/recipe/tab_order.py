"""The Tab key goes as the eye reads, whatever was made first: parts are put into the panel in another order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def in_reading_order(layout: QLayout) -> Iterator[QWidget]:
    """What the Tab key may reach within a layout, line by line."""
    for index in range(layout.count()):
        item = layout.itemAt(index)
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
                yield widget
            inner = widget.layout()
        if inner is not None:
            yield from in_reading_order(inner)


def chain(page: QWidget) -> None:
    """Have the Tab key follow the lines of a page."""
    for before, after in pairwise(in_reading_order(page.layout())):
        QWidget.setTabOrder(before, after)
