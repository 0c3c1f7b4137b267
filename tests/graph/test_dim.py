"""Symbolic dimensions: equal expressions are equal, and arithmetic on names agrees with arithmetic on numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.dim import N, ceil_div, is_open, product, symbol

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
