"""`netloom sample`: a trained sequence model writes on, in a process of its own. Imports neither Qt nor torch."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click

from backend import launching


@click.command(short_help="Let a trained sequence model write.")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--prompt", default="", help="What the text begins with.")
@click.option("--length", default=200, show_default=True, type=click.IntRange(1, 1_000_000), help="Tokens written.")
@click.option(
    "--temperature",
    default=0.8,
    show_default=True,
    type=click.FloatRange(0.0, 100.0),
    help="0 takes the most probable token, 1 draws as the network says, more is wilder.",
)
@click.option("--top", default=0, type=click.IntRange(0), help="Draw only among so many; 0: all.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1))
def sample(run: Path, prompt: str, length: int, temperature: float, top: int, seed: int) -> None:
    """Let the sequence model trained in the run folder RUN write a text on."""
    options = {"--length": length, "--temperature": temperature, "--top": top, "--seed": seed}
    words = [f"{name}={value}" for name, value in options.items()]
    asked = launching.command("backend.sampling", run, f"--prompt={prompt}", *words)
    raise SystemExit(subprocess.run(asked, env=os.environ | launching.environment()).returncode)
