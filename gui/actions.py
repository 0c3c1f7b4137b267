"""The one table of what a person can do: it feeds menus, toolbar, keys, the command palette and the tests.

A handler is a dotted name looked up on the main window; this file knows no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget

from gui import theme
from gui.language import N_, tr

MENUS = (N_("File"), N_("Edit"), N_("View"), N_("Block"), N_("Run"), N_("Help"))


@dataclass(frozen=True, slots=True)
class Command:
    """One action. `scope` canvas: its key works while the canvas has the focus, so that letters stay letters
    in text fields. `group` draws a separator where it changes. `toolbar` puts it there.
    `text`, `menu` and `help` are marked for translation and said with `tr`."""

    id: str
    text: str
    handler: str
    menu: str
    key: str = ""
    icon: str = ""
    group: int = 0
    scope: str = "window"
    checkable: bool = False
    toolbar: bool = False
    help: str = ""


COMMANDS = (
    Command("new", N_("&New"), "files.new", "File", "Ctrl+N", "new", 0, help=N_("Begin an empty network")),
    Command("new_window", N_("New &Window"), "new_window", "File", "Ctrl+Shift+N", "", 0),
    Command("open", N_("&Open..."), "files.open", "File", "Ctrl+O", "open", 0, toolbar=True),
    Command(
        "import", N_("&Import..."), "files.import_file", "File", "", "source", 0,
        help=N_("Draws a model from a Python file (it is read, never run) or from an ONNX file"),
    ),
    Command("save", N_("&Save"), "files.save", "File", "Ctrl+S", "save", 1, toolbar=True),
    Command("save_as", N_("Save &As..."), "files.save_as", "File", "Ctrl+Shift+S", "", 1),
    Command("export_python", N_("Export &Python..."), "files.export_python", "File", "Ctrl+E", "python", 2),
    Command("export_picture", N_("Export P&icture..."), "files.export_picture", "File", "", "picture", 2),
    Command(
        "start_page", N_("Start Pa&ge"), "windows.show_start", "File", "Ctrl+Shift+H", "", 3,
        help=N_("Recent projects, templates and examples with their pictures"),
    ),
    Command("settings", N_("Se&ttings..."), "show_settings", "File", "Ctrl+,", "settings", 3),
    Command("close_window", N_("&Close Window"), "close", "File", "Ctrl+W", "close", 4),
    Command("quit", N_("&Quit"), "windows.quit", "File", "Ctrl+Q", "", 4),
    Command("undo", N_("&Undo"), "undo", "Edit", "Ctrl+Z", "undo", 0, toolbar=True),
    Command("redo", N_("&Redo"), "redo", "Edit", "Ctrl+Shift+Z", "redo", 0, toolbar=True),
    Command("cut", N_("Cu&t"), "canvas.cut", "Edit", "Ctrl+X", "cut", 1, "canvas"),
    Command("copy", N_("&Copy"), "canvas.copy", "Edit", "Ctrl+C", "copy", 1, "canvas"),
    Command("paste", N_("&Paste"), "canvas.paste", "Edit", "Ctrl+V", "paste", 1, "canvas"),
    Command("duplicate", N_("&Duplicate"), "canvas.duplicate", "Edit", "Ctrl+D", "duplicate", 1, "canvas"),
    Command("delete", N_("De&lete"), "canvas.delete", "Edit", "Del", "delete", 1, "canvas"),
    Command(
        "delete_bridge", N_("Delete and &Bridge"), "canvas.delete_and_bridge", "Edit", "Alt+Del", "", 1, "canvas",
        help=N_("Remove the selected blocks and join what they were between"),
    ),
    Command("select_all", N_("Select &All"), "canvas.select_all", "Edit", "Ctrl+A", "", 2, "canvas"),
    Command("select_none", N_("Select N&one"), "canvas.select_none", "Edit", "", "", 2),
    Command("invert", N_("&Invert Selected"), "canvas.invert_selection", "Edit", "Ctrl+I", "", 2, "canvas"),
    Command("select_upstream", N_("Select &Upstream"), "canvas.select_upstream", "Edit", "Shift+[", "", 2, "canvas"),
    Command(
        "select_downstream", N_("Select Do&wnstream"), "canvas.select_downstream", "Edit", "Shift+]", "", 2, "canvas"
    ),
    Command("find", N_("&Find Block..."), "canvas.find", "Edit", "Ctrl+F", "search", 3),
    Command("commands", N_("&Command Palette..."), "show_commands", "View", "Ctrl+Shift+P", "command", 0),
    Command("fit", N_("&Fit Network"), "canvas.fit", "View", "Home", "fit", 1, "canvas", toolbar=True),
    Command("fit_selection", N_("Fit &Selection"), "canvas.fit_selection", "View", "F", "", 1, "canvas"),
    Command("zoom_100", N_("&Actual Size"), "canvas.zoom_100", "View", "Ctrl+0", "", 1),
    Command("zoom_in", N_("Zoom &In"), "canvas.zoom_in", "View", "Ctrl++", "", 1),
    Command("zoom_out", N_("Zoom &Out"), "canvas.zoom_out", "View", "Ctrl+-", "", 1),
    Command(
        "minimap", N_("&Minimap"), "canvas.minimap.toggle", "View", "Alt+M", "", 1,
        help=N_("The whole network, small"),
    ),
    Command("theme_system", N_("Theme: Follow the S&ystem"), "theme_system", "View", "", "", 2, checkable=True),
    Command("theme_dark", N_("Theme: &Dark"), "theme_dark", "View", "", "", 2, checkable=True),
    Command("theme_light", N_("Theme: &Light"), "theme_light", "View", "", "", 2, checkable=True),
    Command("space_build", N_("Space: &Build"), "spaces.build", "View", "Ctrl+1", "", 3, checkable=True,
            help=N_("Build: does it fit together?")),
    Command("space_train", N_("Space: &Train"), "spaces.train", "View", "Ctrl+2", "", 3, checkable=True,
            help=N_("Train: is it learning, and if not, why?")),
    Command("space_explain", N_("Space: &Explain"), "spaces.explain", "View", "Ctrl+3", "", 3, checkable=True,
            help=N_("Explain: why this answer?")),
    Command("space_learn", N_("Space: Lear&n"), "spaces.learn", "View", "Ctrl+4", "", 3, checkable=True,
            help=N_("Learn: what is the idea?")),
    Command("reset_docks", N_("&Reset Panels"), "reset_docks", "View", "", "", 4),
    Command("add", N_("&Add Block..."), "canvas.search", "Block", "Tab", "plus", 0, "canvas", toolbar=True),
    Command("rename", N_("&Rename"), "canvas.rename", "Block", "F2", "", 0, "canvas"),
    Command(
        "edit_block", N_("&Inspect or Step In"), "canvas.enter", "Block", "Return", "settings", 0, "canvas",
        help=N_("The inside of a module; the inspector of any other block"),
    ),
    Command(
        "layout", N_("&Lay Out"), "canvas.layout", "Block", "L", "layout", 1, "canvas", toolbar=True,
        help=N_("Arrange the selected blocks, or all of them"),
    ),
    Command(
        "change_type", N_("&Change Type..."), "canvas.change_type", "Block", "Shift+R", "", 1, "canvas",
        help=N_("Another type for the selected block; wires and shared hyperparameters stay"),
    ),
    Command(
        "bypass", N_("&Bypass"), "canvas.bypass", "Block", "B", "", 1, "canvas",
        help=N_("The selected blocks pass on what reaches them; again puts them back"),
    ),
    Command(
        "mute", N_("&Mute"), "canvas.mute", "Block", "M", "", 1, "canvas",
        help=N_("The selected blocks are left out and their wires healed; again puts them back"),
    ),
    Command(
        "frame", N_("&Frame Selection"), "canvas.frame_selection", "Block", "C", "", 4, "canvas",
        help=N_("A titled frame around the selected blocks; dragging it takes them along"),
    ),
    Command("note", N_("Add &Note"), "canvas.add_note", "Block", "N", "", 4, "canvas", help=N_("A note in Markdown")),
    Command(
        "fold", N_("F&old"), "canvas.fold", "Block", "H", "", 1, "canvas",
        help=N_("Draw the selected blocks as titles"),
    ),
    Command("align_left", N_("Align Left Edges"), "canvas.align_left", "Block", "", "arrange_left", 5),
    Command("align_centre", N_("Align Centres"), "canvas.align_centre", "Block", "", "arrange_centre", 5),
    Command("align_right", N_("Align Right Edges"), "canvas.align_right", "Block", "", "arrange_right", 5),
    Command("align_top", N_("Align Top Edges"), "canvas.align_top", "Block", "", "arrange_top", 5),
    Command("align_middle", N_("Align Middles"), "canvas.align_middle", "Block", "", "arrange_middle", 5),
    Command("align_bottom", N_("Align Bottom Edges"), "canvas.align_bottom", "Block", "", "arrange_bottom", 5),
    Command("distribute_across", N_("Equal Gaps Across"), "canvas.distribute_across", "Block", "", "arrange_across", 5),
    Command("distribute_down", N_("Equal Gaps Down"), "canvas.distribute_down", "Block", "", "arrange_down", 5),
    Command(
        "make_module", N_("Make &Module..."), "canvas.make_module", "Block", "Ctrl+G", "module", 2, "canvas",
        help=N_("Turn the selected blocks into a module that can stand in many places"),
    ),
    Command(
        "unpack_module", N_("&Unpack Module"), "canvas.unpack_module", "Block", "Ctrl+Shift+G", "", 2, "canvas",
        help=N_("Put the blocks of the selected module where it stands"),
    ),
    Command(
        "step_out", N_("Step &Out"), "canvas.step_out", "Block", "", "", 2,
        help=N_("Show what the module stands in"),
    ),
    Command("show_outline", N_("Show &Outline"), "show_outline", "View", "Ctrl+Shift+O", "", 1),
    Command("show_history", N_("Show &History"), "show_history", "View", "Ctrl+Shift+Y", "", 1),
    Command("show_palette", N_("Show &Palette"), "focus_palette", "Block", "Ctrl+B", "", 3),
    Command(
        "show_receptive_field", N_("Show Recepti&ve Field"), "show_receptive_field", "Block", "Ctrl+R", "eye", 3,
        help=N_("The region of the input that a value of the selected block sees"),
    ),
    Command("next_problem", N_("Next Pro&blem"), "next_problem", "Block", "F8", "error", 3),
    Command("start", N_("&Start Training"), "run.toggle", "Run", "F5", "play", 0, toolbar=True),
    Command("stop", N_("S&top"), "run.stop", "Run", "Shift+F5", "stop", 0, toolbar=True),
    Command("show_data", N_("Look at the &Data..."), "show_data", "Run", "", "table", 1),
    Command(
        "preview_augmentation", N_("Preview A&ugmentation..."), "recipe.preview_augmentation", "Run", "", "eye", 1,
        help=N_("The very pictures that the network gets, beside those they are made from"),
    ),
    Command(
        "show_recipe", N_("Show Re&cipe"), "show_recipe", "Run", "Ctrl+Shift+T", "settings", 1,
        help=N_("How the network is trained: data, optimizer, schedule, objectives, when to stop, device"),
    ),
    Command("show_training", N_("Show T&raining"), "focus_training", "Run", "Ctrl+T", "chart", 1),
    Command(
        "show_runs", N_("Show R&uns"), "show_runs", "Run", "Ctrl+Shift+R", "table", 1,
        help=N_("The runs of this project: compare, restore and continue them"),
    ),
    Command(
        "load_weights", N_("Load &Weights..."), "transfer.ask", "Run", "", "source", 2,
        help=N_("Begin training from the weights of a run or a file; freeze them, replace the head"),
    ),
    Command("keys", N_("&Keys..."), "show_keys", "Help", "F1", "keyboard", 0),
    Command(
        "reference", N_("&Reference"), "show_reference", "Help", "Shift+F1", "help", 0,
        help=N_("What the selected block's type does and what its settings mean"),
    ),
    Command("about", N_("&About Netloom"), "show_about", "Help", "", "help", 1),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}


def build(window: QMainWindow, canvas: QWidget, keys: dict[str, str] | None = None) -> dict[str, QAction]:
    """A QAction for every command, its key from the table unless `keys` binds another."""
    actions = {}
    for command in COMMANDS:
        action = QAction(tr(command.text), window)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        action.setShortcut(QKeySequence((keys or {}).get(command.id, command.key)))
        action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(_caller(window, command.handler))
        if command.scope == "canvas":
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            canvas.addAction(action)
        else:
            window.addAction(action)
        actions[command.id] = action
    paint(actions)
    return actions


def released(actions: dict[str, QAction]) -> set[int]:
    """The key combinations that were rebound away from their commands, so that nothing else answers for them."""
    return {
        QKeySequence(command.key)[0].toCombined()
        for command in COMMANDS
        if command.key and actions[command.id].shortcut() != QKeySequence(command.key)
    }


def paint(actions: dict[str, QAction]) -> None:
    """Icons in the theme's colours, and tooltips with the key."""
    for id, action in actions.items():
        command = BY_ID[id]
        if command.icon:
            action.setIcon(theme.icon(command.icon))
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        words = tr(command.help) if command.help else plain(action.text())
        action.setToolTip(f"{words}  ({key})" if key else words)


def plain(text: str) -> str:
    """An action's words without what only menus need: the mark of its letter and the dots of a dialog."""
    return text.replace("&", "").rstrip(".")


def _caller(window: QMainWindow, handler: str) -> Callable[..., None]:
    # Looked up when triggered: the parts of the window may come after the table.
    def call(*_checked) -> None:
        attrgetter(handler)(window)()

    return call
