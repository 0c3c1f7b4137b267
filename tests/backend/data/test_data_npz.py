"""NPZ files: what each array becomes, and a clear word about every file that cannot be used."""

import io
import zipfile

import numpy as np
import pytest

from backend.data import DataError, describe, load
from backend.data import limits as data_limits
from graph.data_source import DataSource, Field

RNG = np.random.default_rng(0)
DIGITS = tuple("0123456789")


def source(path="data.npz", **options):
    return DataSource(kind="npz", path=path, options=options)


def loaded(folder, options=None, **arrays):
    np.savez(folder / "data.npz", **arrays)
    here = source(**(options or {}))
    dataset = load(here, folder)
    assert describe(here, folder) == dataset.fields
    return dataset


def refused(folder, here=None):
    with pytest.raises(DataError) as from_load:
        load(here or source(), folder)
    return str(from_load.value)


BYTES = RNG.integers(0, 256, (5, 4, 6), np.uint8)
BECOMES = [
    (np.arange(5) % 3, (), "int64", ("0", "1", "2"), np.arange(5) % 3),
    (np.array([2, 0, 1, 1, 0], ">u2"), (), "int64", ("0", "1", "2"), [2, 0, 1, 1, 0]),
    (np.array([True, False, True, True, False]), (), "int64", ("0", "1"), [1, 0, 1, 1, 0]),
    (np.array(["oak", "ash", "oak", "fir", "ash"]), (), "int64", ("ash", "fir", "oak"), [2, 0, 2, 1, 0]),
    (np.arange(5.0), (1,), "float32", None, np.arange(5.0)[:, None]),
    (RNG.random((5, 3)), (3,), "float32", None, None),
    (np.asfortranarray(RNG.random((5, 3, 2))), (3, 2), "float32", None, None),
    (RNG.random((5, 2)).astype(">f8"), (2,), "float32", None, None),
    (RNG.random((5, 2)).astype(np.float16), (2,), "float32", None, None),
    (BYTES, (1, 4, 6), "float32", None, BYTES[:, None] / np.float32(255)),
    (BYTES.reshape(5, 8, 3, 1)[..., 0], (1, 8, 3), "float32", None, BYTES.reshape(5, 1, 8, 3) / np.float32(255)),
    (BYTES.reshape(5, 2, 4, 3), (3, 2, 4), "float32", None, BYTES.reshape(5, 2, 4, 3).transpose(0, 3, 1, 2) / 255),
    (BYTES.reshape(5, 3, 2, 4), (3, 2, 4), "float32", None, BYTES.reshape(5, 3, 2, 4) / np.float32(255)),
    (BYTES.reshape(5, 24), (24,), "float32", None, BYTES.reshape(5, 24) / np.float32(255)),
    (RNG.integers(0, 99, (5, 7)), (7,), "int64", None, None),
    (RNG.random((5, 3)) > 0.5, (3,), "float32", None, None),
]


@pytest.mark.parametrize(("array", "shape", "dtype", "classes", "values"), BECOMES)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_an_array_becomes(tmp_path, array, shape, dtype, classes, values, save):
    save(tmp_path / "data.npz", thing=array)
    dataset = load(source(), tmp_path)
    assert dataset.fields == (Field(name="thing", shape=shape, dtype=dtype, classes=classes),)
    assert describe(source(), tmp_path) == dataset.fields
    expected = array if values is None else values
    np.testing.assert_allclose(dataset.arrays["thing"], np.asarray(expected).astype(dtype), rtol=1e-6)
    assert dataset.arrays["thing"].flags.c_contiguous


def test_fields_keep_the_order_of_the_file_and_the_chosen_order(tmp_path):
    arrays = {"b": np.zeros((4, 2)), "a": np.ones((4, 3)), "label": np.arange(4)}
    assert [field.name for field in loaded(tmp_path, **arrays).fields] == ["b", "a", "label"]
    assert [field.name for field in loaded(tmp_path, {"arrays": "label, b"}, **arrays).fields] == ["label", "b"]


def test_bytes_that_are_no_pixels_stay_indices(tmp_path):
    dataset = loaded(tmp_path, {"pixels": False}, words=BYTES.reshape(5, 24))
    assert dataset.fields[0].dtype == "int64"
    np.testing.assert_array_equal(dataset.arrays["words"], BYTES.reshape(5, 24))


def test_classes_may_be_given(tmp_path):
    assert loaded(tmp_path, {"classes": 10}, label=np.array([1, 2, 1])).fields[0].classes == DIGITS


def test_labels_counted_from_one_are_told(tmp_path):
    (problem,) = loaded(tmp_path, label=np.array([1, 2, 3, 1])).problems
    assert "no sample belongs to class 0 of 4; labels count from 0" in str(problem)


