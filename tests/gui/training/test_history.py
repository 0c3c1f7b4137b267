"""What a window remembers of a run: bounded, however long, with the best epoch and round marks kept."""

from backend.messages import Epoch, Progress
from gui.training.history import MOST_EPOCHS, MOST_MARKS, History


def epoch(number, best=False):
    value = 1.0 / number
    return Epoch(
        epoch=number,
        step=23 * number,
        train={"loss": value},
        validation={"loss": 2 * value},
        learning_rate=0.1,
        seconds=0.1,
        best=best,
    )


def test_old_epochs_thin_out_but_the_best_and_the_newest_stay():
    history = History()
    for number in range(1, 4 * MOST_EPOCHS):
        history.add_epoch(epoch(number, best=number == 10))
    numbers = [one.epoch for one in history.epochs]
    assert len(numbers) <= MOST_EPOCHS and history.best.epoch == 10
    assert numbers == sorted(numbers) and numbers[-1000:] == list(range(4 * MOST_EPOCHS - 1000, 4 * MOST_EPOCHS))
    assert len(history.validation("loss")[0]) == len(numbers)


def test_a_new_epoch_is_seen_at_once():
    history = History()
    for number in (1, 2):
        history.add_epoch(epoch(number))
        assert history.validation("loss")[0][-1] == 23 * number
    assert len(history.validation("accuracy")[0]) == 0


def test_so_many_epochs_are_marked_as_make_sense():
    history = History()
    assert history.epoch_ends() == []
    history.add_progress(
        Progress(
            step=1,
            steps=23_000_000,
            epoch=1,
            epochs=1_000_000,
            seconds=1.0,
            seconds_left=None,
            images_per_second=1.0,
            learning_rate=0.1,
        )
    )
    every = history.epoch_ends()
    assert len(every) <= MOST_MARKS and every[0] == (230_000, 10_000) and every[-1] == (23_000_000, 1_000_000)
    assert history.epoch_ends(23 * 100 - 1, 23 * 103) == [(2300, 100), (2323, 101), (2346, 102), (2369, 103)]
