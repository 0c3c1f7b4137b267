"""The start page: there at once, by mouse and by keys; pictures come later and are kept; nothing is opened twice."""

import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

import examples
from graph import Document, Network, save_project
from graph.edits import SetHyperparameter
from gui import settings, theme
from gui.moments import ago
from gui.start_card import PICTURE
from gui.start_choices import title_of
from gui.thumbnails import Thumbnails


@pytest.fixture
def page(windows, qtbot):
    windows.show_start()
    windows.start.resize(1196, 800)
    windows.start.activateWindow()
    qtbot.waitExposed(windows.start)
    qtbot.waitUntil(windows.start.isActiveWindow)
    return windows.start


def card(page, title: str):
    return next(card for card in page.cards() if card.title == title)


def pictured(card) -> bool:
    return card._picture is not None and card._picture.pixmap is not None


# What is offered


def test_a_new_person_finds_templates_examples_and_what_recent_is_for(page):
    assert [section.heading.text() for section in page.sections][:5] == [
        "Recent projects",
        "New from template",
        "Examples, ready to train",
        "From the lectures, ready to train",
        "Well-known networks",
    ]
    assert page.sections[0].nothing.isVisible() and "stand here" in page.sections[0].nothing.text()
    titles = [card.title for card in page.sections[1].cards]
    assert titles == ["Image classifier", "Sequence classifier", "Autoencoder", "Empty"]
    shown = [card.file for section in page.sections[2:5] for card in section.cards]
    assert set(shown) == {*examples.paths(), *examples.lectures(), *examples.zoo()}


def test_templates_are_real_projects_opened_as_copies(page, windows):
    for title in ("Image classifier", "Sequence classifier", "Autoencoder"):
        windows.show_start()
        card(windows.start, title).click()
        window = windows.all[-1]
        project = window.session.project
        assert project.path is None and not project.modified and project.analysis.problems == []
        assert project.recipe.data.kind == "digits" and windows.start is None
        project.do(SetHyperparameter(next(iter(project.network.blocks)), "field", "image"))
        window.session.document.mark_unsaved()
    assert len(windows.all) == 3


def test_empty_is_an_empty_network(page, windows):
    card(page, "Empty").click()
    (window,) = windows.all
    assert not window.session.network.blocks and windows.start is None


def test_recent_projects_come_first_and_can_be_taken_off_the_list(windows, tmp_path, qtbot):
    for name in ("one", "two"):
        save_project(Document(Network(name)), tmp_path / f"{name}.netloom")
        settings.remember_file(tmp_path / f"{name}.netloom")
    windows.show_start()
    page = windows.start
    recent = page.sections[0]
    assert [c.title for c in recent.cards] == ["two", "one"] and page.cards()[0].title == "two"
    assert recent.cards[0].file == tmp_path / "two.netloom"
    assert recent.cards[0].detail == f"just now, {tmp_path.name}" and recent.cards[0].toolTip().startswith(
        str(tmp_path)
    )
    page._forget(next(choice for choice in offered() if choice.title == "two"))
    assert [c.title for c in page.sections[0].cards] == ["one"] and (tmp_path / "two.netloom").exists()
    page.sections[0].cards[0].click()
    assert windows.all[0].session.project.path == tmp_path / "one.netloom"


def offered():
    from gui.start_choices import sections

    return [choice for group in sections() for choice in group.choices]


