"""Data sets of Hugging Face on disk: splits, columns as fields, and what is refused."""

import io
import json

import numpy as np
import pytest

from backend.data import DataError, arrow_stream, describe, huggingface_folder, load
from backend.data.huggingface_folder import split_named
from graph.data_source import DataSource, Field

arrow = pytest.importorskip("pyarrow")
BYTES = arrow.struct({"bytes": arrow.binary(), "path": arrow.string()})
CLASSES = {"label": {"_type": "ClassLabel", "names": ["cat", "dog"]}, "image": {"_type": "Image"}}


def picture(shade, size=(4, 6)):
    from PIL import Image

    stream = io.BytesIO()
    Image.new("L", size, shade).save(stream, "PNG")
    return {"bytes": stream.getvalue(), "path": None}


def save(folder, columns, features=None, shards=1):
    """A split as save_to_disk writes it."""
    folder.mkdir(parents=True)
    table = arrow.table(columns)
    info = json.dumps({"info": {"features": features or {}}}).encode()
    table = table.replace_schema_metadata({"huggingface": info})
    names = [f"data-{n:05d}-of-{shards:05d}.arrow" for n in range(shards)]
    step = -(-len(table) // shards)
    for number, name in enumerate(names):
        with arrow.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table.slice(number * step, step), max_chunksize=3)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    return folder


