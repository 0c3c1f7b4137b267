"""Windows and panels as the tests use them: dressed once, shown offscreen, closed without questions or workers."""

import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QWidget

from graph import DataSource, Document, Field, Network, Recipe
from gui import theme
from gui.collecting import collect_what_is_due
from gui.session import Session


def lenet() -> Network:
    """LeNet as in 1998, with a target and a loss."""
    net = Network("LeNet")
    last = net.add("Input", name="image", shape=(1, 32, 32), field="image")
    for type, name, values in (
        ("Conv2d", "conv1", {"out_channels": 6, "kernel_size": 5}),
        ("ReLU", "relu1", {}),
        ("MaxPool2d", "pool1", {"kernel_size": 2}),
        ("Conv2d", "conv2", {"out_channels": 16, "kernel_size": 5}),
        ("ReLU", "relu2", {}),
        ("MaxPool2d", "pool2", {"kernel_size": 2}),
        ("Flatten", "flatten", {}),
        ("Linear", "fc1", {"out_features": 120}),
        ("ReLU", "relu3", {}),
        ("Linear", "fc2", {"out_features": 84}),
        ("ReLU", "relu4", {}),
        ("Linear", "fc3", {"out_features": 10}),
    ):
        block = net.add(type, name=name, **values)
        net.connect(last, block)
        last = block
    net.connect(last, net.add("Output", name="logits"))
    target = net.add("Target", name="label", shape=(), dtype="int64", field="label")
    loss = net.add("CrossEntropyLoss", name="loss")
    net.connect(last, loss, input="input")
    net.connect(target, loss, input="target")
    return net


def digits() -> DataSource:
    fields = (Field(name="image", shape=(1, 32, 32)), Field(name="label", dtype="int64", classes=tuple("0123456789")))
    return DataSource(kind="digits", options={"size": 32}, fields=fields)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    """Widgets of a test are really gone after it: Qt deletes them only when an event loop comes round.

    Nothing is collected on other threads meanwhile, as in the application. Qt holds the modifiers of the last event
    for pressed until there is another.
    """
    gc.disable()
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if QGuiApplication.keyboardModifiers():
            QTest.keyRelease(QWidget(), Qt.Key.Key_F35)
    collect_what_is_due()


@pytest.fixture
def app(qapp):
    theme.apply(qapp, "dark")
    return qapp


@pytest.fixture
def session(app) -> Session:
    """LeNet on digits."""
    return Session(Document(lenet(), Recipe(data=digits())))


@pytest.fixture
def ids(session):
    """Ids of the session's blocks by name."""
    return {block.name: block.id for block in session.network.blocks.values()}


@pytest.fixture
def shown(qtbot):
    """Show a widget and wait for its first paint."""

    def show(widget, width=420, height=640):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        qtbot.waitExposed(widget)
        qtbot.wait(30)
        return widget

    return show


@pytest.fixture
def window(app, qtbot, monkeypatch):
    """A main window on LeNet whose worker was never started; it closes without asking."""
    from gui.main_window import MainWindow

    made = MainWindow(Document(lenet(), Recipe(data=digits())))
    made.canvas.motion = False
    qtbot.addWidget(made, before_close_func=lambda w: monkeypatch.setattr(w.files, "may_leave", lambda: True))
    made.resize(1280, 860)
    made.show()
    qtbot.waitExposed(made)
    qtbot.wait(120)
    return made


@pytest.fixture
def told(monkeypatch):
    """Message boxes that a test expects: their texts are collected instead of shown."""
    texts: list[str] = []

    def note(box):
        texts.append(f"{box.text()}\n{box.informativeText()}")
        return QMessageBox.StandardButton.Ok

    monkeypatch.setattr(QMessageBox, "exec", note)
    return texts


def forget_kept() -> None:
    """What windows keep between starts."""
    from gui import settings

    for name in ("restore", "restoring", "session", "looks", "recent", "motion"):
        settings.settings().remove(name)


@pytest.fixture
def windows(app, tmp_path, qtbot, monkeypatch):
    """The windows of an editor that nobody has used yet."""
    from gui.windows import Windows

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget_kept()
    made = Windows()
    yield made
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Discard)
    for window in list(made.all):
        window.close()
    made.leave_start()
    made.keeper.close()
    qtbot.wait(20)
    forget_kept()
