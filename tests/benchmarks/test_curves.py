"""Drawing curves of 100,000 steps: ours, with its extremes kept, beside a plain pyqtgraph PlotDataItem.

Prints both, and their ratio, of one run on one machine; the bound is what the window may stand still.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parent))
from timing import once_ms

from backend.messages import Epoch, Steps
from gui import theme
from gui.training.history import History
from gui.training.metric_plot import MetricPlot

STEPS = 100_000
SIZE = (700, 300)
STANDSTILL = 0.050  # seconds
REPEATS = 7
MANY, CHUNK, EPOCHS = 10_000_000, 20_000, 20_000
FRAME = 16  # ms


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


def test_redraw_of_10_000_000_steps(qtbot, capsys):
    """The whole dashboard's curves, loss and accuracy, while 100 more steps arrive with every frame."""
    theme.apply(QApplication.instance(), "dark")
    history = History()
    noise = np.random.default_rng(1).normal(1.0, 0.2, MANY)
    columns = {"loss": 2.3 * np.exp(-np.arange(MANY) / 2e6) * noise, "accuracy": np.clip(noise - 0.2, 0, 1)}
    begun = time.perf_counter()
    for at in range(0, MANY, CHUNK):
        told = {name: tuple(column[at : at + CHUNK].tolist()) for name, column in columns.items()}
        steps = tuple(range(at + 1, at + 1 + len(told["loss"])))
        history.add_steps(Steps.model_construct(epoch=1, steps=steps, metrics=told, images_per_second=1.0))
    fed = time.perf_counter() - begun
    for epoch in range(1, EPOCHS + 1):
        values = {"loss": 1.0 / epoch, "accuracy": 1 - 1.0 / epoch}
        step = epoch * MANY // EPOCHS
        history.add_epoch(
            Epoch(epoch=epoch, step=step, train=values, validation=values, learning_rate=0.1, seconds=1.0, best=True)
        )
    plots = [MetricPlot(name, name) for name in columns]
    for plot in plots:
        plot.resize(*SIZE)
        qtbot.addWidget(plot)
        plot.show()
        plot.show_history(history, None)
    at = [MANY]

    def frame():
        told = {name: tuple(column[:100].tolist()) for name, column in columns.items()}
        history.add_steps(
            Steps(epoch=EPOCHS, steps=tuple(range(at[0] + 1, at[0] + 101)), metrics=told, images_per_second=1.0)
        )
        at[0] += 100
        for plot in plots:
            plot.draw()
            plot.plot.grab()

    times = [once_ms(frame) for _ in range(60)]
    usual, worst = statistics.median(times), max(times)
    kept = sum(series._room.nbytes for series in history.metrics.values())
    with capsys.disabled():
        print(
            f"\n{MANY:,} steps of two metrics, {EPOCHS:,} epochs: a frame of both plots {usual:.1f} ms (best"
            f" {min(times):.1f}, worst of 60 {worst:.1f}); taken in at {MANY / fed:,.0f} steps/s;"
            f" {kept / 2**20:.1f} MiB"
        )
    assert min(times) < FRAME and kept < 16 * 2**20
