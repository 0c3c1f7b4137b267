"""Values of blocks that are expressions in the generated text (Add, Concatenate ...) and so no submodules.

The text assigns each of them to a variable, which the next block may overwrite; a trace of that one function
picks the value up as its line has run. Used for single looks only: nothing is traced while training.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.compile import Program


@contextmanager
def catching(program: Program, blocks: Collection[str], found: Callable[[str, Any], None]) -> Iterator[None]:
    """Within, `found(block, value)` is called for each of the blocks whenever the text has computed it."""
    names = _assignments(program.source.text)
    lines = {line: block for line, block in program.source.lines.items() if block in blocks and line in names}
    if not lines:
        yield
        return

    def in_function(frame: FrameType, event: str, _: Any) -> Any:
        done = running.get(frame)
        if done in lines and names[done] in frame.f_locals:
            found(lines[done], frame.f_locals[names[done]])
        running[frame] = frame.f_lineno if event == "line" else 0
        return in_function

    def anywhere(frame: FrameType, event: str, _: Any) -> Any:
        return in_function if frame.f_code.co_filename == program.filename else None

    running: dict[FrameType, int] = {}  # the line each function is at
    before = sys.gettrace()
    sys.settrace(anywhere)
    try:
        yield
    finally:
        sys.settrace(before)


@functools.lru_cache(maxsize=4)  # ten looks a second into one text
def _assignments(text: str) -> dict[int, str]:
    """The variable that is assigned by the statement on each line."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign):
            target = node.targets[0].elts[0] if isinstance(node.targets[0], ast.Tuple) else node.targets[0]
            if isinstance(target, ast.Name):
                found |= dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), target.id)
    return found
