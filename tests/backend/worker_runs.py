"""What tests of the worker share: small projects, and a worker that remembers everything it has told."""

import sys
import time

import pytest

from backend.messages import (
    Failure,
    Finished,
    Start,
    State,
)
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")
FOREVER = 1_000_000


def classifier(*blocks, data=None, field="point", **recipe):
    """A project's text: Input, the blocks in a row, Output, CrossEntropyLoss and Accuracy."""
    net = Network("Net")
    last = net.add("Input", name=field, field=field)
    for kind, name, values in blocks:
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    label = net.add("Target", name="label", field="label")
    net.connect(last, net.add("Output", name="output"))
    for kind, name in (("CrossEntropyLoss", "loss"), ("Accuracy", "accuracy")):
        judge = net.add(kind, name=name)
        net.connect(last, judge, input="input")
        net.connect(label, judge, input="target")
    return to_json(Document(net, Recipe(data=data or DataSource(kind="xor"), device="cpu", **recipe)))


MLP = (("Linear", "fc1", {"out_features": 16}), ("Tanh", "tanh1", {}), ("Linear", "fc2", {"out_features": 2}))
CNN = (
    ("Conv2d", "conv1", {"out_channels": 4, "kernel_size": 3}),
    ("BatchNorm2d", "norm1", {}),
    ("ReLU", "relu1", {}),
    ("Dropout", "drop1", {"p": 0.2}),
    ("Flatten", "flatten1", {}),
    ("Linear", "fc1", {"out_features": 10}),
)


class Heard:
    """A worker and everything it has told so far."""

    def __init__(self, client):
        self.client, self.events = client, []
        self.waiting = []  # taken from the client, not looked at yet

    def until(self, wanted, timeout=60.0):
        """The first event from now on for which `wanted` holds, or of that kind."""
        test = (lambda event: isinstance(event, wanted)) if isinstance(wanted, type) else wanted
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            while self.waiting:
                self.events.append(event := self.waiting.pop(0))
                if test(event):
                    return event
            self.waiting = self.client.take(0.2)
        kinds = [getattr(event, "text", "") or event.type for event in self.events[-8:]]
        raise AssertionError(f"nothing came in {timeout} s; the last were {kinds}")

    def over(self, timeout=60.0):
        """The last event of the run: Finished, or the State that says it failed."""
        return self.until(lambda e: isinstance(e, Finished) or (isinstance(e, State) and e.state == "failed"), timeout)

    def failure(self):
        return next(event for event in reversed(self.events) if isinstance(event, Failure))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def start(heard, folder, project, **more):
    heard.client.send(Start(project=project, run_folder=str(folder), **more))
