"""Breaks statements that are too long over several lines, as `ruff format` at 100 columns would.

Knows the few forms generated source has: calls, lists, tuples, dictionaries, sums, signatures. Short statements, nearly
all of them, never come here.
"""

from __future__ import annotations

import ast

WIDTH = 100
STEP = 4


def wrap(code: str, indent: int) -> list[str]:
    """The statement as lines, indented; one line where it fits."""
    pad = " " * indent
    if indent + len(code) <= WIDTH:
        return [pad + code]
    if code.startswith("def "):
        return _signature(code, indent)
    statement = ast.parse(f"def _():\n {code}").body[0].body[0]  # a return must stand in a function
    text = _Text(code, shift=1)
    value = statement.value
    head = code[: value.col_offset - 1]
    if isinstance(statement, ast.Return) and isinstance(value, ast.Tuple):
        head = "return "
        return _bracketed(text, f"{head}(", value.elts, ")", indent, one_line=False)
    return text.broken(value, indent, head)


class _Text:
    """One line of source with slices of it by syntax node."""

    def __init__(self, code: str, shift: int):
        self._code = code
        self._shift = shift

    def of(self, node: ast.AST) -> str:
        return self._code[node.col_offset - self._shift : node.end_col_offset - self._shift]

    def broken(self, node: ast.AST, indent: int, head: str = "", tail: str = "") -> list[str]:
        """The node over several lines, `head` before it on the first and `tail` after it on the last."""
        if isinstance(node, ast.Call):
            function = self.of(node.func)
            return _bracketed(self, f"{head}{function}(", [*node.args, *node.keywords], f"){tail}", indent)
        if isinstance(node, ast.List):
            return _bracketed(self, f"{head}[", node.elts, f"]{tail}", indent, one_line=False)
        if isinstance(node, ast.Tuple):
            return _bracketed(self, f"{head}(", node.elts, f"){tail}", indent, one_line=False)
        if isinstance(node, ast.Dict):
            return self._dictionary(node, indent, head, tail)
        if isinstance(node, ast.BinOp):
            return self._sum(node, indent, head, tail)
        if isinstance(node, ast.keyword):
            return self.broken(node.value, indent, f"{head}{node.arg}=", tail)
        return [" " * indent + head + self.of(node) + tail]

    def _dictionary(self, node: ast.Dict, indent: int, head: str, tail: str) -> list[str]:
        pairs = [f"{self.of(key)}: {self.of(value)}," for key, value in zip(node.keys, node.values, strict=True)]
        pad = " " * indent
        return [f"{pad}{head}{{", *(f"{pad}    {pair}" for pair in pairs), f"{pad}}}{tail}"]

    def _sum(self, node: ast.BinOp, indent: int, head: str, tail: str) -> list[str]:
        pad, inner = " " * indent, " " * (indent + STEP)
        if len(inner) + len(self.of(node)) <= WIDTH:
            return [f"{pad}{head}(", inner + self.of(node), f"{pad}){tail}"]
        operands: list[str] = []
        kind = type(node.op)
        while isinstance(node, ast.BinOp) and isinstance(node.op, kind):
            sign = self._code[node.left.end_col_offset - self._shift : node.right.col_offset - self._shift].strip()
            operands.append(f"{sign} {self.of(node.right)}")
            node = node.left
        operands.append(self.of(node))
        return [f"{pad}{head}(", *(inner + operand for operand in reversed(operands)), f"{pad}){tail}"]


def _bracketed(text: _Text, head: str, items: list, tail: str, indent: int, one_line: bool = True) -> list[str]:
    pad, inner = " " * indent, " " * (indent + STEP)
    together = ", ".join(text.of(item) for item in items)
    if one_line and len(inner) + len(together) <= WIDTH:
        return [pad + head, inner + together, pad + tail]
    lines = [pad + head]
    for item in items:
        if len(inner) + len(text.of(item)) + 1 <= WIDTH:
            lines.append(f"{inner}{text.of(item)},")
        else:
            lines.extend(text.broken(item, indent + STEP, tail=","))
    return [*lines, pad + tail]


def _signature(code: str, indent: int) -> list[str]:
    pad, inner = " " * indent, " " * (indent + STEP)
    opening, closing = code.index("(") + 1, code.rindex(")")
    parameters = code[opening:closing]
    if len(inner) + len(parameters) <= WIDTH:
        return [pad + code[:opening], inner + parameters, pad + code[closing:]]
    each = [f"{inner}{parameter.strip()}," for parameter in parameters.split(",")]
    return [pad + code[:opening], *each, pad + code[closing:]]
