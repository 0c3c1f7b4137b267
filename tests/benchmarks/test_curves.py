"""Drawing curves of 100,000 steps: ours, with its extremes kept, beside a plain pyqtgraph PlotDataItem.

Prints both, and their ratio, of one run on one machine; the bound is what the window may stand still.
"""

import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from backend.messages import Steps
from gui import theme
from gui.training.history import History
from gui.training.metric_plot import MetricPlot

STEPS = 100_000
SIZE = (700, 300)
STANDSTILL = 0.050  # seconds
REPEATS = 7


def best_of(act) -> float:
    """The shortest of a few times, in seconds: what the code costs when nobody else computes."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return min(times)


def losses(count: int) -> np.ndarray:
    noise = np.random.default_rng(0).normal(1.0, 0.2, count)
    return 2.3 * np.exp(-np.arange(count) / 20_000) * noise


def steps_event(first: int, values: np.ndarray) -> Steps:
    return Steps(
        epoch=1,
        steps=tuple(range(first, first + len(values))),
        metrics={"loss": tuple(values.tolist())},
        images_per_second=1.0,
    )


def test_redraw_of_100_000_steps(qtbot, capsys):
    theme.apply(QApplication.instance(), "dark")
    values = losses(STEPS)
    history = History()
    history.add_steps(steps_event(1, values))
    ours = MetricPlot("loss", "loss")
    ours.resize(*SIZE)
    qtbot.addWidget(ours)
    ours.show()
    ours.show_history(history, None)

    def draw_ours():
        ours.draw()
        ours.plot.grab()

    plain = pg.PlotWidget()
    plain.resize(*SIZE)
    qtbot.addWidget(plain)
    item = plain.plot(pen=pg.mkPen("#55AAFF", width=1))
    plain.show()

    def draw_plain():
        item.setData(np.arange(STEPS), values)
        plain.grab()

    for warm in (draw_ours, draw_plain):
        warm()
    mine, theirs = best_of(draw_ours), best_of(draw_plain)

    tail = losses(STEPS)[-200:]
    at = [STEPS]

    def grow():
        history.add_steps(steps_event(at[0] + 1, tail))
        at[0] += len(tail)
        draw_ours()

    growing = best_of(grow)
    with capsys.disabled():
        print(
            f"\n{STEPS:,} steps, {SIZE[0]} x {SIZE[1]}: raw, smoothed and readout {1e3 * mine:.1f} ms,"
            f" with 200 new steps {1e3 * growing:.1f} ms; one plain PlotDataItem {1e3 * theirs:.1f} ms;"
            f" ratio {mine / theirs:.2f}"
        )
    assert mine < STANDSTILL and growing < STANDSTILL
