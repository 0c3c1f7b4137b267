"""The protocol: every message survives its line, and nothing else is taken for one."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import messages as m

FRAME = m.Frame(name="nl-1-a-1", sequence=7, shape=(6, 1, 5, 5), dtype="<f4")
COMMANDS = [
    m.Start(project='{"format": "netloom"}', run_folder="/tmp/run", base=None, epochs=3, device="cpu"),
    m.FindRate(project="{}", steps=20),
    m.PreviewAugmentation(project="{}", base="/data", samples=3, page=2, seed=9),
    m.Pause(),
    m.Resume(),
    m.Stop(),
    m.SetLearningRate(value=0.01),
    m.Watch(kind="features", block="b1", sample=3),
    m.Unwatch(kind="filters"),
    m.Unwatch(),
    m.Shutdown(),
]
EVENTS = [
    m.Ready(pid=1, device="cpu", device_name="CPU", memory=8, devices=("cpu",), torch="2"),
    m.State(state="training", text="zwölf ✓\u2028 a\nb"),
    m.Steps(epoch=1, steps=(1, 2), metrics={"loss": (2.5, 0.1)}, images_per_second=10.0),
    m.Epoch(epoch=1, step=2, train={"loss": 1.0}, validation={}, learning_rate=0.1, seconds=0.5),
    m.Progress(
        step=1,
        steps=9,
        epoch=1,
        epochs=3,
        seconds=1.0,
        seconds_left=None,
        images_per_second=0.0,
        learning_rate=0.1,
    ),
    m.Probe(kind="features", block="b", step=1, epoch=1, array=FRAME, image=FRAME,
            prediction=m.Prediction(sample=0, samples=9, probabilities=(0.5, 0.5), label=1, classes=("a", "b"))),
    m.RateCurve(rates=(1e-6, 1e-5), losses=(2.0, 1.5), suggested=None),
    m.AugmentationPreview(field="image", originals=FRAME, augmented=FRAME, labels=("a",), mixed=("60% a, 40% b",)),
    m.Heartbeat(state="paused", step=4, stuck_for=0.0),
    m.Failure(kind="labels", text="row 7 has the label 12", block="b3"),
    m.Finished(run_folder="/r", stopped=False, step=9, epochs=3, best_epoch=2, best={"loss": 0.5}),
]  # fmt: skip


def test_the_samples_cover_the_closed_set():
    kinds = lambda union: set(union.__args__)  # noqa: E731
    assert {type(c) for c in COMMANDS} == kinds(m.Command)
    assert {type(e) for e in EVENTS} == kinds(m.Event)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.type)
def test_a_command_survives_its_line(command):
    line = m.encode(command)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert m.decode_command(line) == command


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.type)
def test_an_event_survives_its_line(event):
    line = m.encode(event)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert m.decode_event(line) == event


def test_numbers_that_are_not_finite_survive_as_strict_json():
    steps = m.Steps(epoch=1, steps=(1, 2), metrics={"loss": (math.nan, math.inf)}, images_per_second=-math.inf)
    line = m.encode(steps)
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    back = m.decode_event(line)
    assert math.isnan(back.metrics["loss"][0]) and back.metrics["loss"][1] == math.inf
    assert back.images_per_second == -math.inf


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "JSON"),
        (b"\xff\xfe\n", "JSON"),
        (b"[]\n", "not a message"),
        (b'{"type":"dance","v":1}\n', "dance"),
        (b'{"type":"pause","v":2}\n', "another protocol"),
        (b'{"type":"pause","v":1,"hard":true}\n', "hard"),
        (b'{"type":"set_learning_rate","v":1,"value":0}\n', "greater than 0"),
        (b'{"type":"set_learning_rate","v":1,"value":"NaN"}\n', "finite"),
        (b'{"type":"watch","v":1,"kind":"brain","block":"b"}\n', "filters"),
        (b'{"type":"watch","v":1,"kind":"filters","block":"b","sample":-1}\n', "sample"),
        (b'{"type":"ready","v":1}\n', "ready"),  # an event is no command
    ],
)
def test_what_is_no_command_is_refused_with_the_reason(line, says):
    with pytest.raises(m.ProtocolError, match=says):
        m.decode_command(line)


def test_lines_have_a_cap_on_both_sides():
    with pytest.raises(m.ProtocolError, match="above"):
        m.encode(m.State(state="idle", text="x" * m.MAX_LINE))
    with pytest.raises(m.ProtocolError, match="above"):
        m.decode_event(b" " * (m.MAX_LINE + 1))


@given(st.binary(max_size=200))
def test_bytes_from_anywhere_raise_protocol_errors_only(data):
    for decode in (m.decode_command, m.decode_event):
        with pytest.raises(m.ProtocolError):
            decode(data)


def test_messages_and_client_leave_torch_and_qt_alone():
    code = (
        "import sys, backend.client, backend.run_folder, backend.messages;"
        "sys.exit(any(name.split('.')[0] in ('torch', 'PySide6') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