def test_open_and_import_from_the_page(page, windows, tmp_path, monkeypatch, told):
    path = tmp_path / "one.netloom"
    save_project(Document(Network("one")), path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "model.keras"), ""))
    page.import_file()
    assert "is a Keras model" in told[0] and windows.start is page
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    QTest.keyClick(page, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert windows.all[0].session.project.path == path and windows.start is None


# Keys


def test_arrows_walk_the_cards_and_enter_opens(page, windows, qtbot):
    cards = page.sections[1].cards
    assert QApplication.focusWidget() is cards[0]
    for key, there in (
        (Qt.Key.Key_Right, cards[1]),
        (Qt.Key.Key_Right, cards[2]),
        (Qt.Key.Key_Down, page.sections[2].cards[2]),
        (Qt.Key.Key_Left, page.sections[2].cards[1]),
        (Qt.Key.Key_Up, cards[1]),
        (Qt.Key.Key_Up, page.search),
    ):
        QTest.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is there
    QTest.keyClick(page.search, Qt.Key.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert windows.all[0].session.project.network.name == "ImageClassifier"


def test_what_has_the_focus_is_in_view(page, qtbot):
    last = page.cards()[-1]
    last.setFocus(Qt.FocusReason.TabFocusReason)
    view = page.scroll.viewport()
    assert view.rect().contains(last.mapTo(view, last.rect().center()))


def test_typing_filters_and_enter_takes_the_first(page, windows, qtbot):
    QTest.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.search.hasFocus()
    QTest.keyClicks(page.search, "spir")
    assert [card.title for card in page.cards()] == ["Two spirals"]
    QTest.keyClicks(page.search, "zzz")
    assert not page.cards() and page.none.isVisible()
    page.search.clear()
    assert len(page.cards()) > 15 and not page.none.isVisible()
    QTest.keyClicks(page.search, "resnet 18")
    QTest.keyClick(page.search, Qt.Key.Key_Return)
    assert windows.all[0].session.project.network.name == "ResNet18"


def test_every_card_and_button_has_a_name_for_screen_readers(page):
    assert all(card.accessibleName() and card.accessibleDescription() for card in page.cards())
    assert all(made.text() and made.toolTip() for made in page.rail_buttons)


def test_the_page_closes_by_its_key_and_comes_back_from_the_menu(page, windows, qtbot):
    QTest.keyClick(page, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: windows.start is None)
    window = windows.new()
    window.actions_by_id["start_page"].trigger()
    assert windows.start is not None and windows.start.isVisible()


# Pictures


def test_pictures_come_by_themselves_and_only_for_what_is_looked_at(page, qtbot):
    first, last = page.sections[1].cards[0], page.cards()[-1]
    qtbot.waitUntil(lambda: pictured(first), timeout=20_000)
    assert first._picture.pixmap.size() == PICTURE * first.devicePixelRatioF()
    assert last._picture is None, "far below, nobody has looked"
    lenet = card(page, "LeNet-5")
    qtbot.waitUntil(lambda: pictured(lenet), timeout=20_000)
    assert lenet.line() == "61,706 parameters"


def test_a_project_that_cannot_be_opened_says_so_on_its_card(windows, tmp_path, qtbot):
    (tmp_path / "broken.netloom").write_text("{")
    settings.remember_file(tmp_path / "broken.netloom")
    windows.show_start()
    (broken,) = windows.start.sections[0].cards
    qtbot.waitUntil(lambda: broken.line() == "cannot be opened", timeout=20_000)
    qtbot.waitUntil(lambda: "cut off" in broken.toolTip())


def test_a_kept_picture_is_there_at_once_and_a_changed_file_gets_a_new_one(app, tmp_path, qtbot):
    path = tmp_path / "net.netloom"
    net = Network("net")
    net.add("Input", shape=(4,))
    save_project(Document(net), path)
    first = Thumbnails(folder=tmp_path / "pictures")
    assert first.get(path, PICTURE, 1.0) is None
    with qtbot.waitSignal(first.ready, timeout=20_000) as told:
        pass
    assert told.args == [path]
    drawn = first.get(path, PICTURE, 1.0)
    assert drawn.blocks == 1 and not drawn.pixmap.isNull()
    first.close()
    second = Thumbnails(folder=tmp_path / "pictures")
    kept = second.get(path, PICTURE, 1.0)
    assert kept is not None and kept.pixmap.toImage() == drawn.pixmap.toImage() and second._process is None
    theme.apply(QApplication.instance(), "light")
    assert second.get(path, PICTURE, 1.0) is None, "the other theme has its own"
    theme.apply(QApplication.instance(), "dark")
    net.add("ReLU")
    save_project(Document(net), path)
    assert second.get(path, PICTURE, 1.0) is None, "so has another version"
    second.close()


def test_a_broken_project_is_marked_and_the_next_is_drawn(app, tmp_path, qtbot):
    bad, good = tmp_path / "bad.netloom", tmp_path / "good.netloom"
    bad.write_text("{")
    save_project(Document(Network("good")), good)
    thumbnails = Thumbnails(folder=tmp_path / "pictures")
    for path in (bad, good):
        thumbnails.get(path, PICTURE, 1.0)
    qtbot.waitUntil(lambda: thumbnails.get(good, PICTURE, 1.0) is not None, timeout=20_000)
    assert "cut off" in thumbnails.get(bad, PICTURE, 1.0).wrong
    assert thumbnails.get(tmp_path / "gone.netloom", PICTURE, 1.0).wrong == "It is no longer there."
    thumbnails.close()


def test_a_drawing_process_that_dies_costs_one_picture(app, tmp_path, qtbot):
    paths = [tmp_path / f"{n}.netloom" for n in range(3)]
    for path in paths:
        save_project(Document(Network("n")), path)
    thumbnails = Thumbnails(folder=tmp_path / "pictures")
    for path in paths:
        thumbnails.get(path, QSize(216, 138), 1.0)
    thumbnails._process.kill()
    qtbot.waitUntil(lambda: all(thumbnails.get(path, PICTURE, 1.0) for path in paths), timeout=30_000)
    found = [thumbnails.get(path, PICTURE, 1.0) for path in paths]
    assert [bool(known.wrong) for known in found] == [True, False, False]
    thumbnails.close()


def test_a_broken_picture_in_the_cache_is_drawn_again(app, tmp_path, qtbot):
    path = tmp_path / "net.netloom"
    save_project(Document(Network("net")), path)
    thumbnails = Thumbnails(folder=tmp_path / "pictures")
    target = thumbnails._target(path, PICTURE, 1.0)
    target.parent.mkdir()
    target.write_bytes(b"no picture")
    assert thumbnails.get(path, PICTURE, 1.0) is None
    qtbot.waitUntil(lambda: thumbnails.get(path, PICTURE, 1.0) is not None, timeout=20_000)
    assert thumbnails.get(path, PICTURE, 1.0).pixmap is not None
    thumbnails.close()


# Words


@pytest.mark.parametrize(
    ("stem", "title"),
    [("resnet50", "ResNet-50"), ("vgg16", "VGG-16"), ("lenet5", "LeNet-5"), ("my_net-2", "My net 2"), ("_", "_")],
)
def test_titles(stem, title):
    assert title_of(stem) == title


NOON = time.mktime((2024, 5, 15, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-500, "just now"),
        (5, "just now"),
        (90, "a minute ago"),
        (600, "10 minutes ago"),
        (3700, "an hour ago"),
        (5 * 3600, "5 hours ago"),
        (3 * 86400, "3 days ago"),
        (40 * 86400, "5 April"),
    ],
)
def test_moments(seconds, words):
    assert ago(NOON - seconds, NOON) == words


def test_yesterday_has_its_hour():
    assert ago(NOON - 20 * 3600, NOON).startswith("yesterday at ")


# The start


def test_it_is_there_at_once_and_without_torch(tmp_path, monkeypatch):
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    script = (
        "from gui.app import application\n"
        "app = application('dark')\n"
        "from gui.windows import Windows\n"
        "windows = Windows(); windows.begin(); app.processEvents()\n"
        "import sys; assert windows.start.isVisible() and 'torch' not in sys.modules\n"
        "windows.start.close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_editor_is_at_hand_by_the_time_a_card_is_chosen(tmp_path, monkeypatch):
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    script = (
        "import sys, time\n"
        "from gui.app import application\n"
        "app = application('dark')\n"
        "from gui.windows import Windows\n"
        "windows = Windows(); windows.show_start(); app.processEvents()\n"
        "assert 'gui.main_window' not in sys.modules, 'the page does not wait for it'\n"
        "end = time.monotonic() + 20\n"
        "while 'gui.main_window' not in sys.modules and time.monotonic() < end: app.processEvents()\n"
        "assert 'gui.main_window' in sys.modules and 'torch' not in sys.modules\n"
        "windows.start.close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
