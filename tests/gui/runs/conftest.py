"""The runs panel over a project that lies beside a folder of runs; the worker is never started unless asked for."""

import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from graph import DataSource, Document, Field, Network, Recipe
from graph.project_file import to_json
from gui import theme
from gui.session import Session
from gui.training import RunController

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))


def small_document(**recipe) -> Document:
    """A line on 8 x 8 digits."""
    network = Network("Small")
    blocks = [
        network.add("Input", name="image", field="image"),
        network.add("Flatten", name="flatten"),
        network.add("Linear", name="fc", out_features=10),
        network.add("Output", name="scores"),
    ]
    for source, target in pairwise(blocks):
        network.connect(source, target)
    network.add("Target", name="label", field="label")
    fields = (Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=tuple("0123456789")))
    data = DataSource(kind="digits", fields=fields)
    return Document(network, Recipe(data=data, device="cpu", **{"epochs": 3, **recipe}))


def small_text(**recipe) -> str:
    return to_json(small_document(**recipe))


@pytest.fixture
def home(tmp_path):
    """The folder of runs."""
    return tmp_path / "project" / "runs"


@pytest.fixture
def session(qapp, home):
    theme.apply(QApplication.instance(), "dark")
    home.parent.mkdir()
    document = small_document()
    document.mark_saved(home.parent / "small.netloom")
    return Session(document)


@pytest.fixture
def controller(session):
    made = RunController(session)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session, controller):
    """Makes the panel, shown, once it has looked at the folder."""
    from gui.runs import RunsPanel

    def make():
        made = RunsPanel(session, controller)
        qtbot.addWidget(made)
        made.resize(1300, 320)
        with qtbot.waitSignal(made.reading.listed, timeout=10_000):
            made.show()
        return made

    return make
