"""Expressions of modules: what may stand in them, one spelling, values, and that nothing is evaluated as Python."""

import random

import pytest

from graph.expression import Expression, ExpressionError, expression, is_expression


@pytest.mark.parametrize(
    ("typed", "kept", "value"),
    [
        ("=4*channels", "4*channels", 256),
        ("channels", "channels", 64),
        ("( channels+ 1 )//2", "(channels + 1)//2", 32),
        ("channels-(groups-1)", "channels - (groups - 1)", 61),
        ("channels-groups-1", "channels - groups - 1", 59),
        ("channels//(groups*2)", "channels//(groups*2)", 8),
        ("channels//groups*2", "channels//groups*2", 32),
        ("-channels", "-channels", -64),
        ("2*-channels", "2*(-channels)", -128),
        ("channels, 7, 7", "channels, 7, 7", (64, 7, 7)),
        ("(channels,)", "channels,", (64,)),
        ("0 - 3", "-3", -3),
    ],
)
def test_arithmetic(typed, kept, value):
    found = expression(typed)
    assert found.text == kept and str(found) == f"={kept}"
    assert found.value({"channels": 64, "groups": 4}) == value
    assert expression(found.text) == found  # one spelling


def test_a_lone_name_may_be_anything():
    assert Expression("bias").value({"bias": False}) is False
    assert Expression("mode").value({"mode": "reflect"}) == "reflect"


def test_names_and_renaming():
    found = expression("a*(b + a)//2")
    assert found.names == {"a", "b"}
    assert found.renamed({"a": "width"}).text == "width*(b + width)//2"


@pytest.mark.parametrize(
    "typed",
    [
        "", "4*", "a**b", "a/b", "f(x)", "a.b", "a[0]", "lambda: 1", "'x'", "1.5", "True", "a if b else c", "a @ b",
        "__import__('os')", "Channels", "class", "match", "a := 3", "a\n*b", "é", "99999999999999", "x" * 300, "()",
        "(" * 190, "[1, 2]", "a, (b, c)", "a; b", "\0",
    ],
)  # fmt: skip
def test_nothing_else_is_taken(typed):
    with pytest.raises(ExpressionError):
        expression(typed)


@pytest.mark.parametrize(
    ("typed", "known", "said"),
    [
        ("width", {"channels": 1}, "width is not exposed by this module, which exposes channels"),
        ("8//(a - a)", {"a": 3}, "divides by zero"),
        ("2*bias", {"bias": True}, "bias is True, and arithmetic is for whole numbers"),
        ("2*size", {"size": (3, 3)}, "arithmetic is for whole numbers"),
    ],
)
def test_what_cannot_be_computed_says_why(typed, known, said):
    with pytest.raises(ExpressionError, match=said.replace("(", r"\(").replace(")", r"\)")):
        expression(typed).value(known)


def test_what_is_meant_as_one():
    assert is_expression(Expression("a")) and is_expression("=a") and is_expression("  = a")
    assert not is_expression("a") and not is_expression(3)


def test_random_arithmetic_keeps_its_value_through_its_spelling():
    rng = random.Random(0)
    known = {"a": 7, "b": 3, "c": 2}

    def draw(depth):
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["a", "b", "c", str(rng.randint(0, 9))])
        return f"({draw(depth - 1)} {rng.choice(['+', '-', '*', '//'])} {draw(depth - 1)})"

    computed = 0
    for _ in range(2000):
        text = draw(4)
        if len(text) > 200:
            continue
        found = expression(text)
        try:
            wanted = eval(text, {}, dict(known))
        except ZeroDivisionError:
            with pytest.raises(ExpressionError):
                found.value(known)
            continue
        assert found.value(known) == wanted == eval(found.text, {}, dict(known))
        computed += 1
    assert computed > 1000
