"""The command `netloom runs`: the runs in a folder as a table, or two side by side. Imports neither torch nor Qt."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backend.run_comparison import ABSENT, differences, network_difference, written
from backend.run_folder import RunFolderError, read_run
from backend.runs import RunEntry, duration, is_run, list_runs, read_entry
from backend.terminal import safe

COLOURS = {"running": "cyan", "finished": "green", "stopped": "yellow", "interrupted": "yellow"}
MOST_METRICS = 3  # that have a column


@click.command(short_help="List runs, compare two, check their files.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--compare", nargs=2, metavar="A B", help="Two runs, by name or folder: what their recipes and results differ in."
)
@click.option("--tag", help="Only runs with this tag.")
@click.option("--verify", is_flag=True, help="Hold the files of every run against the hashes that it wrote down.")
def runs(folder: Path, as_json: bool, compare: tuple[str, str] | None, tag: str | None, verify: bool) -> None:
    """List the runs in FOLDER (default: runs), the newest first, or compare two of them."""
    if compare:
        one, other = (_found(folder, name) for name in compare)
        _compare(one, other, as_json)
        return
    if not folder.is_dir():
        raise click.ClickException(f"{folder}: there is no such folder; `netloom train` makes runs in `runs`")
    entries = [entry for entry in list_runs(folder) if tag is None or tag in entry.tags]
    if verify:
        entries = [replace(entry, problems=(*entry.problems, *_changed(entry))) for entry in entries]
    if as_json:
        click.echo(json.dumps([_plain(entry) for entry in entries], indent=2, ensure_ascii=False))
    elif entries:
        _print_list(entries)
    else:
        click.echo(f"No runs {'with this tag ' if tag else ''}in {folder}.")
    if verify and any(entry.problems for entry in entries):
        raise SystemExit(1)


def _changed(entry: RunEntry) -> tuple[str, ...]:
    """What in a run's folder is not as the run left it."""
    try:
        found = read_run(entry.path, verify=True)
    except (OSError, RunFolderError) as error:
        return (str(error),)
    unsaid = () if found.manifest else ("the run wrote no hashes: it has not ended, or was killed",)
    return (*(problem for problem in found.problems if problem not in entry.problems), *unsaid)


def _found(folder: Path, name: str) -> RunEntry:
    """A run by its name below the folder or by its path; ends the command where there is none."""
    for path in (folder / name, Path(name)):
        if path.is_dir() and is_run(path):
            return read_entry(path, name)
    alike = [entry for entry in list_runs(folder) if name in entry.name]
    if len(alike) == 1:
        return alike[0]
    if alike:
        names = ", ".join(entry.name for entry in alike[:4])
        raise click.ClickException(f"{name}: {len(alike)} runs in {folder} are called like this ({names}); say more")
    raise click.ClickException(f"{name}: no run in {folder} is called like this; `netloom runs {folder}` lists them")


# ---- the list ---------------------------------------------------------------------------------------------


