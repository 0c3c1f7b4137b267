"""Epochs on a terminal: columns under a heading, which comes again only where new metrics come."""

from backend.epoch_lines import EpochLines
from backend.messages import Epoch


def epoch(number: int, best: bool = False, **metrics: float) -> Epoch:
    checked = {name: value / 2 for name, value in metrics.items()}
    return Epoch(
        epoch=number, step=number, learning_rate=0.1, train=metrics, validation=checked, seconds=0.31, best=best
    )


def test_metrics_stand_in_columns_within_80_letters():
    lines = EpochLines(80)
    first = lines.told(epoch(1, True, loss=0.5, divergence=0.0091, reconstruction=0.5588)).split("\n")
    assert first[0] == "training / validation, * best so far"
    assert all(len(line) <= 80 for line in first)
    second = lines.told(epoch(12, loss=0.25, divergence=1e-6, reconstruction=123456.0))
    assert "\n" not in second and "1.000e-06 / 5.000e-07" in second and "1.235e+05" in second
    assert first[1].index("divergence") == first[2].index("0.0091") and "*" in first[2] and "*" not in second


def test_a_short_heading_has_the_legend_beside_it():
    assert (
        EpochLines(80)
        .told(epoch(1, loss=0.5))
        .split("\n")[0]
        .endswith("loss              training / validation, * best so far")
    )


def test_new_metrics_have_a_new_heading():
    lines = EpochLines(80)
    lines.told(epoch(1, loss=0.5))
    assert "accuracy" in lines.told(epoch(2, loss=0.5, accuracy=0.1)).split("\n")[-2]
