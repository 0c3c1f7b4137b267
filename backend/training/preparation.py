"""From a project's text to a job that is ready for its first step; everything wrong is found here, by name.

Knows no run folder and no messages but State.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from backend.compile import Program, compile_program
from backend.data import Dataset, Scaling, leaves_folder, load
from backend.messages import Start
from backend.siblings import PREPARED
from backend.source import SourceError
from backend.training import device as devices
from backend.training.beginning import begin_from
from backend.training.boxes import boxes_beside
from backend.training.course import Course
from backend.training.failures import Unfit
from backend.training.holding import BATCH_NORM
from backend.training.job import Job
from backend.training.labels import check_labels
from backend.training.layout import channels_innermost
from backend.training.normalization import Scale
from backend.training.objectives import Length, build_learner, check_monitor
from backend.training.ranks import Ranks
from backend.training.resident import Batches, Resident, check_room, to_device
from backend.training.seeing import as_seen, scales_of
from graph import Document, Field, Network, Recipe, analyze
from graph.project_file import ProjectError, from_json

APART = 1_000_003  # between the seeds of two processes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job, and the names its numbers go by."""

    job: Job
    network: Network
    dataset: Dataset
    scales: tuple[Scale | None, ...]  # of the inputs

    @property
    def target(self) -> tuple[Field | None, Scaling | None]:
        """The field of the first target, which a prediction is compared with, and how it was scaled."""
        name = next(iter(self.job.program.target_fields), None)
        return (self.dataset.field(name), self.dataset.scaling.get(name)) if name else (None, None)

    @property
    def accuracies(self) -> tuple[str, ...]:
        """The names under which the objective gives accuracies."""
        names = self.job.program.source.names
        blocks = [block for block in self.network.with_role("metric") if block.type == "Accuracy"]
        return tuple(names[block.id] for block in blocks if block.id in names) or ("accuracy",)


def read_project(text: str) -> Document:
    """The document in a project file's text; raises Unfit naming the place."""
    try:
        return from_json(text)
    except ProjectError as error:
        raise Unfit("project", f"The project cannot be read: {error}") from error


def read_data(
    recipe: Recipe, base: str | None, outside: bool, tell: Callable[[str], None], agreed: tuple[str, ...] = ()
) -> Dataset:
    """The recipe's samples; raises Unfit where there are none or they may not be read, and DataError."""
    if recipe.data is None:
        raise Unfit("data", "the recipe has no data: choose a data set to train on")
    if base and not outside and recipe.data.path not in agreed and leaves_folder(recipe.data, base):
        raise Unfit(
            "data",
            f"the project reads {recipe.data.path!r}, which lies outside its folder {base}: agree to that first"
            " (netloom train --outside), or put the data into the project's folder",
        )
    tell(f"loading {recipe.data.kind}")
    return load(recipe.data, Path(base) if base else None)


def prepare(
    document: Document, start: Start, tell: Callable[[str], None], begins: bool = True, ranks: Ranks | None = None
) -> Prepared:
    """Load, check, compile and move everything to the device; `begins` is False where a state will be put back.

    With other processes, all prepare the same and meet when they have; from then on their random numbers differ.
    Raises Unfit, DataError, LabelError, DeviceError or NothingToLearn, and whatever constructing blocks raises.
    """
    network, recipe = document.network, _recipe(document.recipe, start)
    ranks = ranks or Ranks()
    device = ranks.device(start.device or recipe.device)
    dataset = read_data(recipe, start.base, start.outside, tell, start.agreed)
    tell("compiling the network")
    program = _compiled(network, dataset, recipe.seed)
    check_monitor(recipe, program.source.judged)
    if begins:
        begin_from(recipe, program, network, start, tell)
    devices.be_exact(device, recipe.deterministic)
    devices.make_room(device)
    recipe = recipe.having(channels_last=channels_innermost(recipe, program.module, device, ranks.shard))
    tell(f"moving the network and {len(dataset):,} samples to {device}")
    layout = torch.channels_last if recipe.channels_last else torch.preserve_format
    program.module.to(device, memory_format=layout)
    train, validation, dataset = _resident(program, recipe, dataset, device)
    source = program.source
    scales = scales_of(recipe, network, source.inputs, train)
    train, validation, augment = as_seen(
        recipe, network, dataset.fields, source.inputs, source.answers, train, validation, scales
    )
    if ranks.size > 1:
        _meet(ranks, program, recipe, device, tell)
        _tell_of_sums(network, ranks, tell)
    if device.type == "cpu":
        macs = analyze(network, dataset.fields).total_macs
        devices.share_processors(macs * recipe.batch_size if isinstance(macs, int) else 0, ranks.local_size)
    batches = _batches(len(train), program, recipe, ranks)
    steps = recipe.epochs * len(batches)
    length = Length(min(steps, recipe.steps or steps), len(batches))
    job = Job(
        program=program,
        recipe=recipe,
        device=device,
        epochs=recipe.epochs,
        train=train,
        validation=validation,
        learner=build_learner(program, network, recipe, device, length, ranks),
        batches=batches,
        course=Course(recipe.seed),
        ranks=ranks,
        augment=augment,
    )
    return Prepared(job, network, dataset, scales)


