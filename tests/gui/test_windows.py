"""Several windows of one process: where projects open, what a start brings back, what closing leaves."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

import examples
from backend.export import export_python
from graph import Document, Network, load_project, save_project
from graph.edits import RenameNetwork, SetHyperparameter
from gui import settings
from gui.dropping import judge
from gui.preferences import preferences


@pytest.fixture
def project(tmp_path):
    """Make a project file."""

    def make(name: str):
        path = tmp_path / f"{name}.netloom"
        net = Network(name)
        net.add("Input", name="image", shape=(4,))
        save_project(Document(net), path)
        return path

    return make


def names(windows) -> list[str]:
    return [window.files.title for window in windows.all]


# Where a project opens


def test_a_window_that_holds_nothing_takes_the_project_and_another_opens_beside(windows, project):
    one, two = project("one"), project("two")
    first = windows.new()
    assert windows.open(one, first) and names(windows) == ["one.netloom"]
    assert windows.open(two, first) and names(windows) == ["one.netloom", "two.netloom"]
    assert windows.all[0] is first
    assert windows.open(one, windows.all[1]) and len(windows.all) == 2, "it is brought forward, not opened twice"


def test_an_untouched_example_gives_way_and_a_changed_one_does_not(windows, project):
    window = windows.new()
    assert windows.open_copy(examples.path("lenet5"), window)
    assert windows.open_copy(examples.path("mlp_spirals"), window) and names(windows) == ["SpiralMLP"]
    window.session.document.do(RenameNetwork("Mine"))
    assert windows.open(project("one"), window) and names(windows) == ["Mine", "one.netloom"]


def test_a_broken_project_opens_no_window(windows, told, tmp_path):
    path = tmp_path / "broken.netloom"
    path.write_text("{")
    window = windows.new()
    window.session.document.do(RenameNetwork("Mine"))
    assert not windows.open(path, window)
    assert names(windows) == ["Mine"] and "broken.netloom cannot be opened" in told[0]


def test_new_window_by_its_key_and_close_by_its_key(windows, qtbot):
    window = windows.new()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert len(windows.all) == 2
    second = windows.all[1]
    assert second.pos() - window.pos() == QPoint(32, 32) and second.size() == window.size()
    second.activateWindow()
    qtbot.waitUntil(second.isActiveWindow)
    QTest.keyClick(second, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert windows.all == [window]


def test_blocks_go_from_window_to_window_by_the_clipboard(windows, qtbot):
    one, two = windows.new(), windows.new()
    one.files.open_example(examples.zoo()[-1])
    one.canvas.select_all()
    one.canvas.copy()
    two.canvas.setFocus()
    two.canvas.paste()
    parameters = one.session.analysis.total_parameters
    assert two.session.analysis.total_parameters == parameters > 1_000_000
    two.session.document.undo()
    assert not two.session.network.blocks and one.session.network.blocks
    two.session.document.redo()
    assert two.session.analysis.total_parameters == parameters


def test_an_edit_in_one_window_leaves_the_other_alone(windows):
    one, two = windows.new(), windows.new()
    one.session.document.do(RenameNetwork("One"))
    assert two.session.network.name != "One" and not two.session.document.modified


def test_the_menu_lists_the_windows_and_brings_one_forward(windows, project, qtbot):
    one, two = windows.new(), windows.new()
    windows.open(project("one"), one)
    two.session.document.do(RenameNetwork("Mine & yours"))
    two.file_menus.fill_windows()
    listed = two.file_menus.windows.actions()
    assert [(action.text(), action.isChecked()) for action in listed] == [
        ("one.netloom", False),
        ("Mine && yours*", True),
    ]
    listed[0].trigger()
    qtbot.waitUntil(one.isActiveWindow)


# Sessions


def test_what_was_open_comes_back_where_it_was_and_as_it_was_looked_at(windows, project, qtbot):
    for name in ("one", "two"):
        windows.open(project(name), None)
    first = windows.all[0]
    first.resize(700, 500)
    first.canvas.zoom_100()
    first.canvas.zoom_out()
    first.canvas.centerOn(40, 60)
    looked = first.canvas.zoom, first.canvas.visible_area().center()
    size = first.size()
    windows.quit()
    assert not windows.all
    windows.begin()
    assert names(windows) == ["one.netloom", "two.netloom"]
    again = windows.all[0]
    qtbot.waitUntil(lambda: again.canvas.zoom == pytest.approx(looked[0], abs=1e-3))
    qtbot.waitUntil(lambda: again.size() == size)
    qtbot.waitUntil(lambda: (again.canvas.visible_area().center() - looked[1]).manhattanLength() < 4)


def test_the_last_window_closed_is_what_comes_back(windows, project):
    for name in ("one", "two"):
        windows.open(project(name), None)
    for window in list(windows.all):
        window.close()
    windows.begin()
    assert names(windows) == ["two.netloom"]


def test_a_window_that_a_script_made_is_no_session(windows, project, monkeypatch):
    from gui.main_window import MainWindow

    window = MainWindow()
    assert window.windows is not windows
    window.files.open_path(project("one"))
    window.close()
    assert settings.last_session() == []


def test_nothing_comes_back_where_that_is_turned_off_or_the_file_is_gone(windows, project, qtbot):
    path = project("one")
    windows.open(path, None)
    windows.quit()
    preferences.set_restore_session(False)
    windows.begin()
    assert not windows.all and windows.start is not None
    windows.leave_start()
    preferences.set_restore_session(True)
    path.unlink()
    windows.begin()
    assert not windows.all and windows.start is not None


def test_a_session_that_ended_the_start_is_not_opened_again(windows, project):
    windows.open(project("one"), None)
    windows.quit()
    settings.settings().setValue("restoring", True)  # as a start leaves it that never came to rest
    windows.begin()
    assert not windows.all and windows.start is not None
    windows.leave_start()
    windows.begin()
    assert names(windows) == ["one.netloom"], "the time after it may try again"


def test_quitting_stops_at_the_window_that_its_person_keeps(windows, project, monkeypatch):
    windows.open(project("one"), None)
    windows.open(project("two"), None)
    windows.all[0].session.document.do(RenameNetwork("Changed"))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Cancel)
    windows.quit()
    assert names(windows) == ["one.netloom"]


@pytest.mark.parametrize("broken", ["{", "[[", '[1, {"path": 5}]', '[{"path": "/x", "geometry": "zz"}]', "[" * 5000])
def test_broken_settings_are_no_session(windows, broken):
    settings.settings().setValue("session", broken)
    settings.settings().setValue("looks", broken)
    assert settings.last_session() == []
    assert settings.look_at(examples.path("lenet5")) is None
    windows.begin()
    assert windows.start is not None


# The file on disk


def test_a_change_on_disk_is_told_with_what_differs_and_can_be_taken(windows, project, qtbot):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    assert not window.disk_banner.isVisible()
    other = load_project(path)
    other.do(SetHyperparameter(other.network.block("image").id, "shape", (9,)))
    save_project(other, path)
    qtbot.waitUntil(window.disk_banner.isVisible)
    assert "one.netloom was changed by another program" in window.disk_banner.words.text()
    assert "image changed" in window.disk_banner.words.text()
    window.disk_banner.reload.click()
    assert window.session.network.values("image")["shape"] == (9,)
    assert not window.disk_banner.isVisible() and not window.session.document.modified


def test_reloading_over_changes_asks_first(windows, project, qtbot, monkeypatch):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    window.session.document.do(RenameNetwork("Mine"))
    save_project(Document(Network("Theirs")), path)
    assert window.files.disk.check() == "changed"
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()))
    window.disk_banner.reload.click()
    assert asked == ["Reload one.netloom and lose your changes?"] and window.session.network.name == "Mine"


def test_keeping_mine_saves_over_it_without_asking_again(windows, project, monkeypatch):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    save_project(Document(Network("Theirs")), path)
    assert window.files.disk.check() == "changed" and window.disk_banner.isVisibleTo(window)
    window.disk_banner.keep.click()
    assert window.session.document.modified and not window.disk_banner.isVisible()
    monkeypatch.setattr(QMessageBox, "exec", lambda box: pytest.fail(box.text()))
    assert window.files.save() and load_project(path).network.name == "one"


def test_saving_over_an_unseen_change_asks_and_cancel_keeps_theirs(windows, project, monkeypatch):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    window.session.document.do(RenameNetwork("Mine"))
    save_project(Document(Network("Theirs")), path)
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()))
    assert not window.files.save()
    assert asked == ["one.netloom was changed by another program"]
    assert load_project(path).network.name == "Theirs" and window.session.document.modified


def test_showing_theirs_opens_a_copy_beside(windows, project):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    window.session.document.do(RenameNetwork("Mine"))
    save_project(Document(Network("Theirs")), path)
    window.files.disk.check()
    window.disk_banner.show_button.click()
    assert [w.session.network.name for w in windows.all] == ["Mine", "Theirs"]
    assert windows.all[1].session.project.path is None


def test_a_file_that_is_gone_is_told_and_saved_again(windows, project, qtbot):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    path.unlink()
    qtbot.waitUntil(window.disk_banner.isVisible)
    assert "no longer on disk" in window.disk_banner.words.text()
    window.disk_banner.save.click()
    assert path.exists() and not window.disk_banner.isVisible()


def test_our_own_save_and_a_touch_are_no_news(windows, project, qtbot):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    window.session.document.do(RenameNetwork("Mine"))
    assert window.files.save()
    path.touch()
    qtbot.wait(450)
    assert window.files.disk.check() == "same" and not window.disk_banner.isVisible()


def test_a_broken_version_on_disk_is_told(windows, project, told):
    path = project("one")
    windows.open(path, None)
    (window,) = windows.all
    path.write_text("{")
    assert window.files.disk.check() == "changed"
    assert "cannot be read any more" in window.disk_banner.words.text()
    window.disk_banner.reload.click()
    assert told and window.session.network.name == "one"


# Dropping and importing


def drop(widget, *paths) -> bool:
    """Drag files in from another program and let go; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), copy, data, left, none)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    fall = QDropEvent(QPointF(20, 20), copy, data, left, none)
    fall.ignore()
    QApplication.sendEvent(widget, fall)
    return fall.isAccepted()


