"""The reference panel: the type of the selected block, or what is pointed at in the palette, and ways to its kin."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction

from graph import registry
from gui.panels.palette import TYPE, Palette
from gui.panels.reference_page import ReferencePage, _html


@pytest.fixture
def page(session, shown):
    made = shown(ReferencePage(session), 340, 600)
    yield made
    made.close()


def text(page):
    page.updates.flush()
    return page.text.toPlainText()


def test_it_begins_empty_and_follows_the_selection(page, session, ids):
    page.updates.flush()
    assert page.pages.currentIndex() == 0
    session.select((ids["conv1"],))
    told = text(page)
    assert page.name.text() == "Conv2d" and page.family.text() == "convolution"
    assert "Slides small kernels" in told and "floor((H + 2*padding - kernel_size)/stride) + 1" in told
    assert "out_channels" in told and "must be set" in told and "A whole number of at least 1." in told
    session.clear_selection()
    assert "Slides small kernels" in text(page)


def test_ports_and_aliases_are_told(page):
    page.show_type("LSTM")
    told = text(page)
    assert "h_0" in told and "zeros unless wired" in told and "optional" in told
    page.show_type("Linear")
    assert "dense" in text(page)


def test_names_of_kin_lead_to_them(page):
    page.show_type("Conv2d")
    html = _html(page.declared, page._like_it())
    assert "href='type:Conv1d'" in html and "href='type:Conv2d'" not in html
    page.text.anchorClicked.emit(QUrl("type:Conv1d"))
    assert page.name.text() == "Conv1d"
    page.show_type("no such type")
    assert page.name.text() == "Conv1d"


@pytest.mark.parametrize("declared", registry.all_types(), ids=lambda declared: declared.name)
def test_every_type_can_be_shown(declared, app):
    html = _html(declared, [])
    assert all(one.name in html for one in declared.hyperparameters)


def test_what_is_looked_at_in_the_palette_is_shown(page, session, shown):
    palette = shown(Palette(session), 220, 500)
    palette.looked_at.connect(page.show_type)
    leaf = next(
        item
        for branch in range(palette.tree.topLevelItemCount())
        for item in [palette.tree.topLevelItem(branch).child(0)]
        if item.data(0, TYPE) == "Conv1d"
    )
    palette.tree.itemEntered.emit(leaf, 0)
    assert page.name.text() == "Conv1d"
    palette.tree.setCurrentItem(palette.tree.itemBelow(leaf))
    assert page.name.text() == "Conv2d"
    palette.close()


def test_the_window_shows_both_panels_when_asked(window, qtbot):
    assert not window.docks["reference"].isVisible() and not window.docks["receptive field"].isVisible()
    conv = window.session.network.block("conv1").id
    window.session.select((conv,))
    window.inspector.updates.flush()
    window.inspector.page.reference_requested.emit()
    window.inspector.page.region_requested.emit()
    qtbot.wait(50)
    assert window.code.visibleRegion().isEmpty()  # behind the reference
    window.inspector.page.code_requested.emit()
    qtbot.wait(50)
    assert not window.code.visibleRegion().isEmpty()
    window.inspector.page.reference_requested.emit()
    assert window.docks["reference"].isVisible() and window.docks["receptive field"].isVisible()
    window.receptive.updates.flush()
    window.reference.updates.flush()
    assert window.reference.name.text() == "Conv2d" and window.receptive.facts["size"][0].text() == "5 x 5"
    window.reset_docks()
    assert not window.docks["reference"].isVisible()
    action: QAction = window.actions_by_id["reference"]
    action.trigger()
    assert window.docks["reference"].isVisible()
