"""A worker's answer to FindRate: prepare the project, try rates, tell the curve or what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from backend.messages import Event, FindRate, RateCurve, Shutdown, Start, State, Stop
from backend.training.control import Control
from backend.training.device import is_out_of_memory
from backend.training.failures import failure, is_lost
from backend.training.preparation import prepare, read_project
from backend.training.rate_finder import find_rate


def search(
    command: FindRate,
    control: Control,
    tell: Callable[[Event], None],
    make_room: Callable[[], bool] = lambda: False,
) -> bool:
    """Tell a RateCurve or a Failure; whether the process shall end: a Shutdown came, or the GPU is lost to it.

    `make_room` lets go of what a run before holds on a GPU, and says whether there was any.
    """
    leaving, network = False, None

    def keep_on() -> bool:
        nonlocal leaving
        while (other := control.next()) is not None:
            leaving = leaving or isinstance(other, Shutdown)
            if isinstance(other, Stop | Shutdown):
                return False
        return True

    def say(text: str) -> None:
        tell(State(state="loading", text=text))

    def curve() -> RateCurve:
        nonlocal network
        document = read_project(command.project)
        network = document.network
        document.recipe = document.recipe.having(schedule={}, accumulate=1, steps=None)
        start = Start(project="", run_folder="", base=command.base, device=command.device, outside=command.outside)
        job = prepare(document, start, say).job
        say("trying learning rates")
        found = find_rate(job, command.low, command.high, command.steps, keep_on)
        return RateCurve(rates=found.rates, losses=found.losses, suggested=found.suggested)

    while True:
        try:
            tell(curve())
            return leaving
        except Exception as error:
            told, lost, full = failure(error, network), is_lost(error), is_out_of_memory(error)
            error.with_traceback(None)
        if not (full and make_room()):
            tell(told)
            return leaving or lost
