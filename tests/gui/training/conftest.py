"""A document that can be trained, a window's session around it, and controllers over scripted or real workers."""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from backend.client import Launch
from graph import Document, Network
from graph.data_source import DataSource, Field
from graph.recipe import Recipe
from gui import theme
from gui.session import Session
from gui.training import RunController
from gui.training.worker_process import WorkerProcess

ROOT = Path(__file__).resolve().parents[3]
READY = {
    "type": "ready", "pid": 1, "device": "cpu", "device_name": "CPU", "memory": 1, "devices": ["cpu"], "torch": "0",
}  # fmt: skip


def small_document(**recipe) -> Document:
    """A convolution on 8 x 8 digits."""
    network = Network("Small")
    blocks = [
        network.add("Input", name="image", field="image"),
        network.add("Conv2d", name="conv1", out_channels=4, kernel_size=3),
        network.add("ReLU", name="relu1"),
        network.add("Flatten", name="flatten"),
        network.add("Linear", name="fc", out_features=10),
        network.add("Output", name="scores"),
    ]
    for source, target in pairwise(blocks):
        network.connect(source, target)
    network.add("Target", name="label", field="label")
    digits = tuple(str(digit) for digit in range(10))
    fields = (Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=digits))
    data = DataSource(kind="digits", fields=fields)
    return Document(network, Recipe(data=data, **{"epochs": 2, **recipe}))


@pytest.fixture
def session(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    theme.apply(QApplication.instance(), "dark")
    document = small_document()
    document.mark_saved(tmp_path / "small.netloom")
    return Session(document)


@pytest.fixture
def scripted(session):
    """Makes controllers whose first worker plays a script; later ones only say that they are ready."""
    made = []

    def make(*acts, then=(READY,)):
        scripts = [[*acts]]

        def launch(client):
            script = scripts.pop() if scripts else [*then]
            arguments = (sys.executable, str(Path(__file__).with_name("scripted_worker.py")), json.dumps(script))
            return Launch(arguments, {"PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))})

        controller = RunController(session, worker=WorkerProcess(launch=launch))
        made.append(controller)
        return controller

    yield make
    for controller in made:
        controller.close()


@pytest.fixture
def real(session):
    """A controller with the real worker."""
    controller = RunController(session)
    yield controller
    controller.close()
