"""What the command palette finds: every action of a window, templates and examples, as entries with what they do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import examples
from gui import actions
from gui.command_palette import Entry
from gui.language import tr
from gui.start_choices import title_of

if TYPE_CHECKING:
    from gui.main_window import MainWindow


def commands(window: MainWindow) -> list[Entry]:
    """What can be done now, then new projects from templates and copies of examples."""
    entries = []
    for action in window.actions_by_id.values():
        if action.isEnabled() and action.objectName() != "commands":
            words, key = actions.plain(action.text()), action.shortcut().toString()
            entries.append(Entry(words, key, action.trigger, action.icon()))
    for path in examples.templates():
        words = tr("New {0}").format(title_of(path.stem).lower())
        entries.append(Entry(words, "", partial(window.windows.open_copy, path, window)))
    for path in window.files.examples():
        words = tr("Open example {0}").format(path.stem)
        entries.append(Entry(words, "", partial(window.windows.open_copy, path, window)))
    return entries


def example_projects(window: MainWindow) -> list[Entry]:
    """The examples by name."""
    return [
        Entry(path.stem.replace("_", " "), path.name, partial(window.windows.open_copy, path, window))
        for path in window.files.examples()
    ]