def test_projects_dropped_on_the_canvas_open(windows, project, qtbot):
    window = windows.new()
    assert drop(window.canvas.viewport(), project("one"), project("two"))
    qtbot.waitUntil(lambda: names(windows) == ["one.netloom", "two.netloom"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.pt", "model.pt holds weights without a drawing"),
        ("weights.safetensors", "put them into it with Run > Load Weights"),
        ("model.keras", "model.keras is a Keras model, which Netloom does not read. Save it as ONNX"),
        ("lecture.ipynb", "Save the cells that make the model as a Python file"),
        ("data.npz", "is data, not a network"),
    ],
)
def test_what_cannot_be_imported_is_said(windows, qtbot, told, tmp_path, name, words):
    path = tmp_path / name
    path.write_text("import torch\n")
    window = windows.new()
    assert drop(window, path)
    qtbot.waitUntil(lambda: bool(told))
    assert f"{name} is no project" in told[0] and words in told[0]
    assert windows.all == [window] and not window.session.network.blocks


def test_other_files_are_left_alone(windows, tmp_path):
    assert not drop(windows.new(), tmp_path / "photo.png")


def test_an_exported_file_leads_back_to_its_project(windows, qtbot, tmp_path):
    document = load_project(examples.path("lenet5"))
    save_project(document, tmp_path / "other name.netloom")
    export_python(document, tmp_path / "model.py")
    assert judge(tmp_path / "model.py").project == tmp_path / "other name.netloom"
    window = windows.new()
    said = []
    window.session.said.connect(said.append)
    assert drop(window, tmp_path / "model.py")
    qtbot.waitUntil(lambda: names(windows) == ["other name.netloom"])
    assert said[-1] == "model.py was exported from other name.netloom, which is open now."
    changed = (tmp_path / "model.py").read_text().replace("nn.Tanh()", "nn.ReLU()")
    (tmp_path / "model.py").write_text(changed)
    assert "The two differ" in judge(tmp_path / "model.py").text


def test_an_exported_file_without_its_project_is_read_as_a_model(tmp_path):
    export_python(load_project(examples.path("lenet5")), tmp_path / "model.py")
    verdict = judge(tmp_path / "model.py")
    assert verdict.project is None and verdict.model


# Settings


def test_reduced_motion_reaches_every_window(windows, qtbot):
    one, two = windows.new(), windows.new()
    assert one.canvas.motion and two.canvas.motion
    one.actions_by_id["settings"].trigger()
    one.settings_dialog.motion.click()
    assert not one.canvas.motion and not two.canvas.motion and not windows.new().canvas.motion
    one.settings_dialog.motion.click()
    assert one.canvas.motion and two.canvas.motion
