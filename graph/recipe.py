"""The training recipe as typed values: data, optimizer, schedule, objectives, rules to stop; all but the network.

Frozen pydantic models: the same classes check a file, a form and a command line. Knows nothing of torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Rule
from pydantic import field_validator, model_validator

from graph.augmentation import Augmentation, Normalization
from graph.data_source import DataSource, Field
from graph.frozen import Frozen, OptionValue, Word
from graph.hyperparameter import HyperparameterError
from graph.objective import Objective, ParameterGroup
from graph.optimizers import OPTIMIZERS
from graph.schedule import Schedule
from graph.transfer import StartWeights

Precision = Literal["float32", "bfloat16", "float16"]
Averaging = Literal["none", "ema", "swa"]
PRECISIONS: tuple[str, ...] = Precision.__args__
AVERAGING: tuple[str, ...] = Averaging.__args__
MOST_EPOCHS = 1_000_000
MOST_STEPS = 1_000_000_000
Share = Annotated[float, Rule(ge=0.0, le=1.0)]


class Recipe(Frozen):
    """How a network is trained; units: learning rate per step, validation as a share of the samples."""

    data: DataSource | None = None
    start_weights: Annotated[tuple[StartWeights, ...], Rule(max_length=100, strict=False)] = ()  # later ones win
    validation: Annotated[float, Rule(ge=0.0, le=0.9)] = 0.2
    augmentation: Annotated[tuple[Augmentation, ...], Rule(max_length=100, strict=False)] = ()  # in this order
    normalization: Normalization = Normalization()
    batch_size: Annotated[int, Rule(ge=1, le=1_000_000)] = 64
    epochs: Annotated[int, Rule(ge=1, le=MOST_EPOCHS)] = 10
    steps: Annotated[int, Rule(ge=1, le=MOST_STEPS)] | None = None  # ends the run before its epochs are done

    optimizer: Annotated[str, Rule(max_length=100)] = "Adam"
    learning_rate: Annotated[float, Rule(gt=0.0, le=1000.0)] = 1e-3
    momentum: Annotated[float, Rule(ge=0.0, lt=1.0)] = 0.9  # of SGD
    weight_decay: Annotated[float, Rule(ge=0.0, le=10.0)] = 0.0
    decay_norms_and_biases: bool = True
    optimizer_arguments: dict[Word, OptionValue] = Rule(default_factory=dict, max_length=100)
    groups: Annotated[tuple[ParameterGroup, ...], Rule(max_length=1000, strict=False)] = ()
    schedule: Schedule = Schedule()
    accumulate: Annotated[int, Rule(ge=1, le=100_000)] = 1  # batches to a step; the rest of an epoch to its last
    clip_norm: Annotated[float, Rule(gt=0.0, le=1e6)] | None = None
    clip_value: Annotated[float, Rule(gt=0.0, le=1e6)] | None = None
    l1: Annotated[float, Rule(ge=0.0, le=10.0)] = 0.0
    averaging: Averaging = "none"  # of the weights, for validation and for what is kept
    averaging_decay: Annotated[float, Rule(ge=0.0, lt=1.0)] = 0.999  # ema: share kept at each step
    averaging_from: Share = 0.75  # swa: share of the run before the mean begins
    objectives: Annotated[tuple[Objective, ...], Rule(max_length=100, strict=False)] = ()

    patience: Annotated[int, Rule(ge=1, le=MOST_EPOCHS)] | None = None  # epochs without a better one before it ends
    monitor: Word | None = None  # the metric that says what is best; None: the accuracy, else the loss
    restore_best: bool = True  # where patience ended the run, its last weights are its best
    checkpoint_every: Annotated[int, Rule(ge=1, le=MOST_STEPS)] | None = None  # steps; None: by time
    keep_best: Annotated[int, Rule(ge=1, le=100)] = 1  # how many of the best epochs' weights are kept

    seed: Annotated[int, Rule(ge=0, le=2**31 - 1)] = 0
    deterministic: bool = False
    device: Annotated[str, Rule(pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$")] = "auto"
    precision: Precision = "float32"
    compile: bool = False
    cuda_graphs: bool = False
    channels_last: bool = False

    @field_validator("optimizer")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in OPTIMIZERS:
            raise ValueError(f"{name!r} is no optimizer; there are {', '.join(OPTIMIZERS)}")
        return name

    @model_validator(mode="after")
    def _arguments_fit(self) -> Recipe:
        try:
            OPTIMIZERS[self.optimizer].complete(self.optimizer_arguments)
        except HyperparameterError as error:
            raise ValueError(f"optimizer_arguments: {error}") from None
        names = [objective.name for objective in self.objectives]
        if len(set(names)) < len(names):
            raise ValueError("objectives: two have the same name; give each its own")
        return self

    def having(self, **changes: Any) -> Recipe:
        """A recipe with some values changed; raises pydantic.ValidationError naming each wrong one."""
        return Recipe.model_validate({**dict(self), **changes})

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.data.fields if self.data else ()
