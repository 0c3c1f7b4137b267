"""Plots that have been painted are painted anew in another theme, their ground too."""

import pytest

from gui import theme
from gui.runs.overlay import Overlay
from gui.training.metric_plot import MetricPlot


@pytest.mark.parametrize("make", [lambda: MetricPlot("loss", "loss"), Overlay], ids=["curves", "runs"])
def test_the_ground_of_a_plot_follows_the_theme(app, shown, qtbot, make):
    plot = make()
    theme.appearance.changed.connect(plot.dress)  # as its owner does
    shown(plot, 320, 240)
    plot.plot.show()
    try:
        grounds = []
        for mode in ("dark", "light"):
            theme.apply(app, mode)
            qtbot.wait(50)
            grounds.append(plot.plot.grab().toImage().pixelColor(3, plot.plot.height() // 2).lightness())
        assert grounds[0] < 80 and grounds[1] > 200
    finally:
        theme.apply(app, "dark")
