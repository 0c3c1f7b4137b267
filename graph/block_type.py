"""How a block type is declared: one class holds everything the rest of Netloom asks about it.

Documentation, ports, hyperparameters, the shape rule with its counts, the arithmetic in words, the torch expression.
Palette, inspector, analysis, source generator and tests read these declarations; nothing else knows a type by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from graph.dim import Dim, is_traced
from graph.hyperparameter import REQUIRED, Choice, Hyperparameter
from graph.reach import Reach
from graph.tensor_type import TensorType

FAMILIES = (
    "source",
    "convolution",
    "pooling",
    "linear",
    "recurrent",
    "attention",
    "embedding",
    "normalization",
    "activation",
    "regularization",
    "shaping",
    "merging",
    "arithmetic",
    "loss",
    "metric",
    "module",
)

# Families whose blocks look at each place alone (statistics of a normalisation aside).
POINTWISE = frozenset(
    ("source", "linear", "embedding", "normalization", "activation", "regularization", "merging", "arithmetic")
)

Values = Mapping[str, Any]
Inputs = Mapping[str, Any]  # port name -> TensorType, or a tuple of them where the port takes many wires


class ShapeError(ValueError):
    """Inputs a block cannot take; names the port or hyperparameter at fault and what would be right."""

    def __init__(self, text: str, port: str | None = None, hyperparameter: str | None = None, code: str = "shape"):
        super().__init__(text)
        self.text = text
        self.port = port
        self.hyperparameter = hyperparameter
        self.code = code


@dataclass(frozen=True, slots=True)
class Port:
    """A connection point; `many` takes any number of wires, in order."""

    name: str
    optional: bool = False
    many: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What follows from a block's hyperparameters and inputs; multiply-adds are those of one sample.

    `weights` lists every learnable tensor by its torch name and shape, in torch's order; `warnings` are (code, text)
    pairs about choices that run but are seldom meant. `steps` is how many times a sample meets the block, where its
    steps stand among the samples; multiply-adds are those of one of them.
    """

    outputs: dict[str, TensorType]
    parameters: int = 0
    buffers: int = 0
    macs: Dim = 0
    weights: tuple[tuple[str, tuple[int, ...]], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    steps: Dim = 1

    @property
    def macs_of_sample(self) -> Dim:
        """Multiply-adds of one sample with all its steps."""
        return self.macs if self.steps == 1 else self.macs * self.steps


@dataclass(frozen=True, slots=True)
class Call:
    """A constructor call in generated source: a dotted torch name and literal values, or calls as arguments."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a layer keeps for the backward pass: inputs and outputs by port, and tensors of its own."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    extra: tuple[tuple[tuple[Dim, ...], str], ...] = ()  # (dimensions, dtype)


KEEPS_INPUT = Kept(inputs=("input",))
KEEPS_OUTPUT = Kept(outputs=("output",))
KEEPS_NOTHING = Kept()


class Site(Protocol):
    """Where a block's expression is written: the names of its inputs as they stand in the generated text."""

    values: Values
    inputs: Inputs

    def one(self, port: str) -> str | None: ...  # the variable wired to the port, None where nothing is
    def many(self, port: str) -> list[str]: ...  # the variables wired to the port, in order
    def literal(self, value: Any) -> str: ...  # a canonical value as source
    def call_module(self, *variables: str) -> str: ...  # self.conv1(image)


class BlockType:
    """Base of every declaration; the class name is the type's name, its docstring the help."""

    name: ClassVar[str] = ""
    family: ClassVar[str] = ""
    role: ClassVar[str] = "layer"
    keeps: ClassVar[Kept | None] = None  # for the backward pass; `kept` where it depends on values
    is_view: ClassVar[bool] = False  # its output is its input's memory, seen in another shape
    aliases: ClassVar[tuple[str, ...]] = ()
    hyperparameters: ClassVar[tuple[Hyperparameter, ...]] = ()
    inputs: ClassVar[tuple[Port, ...]] = (Port("input"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("output"),)

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.name = cls.__name__
        cls._by_name = {h.name: h for h in cls.hyperparameters}
        cls._defaults = {h.name: h.default for h in cls.hyperparameters if h.default is not REQUIRED}

    @property
    def help(self) -> str:
        return (type(self).__doc__ or "").strip()

    def hyperparameter(self, name: str) -> Hyperparameter:
        """The declaration of this name; KeyError when the type has none."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        return name in self._by_name

    def input_port(self, name: str) -> Port | None:
        return next((port for port in self.inputs if port.name == name), None)

    def output_port(self, name: str) -> Port | None:
        return next((port for port in self.outputs if port.name == name), None)

    def complete(self, explicit: Values) -> dict[str, Any]:
        """All values: what was set, and torch's defaults for the rest; a missing required one is absent."""
        return {**self._defaults, **explicit}

    def missing(self, explicit: Values) -> list[str]:
        """Required hyperparameters that were not set."""
        return [h.name for h in self.hyperparameters if h.default is REQUIRED and h.name not in explicit]

    def suggested(self) -> dict[str, Any]:
        """What the palette sets where torch has no default."""
        return {h.name: h.suggestion for h in self.hyperparameters if h.default is REQUIRED}

    def stand_in(self, name: str, values: Values) -> Any:
        """What an unset value comes to by the other settings, where it can be shown in its place; None elsewhere."""
        return None

    def set_apart(self, values: Values) -> dict[str, Any]:
        """The values that differ from torch's defaults, in declared order."""
        return {
            h.name: values[h.name]
            for h in self.hyperparameters
            if h.name in values and (h.default is REQUIRED or values[h.name] != h.default or _remembers(values[h.name]))
        }

    def summary(self, values: Values) -> str:
        """The non-default settings in the shorthand of a block's second line."""
        return ", ".join(_short(self.hyperparameter(name), value) for name, value in self.set_apart(values).items())

    def check(self, values: Values) -> None:
        """Rules among the hyperparameters themselves; raises ShapeError. Runs before `infer`."""

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        """Output types and counts; raises ShapeError naming the port or hyperparameter at fault."""
        raise NotImplementedError

    def explain(self, values: Values, inputs: Inputs, inferred: Inferred) -> tuple[tuple[str, str], ...]:
        """(what, arithmetic) pairs with the numbers substituted."""
        return ()

    def reach(self, values: Values, inputs: Inputs) -> tuple[Reach, ...] | None:
        """What one output position sees: a Reach for every direction, () for its own place, None for the whole."""
        return () if self.family in POINTWISE else None

    def kept(self, values: Values, inputs: Inputs, inferred: Inferred) -> Kept:
        """What torch saves of it for the backward pass; its input, unless the type says otherwise."""
        if self.keeps is not None:
            return self.keeps
        return KEEPS_NOTHING if self.is_view or self.role != "layer" else KEEPS_INPUT

    def module(self, values: Values, inputs: Inputs, inferred: Inferred) -> Call | None:
        """The constructor written into __init__; None for blocks that are plain expressions."""
        return None

    def forward(self, site: Site) -> str:
        """The expression that computes the outputs (a tuple pattern is written for several)."""
        return site.call_module(*[v for port in self.inputs for v in [site.one(port.name)] if v is not None])

    def targets(self, names: Mapping[str, str]) -> str:
        """The left-hand side: `names` gives a variable for each output port that there is with these settings."""
        return ", ".join(names[port.name] for port in self.outputs if port.name in names)


def _remembers(value: Any) -> bool:
    """Whether a value comes from a formula, so that it differs elsewhere even if not here."""
    return is_traced(value) or (type(value) is tuple and any(map(is_traced, value)))


def _short(parameter: Hyperparameter, value: Any) -> str:
    text = parameter.format(value)
    if parameter.name == "kernel_size":
        return text.replace(" ", "") if "x" in text else "x".join([text] * getattr(parameter, "rank", 1))
    if parameter.name in ("out_channels", "out_features", "hidden_size", "shape", "output_size", "field"):
        return text
    if isinstance(value, bool):
        return parameter.name if value else f"no {parameter.name}"
    if isinstance(parameter, Choice):
        return text
    return f"{parameter.name.replace('_', ' ')} {text}"