@pytest.fixture
def ask(tmp_path):
    """Save columns as the data set "d" and load it; describing must agree."""

    def read(content=None, features=None, **options):
        if content is not None:
            save(tmp_path / "d", content, features)
        source = DataSource(kind="huggingface", path="d", options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return read


def refused(ask, content=None, features=None, **options):
    with pytest.raises(DataError) as caught:
        ask(content, features, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


def test_pictures_and_named_classes(ask):
    dataset = ask({"image": [picture(0), picture(255)], "label": [1, 0]}, CLASSES)
    assert dataset.fields == (
        Field(name="image", shape=(3, 6, 4)),
        Field(name="label", dtype="int64", classes=("cat", "dog")),
    )
    assert dataset.arrays["image"].min(axis=(1, 2, 3)).tolist() == [0, 1] and dataset.labels.tolist() == [1, 0]
    small = ask(grayscale=True, size="2x3", columns="image")
    assert small.fields == (Field(name="image", shape=(1, 2, 3)),)


def test_numbers_and_lists_of_them(ask):
    dataset = ask(
        {
            "price": [1.5, 2, 4, 8],
            "rooms": [1, 2, 1, 2],
            "id": [7, 8, 9, 10],
            "sold": [True, False, True, True],
            "row": arrow.array([[1, 2]] * 4, arrow.list_(arrow.float64(), 2)),
            "grid": [[[1, 2, 3], [4, 5, 6]]] * 4,
            "shades": arrow.array([[[0, 255]]] * 4, arrow.list_(arrow.list_(arrow.uint8()))),
        }
    )
    assert [(f.name, f.shape, f.dtype, f.classes) for f in dataset.fields] == [
        ("price", (1,), "float32", None),
        ("rooms", (), "int64", ("1", "2")),
        ("id", (1,), "float32", None),  # all different: no classes
        ("sold", (), "int64", ("False", "True")),
        ("row", (2,), "float32", None),
        ("grid", (2, 3), "int64", None),
        ("shades", (1, 1, 2), "float32", None),
    ]
    assert dataset.arrays["price"].ravel().tolist() == [1.5, 2, 4, 8]
    assert dataset.arrays["grid"][2].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert dataset.arrays["shades"].ravel().tolist() == [0, 1] * 4
    assert ask(columns="rooms", as_numbers="rooms").fields == (Field(name="rooms", shape=(1,)),)
    assert ask(columns="id", as_classes="id").fields[0].classes == ("7", "8", "9", "10")


def test_texts_are_read_with_one_vocabulary_or_name_classes(ask):
    dataset = ask({"words": ["ab", "b", "abc", "ba"], "mood": ["good", "bad", "good", "bad"]}, length=3)
    assert [(f.name, f.shape, f.classes) for f in dataset.fields] == [
        ("words", (3,), ("<pad>", "b", "a", "c")),
        ("mood", (), ("bad", "good")),
        ("padding", (3,), None),
    ]
    assert dataset.arrays["words"].tolist() == [[2, 1, 0], [1, 0, 0], [2, 1, 3], [1, 2, 0]]
    assert dataset.arrays["padding"].sum() == 4 and dataset.arrays["mood"].tolist() == [1, 0, 1, 0]
    model = ask(columns="words", length=2, next=True)
    assert model.arrays["next"].tolist() == [[1, 0], [0, 0], [1, 3], [2, 0]]
    assert ask(columns="mood", length=4, next=True).fields[0].shape == (4,)  # a language model reads all texts
    assert ask(columns="words", as_classes="words").fields[0].classes == ("ab", "abc", "b", "ba")


def test_two_texts_share_their_vocabulary(ask):
    dataset = ask({"question": ["ab", "c", "d"], "answer": ["b", "dd", "e"]}, length=2)
    assert [f.name for f in dataset.fields] == ["question", "answer", "question_padding", "answer_padding"]
    assert dataset.fields[0].classes == dataset.fields[1].classes


def test_splits_are_chosen_or_set_apart(ask, tmp_path):
    for name, labels in (("train", [0, 1, 1, 0, 1]), ("test", [1, 0])):
        save(tmp_path / "d" / name, {"x": [0.5] * len(labels), "label": labels}, CLASSES, shards=2)
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    dataset = ask()
    assert dataset.labels.tolist() == [0, 1, 1, 0, 1, 1, 0] and dataset.validation.tolist() == [5, 6]
    assert ask(split="test").labels.tolist() == [1, 0] and ask(split="test").validation is None
    assert 'no split "dev"; it has train, test' in refused(ask, split="dev")


@pytest.mark.parametrize("written", ["parquet", "arrow"])
def test_files_tell_their_split_by_their_names(ask, tmp_path, written):
    from pyarrow import parquet

    (tmp_path / "d/data").mkdir(parents=True)
    for split, numbers in (("train", range(6)), ("validation", range(2))):
        table = arrow.table({"x": [float(n) for n in numbers], "word": ["yes", "no"] * (len(numbers) // 2)})
        path = tmp_path / f"d/data/{split}-00000-of-00001.{written}"
        if written == "parquet":
            parquet.write_table(table, path)
        else:
            with arrow.ipc.new_file(path, table.schema) as writer:
                writer.write_table(table)
    dataset = ask()
    assert dataset.arrays["x"].ravel().tolist() == [0, 1, 2, 3, 4, 5, 0, 1] and dataset.validation.tolist() == [6, 7]
    assert dataset.fields[1].classes == ("no", "yes")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train.parquet", "train"),
        ("data/train-00000-of-00003.parquet", "train"),
        ("mnist-test.arrow", "test"),
        ("plain/dev/part.arrow", "validation"),
        ("train/evaluation.parquet", "test"),
        ("latest.parquet", "train"),
        ("de-en-00001-of-00002.arrow", "de-en"),
    ],
)
def test_what_a_name_tells(path, split):
    assert split_named(path) == split


def test_bad_samples_are_listed_with_split_and_row_and_refused_or_skipped(ask):
    columns = {
        "image": [picture(9), {"bytes": b"no picture", "path": None}, picture(9), picture(9), picture(9), picture(9)],
        "label": [0, 1, 2, -1, 1, 0],
        "x": [1.0, 2.0, 3.0, 4.0, float("nan"), None],
    }
    said = refused(ask, columns, CLASSES)
    assert '5 of 6 samples cannot be used: d, train, row 1: column "image" holds a picture that is no picture' in said
    assert 'row 2: column "label" holds the label 2, but with 2 classes it must be from 0 to 1' in said
    assert 'row 4: column "x" holds NaN' in said and 'row 5: column "x" has no value' in said
    dataset = ask(bad_samples="skip")
    assert len(dataset) == 1 and {problem.row for problem in dataset.problems} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        ({"x": [[1], [2, 3]]}, {}, 'column "x": holds lists of 1 and of 2 values'),
        ({"x": [1.0], "when": arrow.array([1], arrow.date32())}, {}, 'column "when": holds date32.*such as "x"'),
        ({"x": arrow.nulls(3)}, {}, "holds null"),
        ({"x": [{"a": 1}]}, {}, "holds struct"),
        ({"x": [["a", "b"]]}, {}, "holds lists of string"),
        ({"x": arrow.array([[]], arrow.list_(arrow.int32()))}, {}, "empty lists"),
        ({"x": [1.0]}, {"columns": "y"}, 'has no column "y" .*it has x'),
        ({"x": ["a"]}, {"as_numbers": "x"}, "holds text, which is no number"),
        ({"x": arrow.array([], arrow.float32())}, {}, "has no rows"),
        (
            {"image": arrow.array([{"bytes": None, "path": "/etc/passwd"}], BYTES)},
            {},
            "holds no picture that can be read",
        ),
        ({"padding": [[1, 2]], "text": ["ab"]}, {}, 'two fields called "padding"'),
    ],
)
def test_what_cannot_be_fields(ask, columns, options, said):
    with pytest.raises(DataError, match=said):
        ask(columns, **options)


def test_sound_is_no_picture(ask):
    said = refused(ask, {"a": [{"bytes": b"RIFF", "path": None}]}, {"a": {"_type": "Audio"}})
    assert "holds audio" in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"_data_files": [{"filename": "../secret.arrow"}]}, "lists no data files"),
        ({"_data_files": "data.arrow"}, "lists no data files"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, "no such file"),
        ({"_indices_data_files": [{"filename": "i.arrow"}]}, "flatten_indices"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no JSON object"),
    ],
)
def test_a_folder_that_says_what_is_not_so(ask, tmp_path, state, said):
    save(tmp_path / "d", {"x": [1.0]})
    (tmp_path / "d/state.json").write_bytes(state if isinstance(state, bytes) else json.dumps(state).encode())
    assert said in refused(ask)


