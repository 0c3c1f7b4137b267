"""Curves read from a log: all of a short one, every epoch and samples of a long one, whatever else stands in it."""

import sys
import time
from pathlib import Path

import pytest

from backend import run_curves
from backend.messages import Epoch, Steps
from backend.run_curves import SAMPLES, read_curves
from backend.run_folder import EVENTS, Logged

sys.path.insert(0, str(Path(__file__).parent))
from made_runs import epoch, steps, trained


def line(event):
    return Logged(at=1.0, event=event).model_dump_json().encode() + b"\n"


def logged(folder, lines):
    (folder / EVENTS).write_bytes(b"".join(lines))
    return read_curves(folder)


def of(curves, kind):
    return [event for event in curves.events if isinstance(event, kind)]


def test_a_short_log_is_read_in_full_and_in_order(tmp_path):
    curves = read_curves(trained(tmp_path / "a", epochs=3))
    assert [(event.type, event.epoch) for event in curves.events] == [
        ("steps", 1), ("epoch", 1), ("steps", 1), ("epoch", 2), ("steps", 1), ("epoch", 3),
    ]  # fmt: skip
    assert [step for event in of(curves, Steps) for step in event.steps] == list(range(1, 31))
    assert not curves.sampled


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_was_cut_short_is_left_out(tmp_path, cut):
    whole = line(steps(1, 9)) + line(epoch(1, 0.5)) + line(steps(10, 19))
    curves = logged(tmp_path, [whole[:-cut]])
    assert [event.type for event in curves.events] == (["steps", "epoch", "steps"] if cut == 1 else ["steps", "epoch"])


def test_lines_that_say_nothing_are_passed_over(tmp_path):
    wrong = [b'{"type":"epoch"}\n', b'\xff"type":"steps"\n', b"\n", b'{"at":1,"event":{"type":"steps","steps":"x"}}\n']
    curves = logged(tmp_path, [*wrong, line(epoch(1, 0.5)), *wrong])
    assert [event.type for event in curves.events] == ["epoch"]


def test_no_log_is_no_curve(tmp_path):
    assert read_curves(tmp_path).events == () and read_curves(tmp_path / "nothing").events == ()
    (tmp_path / EVENTS).mkdir()
    assert read_curves(tmp_path).events == ()


@pytest.mark.parametrize("chunk", [1000, 2**20])
def test_of_a_long_log_every_epoch_is_read_and_the_steps_are_sampled(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(run_curves, "WHOLE", 10_000)
    monkeypatch.setattr(run_curves, "CHUNK", chunk)
    lines = []
    for number in range(1, 301):
        lines += [line(steps(100 * number - 99 + 10 * at, 100 * number - 90 + 10 * at)) for at in range(10)]
        lines.append(line(epoch(number, 1 / number)))
    curves = logged(tmp_path, lines)
    assert curves.sampled and [event.epoch for event in of(curves, Epoch)] == list(range(1, 301))
    found = [event.steps[0] for event in of(curves, Steps)]
    assert found == sorted(set(found)) and 0.6 * SAMPLES < len(found) <= SAMPLES
    assert found[0] == 1 and found[-1] > 29_500


def test_of_very_many_epochs_some_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(run_curves, "WHOLE", 1000)
    monkeypatch.setattr(run_curves, "MOST_EPOCHS", 50)
    curves = logged(tmp_path, [line(epoch(number, 0.5)) for number in range(1, 1001)])
    found = [event.epoch for event in of(curves, Epoch)]
    assert 40 <= len(found) <= 101 and found == sorted(found)


def test_ten_million_points_open_in_a_second(tmp_path):
    block = line(steps(1, 1000)) * 100 + line(epoch(1, 0.5))
    with (tmp_path / EVENTS).open("wb") as file:
        for _ in range(100):
            file.write(block)  # 10,000,000 points
    begun = time.process_time()
    curves = read_curves(tmp_path)
    assert curves.sampled and len(curves.events) > 100 and time.process_time() - begun < 1.0
