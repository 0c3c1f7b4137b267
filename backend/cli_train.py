"""`netloom train`: a project or a run that goes on, every value of the recipe as a flag, told on the terminal.

Imports neither Qt nor torch: training is the worker's, in a process of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from backend import messages
from backend.cli import open_project
from backend.cli_augmentation import AUGMENT, NORMALIZATION, augmentation_flags, augmented
from backend.cli_data import DATA, OPTION, data_flags, with_data
from backend.cli_weights import begin_with, name_flags
from backend.client import SubprocessClient
from backend.epoch_lines import EpochLines
from backend.messages import MOST_DEVICES, Event, Start
from backend.placement import Place, PlacementError, from_environment
from backend.resuming import resuming
from backend.run_folder import PROJECT, RunFolderError
from backend.run_home import home_of, read_outside
from backend.siblings import take_part
from backend.terminal import plain, safe_lines
from graph import Document, Recipe
from graph.hyperparameter import Bool, HyperparameterError
from graph.optimizers import OPTIMIZERS
from graph.project_file import to_json
from graph.recipe_form import ARGUMENT, NAMES, VALUES, RecipeValue, changed, declared_for, value_of

MOST_SHOWN = 6  # choices shown in the place of a value
FIRST = ("optimizer", "schedule.kind")  # what others depend on


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that change the recipe, by the names click gives their values."""

    names: dict[str, str]

    def applied(self, recipe: Recipe, given: dict[str, Any]) -> Recipe:
        """The recipe with what was given; raises click.BadParameter naming the flag, the value and the rule."""
        asked = {self.names[key]: value for key, value in given.items() if value is not None}
        before = recipe
        for name in sorted(asked, key=lambda name: name not in FIRST):
            flag = VALUE_OF[name].flag
            try:
                if name.startswith(ARGUMENT):
                    OPTIMIZERS[recipe.optimizer].has(name.removeprefix(ARGUMENT))
                declared = declared_for(recipe, name).declared
                value = asked[name]
                recipe = changed(recipe, name, declared.parse(value) if isinstance(value, str) else value)
            except HyperparameterError as error:
                raise click.BadParameter(str(error), param_hint=flag) from None
            except ValidationError as error:
                raise click.BadParameter(error.errors()[0]["msg"], param_hint=flag) from None
        for name in asked:
            counts = declared_for(recipe, name).counts
            if not counts(recipe) and _value(recipe, name) != _value(before, name):
                text = f"it would count for nothing; it counts {counts.text}"
                raise click.BadParameter(text, param_hint=VALUE_OF[name].flag)
        return recipe


def _value(recipe: Recipe, name: str) -> Any:
    """None for an argument that its optimizer has not."""
    try:
        return value_of(recipe, name)
    except KeyError:
        return None


VALUE_OF: dict[str, RecipeValue] = {value.name: value for value in reversed(VALUES)}
FLAGS = Flags({"recipe_" + name.replace(".", "_"): name for name in NAMES})


def recipe_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a flag for every value of the recipe."""
    for key, name in reversed(FLAGS.names.items()):
        value = VALUE_OF[name]
        owners = [one.optimizer for one in VALUES if one.name == name and one.optimizer]
        choices = getattr(value.declared, "choices", ())
        listed = f" One of {', '.join(map(str, choices))}." if len(choices) > MOST_SHOWN else ""
        help = value.help + listed + (f" Of {', '.join(owners)}." if owners else "")
        if isinstance(value.declared, Bool):
            option = click.option(f"{value.flag}/--no-{value.flag[2:]}", key, default=None, help=help)
        else:
            option = click.option(value.flag, key, metavar=_metavar(value), help=help)
        command = option(command)
    return command


def _metavar(value: RecipeValue) -> str:
    choices = getattr(value.declared, "choices", None)
    if choices and len(choices) <= MOST_SHOWN:
        return "|".join(map(str, choices))
    return "NAME" if choices else type(value.declared).__name__.upper()


@click.command()
@click.argument("project", type=click.Path(path_type=Path), required=False)
@click.option(
    "--run", "run_folder", type=click.Path(path_type=Path), help="The folder to write; default runs/NAME-TIME."
)
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this folder, to the bit.")
@click.option("--outside", is_flag=True, help="Agree to data and weights outside the project's folder.")
@click.option(
    "--from", "begins", type=click.Path(path_type=Path), multiple=True, help="A run or file of weights to begin from."
)
@name_flags
@click.option(
    "--devices",
    type=click.IntRange(1, MOST_DEVICES),
    help="GPUs of this machine, or processes on its processor, that share every batch; the batch size is each one's. "
    "Started by torchrun or srun, the processes are theirs.",
)
@click.option("--shard", is_flag=True, help="Spread parameters and optimizer state over the devices (FSDP2).")
@data_flags
@augmentation_flags
@recipe_flags
def train(
    project: Path | None,
    run_folder: Path | None,
    resume: Path | None,
    outside: bool,
    begins: tuple[Path, ...],
    rename: tuple[str, ...],
    strict: bool,
    devices: int | None,
    shard: bool,
    data: str | None,
    data_option: tuple[str, ...],
    augment: tuple[str, ...],
    normalization: str | None,
    **recipe: Any,
) -> None:
    """Train PROJECT and write a run folder: weights, source, event log.

    Every value of the project's recipe has a flag that is used instead.
    """
    if (project is None) == (resume is None):
        raise click.UsageError("name a PROJECT to train, or a run folder with --resume to go on with")
    if resume is not None:
        given = {AUGMENT: augment, NORMALIZATION: normalization, "--from": begins, "--run": run_folder}
        given |= {"--rename": rename, "--strict": strict, DATA: data, OPTION: data_option}
        for flag, value in given.items():
            if value:
                raise click.UsageError(f"{flag}: a run goes on in its folder, with its own recipe and weights")
        document, start = _resumed(resume, outside, recipe)
    else:
        document = open_project(project)
        document.recipe, chosen = with_data(document.recipe, data, data_option, project.resolve().parent, outside)
        document.recipe = augmented(document.recipe, augment, normalization)
        document.recipe = FLAGS.applied(document.recipe, recipe)
        agreed = begin_with(document, begins, project.resolve().parent, rename, strict)
        start = _begun(document, project, run_folder, outside, (*chosen, *agreed))
    start, place = _placed(start, devices, shard)
    raise SystemExit(run_training(document, start) if place.rank == 0 else take_part(start, place))


def _placed(start: Start, devices: int | None, shard: bool) -> tuple[Start, Place]:
    """The Start for as many devices as are asked for or torchrun has started, and this process' place among them."""
    try:
        place = from_environment(os.environ)
    except PlacementError as error:
        raise click.ClickException(str(error)) from None
    if place is not None and devices not in (None, place.size):
        raise click.UsageError(f"--devices {devices}: {place.size} processes were started already; leave it out")
    size = place.size if place is not None else devices or start.devices
    if shard and size == 1:
        raise click.UsageError("--shard needs several devices: add --devices")
    asked = {**dict(start), "devices": size, "shard": shard or start.shard}
    return Start.model_validate(asked), place or Place()


