"""What a name in a model's source can stand for, beside plain numbers, words, tuples, lists and dicts.

Layers and tensors are only described; what becomes of them in the drawing is decided elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from backend.importing.python.drawing import Level

Shape = tuple[int, ...]
_serials = count(1)


@dataclass(slots=True, eq=False)
class Unknown:
    """A value that could not be read; whoever needs it says so with its place and reason."""

    where: str
    text: str


@dataclass(slots=True, eq=False)
class Tensor:
    """An output of a drawn block; what works in place changes which.

    `order` is set where the source has the batch elsewhere than in front: its dimension i is the block's order[i].
    """

    level: Level
    block: str
    port: str
    order: tuple[int, ...] | None = None

    def again(self) -> Tensor:
        """The same value, that stays when this one changes in place."""
        return Tensor(self.level, self.block, self.port, self.order)

    def become(self, other: Tensor) -> None:
        self.level, self.block, self.port, self.order = other.level, other.block, other.port, other.order


@dataclass(slots=True, eq=False)
class Numbers:
    """A tensor of the source that depends on no input: its numbers where they are known and not too many.

    `fill` is the one value of all of them, `spread` the standard deviation of random ones around 0.
    """

    shape: Shape
    dtype: str = "float32"
    array: np.ndarray | None = None
    fill: float | None = None
    spread: float | None = None
    held: Any = None  # the frozen parameter it became, where no Constant holds it


@dataclass(slots=True, eq=False)
class Noise:
    """Normal random numbers of a tensor's shape, times the deviation where one was multiplied in."""

    like: Tensor
    factor: Any = None  # a Tensor or a number


@dataclass(slots=True, eq=False)
class Learned:
    """An nn.Parameter: what it begins with, and what is decided about it."""

    begins: Numbers
    line: int
    spread: float | None = None  # set by an initialisation afterwards
    fill: float | None = None
    way: Any = None  # another way to begin
    frozen: bool = False
    serial: int = field(default_factory=lambda: next(_serials))

    @property
    def shape(self) -> Shape:
        return self.begins.shape


@dataclass(slots=True, eq=False)
class Layer:
    """A layer of torch.nn with its arguments by torch's names; `reuses` is a layer whose weights it was given."""

    type: str
    arguments: dict[str, Any]
    line: int
    frozen: bool = False
    reuses: Layer | None = None
    lends: list[Layer] = field(default_factory=list)
    initial: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    serial: int = field(default_factory=lambda: next(_serials))


@dataclass(slots=True, eq=False)
class WeightOf:
    """A weight of a layer, asked for by name: self.fc.weight."""

    layer: Layer
    name: str


@dataclass(slots=True, eq=False)
class Container:
    """nn.Sequential, nn.ModuleList or nn.ModuleDict, and what stands in it by name."""

    kind: str
    children: dict[str, Any] = field(default_factory=dict)
    line: int = 0

    @property
    def items(self) -> list[Any]:
        return list(self.children.values())


@dataclass(slots=True, eq=False)
class Scope:
    """Variables of a call, of a class body or of the file, and where to look for others."""

    names: dict[str, Any] = field(default_factory=dict)
    parent: Scope | None = None
    owner: ClassValue | None = None  # the class whose method runs here
    itself: Any = None  # its self


@dataclass(slots=True, eq=False)
class Function:
    """A function or lambda of the file with what surrounds it."""

    name: str
    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: list[Any]
    keyword_defaults: list[Any]
    owner: ClassValue | None = None


@dataclass(slots=True, eq=False)
class Bound:
    """A method together with the object it belongs to."""

    function: Function
    itself: Any


@dataclass(slots=True, eq=False)
class ClassValue:
    """A class of the file; `outside` is the dotted name of the first base that is not of the file."""

    name: str
    node: ast.ClassDef
    bases: list[ClassValue]
    outside: str | None
    names: dict[str, Any] = field(default_factory=dict)
    fields: list[tuple[str, Any]] | None = None  # of a dataclass, with their defaults

    def lookup(self, name: str) -> Any:
        """The attribute, own or inherited; None where there is none. Raises RecursionError for nothing."""
        for one in self.line():
            if name in one.names:
                return one.names[name]
        return None

    def line(self) -> list[ClassValue]:
        """The class and those it comes from, nearest first."""
        found: list[ClassValue] = []
        waiting = [self]
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting[:0] = one.bases
        return found

    @property
    def base(self) -> str | None:
        """The base outside the file that counts: torch.nn.Module, torch.nn.Sequential ..."""
        return next((one.outside for one in self.line() if one.outside), None)

    @property
    def is_module(self) -> bool:
        base = self.base or ""
        if base.startswith("torch."):
            return base.startswith("torch.nn.")
        return base.endswith("Module") or (bool(base) and self.lookup("forward") is not None)


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a class of the file; `layer` or `children` where the class comes from one of torch's."""

    cls: ClassValue
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)
    layer: Layer | None = None
    children: Container | None = None
    made_with: dict[str, Any] = field(default_factory=dict)
    serial: int = field(default_factory=lambda: next(_serials))


@dataclass(slots=True, eq=False)
class Super:
    """super(): the object, seen from behind one of its classes."""

    after: ClassValue
    itself: Any


@dataclass(frozen=True, slots=True)
class Outside:
    """Something of another library, by its dotted name: torch.nn.Conv2d, math.sqrt."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(slots=True, eq=False)
class Native:
    """Something callable that this reader knows itself: act(run, args, kwargs)."""

    name: str
    act: Callable[..., Any]


@dataclass(slots=True, eq=False)
class Training:
    """self.training, which is another thing in training and in evaluation."""

    negated: bool = False


@dataclass(slots=True, eq=False)
class Named:
    """A tuple with names, such as what torch.max(x, 1) gives."""

    values: tuple[Any, ...]
    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Options:
    """Values by name: what argparse gives without a command line, the hyperparameters that a model saved."""

    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Example:
    """An input that stands in for what the model gets, while it is looked for what takes it first."""

    indices: tuple[int, ...]  # of the inputs that are joined in it
    flat: bool = False
    hints: dict[int, Any] = field(default_factory=dict)  # index -> the layer that took it, and how


@dataclass(slots=True, eq=False)
class OpenShape(Unknown):
    """The shape of an Example: how many sizes are taken from it tells its rank."""

    example: Example = None  # type: ignore[assignment]


SCALARS = (bool, int, float, str, type(None))


def is_module(value: Any) -> bool:
    """Whether this is something of torch.nn's: a layer, a container, an object of a model class."""
    return isinstance(value, Layer | Container) or (isinstance(value, Instance) and value.cls.is_module)


def kind_of(value: Any) -> str:
    """What a value is, in words for messages."""
    words = {
        Tensor: "a tensor",
        Numbers: "a constant tensor",
        Learned: "a parameter",
        Noise: "random numbers",
        Layer: "a layer",
        Container: "a container of layers",
        Function: "a function",
        Bound: "a method",
        ClassValue: "a class",
        Training: "self.training",
        type(None): "None",
    }
    if isinstance(value, Layer):
        return f"nn.{value.type}"
    if isinstance(value, Outside):
        return value.path
    if isinstance(value, Instance):
        return f"a {value.cls.name}"
    return words.get(type(value), f"a {type(value).__name__}")


@dataclass(slots=True, eq=False)
class Decorated:
    """A function of a class under @staticmethod, @classmethod or @property."""

    kind: str
    function: Function
