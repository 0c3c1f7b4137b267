"""Themes: contrast by computation, complete tokens, a palette and a stylesheet made of them, switching."""

import re

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from graph.block_type import FAMILIES
from gui import settings, theme
from gui.stylesheet import PICTURES, palette, stylesheet

THEMES = (theme.DARK, theme.LIGHT)


@pytest.fixture(params=THEMES, ids=lambda look: look.name)
def look(request):
    return request.param


def test_text_reads_on_every_surface(look):
    for text in look.text:
        for surface in look.surface[:3]:
            assert theme.contrast(text, surface) >= 4.5, (text.name(), surface.name())
    for text in look.text[:2]:
        for surface in (look.surface[3], look.selection):
            assert theme.contrast(text, surface) >= 4.5, (text.name(), surface.name())


def test_words_in_colour_read_as_well(look):
    for colour in (*look.severity.values(), look.accent):
        for surface in look.surface[:3]:
            assert theme.contrast(colour, surface) >= 4.5, colour.name()
    for colour in look.syntax.values():
        assert theme.contrast(colour, look.surface[0]) >= 4.5, colour.name()
    assert theme.contrast(look.on_accent, look.accent) >= 4.5


def test_pictures_and_curves_stand_out(look):
    for colour in (*look.family.values(), *look.series):
        for surface in look.surface[:3]:
            assert theme.contrast(colour, surface) >= 3, colour.name()


def test_contrast_is_that_of_wcag():
    assert theme.contrast(theme.QColor("black"), theme.QColor("white")) == pytest.approx(21)
    assert theme.contrast(theme.QColor("#777777"), theme.QColor("white")) == pytest.approx(4.48, abs=0.01)


def test_every_family_has_a_colour_and_a_picture(look, app):
    for family in FAMILIES:
        assert family in look.family and family in theme.ICONS
    assert len({colour.name() for colour in look.family.values()}) >= 10
    assert len({colour.name() for colour in look.series}) == 6


def test_themes_have_the_same_tokens():
    dark, light = THEMES
    for token in ("family", "severity", "syntax"):
        assert getattr(dark, token).keys() == getattr(light, token).keys()
    assert dark.dark and not light.dark


def test_the_palette_sets_every_role(look):
    made = palette(look)
    unset = (QPalette.ColorRole.NColorRoles, QPalette.ColorRole.NoRole)
    for role in QPalette.ColorRole:
        if role not in unset:
            assert made.isBrushSet(QPalette.ColorGroup.Active, role), role


def test_the_stylesheet_is_made_of_tokens(look):
    text = stylesheet(look)
    assert "@" not in text
    urls = re.findall(r'url\("([^"]+)"\)', text)
    assert urls and all(url.startswith(PICTURES.as_posix()) for url in urls)
    for url in urls:
        assert (PICTURES / url.rsplit("/", 1)[1]).is_file()


def test_all_pictures_exist(app):
    for name in theme.ICONS:
        assert not theme.icon(name).pixmap(16, 16).isNull(), name


def test_switching_tells_and_dresses_everything(app, qtbot):
    label = QLabel("x")
    qtbot.addWidget(label)
    with qtbot.waitSignal(theme.appearance.changed) as told:
        theme.apply(app, "light")
    assert told.args == [theme.LIGHT] and theme.current() is theme.LIGHT
    assert app.palette().color(QPalette.ColorRole.Window) == theme.LIGHT.surface[1]
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme.LIGHT.text[0]
    theme.apply(app, "dark")
    assert theme.current() is theme.DARK


def test_an_unknown_mode_is_refused(app):
    with pytest.raises(ValueError, match="use one of system, dark, light"):
        theme.apply(app, "sepia")


def test_following_the_system_only_in_its_mode(app):
    theme.apply(app, "light")
    theme.appearance.follow_system()
    assert theme.current() is theme.LIGHT
    theme.apply(app, "system")
    assert theme.appearance.mode == "system"
    theme.apply(app, "dark")


def test_the_choice_is_remembered(app):
    settings.remember_theme("light")
    assert settings.theme_mode() == "light"
    settings.settings().setValue("theme", "sepia")
    assert settings.theme_mode() == "system"
    settings.remember_theme("system")


def test_three_sizes_and_even_digits(app):
    sizes = [theme.ui_font(size).pixelSize() for size in ("small", "normal", "large")]
    assert sizes == sorted(set(sizes)) and len(sizes) == 3
    assert theme.mono_font().pixelSize() == theme.ui_font().pixelSize()
