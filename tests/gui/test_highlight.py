"""The Python highlighter, line by line."""

import pytest
from PySide6.QtGui import QTextDocument

from gui import theme
from gui.highlight import PythonHighlighter

TABLE = [
    ("import torch", {"import": "keyword", "torch": "builtin"}),
    ("class LeNet(nn.Module):", {"class": "keyword", "LeNet": "name", "nn": "builtin"}),
    ("    def forward(self, image):", {"def": "keyword", "forward": "name", "self": "builtin"}),
    ("x = conv1(2, 0.5, 1e-3)", {"2": "number", "0.5": "number", "1e-3": "number", "conv1": None}),
    ("y = x  # N x 6: for if 12", {"# N x 6: for if 12": "comment"}),
    ("s = 'a # b' + \"c\"", {"'a # b'": "string", '"c"': "string"}),
    ("fc1 = True", {"fc1": None, "True": "keyword"}),
]


def colours(document: QTextDocument, line: int = 0) -> list[str | None]:
    """The syntax token of every character of a line."""
    block = document.findBlockByNumber(line)
    names = {colour.name(): token for token, colour in theme.current().syntax.items()}
    found: list[str | None] = [None] * block.length()
    for part in block.layout().formats():
        for place in range(part.start, part.start + part.length):
            found[place] = names.get(part.format.foreground().color().name())
    return found


@pytest.mark.parametrize(("line", "expected"), TABLE)
def test_tokens(app, line, expected):
    document = QTextDocument(line)
    PythonHighlighter(document).rehighlight()
    found = colours(document)
    for word, token in expected.items():
        place = line.index(word)
        assert set(found[place : place + len(word)]) == {token}, word


def test_docstrings_span_lines(app):
    document = QTextDocument('"""First\nsecond for\n"""\nfor x in y:')
    PythonHighlighter(document).rehighlight()
    assert set(colours(document, 1)[:10]) == {"string"}
    assert colours(document, 3)[:3] == ["keyword"] * 3


def test_it_follows_the_theme(app):
    document = QTextDocument("import x")
    highlighter = PythonHighlighter(document)
    theme.apply(app, "light")
    assert colours(document)[0] == "keyword"
    theme.apply(app, "dark")
    assert highlighter.document() is document
