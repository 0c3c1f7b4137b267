"""Numbers as people type or paste them: `1 0 -1; 2 0 -2`, rows of a spreadsheet, Python lists, what numpy prints.

Gives nested tuples of floats, or says where the text is no numbers. Evaluates nothing.
"""

from __future__ import annotations

import re

from graph.weights import MOST_NUMBERS, Numbers, WeightError, numbers

LONGEST = 400_000
TOKEN = re.compile(r"[\[\](){}]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[;,\n\t ]+|[a-zA-Z_]\w*\.?|.", re.DOTALL)
OPEN, CLOSE = "[({", "])}"


def parse_numbers(text: str, shape: tuple[int, ...] | None = None) -> Numbers:
    """The numbers of a text; where a shape is wanted, a plain list of the right count is put in that shape.

    Rows end at a line's end or a semicolon. Raises WeightError naming the place.
    """
    if len(text) > LONGEST:
        raise WeightError(f"at most {MOST_NUMBERS:,} numbers can be typed in; load larger weights from a file")
    words = re.sub(r"\b(?:np\.|numpy\.|torch\.)?(?:array|tensor)\b|\bdtype\s*=\s*[\w.]+", " ", text)
    found = numbers(_bracketed(words) if any(char in words for char in OPEN) else _rows(words))
    return found if shape is None else _shaped(found, shape)


def format_numbers(value: Numbers) -> str:
    """Numbers as people read and type them: a matrix as rows, more dimensions as lists."""
    if not isinstance(value, tuple):
        return f"{value:g}"
    if not isinstance(value[0], tuple):
        return " ".join(_short(number) for number in value)
    if not isinstance(value[0][0], tuple):
        return "\n".join(" ".join(_short(number) for number in row) for row in value)
    return _listed(value)


def _rows(text: str) -> list:
    lines = [line for line in re.split(r"[;\n]", text) if line.strip()]
    rows = [[_number(word) for word in re.split(r"[\s,]+", line.strip(" ,\t\r")) if word] for line in lines]
    if not rows:
        raise WeightError("there are no numbers; type some such as 1 0 -1; 2 0 -2")
    return rows[0] if len(rows) == 1 else rows


def _bracketed(text: str) -> list:
    root: list = []
    stack = [root]
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in OPEN:
            stack[-1].append(inner := [])
            stack.append(inner)
        elif token in CLOSE:
            if len(stack) == 1:
                raise WeightError(f"a bracket closes at character {match.start() + 1} that was never opened")
            stack.pop()
        elif token.strip(";, \n\t\r"):
            stack[-1].append(_number(token))
        if len(stack) > 12:
            raise WeightError("the brackets stand too deep for weights")
    if len(stack) > 1:
        raise WeightError("a bracket is not closed at the end")
    while len(root) == 1 and isinstance(root[0], list):
        root = root[0]
        if not (root and isinstance(root[0], list) and len(root) == 1):
            break
    return root


def _number(word: str) -> float:
    try:
        return float(word) if "_" not in word else float("x")
    except ValueError:
        raise WeightError(f"{word!r:.40} is no number; type numbers such as 1 0 -1; 2 0 -2") from None


def _shaped(found: Numbers, shape: tuple[int, ...]) -> Numbers:
    flat: list[float] = []
    waiting = [found]
    while waiting:
        one = waiting.pop()
        waiting.extend(reversed(one)) if isinstance(one, tuple) else flat.append(one)
    wanted = 1
    for size in shape:
        wanted *= size
    if len(flat) != wanted:
        sizes = " x ".join(map(str, shape)) or "a single number"
        raise WeightError(f"{len(flat)} numbers do not fill {sizes}, which takes {wanted}")
    for size in reversed(shape):
        flat = [tuple(flat[at : at + size]) for at in range(0, len(flat), size)]
    return flat[0]


def _short(number: float) -> str:
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def _listed(value: Numbers) -> str:
    if not isinstance(value, tuple):
        return _short(value)
    return f"[{', '.join(map(_listed, value))}]"
