"""Pictures with masks: class numbers, black and white, or pictures to be drawn; what does not fit is told by name."""

import os

import numpy as np
import pytest
from PIL import Image

from backend.data import DataError, describe, load
from graph.data_source import DataSource, Field

RNG = np.random.default_rng(0)


def put(path, values, palette=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(values, np.uint8))
    if palette:
        image.putpalette([200, 10, 10] * 256)
    image.save(path)


@pytest.fixture
def scenes(tmp_path):
    for number in range(4):
        put(tmp_path / f"s/images/{number}.png", RNG.integers(0, 256, (4, 6, 3)))
        mask = np.full((4, 6), number % 3)
        mask[0, 0] = 0
        put(tmp_path / f"s/masks/{number}.png", mask, palette=number == 3)
    return tmp_path


def ask(folder, **options):
    source = DataSource(kind="image_pairs", path="s", options=options)
    dataset = load(source, folder)
    assert describe(source, folder) == dataset.fields
    return dataset


def refused(folder, **options):
    with pytest.raises(DataError) as caught:
        ask(folder, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


def test_masks_of_class_numbers(scenes):
    dataset = ask(scenes)
    assert dataset.fields == (
        Field(name="image", shape=(3, 4, 6)),
        Field(name="mask", shape=(4, 6), dtype="int64", classes=("0", "1", "2")),
    )
    assert dataset.arrays["mask"][:, 1, 1].tolist() == [0, 1, 2, 0] and dataset.arrays["mask"][2, 0, 0] == 0
    assert dataset.labels is None


def test_resizing_invents_no_classes(scenes):
    put(scenes / "s/masks/0.png", np.kron(RNG.integers(0, 2, (4, 6)) * 2, np.ones((5, 5))))
    mask = ask(scenes, size="7x9", grayscale=True).arrays["mask"]
    assert mask.shape == (4, 7, 9) and set(np.unique(mask[0])) == {0, 2}


def test_black_and_white(scenes):
    for number, white in enumerate((255, 255, 1, 255)):
        put(scenes / f"s/masks/{number}.png", np.eye(4, 6) * white)
    dataset = ask(scenes, meaning="black and white")
    assert dataset.field("mask").classes == ("ground", "figure")
    np.testing.assert_array_equal(dataset.arrays["mask"], np.tile(np.eye(4, 6, dtype=np.int64), (4, 1, 1)))
    np.testing.assert_array_equal(dataset.arrays["target"][:, 0], dataset.arrays["mask"])


def test_pictures_to_be_drawn(scenes):
    for number in range(4):
        put(scenes / f"s/drawn/{number}.jpg", RNG.integers(0, 256, (4, 6, 3)))
    dataset = ask(scenes, meaning="picture", masks="drawn")
    assert dataset.fields[1] == Field(name="target", shape=(3, 4, 6))
    assert 0 < dataset.arrays["target"].mean() < 1


def test_a_number_that_is_no_class(scenes):
    mask = np.zeros((4, 6))
    mask[1, 2] = 255
    put(scenes / "s/masks/1.png", mask)
    assert len(ask(scenes).field("mask").classes) == 256
    dataset = ask(scenes, ignore=255)
    assert len(dataset.field("mask").classes) == 3 and dataset.arrays["mask"].max() == 255
    said = refused(scenes, classes=3)
    assert (
        "1 of 4 samples cannot be used: 1.png: its mask holds 255 at row 1, column 2, but there are 3 classes" in said
    )
    kept = ask(scenes, classes=3, bad_samples="skip")
    assert len(kept) == 3 and [problem.file for problem in kept.problems] == ["1.png"]


def test_pairs_that_are_none(scenes):
    (scenes / "s/masks/0.png").unlink()
    put(scenes / "s/masks/9.png", np.zeros((2, 2)))
    put(scenes / "s/masks/1.png", np.zeros((2, 2, 3)))
    (scenes / "s/images/2.png").write_bytes(b"x")
    said = refused(scenes)
    for words in ("3 of 4", "0.png: has no file of that name in masks", "1.png: its mask is a picture of kind RGB"):
        assert words in said
    assert "2.png: is no picture" in said
    dataset = ask(scenes, bad_samples="skip")
    assert len(dataset) == 1 and dataset.problems[0].file == "9.png"


def test_parts(scenes):
    os.makedirs(scenes / "p")
    os.rename(scenes / "s", scenes / "p/train")
    os.rename(scenes / "p", scenes / "s")
    put(scenes / "s/val/images/a.png", np.zeros((4, 6, 3)))
    put(scenes / "s/val/masks/a.png", np.zeros((4, 6)))
    train, validation = ask(scenes).parts(0.5, 0)
    assert train.tolist() == [0, 1, 2, 3] and validation.tolist() == [4]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"masks": "../elsewhere"}, "must be the name of a folder inside"),
        ({"images": ".."}, "must be the name of a folder inside"),
        ({"masks": "gone"}, 'has no folder "gone"'),
        ({"size": 4096}, None),
    ],
)
def test_what_cannot_be_asked(scenes, options, said, monkeypatch):
    from backend.data import limits

    monkeypatch.setattr(limits, "MAX_BYTES", 1_000_000)
    assert (said or "GiB of memory") in refused(scenes, **options)


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")
def test_links_are_not_followed(scenes):
    put(scenes / "secret.png", np.zeros((4, 6)))
    (scenes / "s/masks/0.png").unlink()
    (scenes / "s/masks/0.png").symlink_to(scenes / "secret.png")
    assert "has no file of that name" in refused(scenes)
    os.rename(scenes / "s/masks", scenes / "elsewhere")
    (scenes / "s/masks").symlink_to(scenes / "elsewhere")
    assert 'has no folder "masks"' in refused(scenes)
