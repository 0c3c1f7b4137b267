"""The command `netloom data`, and --data and --data-option of `netloom train`. Imports neither Qt nor torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backend.cli import open_project
from backend.terminal import plain, safe, safe_lines
from graph import DataSource, Recipe

DATA, OPTION = "--data", "--data-option"
YES_OR_NO = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
MOST_TOLD = 20  # problems and classes told on the terminal; --json has all


def data_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the two flags, as `data` and `data_option`."""
    command = click.option(
        OPTION,
        multiple=True,
        metavar="NAME=VALUE",
        help="Of the data, instead of the project's; `netloom data KIND` lists them.",
    )(command)
    return click.option(
        DATA,
        metavar="KIND[:PATH]",
        help="Other data than the project's, such as digits or table:people.csv; `netloom data` lists the kinds.",
    )(command)


def with_data(
    recipe: Recipe, data: str | None, options: tuple[str, ...], base: Path, outside: bool
) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with what was given, and the path that was agreed to by giving it; ends the command where it cannot be
    used."""
    from backend.data import DataError, describe  # deferred: it brings numpy, which most commands do without

    if data is None and not options:
        return recipe, ()
    source = recipe.data if data is None else _named(data, base)
    if source is None:
        raise click.BadParameter("the project has no data; choose some with --data", param_hint=OPTION)
    if data is None:
        _check_place(source, base, outside)
    given = {**source.options, **dict(_option(source.kind, text) for text in options)}
    try:
        source = source.model_copy(update={"options": given})
        fields = describe(source, base)
        source = DataSource.model_validate({**dict(source), "fields": fields})
    except (DataError, ValidationError) as error:
        raise click.BadParameter(plain(str(error)), param_hint=OPTION if data is None else DATA) from None
    return recipe.having(data=source), (source.path,) if data is not None and source.path else ()


def _check_place(source: DataSource, base: Path, outside: bool) -> None:
    """End the command where a project reads data outside its folder and nobody agreed to that."""
    from backend.data import leaves_folder

    if not outside and leaves_folder(source, base):
        text = f"the project reads {plain(source.path)}, which lies outside its folder {base}"
        raise click.ClickException(f"{text}: add --outside if you know where the project comes from")


def _named(text: str, base: Path) -> DataSource:
    """KIND[:PATH], the path as the project in folder `base` names it."""
    from backend.data import named_from

    kind, _, path = text.partition(":")
    entry = _entry(kind)
    if entry is None:
        raise click.BadParameter(f"{plain(kind)} is no kind of data; `netloom data` lists them", param_hint=DATA)
    if entry.needs_path != bool(path):
        right = f"write {kind}:PATH, of a {entry.path}" if entry.needs_path else f"write {kind} alone"
        raise click.BadParameter(right, param_hint=DATA)
    return DataSource(kind=kind, path=named_from(Path(path).resolve(), base) if path else None)


def _option(kind: str, text: str) -> tuple[str, Any]:
    """NAME=VALUE with the value as the option reads it; the data package judges it."""
    name, equals, value = text.partition("=")
    declared = next((one for one in _entry(kind).options if one.name == name), None)
    if not equals or declared is None:
        has = ", ".join(one.name for one in _entry(kind).options)
        raise click.BadParameter(f"NAME=VALUE is wanted, with one of {has}; not {plain(text)!r}", param_hint=OPTION)
    try:
        read = {"whole number": int, "number": float, "yes or no": lambda word: YES_OR_NO[word.lower()]}
        found = None if declared.default is None and not value else read.get(declared.kind, str)(value)
        declared.read(found)
    except (ValueError, KeyError, OverflowError) as fault:
        rule = fault if isinstance(fault, ValueError) and "must" in str(fault) else f"a {declared.kind} is wanted"
        raise click.BadParameter(f"{name} is {plain(value)!r}, but {rule}", param_hint=OPTION) from None
    return name, found


def _entry(kind: str) -> Any:
    from backend.data import catalog

    return next((entry for entry in catalog() if entry.kind == kind), None)


@click.command(short_help="Look at data: numbers, classes, problems.")
@click.argument("what", metavar="[PROJECT_OR_KIND]", required=False)
@data_flags
@click.option("--outside", is_flag=True, help="Agree to data outside the project's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def data(what: str | None, data: str | None, data_option: tuple[str, ...], outside: bool, as_json: bool) -> None:
    """Look at the data of a PROJECT: fields in numbers, classes, problems with file and row.

    With a KIND, the options of that kind of data; with nothing, all kinds. Exit status 1 where data cannot be used.
    """
    if what is None or (_entry(what) is not None and not Path(what).exists()):
        _tell_kinds(what, as_json)
        return
    project = Path(what)
    base = project.resolve().parent
    recipe, agreed = with_data(open_project(project).recipe, data, data_option, base, outside)
    _tell_data(recipe, base, outside or bool(agreed), as_json)


def _tell_kinds(kind: str | None, as_json: bool) -> None:
    from backend.data import catalog

    if as_json:
        entries = [entry for entry in catalog() if kind in (None, entry.kind)]
        found = [
            {"kind": one.kind, "title": one.title, "path": one.path, "options": list(map(asdict, one.options))}
            for one in entries
        ]
        click.echo(json.dumps(found if kind is None else found[0], indent=2, ensure_ascii=False))
    elif kind is None:
        _print(("kind", "path", ""), [(one.kind, one.path.replace("none", "-"), one.sentence) for one in catalog()])
    else:
        entry = _entry(kind)
        Console(highlight=False).print(safe(f"{entry.title}: {entry.sentence}"))
        _print(("option", "default", ""), [(one.name, _default(one), _help(one)) for one in entry.options])


def _default(option: Any) -> str:
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return str(option.default) if option.default not in (None, "") else option.empty or "-"


def _help(option: Any) -> str:
    return f"{option.help} One of {', '.join(option.choices)}." if option.choices else option.help


def _tell_data(recipe: Recipe, base: Path, outside: bool, as_json: bool) -> None:
    """Read the data and print what they hold; ends the command where they cannot be used."""
    from backend.data import DataError, load
    from backend.data.statistics import statistics

    if recipe.data is None:
        raise click.ClickException("the project has no data; choose some with --data")
    _check_place(recipe.data, base, outside)
    try:
        dataset = load(recipe.data, base)
    except DataError as error:
        for problem in error.problems[:MOST_TOLD]:
            click.echo(plain(str(problem)), err=True)
        raise click.ClickException(plain(str(error))) from None
    train, validation = dataset.parts(recipe.validation, recipe.seed)
    found = statistics(dataset)
    if as_json:
        fields = [{**asdict(one), "field": one.field.model_dump(exclude_none=True)} for one in found]
        problems = list(map(str, dataset.problems))
        told = {"title": dataset.title, "samples": len(dataset), "train": len(train), "validation": len(validation)}
        click.echo(json.dumps({**told, "fields": fields, "problems": problems}, ensure_ascii=False))
        return
    console = Console(highlight=False)
    counts = f"{len(dataset):,} samples, {len(train):,} to train on, {len(validation):,} to validate"
    console.print(safe(f"{dataset.title}: {counts}"))
    _print(("field", "shape", "type", "least", "greatest", "mean", "deviation"), [_row(one) for one in found])
    for one in found:
        if one.counts and not one.field.shape:
            shares = zip(one.field.classes[:MOST_TOLD], one.counts, strict=False)
            more = ", ..." if len(one.counts) > MOST_TOLD else ""
            told = ", ".join(f"{name} {count:,}" for name, count in shares)
            console.print(safe(f"{one.field.name}: {told}{more}"), soft_wrap=True)
    for problem in dataset.problems[:MOST_TOLD]:
        console.print("[yellow]problem[/]", safe_lines(str(problem)), soft_wrap=True)
    if len(dataset.problems) > MOST_TOLD:
        console.print(f"and {len(dataset.problems) - MOST_TOLD:,} more problems")


def _row(one: Any) -> tuple[str, ...]:
    shape = " x ".join(map(str, one.field.shape)) if not one.column else ""
    kind = f"{len(one.field.classes):,} classes" if one.field.classes else one.field.dtype
    numbers = (None,) * 4 if one.field.classes else (one.low, one.high, one.mean, one.deviation)
    figures = (f"{number:.4g}" if number is not None else "-" for number in numbers)
    return (one.column or one.field.name, shape or "1 value", kind, *figures)


def _print(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number > 2 else "left", no_wrap=number == 0)
    for row in rows:
        table.add_row(*map(safe, row))
    Console(highlight=False).print(table)