def test_an_empty_folder_and_links_are_no_data_set(ask, tmp_path):
    save(tmp_path / "real", {"x": [1.0]})
    (tmp_path / "d").mkdir()
    (tmp_path / "d/train.arrow").symlink_to(tmp_path / "real/data-00000-of-00001.arrow")
    assert "holds no data set" in refused(ask)


def test_files_of_different_columns_are_not_mixed(ask, tmp_path):
    save(tmp_path / "d/one", {"x": [1.0]})
    save(tmp_path / "d/two", {"y": [1.0]})
    assert "has other columns than" in refused(ask)


def test_packed_arrow_is_refused_before_it_unpacks(ask, tmp_path):
    table = arrow.table({"x": np.zeros(10_000_000)})
    (tmp_path / "d").mkdir()
    with arrow.ipc.new_stream(
        tmp_path / "d/train.arrow", table.schema, options=arrow.ipc.IpcWriteOptions(compression="zstd")
    ) as writer:
        writer.write_table(table)
    before = arrow.total_allocated_bytes()
    assert "is packed Arrow" in refused(ask)
    assert arrow.total_allocated_bytes() - before < 1_000_000


def test_without_pyarrow_it_is_said_what_to_install(ask, tmp_path, monkeypatch):
    save(tmp_path / "d", {"x": [1.0]})
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert "pip install pyarrow" in refused(ask)


def test_too_many_files_are_not_walked(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_folder, "MOST_FILES", 1)
    save(tmp_path / "d", {"x": [1.0, 2.0]}, shards=2)
    (tmp_path / "d/state.json").unlink()
    assert "more than 1 data files" in refused(ask)


def test_what_the_library_writes_is_what_it_reads(tmp_path):
    datasets = pytest.importorskip("datasets")
    from PIL import Image

    rng = np.random.default_rng(0)
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "grid": datasets.Array2D((2, 3), "float32"),
            "row": datasets.List(datasets.Value("float32"), length=4),
        }
    )
    columns = {
        "image": [Image.fromarray(rng.integers(0, 256, (5, 4, 3), np.uint8)) for _ in range(8)],
        "label": [n % 2 for n in range(8)],
        "grid": rng.random((8, 2, 3), np.float32).tolist(),
        "row": rng.random((8, 4), np.float32).tolist(),
    }
    theirs = datasets.Dataset.from_dict(columns, features=features).shuffle(seed=1)
    datasets.DatasetDict({"train": theirs}).save_to_disk(tmp_path / "d", num_shards={"train": 2})
    ours = load(DataSource(kind="huggingface", path="d"), tmp_path)
    assert ours.labels.tolist() == theirs["label"][:] and ours.fields[1].classes == ("cat", "dog")
    np.testing.assert_array_equal(ours.arrays["grid"], np.array(theirs["grid"][:], np.float32))
    np.testing.assert_array_equal(ours.arrays["row"], np.array(theirs["row"][:], np.float32))
    expected = np.stack([np.asarray(one) for one in theirs["image"][:]]) / np.float32(255)
    np.testing.assert_allclose(np.moveaxis(ours.arrays["image"], 1, 3), expected, atol=1e-6)


def test_a_batch_too_large_to_be_read_at_once_is_refused(ask, monkeypatch):
    monkeypatch.setattr(arrow_stream, "MAX_BODY", 1000)
    assert "bytes in one batch, more than the 1,000 allowed" in refused(ask, {"x": [[0.5] * 500] * 3})
