"""A recipe panel on LeNet with digits, shown with every section open."""

import pytest
from PySide6.QtWidgets import QApplication

from gui.recipe import RecipePanel


@pytest.fixture
def panel(session, shown):
    made = shown(RecipePanel(session), 360, 900)
    made.updates.flush()
    for section in made.sections.values():
        section.set_open(True)
    return made


@pytest.fixture
def flushed(panel):
    """Do something, then have the panel follow."""

    def flush():
        panel.updates.flush()
        QApplication.processEvents()
        return panel.session.project.recipe

    return flush
