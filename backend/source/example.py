"""Writes the end of an exported file: how to build the network, load its weights and run it."""

from __future__ import annotations

from backend.source.identifiers import Names
from backend.source.literals import literal
from backend.source.page import Page
from backend.source.plan import Plan

OPEN = 64  # what stands in for a dimension left open


def write_example(plan: Plan, names: Names, class_name: str, page: Page) -> None:
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
