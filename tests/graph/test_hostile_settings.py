"""Hostile settings: whatever is offered to a hyperparameter, it is taken as a plain value or refused in words.

NETLOOM_SEED moves on; the draws are spread over every hyperparameter of every block type.
"""

import math
import os
import random

from backend.source.literals import LiteralError, literal
from graph import registry
from graph.hyperparameter import HyperparameterError

DRAWS = int(os.environ.get("NETLOOM_DRAWS", "20000"))
SEED = int(os.environ.get("NETLOOM_SEED", "0"))


class Sly(str):
    """A text that prints as something else."""

    def __repr__(self):
        return "__import__('os').system('true')"


class Large(int):
    """A number that prints as something else."""

    def __repr__(self):
        return "exit()"


class Unprintable:
    """A value that cannot even be shown in an error."""

    def __eq__(self, other):
        raise RuntimeError("compared")

    __hash__ = None


TEXTS = [
    *("", " ", "\0", "\n", "x; import os", '"""', "'", "\\", "\ud800", "\u202eevil", "ｃｌａｓｓ", "𝟛", "١", "1e999"),
    *("__import__('os')", "nan", "inf", "-inf", "None", "True", "3 x 3", "9" * 5000, "1_0", "{0.__class__}", "%s%n"),
    *("a" * 100_000, "N", "T", "same", "mean", "zeros", "->", "bij,bjk->bik", "x" * 201, "0x10", "1/0", "-1"),
]
NUMBERS = [
    *(0, 1, -1, 2, 3, 2**31, 2**63, -(2**63), 10**400, True, False, 0.0, -0.0, 0.5, 3.0, 1e308, -1e308, 5e-324),
    *(math.nan, math.inf, -math.inf, 1j, Large(3), -(2**31) - 1, 1e400),
]
OTHERS = [None, object(), type, print, Unprintable(), b"3", bytearray(b"3"), range(3), {1}, frozenset(), {"a": 1}, ...]
LISTS = [(), [], (1,) * 17, (1,) * 1000, ((),), ((1,), (1, 2)), [[[[[1]]]]], (None, None), (Sly("T"),), [math.nan] * 2]
REFUSED = object()
PLAIN = (bool, int, float, str, type(None), tuple)


def hostile(dice):
    kind = dice.random()
    if kind < 0.3:
        return dice.choice(NUMBERS)
    if kind < 0.5:
        return dice.choice([*TEXTS, Sly("same"), Sly("mean"), Sly("x")])
    if kind < 0.6:
        return dice.choice(OTHERS)
    if kind < 0.75:
        return dice.choice(LISTS)
    many = [hostile(dice) for _ in range(dice.randrange(5))]
    return tuple(many) if dice.random() < 0.5 else many


def is_plain(value):
    """Exactly a type that prints itself, finite all the way down."""
    if type(value) is tuple:
        return all(map(is_plain, value))
    return type(value) in PLAIN and (type(value) is not float or math.isfinite(value))


def every_setting():
    return [(declared.name, setting) for declared in registry.all_types() for setting in declared.hyperparameters]


def attempt(setting, act, offered):
    """The value taken, or REFUSED where the typed error says why; any other error is a failure."""
    try:
        return act(offered)
    except HyperparameterError as error:
        assert setting.name in str(error) and len(str(error)) < 2000
        return REFUSED


def check(name, setting, value):
    if value is REFUSED:
        return
    assert is_plain(value), f"{name}.{setting.name} took {value!r}"
    assert setting.coerce(value) == value, f"{name}.{setting.name}: what was taken once is taken again"
    assert isinstance(setting.format(value), str)
    try:
        text = literal(value)
    except LiteralError:
        return  # words of people, such as the name of a field, never reach source
    assert eval(text, {"__builtins__": {}}) == value


def test_a_setting_takes_plain_values_or_says_what_is_wrong():
    dice, settings = random.Random(SEED), every_setting()
    assert len(settings) <= DRAWS, "every setting gets a draw"
    for i in range(DRAWS):
        name, setting = settings[i % len(settings)]
        value = attempt(setting, setting.coerce, hostile(dice))
        check(name, setting, value)


def test_what_is_typed_is_taken_or_refused_alike():
    dice, settings = random.Random(SEED), every_setting()
    for i in range(DRAWS // 4):
        name, setting = settings[i % len(settings)]
        typed = dice.choice(TEXTS) if dice.random() < 0.5 else " ".join(map(str, dice.sample(TEXTS[:-6], 2)))
        check(name, setting, attempt(setting, setting.parse, typed))


def test_the_control_is_caught():
    """A setting that let a value through as it came would fail here."""
    assert not is_plain(Sly("same")) and not is_plain((1, math.nan)) and not is_plain([1])
