"""Hyperparameters: what is accepted, what is refused in which words, and how values are typed."""

import math

import pytest

from graph.hyperparameter import Axes, Bool, Choice, Float, HyperparameterError, Int, Padding, Shape, Size, Text
from graph.number_lists import Matrix, Numbers

ACCEPTED = [
    (Int("n", low=1), 3, 3),
    (Int("n", low=1), 3.0, 3),
    (Int("n", None, optional=True), None, None),
    (Float("p", 0.5, low=0, high=1), 1, 1.0),
    (Bool("bias", True), False, False),
    (Choice("mode", "a", choices=("a", "b")), "b", "b"),
    (Size("kernel_size", rank=2), 3, 3),
    (Size("kernel_size", rank=2), [3, 5], (3, 5)),
    (Size("kernel_size", rank=1), (3,), 3),
    (Padding("padding", 0, rank=2), "same", "same"),
    (Padding("padding", 0, rank=2), (0, 1), (0, 1)),
    (Shape("shape", symbols=True), ["T", 8], ("T", 8)),
    (Shape("shape", wildcard=True), (-1, 4), (-1, 4)),
    (Shape("shape", None, inferred=True), (), ()),
    (Axes("dims"), (0, -1), (0, -1)),
    (Text("field"), "image", "image"),
    (Numbers("s", rank=3, low=0.0), [1, 2, 0.5], (1.0, 2.0, 0.5)),
    (Numbers("s"), 2, 2.0),
    (Matrix("k"), [[1, 2], [3, 4.5]], ((1.0, 2.0), (3.0, 4.5))),
]

REFUSED = [
    (Int("n", low=1), 0, "n must be a whole number of at least 1, not 0"),
    (Int("n", low=1), True, "True"),
    (Int("n", low=1), "3", "'3'"),
    (Int("n", low=1), 1.5, "1.5"),
    (Int("n"), 10**40, "n must be"),
    (Int("n"), None, "None"),
    (Float("p", low=0, high=1), math.nan, "from 0 to 1, not nan"),
    (Float("p"), math.inf, "inf"),
    (Float("lr", low=0, low_open=True), 0, "a number above 0, not 0"),
    (Float("p"), 10**400, "p must be a number"),
    (Bool("bias"), 1, "True or False"),
    (Choice("mode", choices=("a", "b")), "c", "one of a, b, not 'c'"),
    (Size("kernel_size", rank=2), (3, 3, 3), "or 2 of them such as 3 x 3"),
    (Size("kernel_size", rank=2), (3, None), "kernel_size must be"),
    (Padding("padding", rank=2), "full", "or same, or valid"),
    (Shape("shape"), (1, 0), "dimensions of at least 1"),
    (Shape("shape", wildcard=True), (-1, -1), "one of them may be -1"),
    (Shape("shape", symbols=True), ("N", 3), "a name such as T"),
    (Shape("shape", symbols=True), ("x;import os",), "a name such as T"),
    (Text("field"), "two\nlines", "a line of text"),
    (Text("field"), "x" * 201, "at most 200"),
    (Numbers("s", low=0.0, low_open=True), (1.0, 0.0), "above 0"),
    (Numbers("s", rank=2), (1.0, 2.0, 3.0), "2 of them"),
    (Numbers("s"), (float("inf"),), "a number"),
    (Matrix("k"), [[1, 2], [3]], "rows of as many"),
    (Matrix("k"), [[1, "x()"]], "finite numbers"),
    (Matrix("k"), [[1.0] * 32], "31 x 31"),
    (Padding("p", rank=2), (1, 0, 1, 0), "put a ZeroPad2d in front"),
]


@pytest.mark.parametrize(("declared", "value", "canonical"), ACCEPTED, ids=str)
def test_accepted(declared, value, canonical):
    found = declared.coerce(value)
    assert found == canonical
    assert type(found) is type(canonical)


@pytest.mark.parametrize(("declared", "value", "words"), REFUSED, ids=str)
def test_refused_with_value_and_rule(declared, value, words):
    with pytest.raises(HyperparameterError) as caught:
        declared.coerce(value)
    assert words in str(caught.value)
    assert declared.name in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "typed", "value"),
    [
        (Size("k", rank=2), "3 x 5", (3, 5)),
        (Size("k", rank=2), "(3, 5)", (3, 5)),
        (Size("k", rank=2), "3", 3),
        (Padding("p", rank=2), "same", "same"),
        (Shape("s", symbols=True), "T x 8", ("T", 8)),
        (Shape("s"), "28", (28,)),
        (Int("n"), "1,024", 1024),
        (Float("p"), "1e-3", 0.001),
        (Int("n", None), "", None),
        (Size("o", rank=2, each_optional=True), "7 x none", (7, None)),
        (Numbers("s", rank=2), "2 x 1.5", (2.0, 1.5)),
        (Numbers("s"), "3", 3.0),
        (Matrix("k"), "0 -1 0; -1 5 -1; 0 -1 0", ((0.0, -1.0, 0.0), (-1.0, 5.0, -1.0), (0.0, -1.0, 0.0))),
        (Matrix("k"), "1/4, 3/4", ((0.25, 0.75),)),
    ],
)
def test_typed_text(declared, typed, value):
    assert declared.parse(typed) == value


@pytest.mark.parametrize(("declared", "_", "canonical"), ACCEPTED, ids=str)
def test_what_is_shown_can_be_typed_again(declared, _, canonical):
    if canonical is not None:
        assert declared.parse(declared.format(canonical)) == canonical


@pytest.mark.parametrize("hostile", [type("S", (str,), {"__repr__": lambda self: "x()"})("same")])
def test_subclasses_are_reduced_to_their_exact_type(hostile):
    assert type(Padding("p", rank=2).coerce(hostile)) is str
