"""Symbolic dimensions: integers, or polynomials with rational floors over names such as N and T.

A dimension is an int wherever it can be; an Expr only where a name stays open. Knows nothing of tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd

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
            if inner := self._one_floor():  # floor((floor(a/b) + c)/d) = floor((a + b*c)/(b*d))
                floor, constant = inner
                return (floor.numerator + floor.divisor * constant) // (floor.divisor * divisor)
            whole = {k: v // divisor for k, v in self._terms if v % divisor == 0}
            rest = {k: v for k, v in self._terms if v % divisor}
            if not rest:
                return _simplest(whole)
            if set(rest) == {()}:  # a constant remainder below the divisor falls to the floor of itself
                return _simplest(whole) + rest[()] // divisor
            return _simplest(whole) + Expr({(_floor(_simplest(rest), divisor),): 1})
        if self == divisor:
            return 1
        return Expr({(_floor(self, divisor),): 1})

    def __rfloordiv__(self, other: int) -> Dim:
        return 0 if other == 0 else Expr({(_floor(other, self),): 1})

    def _one_floor(self) -> tuple[Floor, int] | None:
        """The quotient and the constant, where there is nothing else."""
        rest = dict(self._terms)
        constant = rest.pop((), 0)
        if len(rest) != 1:
            return None
        (factors, coefficient), *_ = rest.items()
        if coefficient != 1 or len(factors) != 1 or not isinstance(factors[0], Floor):
            return None
        return (factors[0], constant) if isinstance(factors[0].divisor, int) else None

    @property
    def terms(self) -> tuple[tuple[Factors, int], ...]:
        """Products of atoms with their coefficients; an atom is a name or a Floor."""
        return self._terms


class Floor(str):
    """An atom of a formula: a quotient rounded down; as text it is what people read."""

    __slots__ = ("divisor", "numerator")

    def __new__(cls, text: str, numerator: Dim, divisor: Dim):
        atom = super().__new__(cls, text)
        atom.numerator, atom.divisor = numerator, divisor
        return atom


class Part(str):
    """An atom that is an exact share of an open dimension: H/32 where H is assumed to be divisible by 32."""

    __slots__ = ("divisor", "name")

    def __new__(cls, name: str, divisor: int):
        atom = super().__new__(cls, f"{name}/{divisor}")
        atom.name, atom.divisor = name, divisor
        return atom


Dim = int | Expr


class Traced(int):
    """A whole number that remembers the formula it came from, through + - * and //; in all else an int.

    With it a module's inside is worked out once with real numbers, and its arithmetic can be written for any.
    """

    formula: Dim

    def __new__(cls, value: int, formula: Dim):
        traced = super().__new__(cls, value)
        traced.formula = formula
        return traced

    @property
    def __class__(self):  # shape rules ask `x.__class__ is int`
        return int

    def __add__(self, other):
        return _traced(int.__add__(self, other), other, lambda o: self.formula + o)

    def __radd__(self, other):
        return _traced(int.__radd__(self, other), other, lambda o: o + self.formula)

    def __sub__(self, other):
        return _traced(int.__sub__(self, other), other, lambda o: self.formula - o)

    def __rsub__(self, other):
        return _traced(int.__rsub__(self, other), other, lambda o: o - self.formula)

    def __mul__(self, other):
        return _traced(int.__mul__(self, other), other, lambda o: self.formula * o)

    def __rmul__(self, other):
        return _traced(int.__rmul__(self, other), other, lambda o: o * self.formula)

    def __floordiv__(self, other):
        return _traced(int.__floordiv__(self, other), other, lambda o: self.formula // o)

    def __rfloordiv__(self, other):
        return _traced(int.__rfloordiv__(self, other), other, lambda o: o // self.formula)

    def __neg__(self):
        return Traced(int.__neg__(self), -self.formula)


def _traced(value: int, other: int, formula: Callable[[Dim], Dim]) -> int:
    if value is NotImplemented:
        return value
    return Traced(value, formula(formula_of(other)))


def is_traced(value: object) -> bool:
    """Whether a value remembers a formula."""
    return type(value) is Traced


def formula_of(value: Dim) -> Dim:
    """The formula a number came from; any other dimension itself."""
    return value.formula if type(value) is Traced else value


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


def names(dim: Dim) -> frozenset[str]:
    """The open names a dimension depends on."""
    if not isinstance(dim, Expr):
        return frozenset()
    found: set[str] = set()
    for factors, _ in dim.terms:
        for atom in factors:
            found |= _names_in(atom)
    return frozenset(found)


def _names_in(atom: str) -> frozenset[str]:
    if isinstance(atom, Floor):
        return names(atom.numerator) | names(atom.divisor)
    return frozenset((atom.name if isinstance(atom, Part) else atom,))


def multiple(name: str, divisor: int) -> Dim:
    """The open dimension of this name, known to be divisible."""
    return divisor * Expr({(Part(name, divisor),): 1}) if divisor > 1 else symbol(name)


def substitute(dim: Dim, known: Mapping[str, Dim]) -> Dim:
    """The dimension with names replaced by numbers or other dimensions."""
    if not isinstance(dim, Expr):
        return dim
    return total(
        product((coefficient, *(_known(atom, known) for atom in factors))) for factors, coefficient in dim.terms
    )


def _known(atom: str, known: Mapping[str, Dim]) -> Dim:
    if isinstance(atom, Floor):
        return substitute(atom.numerator, known) // substitute(atom.divisor, known)
    if isinstance(atom, Part):
        return known[atom.name] // atom.divisor if atom.name in known else Expr({(atom,): 1})
    return known[atom] if atom in known else symbol(atom)


def python(dim: Dim, prefix: str = "") -> str:
    """The dimension as Python source, `(H - 1)//2 + 1`, with a prefix such as `self.` before each name."""
    if not isinstance(dim, Expr):
        return str(int(dim))
    return _text(dim.terms, lambda atom: _python_atom(atom, prefix), " * ")


def _python_atom(atom: str, prefix: str) -> str:
    if isinstance(atom, Part):
        return f"{prefix}{atom.name} // {atom.divisor}"
    if not isinstance(atom, Floor):
        return f"{prefix}{atom}"
    above, below = python(atom.numerator, prefix), python(atom.divisor, prefix)
    return f"{_bracketed(above)} // {_bracketed(below)}"


def _floor(numerator: Dim, divisor: Dim) -> Floor:
    return Floor(f"floor({_bracketed(str(numerator))}/{_bracketed(str(divisor))})", numerator, divisor)


def _bracketed(text: str) -> str:
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def _terms_of(value: Dim):
    return value._terms if isinstance(value, Expr) else (((), value),)


def _simplest(terms: Mapping[Factors, int]) -> Dim:
    left = {k: v for k, v in terms.items() if v}
    if not left:
        return 0
    if set(left) == {()}:
        return left[()]
    return Expr(left)


def _text(terms, spell: Callable[[str], str] = str, times: str = "*") -> str:
    parts: list[str] = []
    for factors, coefficient in sorted(terms, key=lambda term: (not term[0], term[0])):
        count = abs(int(coefficient))
        atoms = []
        for atom in factors:
            if isinstance(atom, Part) and spell is str:  # 16 times H/32 reads H/2
                shared = gcd(count, atom.divisor)
                count, left = count // shared, atom.divisor // shared
                atoms.append(f"{atom.name}/{left}" if left > 1 else atom.name)
            else:
                atoms.append(spell(atom))
        if count != 1 or not factors:
            atoms.insert(0, str(count))
        # A quotient among factors is bracketed in source: 2 * (H // 2).
        body = times.join(f"({atom})" if " // " in atom and len(atoms) > 1 else atom for atom in atoms)
        if not parts:
            parts.append(body if coefficient > 0 else f"-{body}")
        else:
            parts.append(f"+ {body}" if coefficient > 0 else f"- {body}")
    return " ".join(parts) or "0"


N = symbol("N")
