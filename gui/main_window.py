"""The main window: canvas in the middle, panels around it, the transport bar below; menus from the table of actions.

Brings the parts together over one session and knows how to focus them; what a part does is the part's own affair.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QSizePolicy, QTabWidget, QToolBar, QWidget

from graph import Document
from gui import actions, found, theme
from gui.about import about
from gui.canvas import CanvasView
from gui.canvas.receptive_view import ReceptiveView
from gui.command_palette import Entry, Finder
from gui.data import DataWindow
from gui.data_agreement import DataAgreement
from gui.disk_banner import DiskBanner
from gui.docks import Dock, bring_training, tidy
from gui.dropping import dropped_files
from gui.file_menus import FileMenus
from gui.keys_dialog import KeysDialog
from gui.language import tr
from gui.panels.code import Code
from gui.panels.history import History
from gui.panels.inspector import Inspector
from gui.panels.outline import Outline
from gui.panels.palette import Palette
from gui.panels.problems import Problems
from gui.panels.reference_page import ReferencePage
from gui.panels.summary import Summary
from gui.preferences import preferences
from gui.project_files import ProjectFiles
from gui.recipe import RecipePanel
from gui.runs import RunsPanel
from gui.session import Session
from gui.settings import own_keys, remember_theme, settings
from gui.settings_dialog import SettingsDialog
from gui.spaces import SPACES, Spaces, SpaceSwitch
from gui.status import Status
from gui.training import RunController, TrainingPanel, TransportBar
from gui.training.leaving import may_leave
from gui.transfer.asking import Transfer
from gui.updates import Updates
from gui.windows import Windows


class MainWindow(QMainWindow):
    """One document, one selection, one worker."""

    def __init__(
        self,
        document: Document | None = None,
        run: RunController | None = None,
        windows: Windows | None = None,
    ):
        super().__init__()
        self.windows = windows or Windows(self, remembers=False)
        self.session = Session(document or Document(), self)
        self.run = run or RunController(self.session, self)
        self.run.may_read_outside = DataAgreement(self.session, self)
        self.data_window: DataWindow | None = None
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.canvas = CanvasView(self.session, self)
        self.setCentralWidget(self.canvas)
        self.files = ProjectFiles(self.session, self, self.canvas, self.windows)
        self.transfer = Transfer(self.session, self)
        self._make_panels()
        self.actions_by_id = actions.build(self, self.canvas, own_keys())
        self.canvas.released_keys = lambda: actions.released(self.actions_by_id)
        self._make_menus()
        self._make_toolbar()
        self.addToolBarBreak()
        self.disk_banner = DiskBanner(self.files, self)
        self.addToolBar(self.disk_banner)
        self.setStatusBar(Status(self.session, self.run, self))
        self.updates = Updates(self, self._refresh)
        self._connect()
        self.resize(_fitting_size())
        self._restore()
        self._set_motion()
        self._refresh()
        self.windows.adopt(self)

    # Making

    def _make_panels(self) -> None:
        session = self.session
        self.palette_panel = Palette(session)
        self.inspector = Inspector(session)
        self.code = Code(session)
        self.problems = Problems(session)
        self.summary = Summary(session)
        self.training, self.runs = TrainingPanel(session, self.run), RunsPanel(session, self.run)
        self.runs.open_window = lambda opened: self.windows.show(opened, None)
        self.outline, self.history, self.recipe = Outline(session), History(session), RecipePanel(session, self.run)
        self.recipe.look_at_data = self.show_data
        self.reference, self.receptive = ReferencePage(session), ReceptiveView(session)
        panels = {
            "palette": self.palette_panel,
            "outline": self.outline,
            "history": self.history,
            "recipe": self.recipe,
            "inspector": self.inspector,
            "code": self.code,
            "problems": self.problems,
            "summary": self.summary,
            "training": self.training,
            "runs": self.runs,
            "reference": self.reference,
            "receptive field": self.receptive,
        }
        self.docks = {name: Dock(name, panel, self) for name, panel in panels.items()}
        self.spaces = Spaces(self, self.docks)
        self.transport = TransportBar(session, self.run)
        bar = QToolBar(self.tr("Transport"), self)
        bar.setObjectName("transport")
        bar.setMovable(False)
        bar.addWidget(self.transport)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, bar)

    def _make_menus(self) -> None:
        self.menus: dict[str, QMenu] = {}
        for name in actions.MENUS:
            menu = self.menus[name] = self.menuBar().addMenu(f"&{tr(name)}")
            menu.setToolTipsVisible(True)
            group = 0
            for command in (c for c in actions.COMMANDS if c.menu == name):
                if command.group != group:
                    menu.addSeparator()
                    group = command.group
                menu.addAction(self.actions_by_id[command.id])
                if command.id == "open":
                    self.file_menus = FileMenus(self, menu)
        view = self.menus["View"]
        panels = QMenu(self.tr("&Panels"), view)
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        view.insertMenu(self.actions_by_id["reset_docks"], panels)
        view.insertMenu(self.actions_by_id["reset_docks"], self.file_menus.windows)

    def _make_toolbar(self) -> None:
        bar = self.toolbar = QToolBar(self.tr("Actions"), self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        menu = ""
        for command in (c for c in actions.COMMANDS if c.toolbar):
            if menu and command.menu != menu:
                if command.menu == "Run":
                    bar.addWidget(_spring())
                    bar.addWidget(SpaceSwitch(self.spaces, self.actions_by_id.__getitem__))
                    bar.addWidget(_spring())
                else:
                    bar.addSeparator()
            menu = command.menu
            bar.addAction(self.actions_by_id[command.id])
        self.addToolBar(bar)

    def _connect(self) -> None:
        session, ask = self.session, self.updates.ask
        for signal in (session.changed, session.history_changed, session.document_changed, session.selection_changed):
            signal.connect(ask)
        self.files.opened.connect(ask)
        self.run.state_changed.connect(ask)
        self.run.run_started.connect(lambda *_: bring_training(self, self.docks))
        self.palette_panel.chosen.connect(self.add_block)
        self.canvas.example_requested.connect(self.show_examples)
        self.code.export_requested.connect(self.files.export_python)
        self.palette_panel.looked_at.connect(self.reference.show_type)
        self.inspector.reference_requested.connect(self.show_reference)
        self.inspector.region_requested.connect(self.show_receptive_field)
        self.inspector.recipe_requested.connect(self.show_recipe)
        self.inspector.code_requested.connect(lambda: self.show_panel("code"))
        self.run.looked.connect(self.receptive.take_look)
        session.field_requested.connect(lambda *_: self.show_panel("inspector"))
        theme.appearance.changed.connect(ask)
        preferences.changed.connect(self._set_motion)
        self.spaces.changed.connect(self._space_changed)

    # What the table of actions names

    def undo(self) -> None:
        self.session.document.undo()

    def redo(self) -> None:
        self.session.document.redo()

    def add_block(self, type: str) -> None:
        """Place a block after the selected one, on the selected wire, or in the middle of the view."""
        try:
            self.session.reveal(self.canvas.add(type))
        except ValueError as error:
            self.session.say(str(error))

    def theme_system(self) -> None:
        self.set_theme("system")

    def theme_dark(self) -> None:
        self.set_theme("dark")

    def theme_light(self) -> None:
        self.set_theme("light")

    def set_theme(self, mode: str) -> None:
        remember_theme(mode)
        theme.apply(QApplication.instance(), mode)

    def reset_docks(self) -> None:
        self.spaces.reset()

    def focus_palette(self) -> None:
        self.show_panel("palette")
        self.palette_panel.focus_search()

    def focus_training(self) -> None:
        self.show_panel("training")
        self.training.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_runs(self) -> None:
        """The runs of this project, to compare, restore and continue."""
        self.show_panel("runs")
        self.runs.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_reference(self) -> None:
        """What the type of the selected block does and what its settings mean."""
        self.show_panel("reference")

    def show_receptive_field(self) -> None:
        """What a value of the selected block sees of the input."""
        self.show_panel("receptive field")

    def show_outline(self) -> None:
        self.show_panel("outline")
        self.outline.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_history(self) -> None:
        self.show_panel("history")

    def show_recipe(self) -> None:
        self.show_panel("recipe")
        self.recipe.focus()

    def show_data(self) -> None:
        """Samples, statistics and class balance of what it trains on."""
        self.data_window = self.data_window or DataWindow(self.session, self.run.may_read_outside, self)
        self.data_window.show()
        self.data_window.raise_()

    def show_panel(self, name: str) -> None:
        self.docks[name].show()
        self.docks[name].raise_()

    def next_problem(self) -> None:
        """Go to the next block with a problem, round and round."""
        places = list(dict.fromkeys(p.block for p in self.session.analysis.problems if p.block))
        if not places:
            self.session.say(self.tr("No problems."))
            return
        now = self.session.selected
        place = places[(places.index(now) + 1) % len(places)] if now in places else places[0]
        self.show_panel("problems")
        self.session.reveal(place)

    def show_commands(self) -> None:
        """The command palette: everything the menus hold, by name."""
        entries = found.commands(self)
        self._find(self.tr("Type a command"), entries, self.tr("No command is like this."))

    def show_examples(self) -> None:
        """The examples to choose from; the empty canvas offers them."""
        entries = found.example_projects(self)
        self._find(self.tr("Open an example"), entries, self.tr("No example is like this."))

    def show_keys(self) -> None:
        """The table of every action with its key, where another key can be bound."""
        self.keys = KeysDialog(self, self.actions_by_id)
        self.keys.show()

    def new_window(self) -> None:
        self.windows.new(self)

    def show_settings(self) -> None:
        """Theme, motion, recovery copies, what the next start opens."""
        self.settings_dialog = SettingsDialog(self)
        self.settings_dialog.show()

    def show_about(self) -> None:
        about(self)

    # Following

    def _refresh(self) -> None:
        document, selection = self.session.document, self.session.selection
        actions.paint(self.actions_by_id)
        self.setWindowTitle(f"{self.files.title}[*] - Netloom")
        self.setWindowModified(document.modified)
        for id, able, text in (
            ("undo", document.can_undo, document.undo_text),
            ("redo", document.can_redo, document.redo_text),
        ):
            self.actions_by_id[id].setEnabled(able)
            self.actions_by_id[id].setText(f"{tr(actions.BY_ID[id].text)} {text}".strip())
        for id in ("cut", "copy", "duplicate", "delete_bridge", "fit_selection", "rename", "make_module"):
            self.actions_by_id[id].setEnabled(bool(selection))
        self.actions_by_id["unpack_module"].setEnabled(any(map(self.session.can_step_into, selection)))
        self.actions_by_id["step_out"].setEnabled(bool(self.session.path))
        self.actions_by_id["stop"].setEnabled(self.run.active)
        self._refresh_start()
        count = len(document.analysis.problems)
        self.docks["problems"].setWindowTitle(self.tr("Problems {0}").format(count))
        for mode in theme.MODES:
            self.actions_by_id[f"theme_{mode}"].setChecked(theme.appearance.mode == mode)

    def _refresh_start(self) -> None:
        """One action starts, pauses and resumes; it shows what it would do now."""
        text = {"training": self.tr("&Pause Training"), "paused": self.tr("&Resume Training")}.get(
            self.run.state, self.tr("&Start Training")
        )
        start = self.actions_by_id["start"]
        start.setText(text)
        start.setEnabled(self.run.state not in ("starting", "stopping"))
        start.setIcon(theme.icon("pause" if self.run.state == "training" else "play"))

    def _space_changed(self, current: str) -> None:
        self.disk_banner.refresh()  # a kept arrangement knows nothing of this project's file
        for space in SPACES:
            self.actions_by_id[f"space_{space.id}"].setChecked(space.id == current)

    def _set_motion(self, *_name) -> None:
        self.canvas.motion = preferences.motion

    def _find(self, prompt: str, entries: list[Entry], nothing: str) -> None:
        self.finder = Finder(self, prompt, entries, nothing)
        self.finder.open_over(self)

    # Window

    @property
    def vacant(self) -> bool:
        """Whether another project may take this window's place without anything being missed."""
        project = self.session.project
        return project.path is None and not project.modified and self.run.run is None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            # The other program waits until this returns, and a message may be read at leisure.
            QTimer.singleShot(0, self, lambda: [self.windows.take(path, self) for path in paths])

    def showEvent(self, event) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: tidy(self))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_leave() or not may_leave(self.run, self):
            event.ignore()
            return
        self.files.leave()
        settings().setValue("geometry", self.saveGeometry())
        self.spaces.keep()
        self.run.close()
        event.accept()
        self.windows.left(self)

    def _restore(self) -> None:
        geometry = settings().value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.spaces.restore()


def _spring() -> QWidget:
    """Takes the room between two groups of a toolbar."""
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return made


def _fitting_size() -> QSize:
    """Nine tenths of the screen, up to what a network, its panels and its curves need side by side."""
    room = QGuiApplication.primaryScreen().availableSize()
    return QSize(min(1520, room.width() * 9 // 10), min(980, room.height() * 9 // 10))
