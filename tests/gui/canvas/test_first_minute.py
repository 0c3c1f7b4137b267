"""The main job with real mouse and keys: draw LeNet, see it checked, train it through a real worker, kill the worker.

Everything goes through the window as a person's hands would; only the dialog of a file name is answered by the test.
"""

import os
import signal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from gui import theme
from gui.main_window import MainWindow

CHAIN = ("input", "conv2d", "relu", "maxpool2d", "conv2d", "relu", "maxpool2d", "flatten")
HEAD = ("linear", "relu", "linear", "relu", "linear", "output")


@pytest.fixture
def window(qapp, qtbot, monkeypatch):
    theme.apply(qapp, "dark")
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=lambda w: monkeypatch.setattr(w.files, "may_leave", lambda: True))
    made.resize(1500, 1000)
    made.show()
    qtbot.waitExposed(made)
    made.run.warm_up()
    return made


def type_into(window, block, name, text):
    """Select a block and type into one of its fields in the inspector."""
    window.session.select((block,))
    window.inspector.refresh()
    enter(window.inspector.page.form.fields[name], text)


def enter(field, text):
    field.line.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)
    QTest.keyClick(field.line, Qt.Key.Key_Return)


def place(hands, text):
    """Search at the cursor and take the first hit: it lands after the selected block."""
    hands.view.setFocus()
    hands.key(Qt.Key.Key_Space)
    hands.search(text)


def draw_lenet(window, hands):
    for text in CHAIN + HEAD:
        place(hands, text)
    order = [window.session.network.blocks[id] for id in window.session.network.order()]
    by_type = {}
    for block in order:
        by_type.setdefault(block.type, []).append(block.id)
    for id, channels in zip(by_type["Conv2d"], ("6", "16"), strict=True):
        type_into(window, id, "out_channels", channels)
        type_into(window, id, "kernel_size", "5")
    for id in by_type["MaxPool2d"]:
        type_into(window, id, "kernel_size", "2")
    for id, features in zip(by_type["Linear"], ("120", "84", "10"), strict=True):
        type_into(window, id, "out_features", features)
    return by_type


def choose_digits(window, qtbot):
    """Nothing selected: the inspector shows the network, its data and its recipe."""
    window.session.select(())
    window.inspector.refresh()
    chooser = window.inspector.page.data
    chooser.kind.setFocus()
    index = chooser.kind.findData("digits")
    while chooser.kind.currentIndex() != index:
        QTest.keyClick(chooser.kind, Qt.Key.Key_Down)
    window.inspector.refresh()
    enter(window.inspector.page.data.form.fields["size"], "32")
    enter(window.inspector.page.recipe.fields["epochs"], "500")
    assert window.session.document.recipe.data.field("image").shape == (1, 32, 32)


def bind(window, block, name):
    """Choose a field of the data for a source in the inspector."""
    window.session.select((block,))
    window.inspector.refresh()
    editor = window.inspector.page.form.fields["field"].editor
    editor.setFocus()
    while editor.currentText().split()[0] != name:
        before = editor.currentIndex()
        QTest.keyClick(editor, Qt.Key.Key_Down)
        assert editor.currentIndex() != before, f"{name} is not offered"


def wire_the_loss(window, hands, scores):
    """Drag from the scores into empty space, choose the loss there; then drag from the label to it."""
    hands.view.centerOn(hands.canvas.blocks[scores].box().center())
    name = window.session.network.blocks[scores].name
    start = hands.output(name)
    hands.drag(start, start + QPoint(260, 120))
    assert "Conv2d" not in hands.titles()
    hands.search("crossentropy")
    window.session.select(())
    hands.view.setFocus()
    hands.move(start + QPoint(260, -60), Qt.MouseButton.NoButton)
    hands.key(Qt.Key.Key_Tab)
    hands.search("target")
    loss, label = window.session.network.with_role("loss")[0], window.session.network.with_role("target")[0]
    hands.drag(hands.output(label.name), hands.input(loss.name, "target"))
    return label.id


def test_draw_check_train_kill_and_export(window, hands_at, qtbot, monkeypatch, tmp_path):
    hands = hands_at(window.canvas)
    session = window.session
    by_type = draw_lenet(window, hands)
    choose_digits(window, qtbot)
    bind(window, by_type["Input"][0], "image")
    label = wire_the_loss(window, hands, by_type["Linear"][-1])
    bind(window, label, "label")

    # checked as it was drawn
    assert session.analysis.ok, [problem.text for problem in session.analysis.problems]
    assert session.analysis.total_parameters == 61_706
    assert session.analysis.output(by_type["Conv2d"][0]).shape == ("N", 6, 28, 28)
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 6, kernel_size=5)" in window.code.text.toPlainText(), timeout=3000)
    qtbot.waitUntil(lambda: "61,706" in window.statusBar().parameters.text(), timeout=3000)

    # trained through a real worker, everything live
    bar = window.transport
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run.state == "training", timeout=60_000)
    looks = []
    window.run.looked.connect(lambda look: looks.append((look.kind, look.array.copy())))
    qtbot.waitUntil(lambda: len(window.run.run.history.losses) >= 40, timeout=60_000)
    qtbot.waitUntil(lambda: len([1 for kind, _ in looks if kind == "filters"]) >= 2, timeout=20_000)
    filters = [array for kind, array in looks if kind == "filters"]
    assert filters[0].shape[0] in (6, 16) and (filters[0] != filters[-1]).any()
    qtbot.waitUntil(lambda: len(window.training.curves.loss.raw.getData()[0]) > 10, timeout=10_000)

    # the editor stays alive while it trains, and the code follows
    type_into(window, by_type["Linear"][1], "out_features", "90")
    qtbot.waitUntil(lambda: "nn.Linear(120, 90)" in window.code.text.toPlainText(), timeout=3000)
    document = session.document
    document.undo()
    assert session.analysis.total_parameters == 61_706

    # kill -9 in the middle
    os.kill(window.run.ready.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: window.run.state == "failed", timeout=20_000)
    assert "signal 9" in window.training.banner.text and window.training.banner.isVisible()
    assert session.analysis.total_parameters == 61_706 and document.can_undo

    # and a new run begins in a new process
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run.state == "training", timeout=60_000)
    QTest.mouseClick(bar.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=30_000)

    # the code goes home
    target = tmp_path / "lenet.py"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    window.actions_by_id["export_python"].trigger()
    assert "self.conv" in target.read_text() and "netloom" not in target.read_text().split("import", 1)[1].lower()
