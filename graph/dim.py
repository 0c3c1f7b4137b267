"""Symbolic dimensions: integers, or polynomials with rational floors over names such as N and T.

A dimension is an int wherever it can be; an Expr only where a name stays open. Knows nothing of tensors.
"""

from __future__ import annotations

from collections.abc import Mapping

Factors = tuple[str, ...]  # a product of atoms, sorted; () is the constant term
MOST_TERMS, LONGEST = 400, 20_000  # terms and characters: nested floors can double a formula with every block
MOST_BITS = 2048


class DimError(ValueError):
    """A formula too long to work with."""


class Expr:
    """A sum of products with integer coefficients; equal expressions compare and hash equal."""

    __slots__ = ("_hash", "_terms", "_text")

    def __init__(self, terms: Mapping[Factors, int]):
        self._terms = tuple(sorted((k, v) for k, v in terms.items() if v))
        if len(self._terms) > MOST_TERMS or any(v.bit_length() > MOST_BITS for _, v in self._terms):
            raise DimError("the formula of an open dimension grows without end; set that dimension to a number")
        self._hash = hash(self._terms)
        self._text = _text(self._terms)
        if len(self._text) > LONGEST:
            raise DimError("the formula of an open dimension grows without end; set that dimension to a number")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Expr({self._text})"

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Expr):
            return self._terms == other._terms
        if isinstance(other, str):
            return self._text == other
        return False

    def __add__(self, other: Dim) -> Dim:
        terms = dict(self._terms)
        for factors, coefficient in _terms_of(other):
            terms[factors] = terms.get(factors, 0) + coefficient
        return _simplest(terms)

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        terms: dict[Factors, int] = {}
        for left, a in self._terms:
            for right, b in _terms_of(other):
                factors = tuple(sorted(left + right))
                terms[factors] = terms.get(factors, 0) + a * b
        return _simplest(terms)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: Dim) -> Dim:
        if divisor == 1:
            return self
        if isinstance(divisor, int) and divisor > 1:
            whole = {k: v // divisor for k, v in self._terms if v % divisor == 0}
            rest = {k: v for k, v in self._terms if v % divisor}
            if not rest:
                return _simplest(whole)
            if set(rest) == {()}:  # a constant remainder below the divisor falls to the floor of itself
                return _simplest(whole) + rest[()] // divisor
            atom = f"floor({_bracketed(_text(tuple(sorted(rest.items()))))}/{divisor})"
            return _simplest(whole) + Expr({(atom,): 1})
        if self == divisor:
            return 1
        return Expr({(f"floor(({self})/({divisor}))",): 1})

    def __rfloordiv__(self, other: int) -> Dim:
        return 0 if other == 0 else Expr({(f"floor({other}/({self}))",): 1})


Dim = int | Expr


def symbol(name: str) -> Expr:
    """The open dimension of this name."""
    return Expr({(name,): 1})


def is_open(dim: Dim) -> bool:
    """Whether the dimension still depends on a name."""
    return isinstance(dim, Expr)


def product(dims) -> Dim:
    """The product of dimensions, 1 for none."""
    result: Dim = 1
    for dim in dims:
        result = result * dim
    return result


def total(dims) -> Dim:
    """The sum of dimensions, in one pass."""
    terms: dict[Factors, int] = {}
    for dim in dims:
        for factors, coefficient in _terms_of(dim):
            terms[factors] = terms.get(factors, 0) + coefficient
    return _simplest(terms)


def ceil_div(dim: Dim, divisor: int) -> Dim:
    """The dimension divided and rounded up."""
    return (dim + (divisor - 1)) // divisor


def _bracketed(text: str) -> str:
    return text if text.isidentifier() else f"({text})"


def _terms_of(value: Dim):
    return value._terms if isinstance(value, Expr) else (((), value),)


def _simplest(terms: Mapping[Factors, int]) -> Dim:
    left = {k: v for k, v in terms.items() if v}
    if not left:
        return 0
    if set(left) == {()}:
        return left[()]
    return Expr(left)


def _text(terms) -> str:
    parts: list[str] = []
    for factors, coefficient in sorted(terms, key=lambda term: (not term[0], term[0])):
        body = "*".join(factors)
        if not factors:
            body = str(abs(coefficient))
        elif abs(coefficient) != 1:
            body = f"{abs(coefficient)}*{body}"
        if not parts:
            parts.append(body if coefficient > 0 else f"-{body}")
        else:
            parts.append(f"+ {body}" if coefficient > 0 else f"- {body}")
    return " ".join(parts) or "0"


N = symbol("N")
