"""From a project's text to a job that is ready for its first step; everything wrong is found here, by name.

Knows no run folder and no messages but State.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from backend.compile import Program, compile_program
from backend.data import Dataset, load, split
from backend.messages import Start
from backend.training import device as devices
from backend.training import optimizer as optimizers
from backend.training.failures import Unfit
from backend.training.job import Job
from backend.training.labels import check_labels
from backend.training.resident import Batches, to_device
from graph import Document, Field, Network, Recipe, analyze
from graph.project_file import ProjectError, from_json

BATCH_NORM = nn.modules.batchnorm._BatchNorm  # the public classes share no public base


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job, and the names its numbers go by."""

    job: Job
    network: Network
    dataset: Dataset

    @property
    def target_field(self) -> Field | None:
        """The field of the first target, which a prediction is compared with."""
        names = self.job.program.target_fields
        return self.dataset.field(names[0]) if names and names[0] else None


def read_project(text: str) -> Document:
    """The document in a project file's text; raises Unfit naming the place."""
    try:
        return from_json(text)
    except ProjectError as error:
        raise Unfit("project", f"The project cannot be read: {error}") from error


def prepare(document: Document, start: Start, tell: Callable[[str], None]) -> Prepared:
    """Load, check, compile and move everything to the device.

    Raises Unfit, DataError, LabelError, DeviceError or NothingToLearn, and whatever constructing blocks raises.
    """
    network, recipe = document.network, _recipe(document.recipe, start)
    device = devices.pick(start.device or recipe.device)
    if recipe.data is None:
        raise Unfit("data", "the recipe has no data: choose a data set to train on")
    tell(f"loading {recipe.data.kind}")
    dataset = load(recipe.data, Path(start.base) if start.base else None)
    check_network(network, dataset.fields)
    tell("compiling the network")
    torch.manual_seed(recipe.seed)  # initial weights are drawn while compiling
    program = compile_program(network, dataset.fields)
    check_bindings(network, program, dataset)
    check_labels(network, dataset.fields, dataset.arrays)
    program.module.to(device)
    train, validation = split(len(dataset), recipe.validation, recipe.seed, dataset.labels)
    dataset = dataset.standardize(train)
    fields = (program.input_fields, program.target_fields)
    tell(f"moving the data to {device}")
    resident = [
        to_device({n: dataset.arrays[n][rows] for n in dict.fromkeys((*fields[0], *fields[1]))}, *fields, device)
        for rows in (train, validation)
    ]
    normalizes = any(isinstance(part, BATCH_NORM) for part in program.module.modules())
    job = Job(
        program=program,
        recipe=recipe,
        device=device,
        epochs=recipe.epochs,
        train=resident[0],
        validation=resident[1],
        optimizer=optimizers.build(recipe, program.module),
        batches=Batches(len(train), recipe.batch_size, join_single=normalizes),
    )
    return Prepared(job, network, dataset)


def check_network(network: Network, fields: tuple[Field, ...]) -> None:
    """Raise Unfit for the first error that stands in the way of generating source."""
    analysis = analyze(network, fields)
    errors = [problem for problem in analysis.problems if problem.severity == "error"]
    if errors:
        first = errors[0]
        place = f"{network.block(first.block).name}: " if first.block in network.blocks else ""
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        raise Unfit("network", f"{place}{first.text}{more}", first.block)


def check_bindings(network: Network, program: Program, dataset: Dataset) -> None:
    """Raise Unfit unless there is an objective and every Input and Target reads a field the data have."""
    if program.objective is None:
        raise Unfit(
            "network", "the network has no loss: wire a loss to an output and a Target, such as CrossEntropyLoss"
        )
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
