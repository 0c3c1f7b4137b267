"""Einsum: sums of products over named dimensions, the notation in which attention and bilinear forms are written.

The equation names every dimension of every input by a letter; letters that are missing on the right are summed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from graph.block_type import BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import count, wrong_dtype
from graph.blocks.window import factors
from graph.dim import Dim, N, is_open, product, total
from graph.hyperparameter import Hyperparameter
from graph.tensor_type import TensorType

EQUATION = re.compile(r"[A-Za-z]{0,16}(,[A-Za-z]{0,16}){0,7}->[A-Za-z]{0,16}\Z", re.ASCII)


@dataclass(frozen=True)
class Equation(Hyperparameter):
    """Letters for the dimensions of the inputs, an arrow, letters for those of the output: bqd,bkd->bqk."""

    rule: ClassVar[str] = "letters for the dimensions of up to 8 inputs, an arrow and those of the output: bqd,bkd->bqk"

    def _coerce(self, value: Any) -> str:
        text = re.sub(r"\s+", "", value) if isinstance(value, str) and len(value) <= 400 else ""
        if not EQUATION.match(text):
            raise self.wrong(value)
        left, right = text.split("->")
        if len(set(right)) < len(right) or not set(right) <= set(left):
            raise self.wrong(value)
        return text


class Einsum(BlockType):
    """Multiplies tensors along dimensions that share a letter and sums over letters that the output lacks.

    `bqd,bkd->bqk` makes attention scores of (N, Q, D) and (N, K, D): (N, Q, K). Inputs in the order of their wires.
    """

    family = "arithmetic"
    aliases = (
        "einstein summation",
        "tensor contraction",
        "einops",
        "attention scores",
        "bilinear form",
        "outer product",
    )
    inputs = (Port("inputs", many=True, help="The tensors of the equation, in its order."),)
    hyperparameters = (Equation("equation", help="Dimensions by letters: bqd,bkd->bqk.", suggestion="bqd,bkd->bqk"),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        sizes, tensors = self._sizes(values["equation"], inputs["inputs"]), inputs["inputs"]
        letters = values["equation"].split("->")[1]
        output = TensorType(tuple(sizes[letter] for letter in letters), tensors[0].dtype)
        return Inferred({"output": output}, macs=total(map(product, self._steps(values["equation"], sizes))))

    def _sizes(self, equation: str, tensors: tuple[TensorType, ...]) -> dict[str, Dim]:
        """The size behind every letter; raises ShapeError."""
        terms = equation.split("->")[0].split(",")
        if len(terms) != len(tensors):
            raise ShapeError(
                f"{equation} speaks of {len(terms)} inputs, but {len(tensors)} are wired",
                "inputs",
                "equation",
                "einsum",
            )
        sizes: dict[str, Dim] = {}
        for index, (term, x) in enumerate(zip(terms, tensors, strict=True)):
            if x.dtype == "bool":
                raise wrong_dtype(self.name, x, "numbers", "inputs")
            if x.dtype != tensors[0].dtype:
                raise wrong_dtype(self.name, x, f"all alike, here {tensors[0].dtype}", "inputs")
            if len(term) != x.rank:
                text = f"{term or 'nothing'} of {equation} names {len(term)} dimensions, but input {index + 1} is {x}"
                raise ShapeError(text, "inputs", "equation", "einsum")
            for letter, dim in zip(term, x.dims, strict=True):
                sizes[letter] = self._agreed(equation, letter, sizes.get(letter, dim), dim)
        return sizes

    def _agreed(self, equation: str, letter: str, known: Dim, dim: Dim) -> Dim:
        """One size for a letter; torch stretches ones."""
        if known == dim or dim == 1:
            return known
        if known == 1:
            return dim
        unsure = (is_open(known) or is_open(dim)) and N not in (known, dim)
        verb = "it is open whether they agree" if unsure else "it must be one size"
        text = f"{letter} of {equation} is {known} in one input and {dim} in another: {verb}"
        raise ShapeError(text, "inputs", "equation", "open" if unsure else "einsum")

    def _steps(self, equation: str, sizes: dict[str, Dim]) -> list[tuple[Dim, ...]]:
        """What runs over what: torch multiplies from left to right and keeps only letters that are still needed."""
        left, right = equation.split("->")
        first, *others = left.split(",")
        kept, steps = set(first), []
        for index, term in enumerate(others):
            both = [letter for letter in sizes if letter in kept or letter in term]
            steps.append(_of_one_sample(tuple(sizes[letter] for letter in both)))
            kept = {letter for letter in both if letter in right or letter in "".join(others[index + 1 :])}
        return steps

    def explain(self, values, inputs, inferred):
        sizes = self._sizes(values["equation"], inputs["inputs"])
        named = ", ".join(f"{letter} = {size}" for letter, size in sizes.items())
        shapes = ", ".join(map(str, inputs["inputs"]))
        lines = [("output", f"{values['equation']} of {shapes} -> {inferred.outputs['output']}"), ("letters", named)]
        if steps := self._steps(values["equation"], sizes):
            lines.append(("multiply-adds", f"{' + '.join(map(factors, steps))} = {count(inferred.macs)}"))
        return tuple(lines)

    def forward(self, site: Site) -> str:
        return f"torch.einsum({site.literal(site.values['equation'])}, {', '.join(site.many('inputs'))})"


def _of_one_sample(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The dimensions without one batch."""
    dims = list(dims)
    if N in dims:
        dims.remove(N)
    return tuple(dims)


BLOCK_TYPES = (Einsum,)
