"""Every row of what hands expect of the canvas has a test that makes its gesture: marked `row(number)`."""

import ast
from pathlib import Path

ROWS = range(1, 41)
TESTS = Path(__file__).resolve().parents[1]


def marked(node):
    """The rows that decorators, or an assignment to `pytestmark`, name."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "row":
            yield from (argument.value for argument in part.args)


def rows_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    whole = [row for node in tree.body if isinstance(node, ast.Assign) for row in marked(node)]
    for test in tests:
        yield from whole
        for decorator in test.decorator_list:
            yield from marked(decorator)


def test_no_row_is_without_a_gesture():
    found = {row for path in TESTS.rglob("test_*.py") for row in rows_of(path)}
    assert found <= set(ROWS)
    assert not set(ROWS) - found, f"no test makes the gestures of rows {sorted(set(ROWS) - found)}"
