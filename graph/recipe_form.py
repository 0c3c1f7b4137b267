"""Every value of the recipe, declared once for forms and command lines: its name, range, help and when it counts.

The recipe's own models are the judge of what is right; a test holds the declarations against them. Lists (objectives,
groups) and the data source have forms of their own. Knows neither Qt nor click.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from graph.hyperparameter import Bool, Choice, Float, Hyperparameter, HyperparameterError, Int, Text
from graph.optimizers import OPTIMIZERS, OptimizerType
from graph.recipe import AVERAGING, MOST_EPOCHS, MOST_STEPS, PRECISIONS, Recipe
from graph.schedule import SCHEDULES

SECTIONS: dict[str, str] = {  # in the order of a form, with their titles
    "data": "Data",
    "optimizer": "Optimizer",
    "schedule": "Learning rate schedule",
    "loop": "Batches and loop",
    "regularisation": "Regularisation",
    "averaging": "Averaging",
    "stopping": "Stopping, checkpoints",
    "device": "Device",
}
ARGUMENT = "optimizer_arguments."
DEVICES = ("auto", "cpu", "cuda", "mps")
DEFAULTS = Recipe()


class DeviceName(Choice):
    """Where it trains: one of the words, or one of several cards by its number."""

    pattern: ClassVar[re.Pattern[str]] = re.compile(r"(auto|cpu|mps|cuda(:[0-9]{1,3})?)\Z", re.ASCII)

    def rule_text(self) -> str:
        return f"{super().rule_text()}, or a card by its number such as cuda:1"

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str) or not self.pattern.match(value):
            raise self.wrong(value)
        return str(value)


@dataclass(frozen=True, slots=True)
class When:
    """Of which recipes something holds, and how people say that."""

    text: str  # completes "it counts ..."
    holds: Callable[[Recipe], bool]

    def __call__(self, recipe: Recipe) -> bool:
        return self.holds(recipe)


@dataclass(frozen=True, slots=True)
class RecipeValue:
    """One value of the recipe: where it stands, what it is called, what it may be, and when it counts for anything."""

    section: str
    name: str  # as the recipe spells it, dotted where it is nested: schedule.kind
    title: str
    declared: Hyperparameter  # with the default and the help
    counts: When
    unset: str = ""  # what leaving it open comes to
    optimizer: str = ""  # whose argument it is

    @property
    def help(self) -> str:
        return self.declared.help

    @property
    def default(self) -> Any:
        return self.declared.default

    @property
    def flag(self) -> str:
        """Its name on a command line."""
        return "--" + self.name.replace(ARGUMENT, "optimizer-").replace(".", "-").replace("_", "-")


_always = When("always", lambda recipe: True)


def _default(name: str) -> Any:
    return value_of(DEFAULTS, name)


def value_of(recipe: Recipe, name: str) -> Any:
    """The value as it stands in the recipe, an argument that was not given at its default; raises KeyError."""
    if name.startswith(ARGUMENT):
        declared = _argument(recipe.optimizer, name.removeprefix(ARGUMENT))
        return recipe.optimizer_arguments.get(declared.name, declared.default)
    found: Any = recipe
    for part in name.split("."):
        if part not in getattr(type(found), "model_fields", ()):
            raise KeyError(f"the recipe has no {name}")
        found = getattr(found, part)
    return found


def changed(recipe: Recipe, name: str, value: Any) -> Recipe:
    """The recipe with one value changed; raises pydantic.ValidationError, and KeyError for a name there is not.

    Another optimizer keeps the arguments that it shares with the last; an argument at its default is not kept.
    """
    if name.startswith(ARGUMENT):
        declared = _argument(recipe.optimizer, name.removeprefix(ARGUMENT))
        given = {**recipe.optimizer_arguments, declared.name: value}
        if type(value) is type(declared.default) and value == declared.default:
            del given[declared.name]
        return recipe.having(optimizer_arguments=given)
    value_of(recipe, name)  # a name that is wrong is told before a value
    head, _, rest = name.partition(".")
    if rest:
        return recipe.having(**{head: {**dict(getattr(recipe, head)), rest: value}})
    if name == "optimizer" and isinstance(value, str) and value in OPTIMIZERS:
        return recipe.having(optimizer=value, optimizer_arguments=_shared(recipe, OPTIMIZERS[value]))
    return recipe.having(**{name: value})


def at_its_defaults(recipe: Recipe) -> Recipe:
    """The recipe with its optimizer as torch begins it: rate, weight decay and arguments."""
    usual = OPTIMIZERS[recipe.optimizer]
    return recipe.having(learning_rate=usual.learning_rate, weight_decay=usual.weight_decay, optimizer_arguments={})


def _argument(optimizer: str, name: str) -> Hyperparameter:
    for declared in OPTIMIZERS[optimizer].arguments:
        if declared.name == name:
            return declared
    raise KeyError(f"{optimizer} has no argument {name}")


def _shared(recipe: Recipe, other: OptimizerType) -> dict[str, Any]:
    """The arguments given that another optimizer takes too."""
    kept = {}
    for declared in other.arguments:
        try:
            if declared.name in recipe.optimizer_arguments:
                kept[declared.name] = declared.coerce(recipe.optimizer_arguments[declared.name])
        except HyperparameterError:
            continue
    return kept


def _of_optimizers(*names: str) -> When:
    return When(f"with the optimizer {' or '.join(names)}", lambda recipe: recipe.optimizer in names)


def _of_schedules(*kinds: str) -> When:
    return When(f"with the schedule {' or '.join(kinds)}", lambda recipe: recipe.schedule.kind in kinds)


def _is_decayed(recipe: Recipe) -> bool:
    some = recipe.weight_decay > 0 or any(group.weight_decay for group in recipe.groups)
    return OPTIMIZERS[recipe.optimizer].decays and some


_decays = When("with an optimizer that has weight decay", lambda recipe: OPTIMIZERS[recipe.optimizer].decays)
_some_decay = When("where there is a weight decay", _is_decayed)
_may_be_cuda = When(
    "on the device auto or cuda", lambda recipe: recipe.device == "auto" or recipe.device.startswith("cuda")
)


def _argument_counts(optimizer: str, name: str) -> When:
    """An argument counts for its optimizer; those of a momentum where there is one, or where they are given."""
    if optimizer != "SGD":
        return _of_optimizers(optimizer)
    return When(
        "with the optimizer SGD and a momentum",
        lambda recipe: recipe.optimizer == "SGD" and (recipe.momentum > 0 or name in recipe.optimizer_arguments),
    )


def _arguments() -> tuple[RecipeValue, ...]:
    """The arguments of every optimizer; a name stands once for each that has it."""
    return tuple(
        RecipeValue(
            "optimizer",
            ARGUMENT + declared.name,
            declared.name.replace("_", " "),
            declared,
            _argument_counts(optimizer.name, declared.name),
            optimizer=optimizer.name,
        )
        for optimizer in OPTIMIZERS.values()
        for declared in optimizer.arguments
    )


def _int(section: str, title: str, name: str, low: int, high: int, help: str, counts=_always, unset="") -> RecipeValue:
    default = _default(name)
    declared = Int(name, default, help, low=low, high=high, optional=default is None)
    return RecipeValue(section, name, title, declared, counts, unset)


def _float(section: str, title: str, name: str, bounds: str, help: str, counts=_always, unset="") -> RecipeValue:
    """The bounds stand as in mathematics: (0, 1] is above 0 and at most 1."""
    default = _default(name)
    low, high = map(float, bounds[1:-1].split(","))
    ends = {"low_open": bounds[0] == "(", "high_open": bounds[-1] == ")"}
    declared = Float(name, default, help, low=low, high=high, optional=default is None, **ends)
    return RecipeValue(section, name, title, declared, counts, unset)


def _bool(section: str, title: str, name: str, help: str, counts=_always) -> RecipeValue:
    return RecipeValue(section, name, title, Bool(name, _default(name), help), counts)


def _choice(section: str, title: str, name: str, choices: tuple[str, ...], help: str) -> RecipeValue:
    return RecipeValue(section, name, title, Choice(name, _default(name), help, choices=choices), _always)


VALUES: tuple[RecipeValue, ...] = (
    _float("data", "validation", "validation", "[0, 0.9]", "Share of the samples held out from training."),
    _choice("optimizer", "optimizer", "optimizer", tuple(OPTIMIZERS), "The rule that turns gradients into steps."),
    _float(
        "optimizer", "learning rate", "learning_rate", "(0, 1000]", "Length of a step, before the schedule's factor."
    ),
    _float(
        "optimizer", "momentum", "momentum", "[0, 1)", "Share of the last step that goes on in the next.",
        _of_optimizers("SGD"),
    ),
    *_arguments(),
    _choice("schedule", "schedule", "schedule.kind", SCHEDULES, "How the learning rate moves over the run."),
    _int(
        "schedule", "warm-up", "schedule.warmup", 0, 100_000_000, "Steps of a straight rise from almost nothing.",
        When("with another schedule than one_cycle", lambda recipe: recipe.schedule.kind != "one_cycle"),
    ),
    _int("schedule", "every", "schedule.every", 1, 1_000_000, "Epochs between two falls.", _of_schedules("step")),
    _float(
        "schedule", "factor", "schedule.factor", "(0, 1]", "Share of the rate that is left after a fall.",
        _of_schedules("step", "plateau"),
    ),
    _float(
        "schedule", "decay", "schedule.decay", "(0, 1]", "Share of the rate that is left after every epoch.",
        _of_schedules("exponential"),
    ),
    _float(
        "schedule", "final share", "schedule.final", "[0, 1]", "Share of the rate that is left at the end of the run.",
        _of_schedules("cosine"),
    ),
    _float(
        "schedule", "rise", "schedule.rise", "(0, 1)", "Share of the run in which the rate rises.",
        _of_schedules("one_cycle"),
    ),
    _int(
        "schedule", "patience", "schedule.patience", 0, 1_000_000, "Epochs without a better one before the rate falls.",
        _of_schedules("plateau"),
    ),
    _int("loop", "epochs", "epochs", 1, MOST_EPOCHS, "How often every sample is seen."),
    _int(
        "loop", "steps", "steps", 1, MOST_STEPS, "Ends the run after so many steps, even within an epoch.",
        unset="by epochs",
    ),
    _int("loop", "batch size", "batch_size", 1, 1_000_000, "Samples whose gradients are computed at once."),
    _int("loop", "accumulate", "accumulate", 1, 100_000, "Batches to a step; an epoch ends with a smaller one."),
    _float("regularisation", "weight decay", "weight_decay", "[0, 10]", "Pull of every weight towards zero.", _decays),
    _bool(
        "regularisation", "norms and biases", "decay_norms_and_biases",
        "Whether weight decay also pulls biases and the weights of normalisations.", _some_decay,
    ),
    _float(
        "regularisation", "L1", "l1", "[0, 10]",
        "What the absolute values of all weights add to the loss; it brings many to zero.",
    ),
    _float(
        "regularisation", "clip norm", "clip_norm", "(0, 1000000]",
        "Longest gradient of all weights together; a longer one is shortened.", unset="off",
    ),
    _float(
        "regularisation", "clip value", "clip_value", "(0, 1000000]",
        "Largest gradient of any single weight; a larger one is cut.", unset="off",
    ),
    _choice(
        "averaging", "averaging", "averaging", AVERAGING,
        "A mean of the weights along the run, validated and kept in their place.",
    ),
    _float(
        "averaging", "decay", "averaging_decay", "[0, 1)", "Share of the mean that is kept at each step.",
        When("with the averaging ema", lambda recipe: recipe.averaging == "ema"),
    ),
    _float(
        "averaging", "begins after", "averaging_from", "[0, 1]", "Share of the run before the mean begins.",
        When("with the averaging swa", lambda recipe: recipe.averaging == "swa"),
    ),
    _int(
        "stopping", "patience", "patience", 1, MOST_EPOCHS, "Epochs without a better one before the run ends.",
        unset="never early",
    ),
    _bool(
        "stopping", "restore best", "restore_best",
        "Where patience ended the run, its last weights are those of its best epoch.",
        When("where patience is set", lambda recipe: recipe.patience is not None),
    ),
    RecipeValue(
        "stopping", "monitor", "monitor",
        Text("monitor", None, "The metric that says which epoch is best.", optional=True),
        _always, "accuracy, else loss",
    ),
    _int("stopping", "keep best", "keep_best", 1, 100, "How many of the best epochs' weights are kept."),
    _int(
        "stopping", "checkpoint every", "checkpoint_every", 1, MOST_STEPS,
        "Steps between two states that a stopped run can go on from.", unset="by time",
    ),
    RecipeValue(
        "device", "device", "device",
        DeviceName("device", DEFAULTS.device, "Where it trains; auto takes the fastest there is.", choices=DEVICES),
        _always,
    ),
    _choice(
        "device", "precision", "precision", PRECISIONS,
        "The numbers it computes with; 16 bits are faster where the device has them.",
    ),
    _bool(
        "device", "compile", "compile", "Has torch.compile write faster code; the first steps take longer."
    ),
    _bool(
        "device", "CUDA graphs", "cuda_graphs",
        "Compiles, and replays a step's kernels as one: less waiting where steps are short.", _may_be_cuda,
    ),
    _bool(
        "device", "channels last", "channels_last",
        "Keeps pictures with their channels last in memory: faster convolutions in 16 bits. A processor always does.",
    ),
    _int("device", "seed", "seed", 0, 2**31 - 1, "The same seed gives the same run."),
    _bool(
        "device", "deterministic", "deterministic",
        "Takes only operations that always give the same bits, even slower ones.",
    ),
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(dict.fromkeys(value.name for value in VALUES))


def declared_for(recipe: Recipe, name: str) -> RecipeValue:
    """The value of that name as the recipe's optimizer has it; raises KeyError."""
    for value in VALUES:
        if value.name == name and value.optimizer in ("", recipe.optimizer):
            return value
    raise KeyError(f"the recipe has no {name}")


def that_count(recipe: Recipe, section: str = "") -> tuple[RecipeValue, ...]:
    """The values that make a difference to this recipe, of one section or of all, in the order of a form."""
    return tuple(value for value in VALUES if section in ("", value.section) and value.counts(recipe))
