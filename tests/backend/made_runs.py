"""Run folders as a worker leaves them, made in milliseconds: for the tests of the list, the command and the panel."""

import os

from backend.messages import Epoch, Finished, Progress, Start, State, Steps
from backend.resuming import remembered
from backend.run_folder import START, RunFolder
from graph import Document, Network, Recipe
from graph.project_file import to_json


def project(name="Net", blocks=("Input",), **recipe):
    net = Network(name)
    for type in blocks:
        net.add(type)
    return to_json(Document(net, Recipe(**recipe)))


def progress(step, seconds):
    return Progress(
        step=step, steps=100, epoch=1, epochs=9, seconds=seconds, seconds_left=None, images_per_second=1,
        learning_rate=1,
    )  # fmt: skip


def steps(first, last):
    numbers = tuple(range(first, last + 1))
    return Steps(epoch=1, steps=numbers, metrics={"loss": (0.5,) * len(numbers)}, images_per_second=1.0)


def epoch(number, loss, best=True):
    return Epoch(
        epoch=number, step=10 * number, train={"loss": loss}, validation={"loss": 2 * loss}, learning_rate=1.0,
        seconds=1.0, best=best,
    )  # fmt: skip


def trained(path, text=None, epochs=3, outcome="finished", **asked):
    """A run of some epochs; the outcome "killed" leaves it without its end."""
    text = text or project()
    folder = RunFolder(path, text)
    folder.write(START, remembered(Start(project=text, run_folder=str(path), **asked)))
    for number in range(1, epochs + 1):
        folder.append(steps(10 * number - 9, 10 * number))
        folder.append(epoch(number, 1 / number))
        folder.append(progress(10 * number, 1.5 * number))
    if outcome == "killed":
        os.close(folder._log)
        return path
    folder.append(State(state=outcome, text=""))
    if outcome != "failed":
        folder.append(
            Finished(
                run_folder=str(path),
                stopped=outcome == "stopped",
                step=10 * epochs,
                epochs=epochs,
                best_epoch=epochs,
                best={"loss": 2 / epochs},
            )
        )
    folder.finish(outcome)
    return path
