"""A choice that is too long for its field ends in dots; one of several values says so."""

import pytest

from graph.hyperparameter import Choice
from gui.panels.fields import SEVERAL, ChoiceField

LONG = "a_word_that_is_far_too_long_for_it"


@pytest.fixture
def field(shown):
    made = shown(ChoiceField(Choice("kind", LONG, "", choices=(LONG, "short"))), 140, 40)
    made.show_value(LONG)
    return made


def picture(field, text=None):
    """The field as it is, or as it would be with this text."""
    if text is not None:
        field.box.setItemText(0, text)
    return field.box.grab().toImage()


def test_a_long_word_ends_in_dots_and_not_within_a_letter(field):
    wide, room = field.box.fontMetrics().horizontalAdvance, field.box.width() - 26  # an arrow behind it
    fitting = [text for count in range(3, len(LONG)) if wide(text := LONG[:count] + "…") < room]
    seen = picture(field)
    assert wide(LONG) > room and any(picture(field, text) == seen for text in fitting)


def test_several_values_are_said(field):
    field.show_value(SEVERAL)
    seen = picture(field)
    field.box.setPlaceholderText("")
    assert picture(field) != seen
