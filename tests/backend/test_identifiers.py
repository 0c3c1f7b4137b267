"""Names of people as identifiers: injective, ASCII, never one that Python, torch or the text itself needs."""

import builtins
import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.source.identifiers import LONGEST, Names, class_name, plain
from backend.source.literals import LiteralError, comment, literal
from backend.source.reserved import BUILTINS, CLASS_NAMES, IDENTIFIERS, KEYWORDS, MODULE_ATTRIBUTES


def identifiers(*names):
    found = Names()
    found.assign([(f"b{i}", name, "conv") for i, name in enumerate(names)])
    return list(found.blocks.values())


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("conv1", "conv1"),
        ("Conv 1", "conv_1"),
        ("3rd conv", "conv_3rd_conv"),
        ("Fältung", "faltung"),
        ("C(3×3)", "c_3_3"),
        ("ﬁlter", "filter_"),
        ("class", "class_"),
        ("input", "input_"),
        ("type", "type_"),
        ("training", "training_"),
        ("forward", "forward_"),
        ("torch", "torch_"),
        ("self", "self_"),
        ("__class__", "class_"),
        ("卷积", "conv"),
        ("", "conv"),
        ("_", "conv"),
        ("\u0441lass", "lass"),  # a Cyrillic c
        ("a\nimport os", "a_import_os"),
        ("x" * 200, "x" * (LONGEST - 1)),
    ],
)
def test_a_name_becomes_an_identifier(name, identifier):
    assert identifiers(name) == [identifier]


def test_a_good_name_stays_whatever_stands_beside_it():
    assert identifiers("Conv 1", "conv_1", "CONV_1", "conv 1") == ["conv_1_2", "conv_1", "conv_1_3", "conv_1_4"]
    assert identifiers("class", "class_", "Class") == ["class_2", "class_", "class_3"]


@given(st.lists(st.text(max_size=12), unique=True, max_size=20))
def test_different_names_get_different_identifiers(names):
    found = identifiers(*names)
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}", name) and name not in IDENTIFIERS for name in found)


@given(st.lists(st.sampled_from(["lstm", "lstm_h_n", "LSTM", "lstm h n", "lstm_h_n_2"]), unique=True))
def test_names_of_further_outputs_are_nobodys_elses(names):
    found = Names()
    found.assign([(name, name, "lstm") for name in names])
    ports = [found.port(name, "h_n") for name in names]
    assert len({*found.blocks.values(), *ports}) == 2 * len(names)
    assert ports == [found.port(name, "h_n") for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LeNet", "LeNet"),
        ("my résumé net", "MyResumeNet"),
        ("lenet-5 (digits)", "Lenet5Digits"),
        ("3 layers", "Network3Layers"),
        ("", "Network"),
        ("网络", "Network"),
        ("exception", "ExceptionNetwork"),
        ("f", "FNetwork"),
        ("none", "NoneNetwork"),
        ('"""; import os', "ImportOs"),
    ],
)
def test_a_network_names_its_class(name, expected):
    assert class_name(name) == expected


def test_no_name_of_python_is_missing():
    identifier = re.compile(r"[a-z][a-z0-9_]*\Z")
    assert {name for name in dir(builtins) if identifier.match(name)} <= BUILTINS
    assert {name for name in keyword.kwlist + keyword.softkwlist if name[0].islower()} <= KEYWORDS
    capitalised = {name for name in dir(builtins) + keyword.kwlist if re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)}
    assert capitalised <= CLASS_NAMES


def test_no_attribute_of_a_torch_module_is_missing():
    from torch import nn

    attributes = {*dir(nn.Module), *dir(nn.Module())}
    assert {name for name in attributes if name[0].islower()} == MODULE_ATTRIBUTES


class Sly(str):
    """A str that prints, iterates and formats as something else."""

    def __repr__(self):
        return "pwned()"

    __str__ = __iter__ = __format__ = lower = isprintable = lambda self, *_: "pwned()"


def test_a_sly_text_is_read_as_what_it_holds():
    assert type(plain(Sly("conv1"))) is str
    assert identifiers(Sly("conv1")) == ["conv1"]
    assert class_name(Sly("Net")) == "Net"
    assert comment(Sly("a remark")) == "a remark"


@pytest.mark.parametrize(
    "value", [True, None, 0, -3, 2**63 - 1, 1e-5, 0.1, -1.5, 1e300, "same", [1, 2], (3,), (), (1, (2, None)), [True]]
)
def test_a_literal_reads_back_as_itself(value):
    assert eval(literal(value), {"__builtins__": {}}) == value


class SlyInt(int):
    __repr__ = __str__ = lambda self: "pwned()"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**63, "64 bits"),
        (-(10**400), "64 bits"),
        (float("nan"), "not finite"),
        (float("-inf"), "not finite"),
        (SlyInt(3), "type SlyInt"),
        (Sly("same"), "type Sly"),
        ((1, SlyInt(3)), "type SlyInt"),
        ("two words", "one word"),
        ("", "one word"),
        ("a\n", "one word"),
        ("é", "one word"),
        (b"bytes", "type bytes"),
        ({"a": 1}, "type dict"),
        (1j, "type complex"),
        ([[[[[[1]]]]]], "too deep"),
        ([0] * 10_001, "too long"),
    ],
)
def test_nothing_else_is_a_literal(value, reason):
    with pytest.raises(LiteralError, match=reason):
        literal(value)


@given(st.text())
def test_a_comment_is_one_line_of_printable_characters(text):
    line = comment(text)
    assert line.isprintable() and len(line) <= 300 and len(f"# {line}".splitlines()) == 1


@pytest.mark.parametrize(
    "char", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u202e", "\x00", "\ud800"]
)
def test_a_comment_holds_no_character_that_ends_or_turns_a_line(char):
    assert comment(f"a{char}b") == "a b"
