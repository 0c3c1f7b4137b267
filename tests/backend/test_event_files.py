"""Event files: the very bytes that TensorBoard's own writer makes, read back whole, and replaced when a run goes on."""

import math
import struct

import pytest

from backend import event_files
from backend.event_files import FOLDER, MOST_STEPS, EventFile, RunCurves, masked_crc
from backend.messages import Epoch, Progress, State, Steps
from backend.run_folder import RunFolder

# Written by tensorboard 2.21's RecordWriter: the version and a session's start at 1.5 s, two scalars at 2.25 s.
GOLDEN = bytes.fromhex(
    "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
    "100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a"
    "31000000000000009d8383e909000000000000024010ac022a230a110a0a747261696e2f6c6f737315cdcccc3d0a0e0a076772c3b6c39f65"
    "150000807f6dc574f5"
)


def records(path):
    """The data of every record, its checksums held against it."""
    data, found = path.read_bytes(), []
    while data:
        length, check = struct.unpack_from("<QI", data)
        assert check == masked_crc(data[:8])
        content = data[12 : 12 + length]
        assert struct.unpack_from("<I", data, 12 + length)[0] == masked_crc(content)
        found.append(content)
        data = data[16 + length :]
    return found


def scalars(run):
    """Every point of every curve of a run, in the order written: (tag, step, value); a START voids what it replaces."""
    points = []
    for path in sorted((run / FOLDER).iterdir()):
        for content in records(path):
            fields = dict(wire(content))
            step = fields.get(2, 0)
            if 7 in fields:
                points = [point for point in points if point[1] < step]
            for number, value in wire(fields.get(5, b"")):
                assert number == 1
                inner = dict(wire(value))
                points.append((inner[1].decode(), step, round(struct.unpack("<f", inner[2])[0], 5)))
    return points


def wire(data):
    """Fields of a protocol buffer: numbers with their raw values."""
    while data:
        key, data = varint(data)
        if key & 7 == 0:
            value, data = varint(data)
        elif key & 7 == 2:
            length, data = varint(data)
            value, data = data[:length], data[length:]
        else:
            size = {1: 8, 5: 4}[key & 7]
            value, data = data[:size], data[size:]
        yield key >> 3, value


def varint(data):
    value = 0
    for at, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return value, data[at + 1 :]
    raise AssertionError("a number without an end")


def steps(first, last):
    numbers = tuple(range(first, last + 1))
    return Steps(epoch=1, steps=numbers, metrics={"loss": tuple(1.0 / n for n in numbers)}, images_per_second=1.0)


def epoch(number, step, **validation):
    return Epoch(
        epoch=number, step=step, train={"loss": 0.5}, validation=validation, learning_rate=0.1 / number, seconds=1.0
    )


def test_the_checksum_is_that_of_rfc_3720():
    crc = 0xE3069283  # of "123456789"
    assert masked_crc(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_the_bytes_are_those_of_tensorboards_own_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(event_files.time, "time", lambda: 1.5)
    file = EventFile(tmp_path / "events", first_step=300)
    file.scalars({"train/loss": 0.1, "größe": math.inf}, step=300, wall_time=2.25)
    file.close()
    assert (tmp_path / "events").read_bytes() == GOLDEN


def test_a_file_is_never_written_over(tmp_path):
    EventFile(tmp_path / "events").close()
    with pytest.raises(FileExistsError):
        EventFile(tmp_path / "events")


def test_numbers_beyond_four_bytes_become_infinite_and_nan_stays(tmp_path):
    file = EventFile(tmp_path / "run" / FOLDER / "events.out.tfevents.1")
    for value in (1e300, -1e300, math.nan):
        file.scalar("x", value, 1)
    assert [str(value) for _, _, value in scalars(tmp_path / "run")] == ["inf", "-inf", "nan"]


def test_a_runs_curves_stand_under_their_tags(tmp_path):
    folder = RunFolder(tmp_path / "run", "{}")
    folder.append(State(state="training"))
    folder.append(steps(1, 3))
    folder.append(epoch(1, 3, loss=0.25, accuracy=0.75))
    folder.finish("finished")
    assert scalars(folder.path) == [
        ("train/loss", 1, 1.0),
        ("train/loss", 2, 0.5),
        ("train/loss", 3, 0.33333),
        ("validation/loss", 3, 0.25),
        ("validation/accuracy", 3, 0.75),
        ("epoch mean/loss", 3, 0.5),
        ("learning rate", 3, 0.1),
    ]


def test_of_many_steps_told_at_once_some_are_kept_the_last_among_them(tmp_path):
    curves = RunCurves(tmp_path)
    curves.append(steps(1, 1000))
    kept = [step for _, step, _ in scalars(tmp_path)]
    assert len(kept) == MOST_STEPS and kept[-1] == 1000 and len(set(kept)) == MOST_STEPS


def test_the_learning_rate_is_told_when_it_changes(tmp_path):
    curves = RunCurves(tmp_path)
    curves.append(steps(1, 1))
    for step, rate in ((2, 0.1), (3, 0.1), (4, 0.05)):
        curves.append(
            Progress(
                step=step,
                steps=9,
                epoch=1,
                epochs=1,
                seconds=1,
                seconds_left=None,
                images_per_second=1,
                learning_rate=rate,
            )
        )
    told = [(step, value) for tag, step, value in scalars(tmp_path) if tag == "learning rate"]
    assert told == [(2, 0.1), (4, 0.05)]


def test_a_run_that_goes_on_replaces_what_it_does_again(tmp_path):
    folder = RunFolder(tmp_path / "run", "{}")
    for number in (1, 2):
        folder.append(steps(10 * number - 9, 10 * number))
        folder.append(epoch(number, 10 * number, loss=1.0))
    [first] = (folder.path / FOLDER).iterdir()
    with first.open("ab") as file:
        file.write(b"\x18\0\0")  # killed while it wrote
    folder.finish("stopped")
    torn = first.read_bytes()
    again = RunFolder.again(folder.path)
    again.go_on_from(None)
    again.append(steps(11, 20))
    again.append(epoch(2, 20, loss=0.5))
    assert first.read_bytes() == torn
    first.write_bytes(torn[:-3])
    found = [(step, value) for tag, step, value in scalars(folder.path) if tag == "validation/loss"]
    assert found == [(10, 1.0), (20, 0.5)]
