"""Colours Python source line by line, with the theme's syntax tokens. Knows nothing of networks."""

from __future__ import annotations

import builtins
import keyword
import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from gui import theme

# One pass with named groups, first match first: strings and comments shield what they hold.
TOKEN = re.compile(
    r"""
    (?P<comment>\#.*$)
  | (?P<string>[rbfRBF]{0,2}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
  | (?P<number>(?<![\w.])(?:\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))
  | (?P<definition>(?<=def\s)\w+|(?<=class\s)\w+)
  | (?P<word>[A-Za-z_]\w*)
    """,
    re.VERBOSE,
)
TRIPLE = re.compile(r"\"{3}|'{3}")
KEYWORDS = frozenset(keyword.kwlist)
BUILTINS = frozenset(name for name in dir(builtins) if name.islower()) | {"self", "torch", "nn", "F"}
PLAIN, IN_STRING = -1, 1


class PythonHighlighter(QSyntaxHighlighter):
    """Highlights the code panel; follows the theme."""

    def __init__(self, document: QTextDocument):
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.follow_theme()
        theme.appearance.changed.connect(self.follow_theme)

    def follow_theme(self, *_ignored) -> None:
        for token, colour in theme.current().syntax.items():
            self._formats[token] = QTextCharFormat()
            self._formats[token].setForeground(colour)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        start = self._docstring(text)
        for match in TOKEN.finditer(text, start):
            token = _token(match)
            if token:
                self.setFormat(match.start(), match.end() - match.start(), self._formats[token])

    def _docstring(self, text: str) -> int:
        """Colour a triple-quoted string that may span lines; returns where ordinary code begins."""
        inside = self.previousBlockState() == IN_STRING
        begin = 0 if inside else _opening(text)
        if begin < 0:
            self.setCurrentBlockState(PLAIN)
            return 0
        end = TRIPLE.search(text, begin if inside else begin + 3)
        stop = end.end() if end else len(text)
        self.setCurrentBlockState(PLAIN if end else IN_STRING)
        self.setFormat(begin, stop - begin, self._formats["string"])
        return stop


def _opening(text: str) -> int:
    """Where a docstring opens: triple quotes that are the first thing on a line."""
    stripped = text.lstrip()
    return len(text) - len(stripped) if stripped.startswith(('"""', "'''")) else -1


def _token(match: re.Match) -> str | None:
    kind = match.lastgroup
    if kind == "definition":
        return "name"
    if kind != "word":
        return kind
    word = match.group()
    if word in KEYWORDS:
        return "keyword"
    return "builtin" if word in BUILTINS else None
