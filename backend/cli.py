"""The commands that tell of a project without a window: check, blocks, export. Imports neither Qt nor torch.

Every failure is one clear line on standard error and exit status 1 (2 for a misused command line).
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from backend import reference
from backend.report import FORM, report
from backend.terminal import safe, safe_lines
from graph import BlockType, Document, load_project, registry
from graph.memory import PRECISIONS, STATE
from graph.project_file import ProjectError
from graph.quantities import binary, prefixed, thousands

PROJECT = click.argument("project", type=click.Path(path_type=Path))
MARKS = {"error": "[red]error[/]", "warning": "[yellow]warning[/]", "hint": "[blue]hint[/]"}


def open_project(path: Path) -> Document:
    """The document of a project file; ends the command with the reason when it cannot be read."""
    try:
        return load_project(path)
    except ProjectError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from None


@click.command(epilog=FORM, short_help="Print shapes, parameters, costs and problems of a project.")
@PROJECT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--batch", default=1, show_default=True, type=click.IntRange(1), help="Batch size of the memory told.")
@click.option("--precision", default="float32", show_default=True, type=click.Choice(PRECISIONS))
@click.option("--optimizer", default="Adam", show_default=True, type=click.Choice(tuple(STATE)))
@click.option("--memory", type=click.FloatRange(min=0), help="GiB at hand: tells the largest batch that fits.")
def check(project: Path, as_json: bool, batch: int, precision: str, optimizer: str, memory: float | None) -> None:
    """Print shapes, parameters, costs, memory and problems of PROJECT; exit 1 on errors."""
    document = open_project(project)
    found = report(document, batch, precision, optimizer, None if memory is None else int(memory * 2**30))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print_report(document, found)
    if not document.analysis.ok:
        raise SystemExit(1)


def _print_report(document: Document, found: dict) -> None:
    console = Console(highlight=False)
    table = Table(title=safe(found["network"]), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    wide = console.width >= 100  # what does not fit is left out, never cut
    for heading in ("Block", "Type"):
        table.add_column(heading, overflow="fold")
    table.add_column("Output", no_wrap=True)
    for heading in ("Parameters", "Multiply-adds", *(("Sees",) if wide else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found["blocks"]:
        known = row["multiply_adds"] is not None
        shape = " x ".join(map(str, row["output"])) if row["output"] else "" if known else "?"
        costs = (thousands(row["parameters"]), _short(row["multiply_adds"])) if known else ("?", "?")
        seen = (_seen(row["receptive_field"]),) if wide else ()
        table.add_row(safe(row["block"]), safe(row["type"]), shape, *costs, *seen)
    table.add_section()
    partly = " (partial)" if found["partial"] else ""
    table.add_row(f"Total{partly}", "", "", thousands(found["parameters"]), _short(found["multiply_adds"]))
    console.print(table)
    _print_totals(console, found)
    net = document.network
    for problem in document.analysis.problems:
        place = f"{net.blocks[problem.block].name}: " if problem.block in net.blocks else ""
        fixes = f" Fix: {' or '.join(fix.title for fix in problem.fixes)}." if problem.fixes else ""
        console.print(MARKS[problem.severity], safe_lines(f"{place}{problem.text}.{fixes}"))
    if not document.analysis.problems:
        console.print("No problems.")


def _print_totals(console: Console, found: dict) -> None:
    """What else the numbers come to: depth, what trains, memory."""
    depth, memory = found["depth"], found["memory"]
    kinds = [f"{thousands(found[kind])} {kind}" for kind in ("trainable", "frozen", "shared") if found[kind]]
    console.print(
        f"{depth['layers']} layers with weights on the longest way; parameters: {', '.join(kinds) or 'none'}."
    )
    if memory is not None:
        parts = ", ".join(
            f"{name.replace('_', ' ')} {binary(memory[name])}"
            for name in ("weights", "gradients", "optimizer_state", "activations")
        )
        batch = f"a batch of {thousands(memory['batch_size'])}"
        console.print(f"Training with {memory['optimizer']} on {batch}: {binary(memory['total'])} ({parts}).")
    if "largest_batch" in found:
        largest = found["largest_batch"]
        console.print("The largest batch is not known." if largest is None else f"Largest batch: {thousands(largest)}.")


def _seen(field: dict | None) -> str:
    if field is None:
        return ""
    return "all" if field["whole"] else " x ".join(map(str, field["size"]))


def _short(value: int | str) -> str:
    return prefixed(value) if isinstance(value, int) else value


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown; without NAME that of every type.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; without NAME that of every type.")
def blocks(name: str | None, as_markdown: bool, as_json: bool) -> None:
    """Print the reference of the block type NAME, or list all of them."""
    declared = _chosen(name)
    if as_json:
        found = [reference.entry(one) for one in declared]
        click.echo(json.dumps(found[0] if name else found, indent=2, ensure_ascii=False))
    elif as_markdown:
        click.echo("\n".join(map(reference.markdown, declared)))
    elif name:
        Console(highlight=False).print(Markdown(reference.markdown(declared[0])))
    else:
        _print_overview()


def _chosen(name: str | None) -> list[BlockType]:
    if name is None:
        return registry.all_types()
    try:
        return [registry.known(name)]
    except KeyError as error:
        raise click.ClickException(error.args[0]) from None


def _print_overview() -> None:
    console = Console(highlight=False)
    for family, members in reference.overview().items():
        table = Table(
            title=family.capitalize(), title_justify="left", box=None, show_header=False, padding=(0, 2, 0, 0)
        )
        table.add_column(style="bold", no_wrap=True, width=28)
        table.add_column()
        for type, summary in members:
            table.add_row(type, escape(summary))
        console.print(table)
        console.print()
    console.print(f"{len(registry.all_types())} block types; `netloom blocks NAME` tells more of one.")


@click.command()
@PROJECT
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The Python file to write.")
def export(project: Path, output: Path) -> None:
    """Write PROJECT as a Python file that runs without Netloom."""
    from backend.export import export_python

    document = open_project(project)
    try:
        export_python(document, output)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"wrote {output}")
