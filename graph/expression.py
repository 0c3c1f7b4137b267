"""Expressions: arithmetic over a module's exposed hyperparameters, such as `4*channels`, as values of inner blocks.

Whole numbers, names, + - * // and parentheses, at the top a tuple of them; nothing else, and nothing is ever
evaluated as Python. In files and fields an expression is text that begins with `=`. Knows no blocks and no networks.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MARK = "="
LONGEST = 200
LARGEST = 2**31 - 1
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z", re.ASCII)
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
STRENGTH = {"+": 1, "-": 1, "*": 2, "//": 2}
ALLOWED = "an expression is made of whole numbers, exposed hyperparameters, + - * // and parentheses"

Tree = Any  # an int, a name, (operator, left, right), or at the top ("tuple", ...)


class ExpressionError(ValueError):
    """Text that is no expression, or one that cannot be computed; says what would be right."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Arithmetic kept as text in one spelling; equal texts are equal expressions."""

    text: str

    def __str__(self) -> str:
        return f"{MARK}{self.text}"

    @property
    def names(self) -> frozenset[str]:
        """The hyperparameters it asks for."""
        return frozenset(_names(_parsed(self.text)))

    def value(self, known: Mapping[str, Any]) -> Any:
        """What it comes to; a lone name gives its value whatever that is. Raises ExpressionError."""
        return _value(_parsed(self.text), known)

    def renamed(self, names: Mapping[str, str]) -> Expression:
        """The same arithmetic over other names."""
        return Expression(_text(_renamed(_parsed(self.text), names)))


def expression(text: str) -> Expression:
    """The expression that this text spells, with or without the leading `=`; raises ExpressionError."""
    return Expression(_text(_parsed(text.strip().removeprefix(MARK).strip())))


def is_expression(value: Any) -> bool:
    """Whether a value is an expression, or text that is meant as one."""
    return isinstance(value, Expression) or (isinstance(value, str) and value.lstrip().startswith(MARK))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Tree:
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters, not {len(text)}")
    try:
        body = ast.parse(text, mode="eval").body
        if isinstance(body, ast.Tuple) and body.elts:
            return ("tuple", *(_tree(element) for element in body.elts))
        return _tree(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"{text!r} is no arithmetic: {ALLOWED}, as in 4*channels") from None


def _tree(node: ast.AST) -> Tree:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        if node.value > LARGEST:
            raise ExpressionError(f"{node.value} is too large: a number in an expression is at most {LARGEST:,}")
        return node.value
    if isinstance(node, ast.Name):
        return check_hyperparameter_name(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _tree(node.operand)
        return -inner if isinstance(inner, int) else ("-", 0, inner)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)], _tree(node.left), _tree(node.right)
    raise ExpressionError(f"{ast.unparse(node)!r} cannot stand in an expression: {ALLOWED}")


def check_hyperparameter_name(name: str) -> str:
    """A name that an exposed hyperparameter may have: it becomes an argument in Python; raises ExpressionError."""
    if not isinstance(name, str) or not NAME.match(name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise ExpressionError(
            "a hyperparameter is named in up to 40 small letters, digits and _, such as channels,"
            f" not {str(name)!r:.60}"
        )
    return name


def _names(tree: Tree):
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _names(part)


def _renamed(tree: Tree, names: Mapping[str, str]) -> Tree:
    if isinstance(tree, str):
        return names.get(tree, tree)
    if isinstance(tree, tuple):
        return tree[0], *(_renamed(part, names) for part in tree[1:])
    return tree


def _value(tree: Tree, known: Mapping[str, Any]) -> Any:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        if tree not in known:
            exposed = ", ".join(known) or "nothing"
            raise ExpressionError(f"{tree} is not exposed by this module, which exposes {exposed}")
        return known[tree]
    if tree[0] == "tuple":
        return tuple(_value(part, known) for part in tree[1:])
    left, right = (_number(part, _value(part, known)) for part in tree[1:])
    if tree[0] == "//":
        if right == 0:
            raise ExpressionError(f"{_text(tree)} divides by zero")
        return left // right
    return left + right if tree[0] == "+" else left - right if tree[0] == "-" else left * right


def _number(tree: Tree, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ExpressionError(f"{_text(tree)} is {value!r}, and arithmetic is for whole numbers")
    return value


def _text(tree: Tree, strength: int = 0) -> str:
    if not isinstance(tree, tuple):
        return f"({tree})" if isinstance(tree, int) and tree < 0 and strength else str(tree)
    operator = tree[0]
    if operator == "tuple":
        return ", ".join(_text(part) for part in tree[1:]) + ("," if len(tree) == 2 else "")
    own = STRENGTH[operator]
    if operator == "-" and tree[1] == 0 and isinstance(tree[1], int):
        written = f"-{_text(tree[2], 3)}"
        return f"({written})" if strength else written
    space = " " if own == 1 else ""
    # What stands on the right binds more tightly, as subtraction and division are read from the left.
    written = f"{_text(tree[1], own)}{space}{operator}{space}{_text(tree[2], own + 1)}"
    return f"({written})" if strength > own else written
