"""The command `netloom`: the editor, the demo, pictures, and the commands of the backend that need no window.

Qt is imported only by the commands that draw, so that `netloom check` stays quick.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path

import click

import examples
from backend import cli as backend_cli
from backend.cli_data import data
from backend.cli_import import import_model
from backend.cli_rate import rate
from backend.cli_runs import runs
from backend.cli_sample import sample
from backend.cli_train import train
from backend.cli_weights import weights

X11_LIBRARIES = "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1"


class ProjectOrCommand(click.Group):
    """`netloom PROJECT` opens the editor; anything else is a command."""

    def resolve_command(self, ctx: click.Context, args: list[str]):
        first = args[0]
        if first not in self.commands and not first.startswith("-") and ("." in first or os.sep in first):
            return super().resolve_command(ctx, ["edit", *args])
        return super().resolve_command(ctx, args)


@click.group(cls=ProjectOrCommand, invoke_without_command=True)
@click.version_option(package_name="netloom", prog_name="netloom")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Draw neural networks, see them checked, train them live, take the PyTorch code home.

    `netloom PROJECT` opens a project in the editor, `netloom` alone what was open last, else the start page.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(edit, project=None)


@main.command(short_help="Open the editor.")
@click.argument("project", type=click.Path(path_type=Path), required=False)
def edit(project: Path | None) -> None:
    """Open the editor: PROJECT, or what was open last, or the start page."""
    why = no_display()
    if why:
        raise click.ClickException(f"the editor needs a display: {why}. `netloom demo` runs without one.")
    from gui.app import run_editor

    sys.exit(run_editor(project))


@main.command(short_help="Train LeNet on handwritten digits at once.")
@click.option("--output", type=click.Path(path_type=Path), help="Without a display: where pictures and the run go.")
@click.option("--epochs", type=click.IntRange(1), help="Without a display: instead of the example's.")
def demo(output: Path | None, epochs: int | None) -> None:
    """Open LeNet on handwritten digits and train it at once; without a display, offscreen."""
    project = examples.path("lenet_digits")
    why = no_display()
    if not why:
        from gui.app import run_editor

        sys.exit(run_editor(project, train=True))
    folder = (output or Path(f"netloom-demo-{time.strftime('%Y%m%d-%H%M%S')}")).resolve()
    click.echo(f"No display ({why}): running offscreen.")
    click.echo(f"Pictures and the run folder go to {folder}")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gui.demo import run_offscreen

    sys.exit(run_offscreen(project, folder, epochs, say=click.echo))


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A .png, .svg or .pdf file.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
def picture(project: Path, output: Path, theme: str) -> None:
    """Draw the network of PROJECT as a picture; needs no display."""
    if output.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.ClickException(f"{output}: a picture ends in .png, .svg or .pdf")
    document = backend_cli.open_project(project)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from gui.app import application
    from gui.canvas.picture import picture as draw

    application(theme)
    try:
        draw(document, output, theme)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from None
    click.echo(f"wrote {output}")


for command in (
    *(backend_cli.check, backend_cli.blocks, train, rate, sample),
    *(runs, weights, data, import_model, backend_cli.export),
):
    main.add_command(command)


def no_display() -> str | None:
    """Why no window can be shown here, or None."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return f"QT_QPA_PLATFORM is {os.environ['QT_QPA_PLATFORM']}"
    if not sys.platform.startswith("linux"):
        return None
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    if not os.environ.get("DISPLAY"):
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    try:
        ctypes.CDLL("libxcb-cursor.so.0")
    except OSError:
        return f"Qt needs libxcb-cursor0; on Debian or Ubuntu: sudo apt install {X11_LIBRARIES}"
    return None


if __name__ == "__main__":
    main()
