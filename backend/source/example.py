"""Writes the end of an exported file: how to build the network, load weights, run it on inputs as in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.source.identifiers import Names
from backend.source.literals import literal
from backend.source.page import Page
from backend.source.plan import Plan

OPEN = 64  # what stands in for a dimension left open
MOST_FIGURES = 64  # that are written out


@dataclass(frozen=True, slots=True)
class Normalized:
    """What an input went through before the network saw it in training: (input - mean) / deviation.

    A number for all channels, or one for each; none where they are not known before data are read.
    """

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    axes: int = 2  # behind the channels


def head_remark(plan: Plan, names: Names, normalized: Mapping[str, Normalized]) -> str:
    """What whoever takes the class out of the file must know; empty where there is nothing."""
    told = ", ".join(names[id] for id in plan.inputs if id in normalized)
    return f"Trained with (input - mean) / deviation for {told}: see the example at the end." if told else ""


def write_example(plan: Plan, names: Names, class_name: str, page: Page, normalized: Mapping[str, Normalized]) -> None:
    """Lines that run when the file itself is: `python lenet.py best.safetensors`."""
    page.blank(2)
    page.statement('if __name__ == "__main__":')
    page.statement("import sys", 4)
    page.blank()
    page.statement(f"model = {class_name}()", 4)
    page.statement("if len(sys.argv) > 1:", 4, remark="weights, such as best.safetensors")
    page.statement("from safetensors.torch import load_file", 8)
    page.blank()
    page.statement("model.load_state_dict(load_file(sys.argv[1]))", 8)
    page.statement("model.eval()", 4)
    page.section()
    for id in plan.inputs:
        _write_zeros(plan, names, id, page)
        if id in normalized:
            _write_normalizing(names, id, normalized[id], page)
    arguments = ", ".join(names[id] for id in plan.inputs)
    page.statement("with torch.no_grad():", 4)
    if len(plan.results) == 1:
        page.statement(f"print(model({arguments}))", 8)
    else:
        page.statement(f"results = model({arguments})", 8)
        page.statement("for result in results:", 8)
        page.statement("print(result)", 12)


def _write_zeros(plan: Plan, names: Names, id: str, page: Page) -> None:
    """A batch of one, all zero."""
    tensor = plan.analysis.output(id)
    if tensor is None:
        return
    opened = [str(dim) for dim in tensor.dims[1:] if not isinstance(dim, int)]
    sizes = [1, *(dim if isinstance(dim, int) else OPEN for dim in tensor.dims[1:])]
    arguments = [literal(size) for size in sizes]
    if tensor.dtype != "float32":
        arguments.append(f"dtype=torch.{tensor.dtype}")
    remark = f"{', '.join(dict.fromkeys(opened))} may be any size" if opened else ""
    page.statement(f"{names[id]} = torch.zeros({', '.join(arguments)})", 4, remark=remark)


def _write_normalizing(names: Names, id: str, normalized: Normalized, page: Page) -> None:
    """The input as in training, or a remark where the figures are not at hand."""
    name, figures = names[id], (normalized.mean, normalized.deviation)
    most = max(map(len, figures))
    if not 0 < most <= MOST_FIGURES:
        page.remark(f"In training {name} is (input - mean) / deviation, each channel's own over the samples:", 4)
        where = "too many figures to stand here." if most else "the model.py in a run's folder has the figures."
        page.remark(where, 4)
        return
    texts = []
    for what, numbers in zip(("mean", "deviation"), figures, strict=True):
        if len(numbers) > 1:
            texts.append(names.fresh(what))
            shape = f".view({', '.join(map(str, (-1, *[1] * normalized.axes)))})" if normalized.axes else ""
            page.statement(f"{texts[-1]} = torch.tensor({literal(list(numbers))}){shape}", 4)
        else:
            texts.append(literal(abs(numbers[0])))
    sign = "+" if len(normalized.mean) == 1 and normalized.mean[0] < 0 else "-"
    page.statement(f"{name} = ({name} {sign} {texts[0]}) / {texts[1]}", 4, remark="as in training")
