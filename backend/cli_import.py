"""`netloom import`: a Python or ONNX model becomes a project, read by a process apart and never run."""

from __future__ import annotations

from pathlib import Path

import click

from backend import launching
from backend.importing.asking import SECONDS, Refused, parsed, reading
from backend.terminal import plain


@click.command("import", short_help="Draw a .py or .onnx model as a project.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The project; by default beside the model.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def import_model(model: Path, output: Path | None, force: bool) -> None:
    """Draw MODEL, a .py file with a torch.nn module or an .onnx file, as a project; its code is read, never run."""
    target = output or model.with_suffix(".netloom")
    if target.suffix != ".netloom":
        raise click.ClickException(f"{plain(str(target))}: a project ends in .netloom")
    there = [file for file in (target, target.with_suffix(".safetensors")) if file.exists()]
    if there and not force:
        raise click.ClickException(f"{plain(str(there[0]))} is there already; --force writes over it")
    try:
        told = launching.answer(reading(model, target), SECONDS)
        files, notes = parsed(model, told)
    except launching.NoAnswer as error:
        raise click.ClickException(plain(f"{model}: {error}")) from None
    except Refused as error:
        raise click.ClickException(plain(str(error))) from None
    for note in notes:
        click.echo(f"note: {plain(note)}")
    for file in files:
        click.echo(f"wrote {plain(str(file))}")
