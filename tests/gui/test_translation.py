"""Words that a person reads can be translated: none stands bare in the source, and the tools find what is marked.

The walk knows which arguments are shown (SHOWN) and what reads as a sentence; exceptions are few and named.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

import gui
from gui import actions, language

GUI = Path(gui.__file__).parent
TERMINAL = ("cli.py", "demo.py", "thumbnail_process.py")  # speak to a terminal or a pipe, in English
FILES = {str(path.relative_to(GUI)): path.read_text() for path in sorted(GUI.rglob("*.py"))}
MARKS = ("tr", "N_")
WORD = re.compile(r"(?<![</\w])[^\W\d_]{2,}")  # not a tag's name
SENTENCE = re.compile(r"[A-Z][^<>{};]* [^<>{};]*[a-z]{2}")

# Which arguments of a call are shown, by position or name.
SHOWN = {
    0: "label button QLabel QPushButton QCheckBox QRadioButton QAction QMenu QToolBar QGroupBox EmptyState ViewHeader "
    "Entry setText setToolTip setWindowTitle setPlaceholderText setAccessibleName setAccessibleDescription "
    "setInformativeText setTitle setSuffix setPrefix setSpecialValueText setHorizontalHeaderLabels setHeaderLabels "
    "setStatusTip setWhatsThis addAction addMenu addItem addButton say tell tell_failure showMessage group Compound "
    "_heading _row _warn explain",
    1: "tell tell_failure IconButton PictureButton EmptyState Entry Verdict Command setItemText setTabText "
    "addTab show_at SetRecipe Annotate about question warning information getOpenFileName getSaveFileName "
    "getExistingDirectory show_picture",
    2: "QMessageBox about question warning information _row _become",
    3: "getOpenFileName getSaveFileName button",
    "help": "Command",
    "tip": "button IconButton",
    "text": "Failure",
    "name": "SetRecipe Compound",
}
NAMES = {"Netloom", "[*] - Netloom", "error", "warning", "hint"}  # of the program, and severities of banners
SAID = {  # where what looks like words is none
    "recipe/recipe_edits.py": {"Value error, "},  # what pydantic begins with
    "training/transport.py": {"  (Shift+F5)"},
}


def called(node: ast.Call) -> str:
    """The last name of what is called: setText of self.title.setText(...)."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def shown(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that a person will read."""
    name = called(node)
    places = [place for place, names in SHOWN.items() if name in names.split()]
    found = [node.args[place] for place in places if isinstance(place, int) and place < len(node.args)]
    return found + [word.value for word in node.keywords if word.arg in places]


def bare(node: ast.expr):
    """The literals in an expression that are read as they stand: not what is marked, compared or looked up."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node
    elif isinstance(node, ast.JoinedStr | ast.Tuple | ast.List | ast.BinOp | ast.BoolOp):
        for child in ast.iter_child_nodes(node):
            yield from bare(child)
    elif isinstance(node, ast.FormattedValue):
        yield from bare(node.value)
    elif isinstance(node, ast.IfExp):
        yield from bare(node.body)
        yield from bare(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called(node) not in MARKS:
        yield from bare(node.func.value)  # "{} blocks".format(...), ", ".join(...)


def excused(tree: ast.AST) -> set[ast.AST]:
    """What may hold sentences unmarked: docstrings, and what is raised for programs to catch."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_marked = isinstance(node, ast.Call) and called(node) in MARKS
        if is_docstring or is_marked or isinstance(node, ast.Raise):
            found.update(ast.walk(node))
    return found


def unmarked(source: str) -> list[tuple[int, str]]:
    """Line and text of every literal that a person would read in English whatever their language."""
    tree = ast.parse(source)
    fine, found = excused(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [one for part in shown(node) for one in bare(part) if WORD.search(one.value)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.match(node.value):
            found.append(node)
    return sorted({(one.lineno, one.value) for one in found if one not in fine and one.value not in NAMES})


def test_no_words_stand_bare():
    found = [
        f"gui/{name}:{line}: {text!r}"
        for name, source in FILES.items()
        if name not in TERMINAL
        for line, text in unmarked(source)
        if text not in SAID.get(name, ())
    ]
    assert not found, "mark with self.tr, tr or N_ (gui/language.py):\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('self.name.setText("Name")', ["Name"]),
        ('label(f"{n} blocks", "quiet")', [" blocks"]),
        ('label("{0} blocks".format(n))', ["{0} blocks"]),
        ('session.say("on" if on else self.tr("off"))', ["on"]),
        ('button(self.tr("Go"), act, tip="Go there")', ["Go there"]),
        ('TABLE = {"a": "The lower end."}', ["The lower end."]),
        ('TABLE = {"a": N_("The lower end.")}', []),
        ('label(self.tr("{0} of {1}").format(a, "b"), "heading")', []),
        ('label("=", "quiet")', []),
        ('raise ValueError("No such mode")', []),
        ('def f():\n    """Say what it is."""', []),
    ],
)
def test_the_walk_sees(source, found):
    assert [text for _, text in unmarked(source)] == found