def _begun(
    document: Document,
    project: Path,
    run_folder: Path | None,
    outside: bool,
    agreed: tuple[str, ...],
) -> Start:
    folder = run_folder or Path("runs") / f"{project.stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    return Start(
        project=to_json(document),
        run_folder=str(folder.resolve()),
        base=str(project.resolve().parent),
        outside=outside,
        agreed=agreed,
    )


def _resumed(folder: Path, outside: bool, recipe: dict[str, Any]) -> tuple[Document, Start]:
    given = {FLAGS.names[key]: value for key, value in recipe.items() if value is not None}
    other = [VALUE_OF[name].flag for name in given if name not in ("epochs", "device")]
    if other:
        raise click.UsageError(f"{other[0]}: a run goes on with its own recipe; only --epochs and --device may change")
    try:
        wanted = FLAGS.applied(Recipe(), recipe)
        epochs = wanted.epochs if "epochs" in given else None
        device = wanted.device if "device" in given else None
        start = resuming(folder.resolve(), epochs=epochs, device=device, outside=outside, agreed=())
    except RunFolderError as error:
        raise click.ClickException(str(error)) from None
    document = open_project(folder / PROJECT)
    path = None if outside else read_outside(folder.resolve(), document.recipe, start)
    if path is not None:
        text = f"{folder}: the run reads {plain(path)}, which lies outside {home_of(folder.resolve())}"
        raise click.ClickException(f"{text}: add --outside if you know where the run comes from")
    return document, start


def run_training(document: Document, start: Start) -> int:
    """Train in a worker process with a progress bar; 0 when the run finished, 1 when it failed."""
    console = Console(highlight=False)
    bar = Progress(
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=console,
    )
    telling = Telling(document, console, bar)
    with SubprocessClient() as client, telling:
        client.send(start)
        try:
            for event in client.events():
                if telling.hear(event):
                    break
        except KeyboardInterrupt:
            console.print("stopping, the last weights are saved")
    return 0 if telling.finished and not telling.failed else 1


class Telling:
    """Says on the terminal what the worker says, until the run is over."""

    def __init__(self, document: Document, console: Console, bar: Progress):
        self.document, self.console, self.bar = document, console, bar
        self.task: TaskID | None = None  # none before the first step: a run that is refused leaves no bar behind
        self.epochs = EpochLines(console.width)
        self.failed = self.finished = False

    def __enter__(self) -> Telling:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def hear(self, event: Event) -> bool:
        """Tell one event; whether the run is over."""
        say = self.console.print
        if isinstance(event, messages.Ready):
            say(f"{event.device_name}, torch {event.torch}", soft_wrap=True)
        elif isinstance(event, messages.State) and event.state == "loading":
            say(safe_lines(event.text))
        elif isinstance(event, messages.Progress):
            speed = f"{event.images_per_second:,.0f} samples/s"
            place = f"{event.epoch}/{event.epochs}"
            if self.task is None:
                self.task = self.bar.add_task("steps", total=event.steps, epoch=place, speed=speed)
                self.bar.start()
            self.bar.update(self.task, completed=event.step, total=event.steps, epoch=place, speed=speed)
        elif isinstance(event, messages.Epoch):
            say(safe_lines(self.epochs.told(event)), soft_wrap=True)
        elif isinstance(event, messages.Failure):
            self.failed = True
            block = self.document.network.blocks.get(event.block or "")
            place = f"{block.name}: " if block and block.name not in event.text else ""
            say("[red]error[/]", safe_lines(f"{place}{event.text}"), soft_wrap=True)
        elif isinstance(event, messages.Finished):
            self.finished = True
            if self.task is not None:
                self.bar.update(self.task, completed=event.step, total=event.step)
            say(safe_lines(f"{_best_line(event)}\nrun folder: {event.run_folder}"), soft_wrap=True)
        return self.finished or (isinstance(event, messages.State) and event.state == "failed")


def _best_line(event) -> str:
    values = ", ".join(f"{name} {value:.4f}" for name, value in event.best.items())
    return f"best epoch {event.best_epoch}: {values}" if event.best_epoch is not None else "no epoch was finished"
