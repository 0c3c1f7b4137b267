"""From an error inside generated code to the block it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.compile import Program


def block_of(error: BaseException, program: Program) -> str | None:
    """The id of the block whose line of the generated text raised `error`, innermost frame first."""
    traceback, found = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == program.filename:
            found = program.source.lines.get(traceback.tb_lineno, found)
        traceback = traceback.tb_next
    return found
