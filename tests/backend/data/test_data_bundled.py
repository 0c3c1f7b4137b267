"""Built-in data: what is written down about them holds against what scikit-learn loads."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from backend.data import DataError, Option, catalog, describe, load, split
from backend.data.options import read_options
from backend.data.resizing import resize
from graph.data_source import DATA_KINDS, DataSource

BUILT_IN = [entry.kind for entry in catalog() if not entry.needs_path]
TABLES = ["iris", "wine", "breast_cancer", "diabetes"]


@pytest.mark.parametrize("kind", BUILT_IN)
def test_described_as_loaded(kind):
    source = DataSource(kind=kind)
    dataset = load(source)
    assert describe(source) == dataset.fields
    assert dataset.problems == ()
    for field in dataset.fields:
        array = dataset.arrays[field.name]
        assert array.shape == (len(dataset), *field.shape)
        assert array.dtype == field.dtype
        assert array.flags.c_contiguous
        if field.classes:
            assert np.unique(array).tolist() == list(range(len(field.classes)))


@pytest.mark.parametrize("kind", TABLES)
def test_tables_are_scikit_learns(kind):
    theirs = getattr(sklearn_datasets, f"load_{kind}")()
    ours = load(DataSource(kind=kind))
    np.testing.assert_array_equal(ours.arrays["features"], theirs.data.astype(np.float32))
    if kind == "diabetes":
        np.testing.assert_array_equal(ours.arrays["target"][:, 0], theirs.target.astype(np.float32))
    else:
        np.testing.assert_array_equal(ours.arrays["label"], theirs.target)
        assert ours.field("label").classes == tuple(map(str, theirs.target_names))


def test_describing_imports_neither_sklearn_nor_torch_nor_pillow():
    code = (
        "import sys; from backend.data import catalog, describe; from graph.recipe import DataSource\n"
        f"for kind in {BUILT_IN!r}: describe(DataSource(kind=kind))\n"
        "print(sorted({'sklearn', 'torch', 'PIL', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_catalog_has_every_kind_of_the_recipe():
    assert sorted(entry.kind for entry in catalog()) == sorted(DATA_KINDS)
    for entry in catalog():
        assert entry.title and entry.sentence.endswith(".")
        DataSource(kind=entry.kind, path="x" if entry.needs_path else None, options=entry.defaults)


def test_digits_at_their_own_size_are_untouched():
    dataset = load(DataSource(kind="digits"))
    theirs = sklearn_datasets.load_digits()
    np.testing.assert_array_equal(dataset.arrays["image"][:, 0] * 16, theirs.images)
    np.testing.assert_array_equal(dataset.labels, theirs.target)


def test_digits_resized_for_lenet():
    dataset = load(DataSource(kind="digits", options={"size": 32}))
    images = dataset.arrays["image"]
    assert images.shape == (1797, 1, 32, 32)
    assert images.min() >= 0 and images.max() <= 1
    assert images.mean() == pytest.approx(load(DataSource(kind="digits")).arrays["image"].mean(), abs=0.002)


@pytest.mark.parametrize(("old", "new"), [((8, 8), (32, 32)), ((8, 8), (5, 7)), ((3, 4), (9, 2)), ((1, 1), (4, 4))])
def test_resizing_is_what_torch_calls_bilinear(old, new):
    torch = pytest.importorskip("torch")
    images = np.random.default_rng(0).random((3, *old))
    expected = torch.nn.functional.interpolate(torch.from_numpy(images)[:, None], new, mode="bilinear")[:, 0]
    np.testing.assert_allclose(resize(images, *new), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", TABLES)
def test_standardised_on_the_training_rows_alone(kind):
    raw = load(DataSource(kind=kind))
    train, validation = split(len(raw), 0.25, 3, raw.labels)
    ready = raw.standardize(train)
    for name in ["features", "target"] if kind == "diabetes" else ["features"]:
        values = ready.arrays[name]
        np.testing.assert_allclose(values[train].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(values[train].std(axis=0), 1, atol=1e-5)
        assert np.abs(values[validation].mean(axis=0)).max() > 1e-3  # the control: these had no say
        assert values.dtype == np.float32 and values.flags.c_contiguous
        np.testing.assert_allclose(ready.scaling[name].undo(values), raw.arrays[name], rtol=1e-4, atol=1e-3)
    assert ready.fields == raw.fields
    again = ready.standardize(train)
    np.testing.assert_array_equal(again.arrays["features"], ready.arrays["features"])
    assert set(again.scaling) == set(ready.scaling)


def test_without_standardising_tables_keep_their_units():
    dataset = load(DataSource(kind="wine", options={"standardize": False}))
    same = dataset.standardize(np.arange(100))
    assert same.arrays["features"].max() == 1680
    assert same.scaling == {}


def test_a_column_that_never_varies_becomes_zero(tmp_path):
    np.savez(tmp_path / "flat.npz", features=np.tile(np.float32([0.1, 5e8]), (7, 1)), label=np.arange(7) % 2)
    dataset = load(DataSource(kind="npz", path="flat.npz", options={"standardize": True}), tmp_path)
    assert (dataset.standardize(np.arange(5)).arrays["features"] == 0).all()


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("digits", {"size": 3}, 'option "size" is 3, but must be from 4 to 256'),
        ("digits", {"size": 8.5}, "whole number from 4 to 256"),
        ("digits", {"size": True}, "whole number"),
        ("digits", {"size": "32"}, "whole number"),
        ("digits", {"size": None}, "whole number"),
        ("digits", {"colour": 1}, 'no option "colour"; it has size'),
        ("iris", {"standardize": 1}, "true or false"),
        ("moons", {"noise": -0.1}, "from 0 to 10"),
        ("moons", {"turns": 2}, 'no option "turns"'),
        ("spirals", {"arms": 1}, "from 2 to 10"),
        ("npz", {"not_finite": "ignore"}, "one of refuse, skip"),
        ("image_folder", {"size": "4 by 4"}, 'such as "48x64"'),
        ("image_folder", {"size": "0x4"}, "from 1 to 4096"),
    ],
)
def test_wrong_options_name_themselves_and_what_is_right(kind, options, said):
    with pytest.raises(DataError, match=said) as caught:
        describe(DataSource(kind=kind, options=options))
    assert caught.value.place == kind


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        ("", None),
        (32, (32, 32)),
        (32.0, (32, 32)),
        ("32", (32, 32)),
        ("48x64", (48, 64)),
        ("4, 6", (4, 6)),
    ],
)
def test_a_size_as_people_write_it(value, read):
    size = Option("size", "size", None, "", low=1, high=4096)
    assert read_options("here", (size,), {"size": value}) == {"size": read}


def test_the_answer_of_one_unit_is_not_standardised():
    raw = load(DataSource(kind="breast_cancer"))
    train, _ = split(len(raw), 0.2, 0, raw.labels)
    dataset = raw.standardize(train)
    assert set(np.unique(dataset.arrays["target"])) == {0.0, 1.0}
    assert "target" not in dataset.scaling and "features" in dataset.scaling
