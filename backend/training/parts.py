"""What augmentation does to each tensor of a batch: which are pictures, which targets move with them, how they mix.

Found once, before the run; what cannot be augmented is told here. Knows the network's losses, not what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from backend.training.colours import Span
from backend.training.normalization import is_picture
from backend.training.objectives import RecipeError
from backend.training.resident import Resident
from graph import Field, Network, analyze
from graph.augmentation import Augmentation, place_of
from graph.data_source import BoxRole
from graph.network import Block

Mixing = Literal["blended", "labels", "larger share", "whole"]
READS = "Augmentation reads pictures from an Input whose field is channels x height x width, with float values"


@dataclass(frozen=True, slots=True)
class Part:
    """One tensor of a batch."""

    name: str  # of its field
    picture: bool = False  # an input that all changes are done to
    moves: bool = False  # is moved as the pictures are
    nearest: bool = False  # moved values are taken as they are, none between two
    mixing: Mixing = "blended"
    classes: int = 0  # of labels that are mixed
    span: Span = (0.0, 1.0)  # of a picture's values in the training samples
    role: BoxRole | None = None  # where it tells of boxes, which move in a way of their own


def parts_of(
    network: Network,
    fields: Sequence[Field],
    inputs: Sequence[str],
    targets: Sequence[str],
    train: Resident,
    steps: Sequence[Augmentation],
) -> tuple[Part, ...]:
    """A part for every input and target, given as ids of blocks, and for what stands beside them in the samples.

    Raises RecipeError where a step cannot be done.
    """
    names = [network.values(network.block(id)).get("field") or "" for id in (*inputs, *targets)]
    roles = {field.name: field.role for field in fields}
    pictures = [index for index, tensor in enumerate(train.inputs) if is_picture(tensor)]
    found = [
        Part(name, True, True, False, "blended", 0, _span(tensor))
        if index in pictures
        else Part(name, mixing="blended" if tensor.is_floating_point() else "whole", role=roles.get(name))
        for index, (name, tensor) in enumerate(zip(names, train.inputs, strict=False))
    ]
    for step in steps:
        _check(step, place_of(steps, step), found, train.inputs)
        if step.type.group == "mixing":
            _check_boxes(place_of(steps, step), [(name, roles.get(name)) for name in names])
    size = train.inputs[pictures[0]].shape[2:] if pictures else None
    mixes = any(step.type.group == "mixing" for step in steps)
    judged = _Judged(network, tuple(fields))
    for id, name, tensor in zip(targets, names[len(inputs) :], train.targets, strict=True):
        if roles.get(name) is not None:
            found.append(Part(name, mixing="whole", role=roles[name]))
            continue
        moves = size is not None and _moves_with(tensor, size)
        nearest = moves and not _is_continuous(tensor)
        mixing, classes = ("blended", 0)
        if mixes and not tensor.is_floating_point():
            only_pasted = moves and all(step.kind != "mixup" for step in steps)
            mixing, classes = ("whole", 0) if only_pasted else judged.labels(id, tensor, _place(steps, "mixing"))
        found.append(Part(name, False, moves, nearest, mixing, classes))
    return (*found, *(Part(name, mixing="whole", role=roles.get(name)) for name in train.beside))


def _place(steps: Sequence[Augmentation], group: str) -> str:
    return next(place_of(steps, step) for step in steps if step.type.group == group)


def _check(step: Augmentation, place: str, inputs: Sequence[Part], tensors: Sequence[torch.Tensor]) -> None:
    """Raise RecipeError where there is nothing that the step could be done to."""
    if step.kind != "mixup" and not any(part.picture for part in inputs):
        there = ", ".join(f'"{part.name}" {_shape(t)}' for part, t in zip(inputs, tensors, strict=True)) or "nothing"
        raise RecipeError(f"{place} needs a picture, but the network reads {there}. {READS}")
    if step.type.group == "mixing":
        for part in inputs:
            if part.mixing == "whole":
                raise RecipeError(
                    f'{place} blends samples, but the input "{part.name}" has whole numbers, which cannot be: take '
                    "this augmentation out"
                )


def _check_boxes(place: str, read: Sequence[tuple[str, BoxRole | None]]) -> None:
    """Raise RecipeError where samples with boxes would be mixed."""
    told = ", ".join(f'"{name}"' for name, role in read if role is not None)
    if told:
        raise RecipeError(
            f"{place} mixes samples, but the network reads {told}: boxes of two pictures cannot be mixed. Take this "
            "augmentation out; flips, rotation, affine, crop and resized crop move boxes along with their pictures"
        )


def _shape(tensor: torch.Tensor) -> str:
    sides = " x ".join(map(str, tensor.shape[1:])) or "one number"
    return f"({sides}, {str(tensor.dtype).removeprefix('torch.')})"


def _span(pictures: torch.Tensor) -> Span:
    low, high = torch.aminmax(pictures)
    return float(low), float(high)


def _moves_with(target: torch.Tensor, size: Sequence[int]) -> bool:
    """Whether a target lies in the plane as the pictures do: as large, or as large in proportion."""
    if target.ndim not in (3, 4) or min(target.shape[-2:]) < 2:
        return False
    return target.shape[-2] * size[1] == target.shape[-1] * size[0]


def _is_continuous(target: torch.Tensor) -> bool:
    """Whether values between two others mean something: not so of classes, nor of yes and no."""
    return target.is_floating_point() and not bool(((target == 0) | (target == 1)).all())


class _Judged:
    """What the network's losses make of a target."""

    def __init__(self, network: Network, fields: tuple[Field, ...]) -> None:
        self._network = network
        self._analysis = analyze(network, fields)

    def labels(self, id: str, target: torch.Tensor, place: str) -> tuple[Mixing, int]:
        """How a target of whole numbers is mixed; raises RecipeError where a loss cannot read shares of classes."""
        classes = {self._classes(reader, place, id) for reader in self._readers(id)} - {0}
        if not classes:
            return "larger share", 0
        count = min(classes)
        low, high = (int(one) for one in torch.aminmax(target))
        if low < 0 or high >= count:
            other = low if low < 0 else high
            raise RecipeError(
                f"{place} blends classes 0 to {count - 1}, but the target {self._name(id)} also has {other}: take this "
                "augmentation out, or mend the data"
            )
        return "labels", count

    def _readers(self, id: str) -> list[Block]:
        """The blocks that a target feeds; without a loss, the Output that it is compared with by default."""
        network = self._network
        readers = [network.block(wire.target) for wire in network.wires_out(id)]
        if not network.with_role("loss"):
            readers += network.with_role("output")
        return readers

    def _classes(self, reader: Block, place: str, id: str) -> int:
        """Classes of the logits that a reader compares with; 0 for a metric."""
        role = self._network.declared(reader.type).role
        if role == "metric":
            return 0
        logits = self._analysis.inputs(reader).get("input")
        if reader.type == "CrossEntropyLoss" and self._network.values(reader).get("ignore_index", -100) >= 0:
            raise RecipeError(
                f"{place} makes shares of classes of the target {self._name(id)}, and {reader.name} cannot leave one "
                "out of them: set its ignore_index to -100, or take this augmentation out"
            )
        known = logits is not None and logits.rank >= 2 and isinstance(logits.dims[1], int)
        if known and (reader.type == "CrossEntropyLoss" or role == "output"):
            return logits.dims[1]
        raise RecipeError(
            f"{place} makes shares of classes of the target {self._name(id)}, which only CrossEntropyLoss can read; "
            f"{reader.name} ({reader.type}) reads it too. Judge it by CrossEntropyLoss alone, or take this "
            "augmentation out"
        )

    def _name(self, id: str) -> str:
        return f'"{self._network.block(id).name}"'