def _meet(ranks: Ranks, program: Program, recipe: Recipe, device: torch.device, tell: Callable[[str], None]) -> None:
    """Join the other processes, with the same weights as they and random numbers of one's own."""
    tell(PREPARED)
    ranks.join(device)
    if ranks.shard:
        from backend.training.sharding import shard

        shard(program.module, ranks, device)
    if not ranks.first:
        torch.manual_seed(recipe.seed + ranks.rank * APART)


def _tell_of_sums(network: Network, ranks: Ranks, tell: Callable[[str], None]) -> None:
    for block in network.with_role("loss"):
        if network.values(block).get("reduction") == "sum":
            tell(f"{block.name} is a sum: over {ranks.size} devices it is the mean of their sums; take the mean")


def _batches(samples: int, program: Program, recipe: Recipe, ranks: Ranks) -> Batches:
    """An epoch's batches; none of a single sample where it would be normalised by itself."""
    normalizes = any(isinstance(part, BATCH_NORM) for part in program.module.modules())
    return Batches(samples, recipe.batch_size * ranks.size, join_single=normalizes, processes=ranks.size)


def _compiled(network: Network, dataset: Dataset, seed: int) -> Program:
    check_labels(network, dataset.fields, dataset.arrays)
    torch.manual_seed(seed)  # initial weights are drawn while compiling
    try:
        program = compile_program(network, dataset.fields)
    except SourceError as error:
        name, text = error.problems[0]
        more = f" ({len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        block = network.blocks.get(error.block) if error.block else None
        place = f"{name} ({block.type}): " if block else ""
        raise Unfit("network", f"{place}{text}{more}", block.id if block else None) from error
    check_bindings(network, program, dataset)
    return program


def _resident(
    program: Program, recipe: Recipe, dataset: Dataset, device: torch.device
) -> tuple[Resident, Resident, Dataset]:
    """Training and validation samples on the device, and the data set as it was standardised for them."""
    chosen = dataset.parts(recipe.validation, recipe.seed)
    dataset = dataset.standardize(chosen[0])
    read = (*program.input_fields, *program.target_fields)
    beside = boxes_beside(recipe, dataset.fields, read)
    check_room(dataset.arrays, (*read, *beside), sum(map(len, chosen)), device)
    train, validation = (
        to_device(
            {name: dataset.arrays[name][rows] for name in (*read, *beside)},
            program.input_fields,
            program.target_fields,
            device,
            channels_last=recipe.channels_last,
            redrawn=drawn,
            beside=beside,
        )
        for rows, drawn in zip(chosen, (dataset.redrawn, ()), strict=True)  # validation compares like with like
    )
    return train, validation, dataset


def check_bindings(network: Network, program: Program, dataset: Dataset) -> None:
    """Raise Unfit unless there is an objective and every Input and Target reads a field the data have."""
    if program.source.no_objective:
        text = f"the network cannot be trained: {program.source.no_objective}"
        raise Unfit("network", f"{text}. Wire a loss to an output and a Target, such as CrossEntropyLoss")
    has = ", ".join(f'"{field.name}"' for field in dataset.fields)
    sources = [block for role in ("input", "target") for block in network.with_role(role)]
    for name in (*program.input_fields, *program.target_fields):
        if name not in dataset.arrays:
            block = next((b for b in sources if network.values(b).get("field") == name), None)
            who = block.name if block else "an Input or Target"
            what = f'reads the field "{name}"' if name else "reads no field of the data"
            raise Unfit("data", f"{who} {what}, but the data have {has}", block.id if block else None)


def _recipe(recipe: Recipe, start: Start) -> Recipe:
    return recipe.having(epochs=start.epochs) if start.epochs else recipe
