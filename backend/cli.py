"""The commands that need no window: check, train, export. Imports neither Qt nor torch; training is the worker's.

Every failure is one clear line on standard error and exit status 1 (2 for a misused command line).
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from backend import messages
from backend.client import SubprocessClient
from backend.messages import Event, Start
from graph import Document, load_project
from graph.project_file import ProjectError, to_json
from graph.quantities import prefixed, thousands

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


@click.command()
@PROJECT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def check(project: Path, as_json: bool) -> None:
    """Print shapes, parameters, multiply-adds and problems of PROJECT; exit 1 on errors."""
    document = open_project(project)
    if as_json:
        click.echo(json.dumps(report(document), indent=2, ensure_ascii=False))
    else:
        _print_report(document)
    if not document.analysis.ok:
        raise SystemExit(1)


def report(document: Document) -> dict:
    """The summary as plain data: one row a block, in topological order, totals, and the problems."""
    net, analysis = document.network, document.analysis
    rows = []
    for id in net.order():
        block = net.block(id)
        output = analysis.output(id)
        rows.append(
            {
                "block": block.name,
                "type": block.type,
                "output": list(output.shape) if output else None,
                "dtype": output.dtype if output else None,
                "parameters": analysis.parameters(id) if analysis.inferred(id) else None,
                "multiply_adds": _plain(analysis.macs(id)) if analysis.inferred(id) else None,
            }
        )
    problems = [
        {
            "severity": problem.severity,
            "block": net.blocks[problem.block].name if problem.block else None,
            "port": problem.port,
            "hyperparameter": problem.hyperparameter,
            "code": problem.code,
            "text": problem.text,
            "fixes": [fix.title for fix in problem.fixes],
        }
        for problem in analysis.problems
    ]
    return {
        "network": net.name,
        "ok": analysis.ok,
        "partial": analysis.partial,
        "parameters": analysis.total_parameters,
        "multiply_adds": _plain(analysis.total_macs),
        "blocks": rows,
        "problems": problems,
    }


def _plain(value) -> int | str:
    return value if isinstance(value, int) else str(value)


def _print_report(document: Document) -> None:
    console = Console(highlight=False)
    net, analysis = document.network, document.analysis
    table = Table(title=net.name, title_justify="left", header_style="bold")
    for heading in ("Block", "Type", "Output"):
        table.add_column(heading)
    for heading in ("Parameters", "Multiply-adds"):
        table.add_column(heading, justify="right")
    for id in net.order():
        block, output, known = net.block(id), analysis.output(id), analysis.inferred(id)
        costs = (thousands(analysis.parameters(id)), prefixed(analysis.macs(id))) if known else ("?", "?")
        table.add_row(block.name, block.type, str(output) if output else ("" if known else "?"), *costs)
    table.add_section()
    partly = " (partial)" if analysis.partial else ""
    table.add_row(f"Total{partly}", "", "", thousands(analysis.total_parameters), prefixed(analysis.total_macs))
    console.print(table)
    for problem in analysis.problems:
        place = f"{net.blocks[problem.block].name}: " if problem.block else ""
        fixes = f" Fix: {' or '.join(fix.title for fix in problem.fixes)}." if problem.fixes else ""
        console.print(MARKS[problem.severity], f"{place}{problem.text}.{fixes}", markup=True)
    if not analysis.problems:
        console.print("No problems.")


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


@click.command()
@PROJECT
@click.option("--epochs", type=click.IntRange(1), help="Instead of the recipe's.")
@click.option("--device", help="auto, cpu, cuda, cuda:1, mps; instead of the recipe's.")
@click.option(
    "--run", "run_folder", type=click.Path(path_type=Path), help="The folder to write; default runs/NAME-TIME."
)
@click.option("--outside", is_flag=True, help="Agree to data outside the project's folder.")
def train(project: Path, epochs: int | None, device: str | None, run_folder: Path | None, outside: bool) -> None:
    """Train PROJECT and write a run folder: weights, source, event log."""
    document = open_project(project)
    folder = run_folder or Path("runs") / f"{project.stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    start = Start(
        project=to_json(document),
        run_folder=str(folder.resolve()),
        base=str(project.resolve().parent),
        epochs=epochs,
        device=device,
        outside=outside,
    )
    raise SystemExit(run_training(document, start))


def run_training(document: Document, start: Start) -> int:
    """Train in a worker process with a progress bar; 0 when the run finished, 1 when it failed."""
    console = Console(highlight=False)
    bar = Progress(
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=console,
    )
    telling = Telling(document, console, bar)
    with SubprocessClient() as client, bar:
        client.send(start)
        try:
            for event in client.events():
                if telling.hear(event):
                    break
        except KeyboardInterrupt:
            console.print("stopping, the last weights are saved")
    return 0 if telling.finished and not telling.failed else 1


class Telling:
    """Says on the terminal what the worker says, until the run is over."""

    def __init__(self, document: Document, console: Console, bar: Progress):
        self.document, self.console, self.bar = document, console, bar
        self.task = bar.add_task("steps", total=None, epoch="-", speed="")
        self.failed = self.finished = False

    def hear(self, event: Event) -> bool:
        """Tell one event; whether the run is over."""
        say = self.console.print
        if isinstance(event, messages.Ready):
            say(f"{event.device_name}, torch {event.torch}; epochs: training / validation, * best so far")
        elif isinstance(event, messages.State) and event.state == "loading":
            say(event.text)
        elif isinstance(event, messages.Progress):
            speed = f"{event.images_per_second:,.0f} samples/s"
            place = f"{event.epoch}/{event.epochs}"
            self.bar.update(self.task, completed=event.step, total=event.steps, epoch=place, speed=speed)
        elif isinstance(event, messages.Epoch):
            say(_epoch_line(event))
        elif isinstance(event, messages.Failure):
            self.failed = True
            block = self.document.network.blocks.get(event.block or "")
            place = f"{block.name}: " if block and block.name not in event.text else ""
            say("[red]error[/]", f"{place}{event.text}", soft_wrap=True)
        elif isinstance(event, messages.Finished):
            self.finished = True
            self.bar.update(self.task, completed=event.step, total=event.step)
            say(f"{_best_line(event)}\nrun folder: {event.run_folder}", soft_wrap=True)
        return self.finished or (isinstance(event, messages.State) and event.state == "failed")


def _epoch_line(event) -> str:
    """One line: training / validation for every metric, a star where the weights are the best so far."""
    parts = [f"epoch {event.epoch:>3}  {event.seconds:.1f} s"]
    for name, value in event.train.items():
        checked = f" / {event.validation[name]:.4f}" if name in event.validation else ""
        parts.append(f"{name} {value:.4f}{checked}")
    return "  ".join(parts) + ("  *" if event.best else "")


def _best_line(event) -> str:
    values = ", ".join(f"{name} {value:.4f}" for name, value in event.best.items())
    return f"best epoch {event.best_epoch}: {values}" if event.best_epoch is not None else "no epoch was finished"
