"""Symbolic dimensions: equal expressions are equal, and arithmetic on names agrees with arithmetic on numbers."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.dim import (
    N,
    Traced,
    ceil_div,
    formula_of,
    is_open,
    is_traced,
    names,
    product,
    python,
    substitute,
    symbol,
)

T = symbol("T")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (N, "N"),
        (T + 0, "T"),
        (2 * T + 3, "2*T + 3"),
        (T - 4, "T - 4"),
        ((T + 2 - 3) // 2 + 1, "floor((T - 1)/2) + 1"),
        ((2 * T + 4) // 2, "T + 2"),
        (T // 3, "floor(T/3)"),
        (N * 4 * T, "4*N*T"),
        (4 - T, "-T + 4"),
    ],
)
def test_expressions_print_as_a_person_writes_them(expression, text):
    assert str(expression) == text
    assert expression == text


def test_open_terms_that_cancel_leave_a_number():
    assert (T + 3) - T == 3
    assert not is_open((T + 3) - T)
    assert T * 0 == 0
    assert (T * 2) // (T * 2) == 1


def test_equal_expressions_hash_equal():
    assert hash(T + N) == hash(N + T)
    assert T + N == N + T
    assert T + 1 != T


@given(st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 9)), max_size=6), st.integers(-50, 50))
def test_arithmetic_agrees_with_numbers(steps, value):
    open_value, closed = T, value
    for act, operand in steps:
        if act == "+":
            open_value, closed = open_value + operand, closed + operand
        elif act == "-":
            open_value, closed = open_value - operand, closed - operand
        elif act == "*":
            open_value, closed = open_value * operand, closed * operand
        else:
            open_value, closed = open_value // operand, closed // operand
    from math import floor

    exact = str(open_value).replace("T", f"({value})")
    # a floor of small integers is exact in binary floating point only with integer division
    exact = exact.replace(")/", ")//")
    assert eval(exact, {"floor": floor}) == closed


def test_product_and_ceiling():
    assert product(()) == 1
    assert product((2, T, 3)) == 6 * T
    assert ceil_div(7, 2) == 4
    assert str(ceil_div(T, 2)) == "floor((T + 1)/2)"


def test_as_python_source():
    h, w = symbol("H"), symbol("W")
    for dim in ((h - 1) // 2 + 1, 2 * (h // 2), 4 * h * w - 3, (h // 2 + w) // 3 * 5, -h + 7, h // w, 9 // h):
        for known in ({"H": 7, "W": 3}, {"H": 32, "W": 5}):
            assert eval(python(dim), dict(known)) == substitute(dim, known)
    assert python((h - 1) // 2 + 1) == "(H - 1) // 2 + 1"
    assert python(4 * h, "self.") == "4 * self.H"
    assert python(3) == "3"


def test_names_and_substitution():
    h, w = symbol("H"), symbol("W")
    dim = (h * w - 1) // 2 + w
    assert names(dim) == {"H", "W"} and names(3) == frozenset()
    assert substitute(dim, {"H": 4}) == (4 * w - 1) // 2 + w
    assert substitute(dim, {"H": 4, "W": 3}) == 8
    assert substitute(2 * (h // 2), {"H": 2 * w}) == 2 * w


def test_a_traced_number_is_an_int_with_a_formula():
    channels = Traced(64, symbol("channels"))
    assert channels == 64 and hash(channels) == hash(64) and isinstance(channels, int) and channels.__class__ is int
    assert f"{channels} {channels!r}" == "64 64"
    for value, formula in (
        (4 * channels, "4*channels"),
        (channels // 4 + 1, "floor(channels/4) + 1"),
        (sum([channels, channels, 3]), "2*channels + 3"),
        (prod([channels, 2, channels]), "2*channels*channels"),
        (product([channels, 2]), "2*channels"),
        (100 - channels, "-channels + 100"),
        (1000 // channels, "floor(1000/channels)"),
        (-channels, "-channels"),
    ):
        assert is_traced(value) and str(value.formula) == formula
        assert value == substitute(value.formula, {"channels": 64})
    assert not is_traced(int(channels)) and formula_of(5) == 5
    assert symbol("H") * channels == 64 * symbol("H")