def test_words_are_marked_so_that_the_tools_find_them():
    wrong = []
    for name, source in FILES.items():
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and called(node) in MARKS):
                continue
            literal = isinstance(node.args[0], ast.Constant)
            own = isinstance(node.func, ast.Attribute)  # self.tr looks in its class: what N_ marked is not there
            if not literal and (own or called(node) == "N_" or isinstance(node.args[0], ast.JoinedStr)):
                wrong.append(f"gui/{name}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def german(tmp_path_factory) -> Path:
    """A folder with a translation made by Qt's tools: every text in capitals, but for what stands in braces."""
    folder = tmp_path_factory.mktemp("translations")
    tools = Path(sys.executable).parent
    if not (tools / "pyside6-lupdate").exists() or shutil.which(str(tools / "pyside6-lrelease")) is None:
        pytest.skip("Qt's translation tools are not installed")
    words, aliases = folder / "netloom_de.ts", "QT_TR_NOOP+=N_"
    made = [tools / "pyside6-lupdate", "-silent", "-extensions", "py", GUI, "-tr-function-alias", aliases]
    subprocess.run([*map(str, made), "-ts", str(words)], check=True)
    tree = ElementTree.parse(words)
    for message in tree.iter("message"):
        translation = message.find("translation")
        translation.text = "de " + message.findtext("source")
        del translation.attrib["type"]
    tree.write(words, encoding="utf-8", xml_declaration=True)
    subprocess.run([str(tools / "pyside6-lrelease"), "-silent", str(words)], check=True)
    return folder


@pytest.fixture
def spoken(app):
    """Whatever language a test has the application speak is forgotten after it."""
    yield app
    for translator in app.findChildren(QTranslator):
        app.removeTranslator(translator)


def marks(tree: ast.AST, owner: str = ""):
    """(context, text) of everything marked, as it will be looked up: self.tr in its class, the rest in none."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and called(node) in MARKS and isinstance(node.args[0], ast.Constant):
            yield owner if isinstance(node.func, ast.Attribute) else "", node.args[0].value
        yield from marks(node, node.name if isinstance(node, ast.ClassDef) else owner)


def test_the_tools_find_every_marked_word(german):
    """They are blind inside f-strings, for one."""
    tree = ElementTree.parse(german / "netloom_de.ts")
    found = {
        (context.findtext("name") or "", message.findtext("source"))
        for context in tree.iter("context")
        for message in context.iter("message")
    }
    wanted = {mark for source in FILES.values() for mark in marks(ast.parse(source))}
    assert len(wanted) > 400
    assert sorted(wanted - found) == []


def test_a_language_without_translation_changes_nothing(german, spoken):
    assert not language.speak(spoken, QLocale("fr_FR"), german)
    assert language.tr("Draw a network") == "Draw a network"


def test_who_reads_english_first_is_spoken_to_in_english(german, spoken, monkeypatch):
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _: ["en-GB", "de-DE"])
    assert not language.speak(spoken, QLocale(), german)


def test_numbers_come_with_their_noun(german, spoken):
    assert language.counted(1, "block") == "1 block"
    assert language.counted(1000, "block") == "1,000 blocks"
    language.speak(spoken, QLocale("de"), german)
    assert language.counted(2, "wire") == "de 2 wires"


def test_the_editor_speaks_from_its_start(german):
    code = (
        "import pathlib, sys; from gui import language; language.FOLDER = pathlib.Path(sys.argv[1]); "
        "from gui.app import application; app = application('dark'); print(language.tr('Draw a network'))"
    )
    for locale, said in (("de_DE.UTF-8", "de Draw a network"), ("en_GB.UTF-8", "Draw a network")):
        env = {**os.environ, "LC_ALL": locale, "LANG": locale, "LANGUAGE": ""}
        done = subprocess.run([sys.executable, "-c", code, german], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said


def test_the_window_says_what_the_person_speaks(german, spoken, window):
    assert language.speak(spoken, QLocale("de"), german)
    made = actions.build(window, window.canvas)
    assert made["new"].text() == "de &New"
    assert made["new"].toolTip().startswith("de Begin an empty network  (")
    assert QCoreApplication.translate("MainWindow", "No problems.") == "de No problems."
