"""A made-up language that is a third longer: everything a person reads is in it, and nothing is cut off.

Words of a network (names, types, families, what `graph` says) stay as they are, see gui/language.py.
"""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QTableWidget,
    QToolButton,
    QWidget,
)

import gui
from graph import Network
from gui import actions
from gui.settings import settings
from gui.spaces import SPACES
from gui.training.fitting_label import FittingLabel

FILLING = "loremipsumdolorsitametconsecteturadipiscingelit"
WORD = re.compile(r"[^\W\d_]{2,}")
NAME = re.compile(r"[A-Z]+[a-z]*[A-Z]\w*(-\d+)?$|Netloom$")  # ReLU, ResNet-18
SLACK = 1  # pixel that rounding takes of a line
OF_QT = ("Press shortcut",)
FILLED_IN = ("\nOne of ", "\nTrue or False.", " sees ")  # sentences that `graph` makes of parts
GRAPH = " ".join(
    " ".join(path.read_text().split())
    for folder in ("graph", "backend/data")
    for path in sorted((Path(gui.__file__).parents[1] / folder).rglob("*.py"))
)


class Longer(QTranslator):
    """«Open lor» for Open; Qt's own words and the patterns of file dialogs stay."""

    def translate(self, context, text, disambiguation=None, n=-1):
        if not text or context.startswith("Q") or ";;" in text:
            return None
        letters = len(re.sub(r"{[^}]*}|\W", "", text))
        return f"«{text} {FILLING[: max(3, letters // 3)]}»"

    def isEmpty(self):
        return False


@pytest.fixture
def longer(app):
    for name in ("space", "spaces"):
        settings().remove(name)
    translator = Longer(app)
    app.installTranslator(translator)
    yield app
    app.removeTranslator(translator)


@pytest.fixture
def wide(longer, window, qtbot):
    """A main window in the longer language, of the size of a small laptop's screen."""
    window.resize(1280, 800)
    window.spaces.reset()
    qtbot.wait(150)
    return window


def seen(root: QWidget, kind: type) -> list:
    return [one for one in root.findChildren(kind) if one.isVisible() and not one.visibleRegion().isEmpty()]


def words_of(part: QWidget) -> str:
    if isinstance(part, QComboBox):
        return part.currentText()
    return part.text()


def is_translated(text: str, network) -> bool:
    """Whether it is said in the person's language, or holds nothing but words of the network."""
    known = {block.name for block in network.blocks.values()} | {network.name}
    if "«" in text or not WORD.search(text) or text in known or text in OF_QT or NAME.match(text):
        return True
    if all(word in known for word in re.findall(r"[^\W\d]\w+", text)) or any(words in text for words in FILLED_IN):
        return True
    if f'"{text.replace(" ", "_")}"' in GRAPH:  # a name of a value, with spaces
        return True
    return all((line if " " in line else f'"{line}"') in GRAPH for line in map(str.strip, text.split("\n")))


def room_lacking(part: QWidget) -> int:
    """How many pixels of its words a widget does not show; none where all can be read."""
    text, metrics = words_of(part), part.fontMetrics()
    if isinstance(part, FittingLabel) or "…" in text or not text:
        return 0  # shows dots, and all of it in its tooltip
    if isinstance(part, QLabel):
        if part.wordWrap():
            return part.heightForWidth(part.width()) - part.height() if part.hasHeightForWidth() else 0
        return part.sizeHint().width() - part.width()
    if isinstance(part, QComboBox):
        return metrics.horizontalAdvance(text) + 8 + 20 - part.width()
    if isinstance(part, QToolButton) and not part.toolButtonStyle().value:
        return metrics.horizontalAdvance(text) - part.width() if part.icon().isNull() else 0
    return part.sizeHint().width() - part.width() if isinstance(part, QPushButton | QCheckBox | QToolButton) else 0


def english(root: QWidget, network) -> list[str]:
    """What is still said in English."""
    parts = [*seen(root, QLabel), *seen(root, QAbstractButton)]
    found = [words_of(part) for part in parts if not isinstance(part, FittingLabel)]
    found += [part.fullest for part in seen(root, FittingLabel)]
    found += [line.placeholderText() for line in seen(root, QLineEdit)]
    found += [bar.tabText(tab) for bar in seen(root, QTabBar) for tab in range(bar.count())]
    found += [part.toolTip() for part in [*seen(root, QAbstractButton), *seen(root, QComboBox)]]
    return sorted({text for text in found if not is_translated(text.strip(), network)})


def cut_off(root: QWidget) -> list[str]:
    parts = [*seen(root, QLabel), *seen(root, QAbstractButton), *seen(root, QComboBox)]
    return [
        f"{type(part).__name__} {words_of(part)!r}: {room_lacking(part)} px"
        for part in parts
        if room_lacking(part) > SLACK
    ]


def check(root: QWidget, network, qtbot, where: str = "") -> None:
    """Everything seen is said in the language, and can be read as soon as it is laid out."""
    with suppress(qtbot.TimeoutError):
        qtbot.waitUntil(lambda: not cut_off(root), timeout=1500)
    assert english(root, network) == [], where
    assert cut_off(root) == [], where


def test_menus_panels_and_tooltips_are_said_in_it(wide):
    for command in actions.COMMANDS:
        action = wide.actions_by_id[command.id]
        assert action.text().startswith(("«", "&«")) and "«" in action.toolTip(), command.id
    assert all("«" in menu.title() for menu in wide.menus.values())
    assert all("«" in dock.windowTitle() for dock in wide.docks.values())


def test_every_space_is_said_in_it_and_nothing_is_cut_off(wide, ids, qtbot):
    for space in SPACES:
        wide.actions_by_id[f"space_{space.id}"].trigger()
        for selection in ((), (ids["conv1"],), (ids["conv1"], ids["conv2"])):
            wide.session.select(selection)
            qtbot.wait(40)
            check(wide, wide.session.network, qtbot, space.id)


def test_every_panel_is_said_in_it_and_nothing_is_cut_off(wide, qtbot):
    for name, dock in wide.docks.items():
        wide.show_panel(name)
        qtbot.wait(30)
        check(dock, wide.session.network, qtbot, name)


def test_the_dialogs_are_said_in_it(wide, qtbot):
    for show, name in ((wide.show_settings, "settings_dialog"), (wide.show_keys, "keys")):
        show()
        dialog = getattr(wide, name)
        qtbot.wait(60)
        check(dialog, wide.session.network, qtbot)
        for table in dialog.findChildren(QTableWidget):
            head = table.horizontalHeader()
            for column in range(table.columnCount()):
                words = table.horizontalHeaderItem(column).text()
                assert head.fontMetrics().horizontalAdvance(words) + 22 <= head.sectionSize(column), words
        dialog.close()


def test_the_start_page_is_said_in_it(longer, windows, qtbot):
    windows.show_start()
    page = windows.start
    page.resize(1196, 800)
    qtbot.wait(60)
    check(page, Network(), qtbot)
    assert all("«" in section.title.text() for section in page.sections if hasattr(section, "title"))