def test_tables_are_standardised_on_request(tmp_path):
    dataset = loaded(
        tmp_path, {"standardize": True}, x=RNG.random((9, 2)), y=np.arange(9.0), image=RNG.random((9, 2, 2))
    )
    assert dataset.to_standardize == ("x", "y")
    assert dataset.standardize(np.arange(9)).arrays["y"].std() == pytest.approx(1)


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"a": np.zeros(3), "b": np.zeros((4, 2))}, {}, '"a" 3, "b" 4.*must be one for all.*option "arrays"'),
        ({"a": np.float32(1)}, {}, 'array "a": is a single value'),
        ({"a": np.zeros((0, 3))}, {}, r'array "a": has shape \(0, 3\): there is nothing in it'),
        ({"a": np.zeros((3, 0))}, {}, "every axis must be at least 1 long"),
        ({"a": np.array([{}, []], object)}, {}, 'array "a": is an array of Python objects'),
        ({"a": np.zeros((3, 2), complex)}, {}, "dtype complex128, but must hold integers, floats"),
        ({"a": np.zeros(3, "datetime64[s]")}, {}, "datetime64"),
        ({"a": np.zeros(3, [("x", "f4"), ("y", "i4")])}, {}, "must hold integers, floats"),
        ({"a": np.array([b"ash", b"oak"])}, {}, "must hold integers, floats, booleans, or one text"),
        ({"a": np.array([["ash", "oak"]])}, {}, "or one text per sample"),
        ({"a": np.array(["ash", ""])}, {}, "'' cannot be a class name"),
        ({"a": np.array(["ash", "\ud800"])}, {}, "cannot be a class name"),
        ({"label": np.array([0, 1, -1, 2])}, {}, 'array "label", row 2: the label is -1, but labels must be whole'),
        ({"label": np.array([0, 250_000, 7])}, {}, "row 1: the label is 250000.*a quantity .* saved as float32"),
        ({"label": np.array([0, 3, 1, 4])}, {"classes": 3}, "row 1: the label is 3.*from 0 to 2; 1 more row"),
        ({"label": np.array([2**63], np.uint64)}, {}, "beyond int64"),
        ({"a": np.zeros((2,) + (1,) * 9)}, {}, 'array "a": "a" cannot be a field: its shape'),
        ({"a": np.zeros((3, 2))}, {"arrays": "a,c"}, 'has no array "c"; it has a'),
        ({}, {}, "holds no arrays"),
    ],
)
def test_unusable_arrays(tmp_path, arrays, options, said):
    np.savez(tmp_path / "data.npz", **arrays)
    for question in (load, describe):
        with pytest.raises(DataError, match=said):
            question(source(**options), tmp_path)


NOT_FINITE = [
    (np.nan, 'row 3: "x" holds NaN'),
    (np.inf, 'row 3: "x" holds an infinite value'),
    (1e300, 'row 3: "x" holds an infinite value, or one too large for float32'),
]


@pytest.mark.parametrize(("value", "said"), NOT_FINITE)
def test_what_is_not_finite_is_refused_with_its_row(tmp_path, value, said):
    x = RNG.random((6, 4))
    x[3, 1] = x[5, 0] = value
    np.savez(tmp_path / "data.npz", x=x, label=np.arange(6) % 2)
    with pytest.raises(DataError, match=said) as caught:
        load(source(), tmp_path)
    assert [problem.row for problem in caught.value.problems] == [3, 5]


def test_or_skipped_by_choice_and_listed(tmp_path):
    x, y = RNG.random((6, 4)), np.arange(6.0)
    x[3, 1] = y[4] = np.nan
    dataset = loaded(tmp_path, {"not_finite": "skip"}, x=x, y=y, label=np.arange(6))
    assert dataset.arrays["label"].tolist() == [0, 1, 2, 5]
    assert [(problem.row, problem.text) for problem in dataset.problems] == [(3, '"x" holds NaN'), (4, '"y" holds NaN')]


def test_nothing_left_after_skipping_is_an_error(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.full((3, 2), np.nan))
    assert "3 of 3 rows are not finite" in refused(tmp_path, source(not_finite="skip"))


def test_many_bad_rows_are_counted_not_all_listed(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.full((5000, 2), np.nan), y=np.zeros(5000))
    with pytest.raises(DataError, match="5,000 of 5,000") as caught:
        load(source(), tmp_path)
    assert len(caught.value.problems) == 101


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def test_nothing_is_ever_unpickled(tmp_path):
    mark = tmp_path / "mark"
    np.savez(tmp_path / "data.npz", a=np.array([Bomb(mark), Bomb(mark)], object))
    assert "could run foreign code" in refused(tmp_path)
    assert not mark.exists()
    np.load(tmp_path / "data.npz", allow_pickle=True)["a"]  # the control: this reader does run it
    assert mark.exists()


