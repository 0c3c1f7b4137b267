"""The command `netloom weights`: what a file of weights holds, and what of it fits a project. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Drawn

from backend.layer_pairing import Contents
from backend.source import SourceError, generate_source
from backend.terminal import safe
from backend.weight_files import SAFETENSORS, WeightFileError, printable, weight_file
from backend.weight_matching import Row, Table, match
from backend.weight_names import all_weights, weights_by_block
from backend.weights_apart import convert, shapes_in
from graph import Document, Field, analyze
from graph.quantities import thousands
from graph.transfer import LONGEST_PREFIX, MOST_RENAMES, StartWeights

STYLES = {"loaded": "green", "other shape": "yellow", "other type": "yellow", "not found": "yellow"}


def name_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --rename and --strict, as `rename` and `strict`."""
    command = click.option("--strict", is_flag=True, help="Every weight must be found in the file, and fit.")(command)
    return click.option(
        "--rename", multiple=True, metavar="OLD=NEW", help="Put NEW where names of the file begin with OLD."
    )(command)


@click.command(short_help="List the tensors of a file or run, and what fits.")
@click.argument("weights", metavar="FILE_OR_RUN", type=click.Path(path_type=Path))
@click.argument("project", type=click.Path(path_type=Path), required=False)
@name_flags
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write them as this .safetensors file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def weights(
    weights: Path, project: Path | None, output: Path | None, as_json: bool, rename: tuple[str, ...], strict: bool
) -> None:
    """Print the tensors of FILE_OR_RUN, or with PROJECT which of them its network can begin from.

    FILE_OR_RUN is a .safetensors file, a state dict that torch saved (nothing in it is executed), or a run's folder.
    """
    from backend.cli import open_project

    document = open_project(project) if project else None
    renames = parsed_renames(rename)
    if (renames or strict) and document is None:
        raise click.UsageError(f"{'--rename' if renames else '--strict'}: name a PROJECT to match the names with")
    try:
        path = weight_file(weights)
        if output is not None:
            _convert(path, output)
            return
        found = shapes_in(path)
        if document is None:
            _tell_tensors(path, found, as_json)
        else:
            table = matched(document, found, project.resolve().parent, renames)
            _tell_table(path, table, as_json)
            if strict and table.missing:
                raise SystemExit(1)
    except WeightFileError as error:
        raise click.ClickException(str(error)) from None


def parsed_renames(given: Iterable[str]) -> dict[str, str]:
    """OLD=NEW as old beginning -> new one; raises click.BadParameter."""
    found: dict[str, str] = {}
    for one in given:
        old, equals, new = one.partition("=")
        if not equals or max(len(old), len(new)) > LONGEST_PREFIX or len(found) >= MOST_RENAMES:
            text = f"OLD=NEW is wanted, each of at most {LONGEST_PREFIX} letters, not {one[:100]!r}"
            raise click.BadParameter(text, param_hint="--rename")
        if old in found:
            raise click.BadParameter(f"{old!r} is renamed twice", param_hint="--rename")
        found[old] = new
    return found


def begin_with(
    document: Document, paths: tuple[Path, ...], base: Path, rename: tuple[str, ...] = (), strict: bool = False
) -> tuple[str, ...]:
    """Let a document's recipe begin from these files or runs, and return how it names them; ends the command where
    one is not there."""
    renames = parsed_renames(rename)
    if (renames or strict) and not paths:
        raise click.UsageError(f"{'--rename' if renames else '--strict'}: it is of the weights that --from names")
    from backend.data import named_from  # deferred: it brings numpy, which most commands do without

    names = []
    for path in paths:
        try:
            weight_file(path)
        except WeightFileError as error:
            raise click.ClickException(str(error)) from None
        names.append(named_from(path.resolve(), base))
    if names:
        starts = tuple(StartWeights(path=name, renames=renames, strict=strict) for name in names)
        document.recipe = document.recipe.having(start_weights=starts)
    return tuple(names)


def matched(document: Document, found: Contents, base: Path, renames: dict[str, str] | None = None) -> Table:
    """What of a file fits a document's network; ends the command where that cannot be written."""
    try:
        fields = _fields(document, base)
        analysis = analyze(document.network, fields)
        source = generate_source(document.network, fields, analysis=analysis)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    return match(all_weights(weights_by_block(document.network, analysis, source)), found, renames=renames)


def _fields(document: Document, base: Path) -> tuple[Field, ...]:
    """What the data's fields are: as the project says, else as its data do, if they lie in its folder."""
    from backend.data import DataError, describe, leaves_folder  # deferred: it brings numpy

    data = document.recipe.data
    if document.recipe.fields or data is None or leaves_folder(data, base):
        return document.recipe.fields
    try:
        return describe(data, base)
    except DataError:
        return ()  # sizes that hang on them are told as unknown


def _convert(path: Path, output: Path) -> None:
    if output.suffix.lower() != SAFETENSORS:
        raise click.ClickException(f"{output}: converted weights end in {SAFETENSORS}")
    if path.suffix.lower() == SAFETENSORS:
        raise click.ClickException(f"{path} is a {SAFETENSORS} file already")
    click.echo(f"wrote {thousands(convert(path, output.resolve()))} tensors to {output}")


def _tell_tensors(path: Path, found: Contents, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({name: {"shape": one.shape, "dtype": one.dtype} for name, one in found.items()}))
        return
    table = Drawn(title=safe(printable(path)), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for heading in ("Tensor", "Shape", "Type"):
        table.add_column(heading, overflow="fold")
    for name, one in found.items():
        table.add_row(safe(printable(name)), str(one), one.dtype)
    Console(highlight=False).print(table)
    click.echo(f"{thousands(len(found))} tensors")


def _tell_table(path: Path, table: Table, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"rows": [_entry(row) for row in table.rows], "unused": table.unused}))
        return
    drawn = Drawn(title=safe(printable(path)), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    renamed = any(row.theirs not in (None, row.ours) for row in table.rows)
    reshaped = any(row.their and row.their.shape != row.our.shape for row in table.rows)
    # a column that tells nothing is left out
    columns = {"Here": True, "In the file": renamed, "Shape": True, "There": reshaped, "": True}
    for heading in (heading for heading, shown in columns.items() if shown):
        drawn.add_column(heading, overflow="fold")
    for row in table.rows:
        style = STYLES.get(row.outcome, "default")
        outcome = f"[{style}]{row.outcome}[/]{', by order' if row.by_order else ''}"
        cells = (safe(row.ours), safe(printable(row.theirs or "")), str(row.our), str(row.their or ""), outcome)
        drawn.add_row(*(cell for cell, shown in zip(cells, columns.values(), strict=True) if shown))
    Console(highlight=False).print(drawn)
    left = f"; {thousands(len(table.unused))} of the file are not used" if table.unused else ""
    click.echo(f"{table.sentence()}{left}")


def _entry(row: Row) -> dict:
    return {
        "ours": row.ours,
        "theirs": row.theirs,
        "our_shape": row.our.shape,
        "their_shape": row.their.shape if row.their else None,
        "outcome": row.outcome,
        "by_order": row.by_order,
    }
