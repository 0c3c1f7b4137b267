"""Words from hostile files on a terminal: no control codes reach it, and markup in them is only text."""

import io

from rich.console import Console
from rich.progress import Progress

from backend.cli_train import Telling
from backend.data.vocabulary import text_of
from backend.messages import Epoch, Failure, Finished, State
from backend.terminal import plain, safe_lines
from graph import Document

HOSTILE = "[/x] [red]a[/red] \x1b]0;owned\x07 \\"


def test_control_codes_become_marks_and_lines_stay_lines():
    assert plain("a\x1b[2Jb\r\nc\td\x9b") == "a?[2Jb?\nc\td?"
    assert safe_lines("[b]\n[/b]") == "\\[b]\n\\[/b]"


def test_nothing_a_run_says_acts_on_the_terminal():
    out = io.StringIO()
    console = Console(file=out, highlight=False, force_terminal=False, width=200)
    telling = Telling(Document(), console, Progress(console=console))
    figures = {"step": 1, "train": {HOSTILE: 1.0}, "validation": {HOSTILE: 2.0}, "best": True}
    telling.hear(State(state="loading", text=HOSTILE))
    telling.hear(Epoch(epoch=1, learning_rate=0.1, seconds=1.0, **figures))
    telling.hear(Failure(kind="data", text=f"{HOSTILE}\n{HOSTILE}"))
    over = {"stopped": False, "step": 1, "epochs": 1, "best_epoch": 1, "best": {HOSTILE: 1.0}}
    assert telling.hear(Finished(run_folder=HOSTILE, **over))
    told = out.getvalue()
    assert told.count("[/x] [red]a[/red]") == 6 and "\x1b" not in told and "\x07" not in told


def test_codes_in_a_vocabulary_that_no_text_can_hold_stay_as_they_are():
    assert text_of(["U+0041", "U+D800", "U+FFFFFF"], [0, 1, 2], "characters") == "AU+D800U+FFFFFF"
