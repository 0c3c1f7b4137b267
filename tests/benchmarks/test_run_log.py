"""Opening the curves of a run with 10,000,000 logged steps of two metrics: a log of a third of a gigabyte."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from timing import best_ms, once_ms

from backend.run_folder import EVENTS, PROJECT
from gui.runs.reading import history_of

STEPS, TOLD, EPOCH = 10_000_000, 100, 1000
OPENED = 1000  # ms


def written(folder):
    """A run folder with such a log, as a worker writes it."""
    folder.mkdir()
    (folder / PROJECT).write_text("{}")
    draw = random.Random(0)
    numbers = [f"{draw.random():.10f}" for _ in range(5000)]
    with (folder / EVENTS).open("w") as log:
        for first in range(1, STEPS, TOLD):
            at = first % 4800
            steps = ",".join(map(str, range(first, first + TOLD)))
            loss, accuracy = ",".join(numbers[at : at + TOLD]), ",".join(numbers[at + 7 : at + 7 + TOLD])
            log.write(
                f'{{"at":{first / 1000},"event":{{"type":"steps","epoch":{first // EPOCH + 1},"steps":[{steps}],'
                f'"metrics":{{"loss":[{loss}],"accuracy":[{accuracy}]}},"images_per_second":12345.6}}}}\n'
            )
            if (first + TOLD - 1) % EPOCH == 0:
                means = '{"loss":0.5,"accuracy":0.5}'
                log.write(
                    f'{{"at":{first / 1000},"event":{{"type":"epoch","epoch":{first // EPOCH + 1},"step":'
                    f'{first + TOLD - 1},"train":{means},"validation":{means},"learning_rate":0.001,"seconds":1.0,'
                    '"best":false}}\n'
                )
    return folder


def test_a_log_of_10_000_000_steps_opens_in_a_second(tmp_path, capsys):
    run = written(tmp_path / "run")
    size = (run / EVENTS).stat().st_size
    first, again = once_ms(lambda: history_of(run)), best_ms(lambda: history_of(run), 3)
    history, sampled = history_of(run)
    (run / EVENTS).unlink()
    with capsys.disabled():
        print(
            f"\nlog of {STEPS:,} steps, {size / 2**20:.0f} MiB: opened in {first:.0f} ms, again in {again:.0f} ms;"
            f" {len(history.losses):,} points and {len(history.epochs):,} epochs of it"
        )
    assert sampled and history.step > 0.99 * STEPS and history.epochs[-1].step == STEPS
    assert again < OPENED
