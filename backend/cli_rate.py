"""`netloom rate`: the learning-rate range test of a project on the terminal. Imports neither Qt nor torch."""

from __future__ import annotations

import json
import math
from pathlib import Path

import click
from rich.console import Console

from backend.cli import PROJECT, open_project
from backend.client import SubprocessClient
from backend.messages import Failure, FindRate, RateCurve, State
from backend.terminal import plain
from graph.project_file import to_json

WIDTH = 48  # columns of the drawn curve
ROWS = 24


@click.command(short_help="Try learning rates and suggest one.")
@PROJECT
@click.option("--low", default=1e-6, show_default=True, type=click.FloatRange(1e-12, 1000), help="First rate.")
@click.option("--high", default=10.0, show_default=True, type=click.FloatRange(1e-12, 1000), help="Last rate.")
@click.option("--steps", default=100, show_default=True, type=click.IntRange(10, 100_000), help="Batches tried.")
@click.option("--device", help="auto, cpu, cuda, cuda:1, mps; instead of the recipe's.")
@click.option("--outside", is_flag=True, help="Agree to data outside the project's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print rates, losses and the suggestion as JSON.")
def rate(project: Path, low: float, high: float, steps: int, device: str | None, outside: bool, as_json: bool) -> None:
    """Try learning rates on PROJECT's first batches and suggest one; nothing is written."""
    if low >= high:
        raise click.BadParameter(f"{low:g} must be below --high {high:g}", param_hint="--low")
    asked = FindRate(
        project=to_json(open_project(project)),
        base=str(project.resolve().parent),
        device=device,
        outside=outside,
        low=low,
        high=high,
        steps=steps,
    )
    curve = _answer(asked)
    if as_json:
        click.echo(json.dumps(curve.model_dump(include={"rates", "losses", "suggested"})))
    else:
        _draw(curve)


def _answer(asked: FindRate) -> RateCurve:
    """What the worker answers; ends the command with its words where it cannot."""
    with SubprocessClient() as client:
        client.send(asked)
        for event in client.events():
            if isinstance(event, RateCurve):
                return event
            if isinstance(event, Failure):
                raise click.ClickException(plain(event.text))
            if isinstance(event, State) and event.state == "failed":
                break
    raise click.ClickException("the training process ended before it answered")


def _draw(curve: RateCurve) -> None:
    console = Console(highlight=False)
    if curve.losses:
        least, most = min(curve.losses), max(curve.losses)
        every = max(1, math.ceil(len(curve.rates) / ROWS))
        for rate, loss in list(zip(curve.rates, curve.losses, strict=True))[::every]:
            share = (loss - least) / (most - least) if most > least else 0.0
            console.print(f"{rate:9.1e}  {loss:8.4f}  {'█' * round(share * WIDTH)}")
    if curve.suggested is None:
        console.print("No rate made the loss fall: try others with --low and --high, or look at the network.")
    else:
        console.print(f"The loss falls fastest at a learning rate of {curve.suggested:.2g}.")
