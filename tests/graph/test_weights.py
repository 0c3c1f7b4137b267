"""Decisions about parameters as values: ways to begin, typed-in numbers, texts people paste."""

import pytest

from graph.weight_text import format_numbers, parse_numbers
from graph.weights import HELP, KINDS, Initial, WeightError, check_property, initial, numbers, shape_of


def test_ways_to_begin_are_checked():
    assert initial("normal", std=0.02).record() == {"kind": "normal", "std": 0.02}
    assert dict(initial("kaiming_normal", nonlinearity="relu").arguments) == {"mode": "fan_in", "nonlinearity": "relu"}
    assert set(HELP) == set(KINDS)
    for kind in KINDS:
        assert check_property("initial", {"weight": initial(kind).record()}) == {"weight": initial(kind)}


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        ("xavier", {}, "one of xavier_uniform"),
        ("normal", {"gain": 1}, "normal has no 'gain'; it has mean, std"),
        ("normal", {"std": 0}, "std of normal must be above 0"),
        ("uniform", {"a": 2}, "a of uniform must be below b, not 2 and 1"),
        ("normal", {"mean": float("nan")}, "mean of normal is a number"),
        ("normal", {"mean": "import os"}, "is a number"),
        ("kaiming_normal", {"nonlinearity": "gelu"}, "one of linear, relu"),
        ("constant", {"val": True}, "val of constant is a number"),
    ],
)
def test_what_is_no_way_to_begin(kind, arguments, said):
    with pytest.raises(WeightError, match=said):
        initial(kind, **arguments)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1 1", (1.0, 1.0)),
        ("1 0 -1; 2 0 -2", ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0))),
        ("1,2\n3,4\n", ((1.0, 2.0), (3.0, 4.0))),
        ("1\t2\r\n3\t4", ((1.0, 2.0), (3.0, 4.0))),
        ("[[1, 2], [3, 4]]", ((1.0, 2.0), (3.0, 4.0))),
        ("[[1. 2.]\n [3. 4.]]", ((1.0, 2.0), (3.0, 4.0))),
        ("array([[1., 2.],\n       [3., 4.]], dtype=float32)", ((1.0, 2.0), (3.0, 4.0))),
        ("tensor([0.5, -1e-3])", (0.5, -0.001)),
        ("-.5", (-0.5,)),
    ],
)
def test_texts_people_paste(typed, kept):
    assert parse_numbers(typed) == kept
    assert parse_numbers(format_numbers(kept)) == kept


def test_a_plain_list_takes_the_wanted_shape():
    assert parse_numbers("1 2 3 4", (1, 1, 2, 2)) == ((((1.0, 2.0), (3.0, 4.0)),),)
    assert parse_numbers("[[1, 2], [3, 4]]", (4,)) == (1.0, 2.0, 3.0, 4.0)
    with pytest.raises(WeightError, match="3 numbers do not fill 2 x 2, which takes 4"):
        parse_numbers("1 2 3", (2, 2))


@pytest.mark.parametrize(
    "typed",
    ["", "  ;\n", "one two", "1 2; 3", "[1, 2", "1]", "[[[[[[[[[[[[[1]]]]]]]]]]]]]", "nan", "1e999", "os.remove(1)",
     "0x10", "1_000", "[]", "[[1], 2]"],
)  # fmt: skip
def test_what_is_no_numbers(typed):
    with pytest.raises(WeightError):
        parse_numbers(typed)


@pytest.mark.parametrize(
    "value", [[], [[1], [1, 2]], [True], ["1"], [None], [10**400], [[[[[[1.0]]]]]], [[0.0] * 101] * 101]
)
def test_numbers_that_are_refused(value):
    with pytest.raises(WeightError):
        numbers(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frozen", 1), ("reuses", 3), ("initial", []), ("initial", {"weight": "zeros"}),
        ("initial", {"a b": {"kind": "zeros"}}),
        ("weights", {"weight": "1 2"}), ("weights", [1]),
        ("silenced", "code"), ("silenced", ["a b"]), ("note", 3), ("colour", 1),
        ("initial", {"weight": Initial("evil", (("x", 1),))}),
    ],
)  # fmt: skip
def test_properties_that_are_refused(name, value):
    with pytest.raises(WeightError):
        check_property(name, value)


def test_shapes():
    assert shape_of(numbers([[1, 2, 3]])) == (1, 3) and shape_of(numbers(2)) == ()