def _print_list(entries: list[RunEntry]) -> None:
    console = Console(highlight=False)
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    columns = _fitting(_columns(entries), console.width - 2)
    for column in columns:
        table.add_column(
            column.heading, justify="right" if column.number else "left", no_wrap=not column.folds, overflow="fold"
        )
    for at, entry in enumerate(entries):
        cells = [safe(column.cells[at]) for column in columns]
        cells[1] = f"[{COLOURS.get(entry.outcome, 'red')}]{cells[1]}[/]"
        table.add_row(*cells)
    console.print(table)
    for entry in entries:
        for problem in entry.problems:
            console.print(f"[red]{safe(entry.name)}[/]", safe(problem), soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as words; of those that do not fit beside the others the one with the lowest `weight` goes first."""

    heading: str
    cells: list[str]
    weight: int
    number: bool = False
    folds: bool = False

    @property
    def width(self) -> int:
        return 3 + max(map(len, [self.heading, *self.cells]))


def _columns(entries: list[RunEntry]) -> list[_Column]:
    best = [
        _Column(f"Best {name}" if at == 0 else name, [_value(entry.best.get(name)) for entry in entries], 8 - at, True)
        for at, name in enumerate(_metrics(entries))
    ]
    columns = [
        _Column("Run", [entry.name for entry in entries], 10, folds=True),
        _Column("Outcome", [entry.outcome for entry in entries], 10),
        _Column("When", [_when(entry.began) for entry in entries], 4),
        *best,
        _Column("At epoch", [written(entry.best_epoch) for entry in entries], 2, True),
        _Column("Epochs", [str(entry.epochs) for entry in entries], 6, True),
        _Column("Steps", [f"{entry.steps:,}" for entry in entries], 1, True),
        _Column("Took", [duration(entry.seconds) for entry in entries], 3, True),
        _Column("Tags", [", ".join(entry.tags) for entry in entries], 5, folds=True),
    ]
    return [column for column in columns if column.weight == 10 or any(column.cells)]


def _fitting(columns: list[_Column], room: int) -> list[_Column]:
    """The columns that stand side by side without a line being broken; the names always do."""
    while sum(column.width for column in columns) > room and any(column.weight < 10 for column in columns):
        columns.remove(min(columns, key=lambda column: column.weight))
    return columns


def _metrics(entries: list[RunEntry]) -> list[str]:
    """The metrics that most runs have, the commonest first and of equals the loss."""
    counts = Counter(name for entry in entries for name in entry.best)
    ranked = sorted(counts, key=lambda name: (-counts[name], name != "loss"))
    return ranked[:MOST_METRICS]


def _when(began: datetime | None) -> str:
    return f"{began:%Y-%m-%d %H:%M}" if began else "?"


def _plain(entry: RunEntry) -> dict[str, Any]:
    """A run as JSON holds it; numbers that are not finite as the words that the log has for them."""
    return {
        "name": entry.name,
        "path": str(entry.path),
        "outcome": entry.outcome,
        "began": entry.began.isoformat() if entry.began else None,
        "seconds": entry.seconds,
        "epochs": entry.epochs,
        "steps": entry.steps,
        "best": {name: _number(value) for name, value in entry.best.items()},
        "best_epoch": entry.best_epoch,
        "network": entry.network,
        "recipe": entry.recipe.model_dump(mode="json") if entry.recipe else None,
        "tags": list(entry.tags),
        "notes": entry.notes,
        "problems": list(entry.problems),
    }


def _number(value: float) -> float | str:
    return value if abs(value) < float("inf") else str(value)


# ---- two runs ---------------------------------------------------------------------------------------------


def _compare(one: RunEntry, other: RunEntry, as_json: bool) -> None:
    changes = differences(other.recipe, one.recipe)
    network = network_difference(other.path, one.path)
    if as_json:
        told = {
            "runs": [_plain(one), _plain(other)],
            "recipe": {change.place: [change.theirs, change.ours] for change in changes},
            "network": network,
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    console = Console(highlight=False)
    rows = [(change.place, written(change.theirs), written(change.ours)) for change in changes]
    console.print(_two("Recipe", one, other, rows) if rows else _same(one, other))
    if network:
        console.print(f"Network: {safe(network)}.", soft_wrap=True)
    metrics = dict.fromkeys([*one.best, *other.best])
    rows = [(f"best {name}", *(_value(run.best.get(name)) for run in (one, other))) for name in metrics]
    rows += [
        ("best epoch", *(written(run.best_epoch) for run in (one, other))),
        ("epochs", str(one.epochs), str(other.epochs)),
        ("steps", f"{one.steps:,}", f"{other.steps:,}"),
        ("took", duration(one.seconds), duration(other.seconds)),
        ("outcome", one.outcome, other.outcome),
    ]
    console.print(_two("Results", one, other, rows))


def _same(one: RunEntry, other: RunEntry) -> str:
    unknown = [run.name for run in (one, other) if run.recipe is None]
    return f"The recipe of {safe(unknown[0])} cannot be read." if unknown else "The recipes are the same."


def _value(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.4g}"


def _two(title: str, one: RunEntry, other: RunEntry, rows: list[tuple[str, str, str]]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("")
    for run in (one, other):
        table.add_column(safe(run.name), overflow="fold")
    for row in rows:
        table.add_row(*map(safe, row))
    return table
