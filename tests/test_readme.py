"""The README tells the truth: its Python runs and prints what it says, its commands exist, its pictures are there."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from gui.cli import main

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_its_python_prints_what_it_says(code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    said = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert said
    for words in said:
        assert words in printed.getvalue() or words.startswith("the PyTorch class"), words


def test_its_commands_exist():
    named = set(re.findall(r"`netloom ([a-z]+)", TEXT))
    assert named and named <= set(main.commands)
    assert set(main.commands) - {"edit"} <= named


def test_its_pictures_and_links_are_there():
    links = re.findall(r"\]\((?!http)([^)]+)\)", TEXT)
    assert links and all((ROOT / link).exists() for link in links)
