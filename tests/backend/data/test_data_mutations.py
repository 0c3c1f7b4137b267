"""Whatever happens to the bytes of a data file: loading ends in a data set or a DataError, and describing agrees."""

import gzip
import io
import struct
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import DataError, describe, load
from graph.data_source import DataSource

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 3, 4), np.uint8)
IDX_IMAGES = b"\0\0\x08\x03" + struct.pack(">3I", *IMAGES.shape) + IMAGES.tobytes()
IDX_LABELS = b"\0\0\x08\x01" + struct.pack(">I", 6) + bytes([0, 1, 2, 0, 1, 2])
ARRAYS = {"x": RNG.random((6, 3)), "label": np.arange(6) % 3, "name": np.array(list("abcabc")), "image": IMAGES}


def npz(save):
    stream = io.BytesIO()
    save(stream, **ARRAYS)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


@st.composite
def damage(draw, whole):
    """The bytes cut, with some changed, some put in and some taken out."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["cut", "change", "change", "flip", "insert", "remove"]))
        if kind == "cut":
            del data[place:]
        elif kind == "insert":
            data[place:place] = draw(st.binary(max_size=9))
        elif kind == "remove":
            del data[place : place + draw(st.integers(1, 9))]
        elif data and kind == "change":
            data[place] = draw(st.integers(0, 255))
        elif data:
            data[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def ask(source, folder):
    """Load and describe; neither may raise anything but DataError, and they may not disagree on the fields."""
    try:
        dataset = load(source, folder)
    except DataError as error:
        assert error.place and error.text and len(str(error)) < 1000 and str(error).isprintable()
        with suppress(DataError):
            describe(source, folder)
        return None
    assert describe(source, folder) == dataset.fields
    assert len(dataset) > 0
    return dataset


many = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NPZ_FILES = {"stored": npz(np.savez), "deflated": npz(np.savez_compressed)}


@pytest.mark.parametrize("packing", NPZ_FILES)
def test_npz_files(tmp_path, packing):
    whole = NPZ_FILES[packing]

    @many
    @given(damage(whole))
    def hold(content):
        (tmp_path / "data.npz").write_bytes(content)
        ask(DataSource(kind="npz", path="data.npz"), tmp_path)

    (tmp_path / "data.npz").write_bytes(whole)
    assert len(ask(DataSource(kind="npz", path="data.npz"), tmp_path)) == 6
    hold()


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_within_a_sound_archive(tmp_path, name):
    """No checksum guards these: the damage was done before the file was packed."""

    @many
    @given(damage(npy(ARRAYS[name])))
    def hold(content):
        with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
            archive.writestr(f"{name}.npy", content)
        ask(DataSource(kind="npz", path="data.npz"), tmp_path)

    hold()


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("which", ["images", "labels"])
def test_idx_files(tmp_path, which, gzipped):
    end = ".gz" if gzipped else ""
    files = {"images": IDX_IMAGES, "labels": IDX_LABELS}
    for kind, content in files.items():
        path = tmp_path / f"train-{kind}-idx{3 if kind == 'images' else 1}-ubyte{end}"
        path.write_bytes(gzip.compress(content) if gzipped else content)
        if kind == which:
            target = path

    @many
    @given(damage(target.read_bytes()))
    def hold(content):
        target.write_bytes(content)
        ask(DataSource(kind="idx", path="."), tmp_path)

    assert len(ask(DataSource(kind="idx", path="."), tmp_path)) == 6
    hold()


def test_pictures(tmp_path):
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(stream, "PNG")
    (tmp_path / "cat").mkdir()
    Image.fromarray(IMAGES[1]).save(tmp_path / "cat/a.png")

    @settings(many, max_examples=150)
    @given(damage(stream.getvalue()))
    def hold(content):
        (tmp_path / "cat/b.png").write_bytes(content)
        dataset = ask(DataSource(kind="image_folder", path="."), tmp_path)
        assert len(dataset) + len(dataset.problems) == 2

    hold()


@pytest.mark.parametrize(
    ("kind", "written"), [("huggingface", "arrow"), ("huggingface", "parquet"), ("table", "parquet")]
)
def test_arrow_and_parquet(tmp_path, kind, written):
    """No checksum guards these either, and what reads them is not written in Python: it must not fall."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"x": [1.5, 2, None, 4], "word": list("abca"), "label": [0, 1, 0, 1], "row": [[1, 2]] * 4}
    table = arrow.table(columns).replace_schema_metadata({"huggingface": '{"info": {"features": {}}}'})
    path = tmp_path / f"data.{written}"
    if written == "parquet":
        parquet.write_table(table, path)
    else:
        with arrow.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    options = {"leave_out": "row", "missing": "skip"} if kind == "table" else {}
    source = DataSource(kind=kind, path=path.name, options={"bad_samples": "skip", **options})
    assert len(ask(source, tmp_path)) == 3

    @settings(many, max_examples=100)
    @given(damage(path.read_bytes()))
    def hold(content):
        path.write_bytes(content)
        ask(source, tmp_path)

    hold()
