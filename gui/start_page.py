"""The start page: recent projects with their pictures, templates to begin from, examples; open, import, settings.

A window of its own that is there at once; pictures come when they come. What is chosen, `Windows` opens.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from gui import actions, theme
from gui.dropping import IMPORTS, PROJECTS, dropped_files
from gui.flow import Flow, neighbour
from gui.language import tr
from gui.panels.palette import SearchField
from gui.panels.rows import EmptyState, button, label
from gui.settings import forget_file, own_keys
from gui.settings_dialog import SettingsDialog
from gui.start_card import Card
from gui.start_choices import Choice, sections
from gui.thumbnails import Thumbnails

RAIL = 208
INSIDE = 9  # from the edge of a button of the rail to its picture: what stands above it aligns with that
EDGE = 24
SIZE = QSize(1196, 800)
LEAST = QSize(520, 420)
SETTLED = 900  # ms after which the page has its pictures and the person is reading
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class Section(QWidget):
    """A heading over its cards, or over the words for there being none."""

    def __init__(self, title: str, nothing: str, cards: list[Card]):
        super().__init__()
        self.cards = cards
        self.heading = label(title, "heading")
        self.nothing = label(nothing, "quiet", wrap=True)
        self.nothing.setVisible(not cards)
        grid = QWidget()
        flow = Flow(theme.GROUP, grid)
        for card in cards:
            flow.addWidget(card)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.GROUP + theme.GAP)
        box.setSpacing(theme.GAP + theme.SPACE)
        box.addWidget(self.heading)
        box.addWidget(self.nothing)
        box.addWidget(grid)

    def filter(self, words: list[str]) -> bool:
        """Keep the cards that hold all the words; whether any is left."""
        for card in self.cards:
            text = f"{card.title} {card.line()} {card.toolTip()}".lower()
            card.setVisible(all(word in text for word in words))
        any_left = any(not card.isHidden() for card in self.cards)
        self.setVisible(any_left or not words)
        return any_left


class StartPage(QWidget):
    """What there is to begin from."""

    closed = Signal()

    def __init__(self, windows, thumbnails: Thumbnails | None = None):
        super().__init__()
        self.windows = windows
        self.thumbnails = thumbnails or Thumbnails(self)
        self.setObjectName("startPage")
        self.setWindowTitle("Netloom")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search projects, templates and examples"))
        self.search.setMaximumWidth(420)
        self.search.textChanged.connect(self._filter)
        self.search.entered.connect(self._choose_first)
        self.search.stepped.connect(lambda *_: self._focus_first())
        self.none = EmptyState(self.tr("Nothing is like this"), self.tr("Try fewer letters."), "search")
        self.sections: list[Section] = []
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._make_rail())
        box.addWidget(self._make_page(), 1)
        self.fill()
        self._make_keys()
        theme.appearance.changed.connect(self._repaint)
        room = QGuiApplication.primaryScreen().availableSize()
        self.setMinimumSize(LEAST)
        self.resize(SIZE.boundedTo(QSize(room.width() * 9 // 10, room.height() * 9 // 10)))
        self._focus_first()
        QTimer.singleShot(SETTLED, self, _make_ready)

    # Making

    def _make_rail(self) -> QWidget:
        rail = QFrame()
        rail.setObjectName("startRail")
        rail.setFixedWidth(RAIL)
        self.mark = QLabel()
        title = label("Netloom", "title")
        words = label(self.tr("Draw neural networks, train them live, take the PyTorch code home."), "quiet", wrap=True)
        self.rail_buttons = [
            self._rail_button(self.tr("New network"), "new", self.new, "new"),
            self._rail_button(self.tr("Open..."), "open", self.open, "open"),
            self._rail_button(self.tr("Import..."), "source", self.import_file, "import"),
            self._rail_button(self.tr("Settings..."), "settings", self.show_settings, "settings"),
        ]
        box = QVBoxLayout(rail)
        box.setContentsMargins(theme.GROUP - INSIDE, EDGE - theme.SPACE, theme.GROUP - INSIDE, theme.GROUP)
        box.setSpacing(theme.SPACE)
        for part in (self.mark, title, words):
            part.setContentsMargins(INSIDE, 0, INSIDE, 0)
            box.addWidget(part)
        box.addSpacing(theme.GROUP)
        for made in self.rail_buttons[:-1]:
            box.addWidget(made)
        box.addStretch(1)
        box.addWidget(self.rail_buttons[-1])
        return rail

    def _rail_button(self, text: str, icon: str, clicked: Callable, command: str):
        made = button(text, clicked, "rail")
        made.setProperty("icon_name", icon)
        made.setIconSize(QSize(18, 18))
        key = self._key(command).toString(QKeySequence.SequenceFormat.NativeText)
        words = tr(actions.BY_ID[command].help) or actions.plain(text)
        made.setToolTip(f"{words}  ({key})" if key else words)
        return made

    def _make_page(self) -> QWidget:
        self.list = QWidget()
        self.column = QVBoxLayout(self.list)
        self.column.setContentsMargins(EDGE, theme.GAP, EDGE, theme.GROUP)
        self.column.setSpacing(0)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setWidget(self.list)
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(EDGE, EDGE, EDGE, theme.GROUP)
        head.addWidget(self.search, 4)
        head.addStretch(1)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.scroll, 1)
        box.addWidget(self.none, 1)
        return page

    def _make_keys(self) -> None:
        for command, act in (
            ("new", self.new),
            ("open", self.open),
            ("find", self.search.setFocus),
            ("settings", self.show_settings),
            ("close_window", self.close),
            ("quit", self.windows.quit),
        ):
            QShortcut(self._key(command), self).activated.connect(act)

    def _key(self, command: str) -> QKeySequence:
        return QKeySequence(own_keys().get(command, actions.BY_ID[command].key))

    def fill(self) -> None:
        """List everything anew."""
        for section in self.sections:
            section.hide()
            section.deleteLater()
        while self.column.takeAt(0):
            pass
        self.sections = []
        for group in sections():
            cards = [self._card(choice) for choice in group.choices]
            section = Section(group.title, group.nothing, cards)
            self.sections.append(section)
            self.column.addWidget(section)
        self.column.addStretch(1)
        self._filter(self.search.text())
        self._repaint()

    def _card(self, choice: Choice) -> Card:
        card = Card(choice.title, choice.detail, choice.tip, choice.file, self.thumbnails)
        card.clicked.connect(lambda: self.choose(choice))
        card.installEventFilter(self)
        if choice.recent:
            card.menu_asked.connect(lambda at: self._offer(choice, at))
        return card

    # Choosing

    def choose(self, choice: Choice) -> None:
        """Open what a card stands for; templates and examples as copies of their own."""
        if choice.file is None:
            self.windows.open_empty(self._beside())
        elif choice.recent:
            self.windows.open(choice.file, self._beside())
        else:
            self.windows.open_copy(choice.file, self._beside())

    def new(self) -> None:
        self.windows.open_empty(self._beside())

    def open(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Open a project"), str(Path.home()), tr(PROJECTS))
        if chosen:
            self.windows.open(Path(chosen), self._beside())

    def import_file(self) -> None:
        """Ask for a file of another kind, and open what it leads to, or say what can be imported."""
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Import"), str(Path.home()), tr(IMPORTS))
        if chosen:
            self.windows.take(Path(chosen), self._beside())

    def show_settings(self) -> None:
        self.settings_dialog = SettingsDialog(self)
        self.settings_dialog.show()

    def cards(self) -> list[Card]:
        """All cards that are to be seen, from the top."""
        return [card for section in self.sections for card in section.cards if not card.isHidden()]

    def looked_at(self) -> list[Card]:
        """The cards that are in view."""
        return [card for card in self.cards() if not card.visibleRegion().isEmpty()]

    def _beside(self) -> QWidget:
        return self.windows.all[-1] if self.windows.all else self

    def _offer(self, choice: Choice, at) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Open"), lambda: self.choose(choice))
        menu.addAction(self.tr("Remove from This List"), lambda: self._forget(choice))
        menu.popup(at)

    def _forget(self, choice: Choice) -> None:
        forget_file(choice.file)
        self.fill()

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        found = [section.filter(words) for section in self.sections]
        nothing = bool(words) and not any(found)
        self.scroll.setVisible(not nothing)
        self.none.setVisible(nothing)

    def _choose_first(self) -> None:
        cards = self.cards()
        if cards and self.search.text().strip():
            cards[0].click()

    def _focus_first(self) -> None:
        cards = self.cards()
        if cards:
            cards[0].setFocus(Qt.FocusReason.TabFocusReason)

    # Events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn and event.reason() == Qt.FocusReason.ActiveWindowFocusReason:
            return False  # the person came back to the window, and wants to find it as it was
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, Card):
            self.scroll.ensureWidgetVisible(watched, 0, EDGE + theme.ROW)
        elif event.type() == QEvent.Type.KeyPress and event.key() in ARROWS:
            to = neighbour(self.cards(), watched, Qt.Key(event.key()))
            if to is not None:
                to.setFocus(Qt.FocusReason.TabFocusReason)
            elif event.key() == Qt.Key.Key_Up:
                self.search.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return False

    def dragEnterEvent(self, event) -> None:
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        paths = dropped_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            for path in paths:
                self.windows.take(path, self._beside())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.thumbnails.close()
        event.accept()
        self.closed.emit()

    def _repaint(self, *_theme) -> None:
        self.mark.setPixmap(theme.icon("module", theme.current().accent).pixmap(QSize(36, 36)))
        for made in self.rail_buttons:
            made.setIcon(theme.icon(made.property("icon_name")))
        for section in self.sections:
            for card in section.cards:
                card.update()


def _make_ready() -> None:
    """Have the editor at hand before it is asked for: a click then takes half as long."""
    import gui.main_window  # noqa: F401