def npz_of(folder, name, payload, **kwargs):
    with zipfile.ZipFile(folder / "data.npz", "w", **kwargs) as archive:
        archive.writestr(name, payload)


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def forged(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("name", "payload", "said"),
    [
        ("a.npy", b"", "damaged header"),
        ("a.npy", b"not an array at all", "damaged header"),
        ("a.npy", npy(np.zeros(9))[:-1], "declares 72 bytes of data, but the file has 71"),
        ("a.npy", npy(np.zeros(9)) + b"x", "declares 72 bytes of data, but the file has 73"),
        ("a.npy", forged("{'descr': '<f4', 'fortran_order': False, 'shape': (10**9,)}"), "damaged header"),
        (
            "a.npy",
            forged("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,)}"),
            "declares 39,999,999,996",
        ),
        ("a.npy", forged("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -1)}"), "there is nothing in it"),
        ("a.npy", forged("{'descr': '<U0', 'fortran_order': False, 'shape': (2,)}"), "dtype <U0"),
        ("a.npy", forged("__import__('os').abort()"), "damaged header"),
        ("a.npy", forged("[" * 100), "damaged header"),
        ("a.npy", b"\x93NUMPY\x03\x00" + bytes(4), "version .3, 0."),
        ("line\nfeed.npy", npy(np.zeros(9)), "printable characters are wanted"),
        ("x" * 201 + ".npy", npy(np.zeros(9)), "printable characters are wanted"),
        ("readme.txt", b"hello", "'readme.txt', which is not an array"),
    ],
)
def test_forged_members(tmp_path, name, payload, said):
    npz_of(tmp_path, name, payload)
    for question in (load, describe):
        with pytest.raises(DataError, match=said):
            question(source(), tmp_path)


def test_a_bomb_is_seen_from_its_header(tmp_path, monkeypatch):
    monkeypatch.setattr(data_limits, "MAX_BYTES", 100_000)
    np.savez_compressed(tmp_path / "data.npz", a=np.zeros((30_000, 1)))
    assert (tmp_path / "data.npz").stat().st_size < 1000
    assert "would take" in refused(tmp_path)


def test_pixels_count_four_bytes_each_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(data_limits, "MAX_BYTES", 100_000)
    np.savez(tmp_path / "data.npz", a=np.zeros((30, 32, 32), np.uint8))
    assert "save fewer samples" in refused(tmp_path)


def test_other_packings_than_savez_uses(tmp_path):
    npz_of(tmp_path, "a.npy", npy(np.zeros(9)), compression=zipfile.ZIP_BZIP2)
    assert "packed in a way np.savez does not" in refused(tmp_path)


def test_a_changed_byte_is_caught_by_the_checksum(tmp_path):
    np.savez(tmp_path / "data.npz", a=np.arange(10_000.0))
    content = bytearray((tmp_path / "data.npz").read_bytes())
    content[70_000] ^= 1
    (tmp_path / "data.npz").write_bytes(content)
    assert "damaged or cut off (Bad CRC" in refused(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x93NUMPY\x01\x00", "is not an NPZ file"),
        (b"PK\x03\x04 and then nothing", "damaged or cut off"),
        (b"P", "is not an NPZ file"),
    ],
)
def test_files_that_are_no_npz(tmp_path, content, said):
    (tmp_path / "data.npz").write_bytes(content)
    assert said in refused(tmp_path)


def test_labels_out_of_range_are_listed_and_skipped_by_choice(tmp_path):
    label, x = np.array([0, 3, 1, -1, 2, 0]), np.float32([[1], [2], [np.nan], [4], [5], [6]])
    np.savez(tmp_path / "a.npz", x=x, label=label)
    source = DataSource(kind="npz", path="a.npz", options={"classes": 3, "not_finite": "skip"})
    with pytest.raises(DataError, match=r'row 1: the label is 3.*set option "bad_samples" to "skip"') as caught:
        load(source, tmp_path)
    assert caught.value.skipping == "bad_samples" and [one.row for one in caught.value.problems] == [1, 3]
    source = source.model_copy(update={"options": {**source.options, "bad_samples": "skip"}})
    dataset = load(source, tmp_path)
    assert describe(source, tmp_path) == dataset.fields and dataset.labels.tolist() == [0, 2, 0]
    assert dataset.arrays["x"].ravel().tolist() == [1, 5, 6]
    told = [(one.row, one.text) for one in dataset.problems if one.row is not None]
    assert told[0] == (1, "the label is 3, but with 3 classes it must be from 0 to 2")
    assert [row for row, _ in told] == [1, 3, 2]
