"""Image folders: classes by name, pictures upright and resized, every unreadable one listed and left out."""

import os

import numpy as np
import pytest
from PIL import Image

from backend.data import DataError, describe, load, pictures
from backend.data import limits as data_limits
from graph.data_source import DataSource, Field

RNG = np.random.default_rng(0)


def source(path="pets", **options):
    return DataSource(kind="image_folder", path=path, options=options)


def picture(path, size=(6, 4), mode="RGB", **save):
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = RNG.integers(0, 256, (size[1], size[0], channels), np.uint8)
    Image.fromarray(values[..., 0] if channels == 1 else values, mode).save(path, **save)
    return values


@pytest.fixture
def pets(tmp_path):
    for name in ("dog/b.png", "dog/a.png", "cat/z.png", "ant/1.png"):
        picture(tmp_path / "pets" / name)
    return tmp_path


def refused(folder, here, question=load):
    with pytest.raises(DataError) as caught:
        question(here, folder)
    return str(caught.value)


def test_classes_are_the_sorted_folders(pets):
    dataset = load(source(), pets)
    assert dataset.fields == (
        Field(name="image", shape=(3, 4, 6)),
        Field(name="label", dtype="int64", classes=("ant", "cat", "dog")),
    )
    assert describe(source(), pets) == dataset.fields
    assert dataset.labels.tolist() == [0, 1, 2, 2]
    assert dataset.problems == ()


def test_pixels_are_those_of_the_file(tmp_path):
    values = picture(tmp_path / "pets/cat/a.png")
    image = load(source(), tmp_path).arrays["image"][0]
    np.testing.assert_array_equal(image, values.transpose(2, 0, 1) / np.float32(255))


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"size": 8}, (3, 8, 8)),
        ({"size": "5x9"}, (3, 5, 9)),
        ({"size": "12", "grayscale": True}, (1, 12, 12)),
        ({"grayscale": True}, (1, 4, 6)),
    ],
)
def test_size_and_grayscale(pets, options, shape):
    dataset = load(source(**options), pets)
    assert dataset.arrays["image"].shape == (4, *shape)
    assert describe(source(**options), pets) == dataset.fields


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("grayscale", [False, True])
def test_every_mode_comes_within_zero_and_one(tmp_path, mode, grayscale):
    (tmp_path / "pets/cat").mkdir(parents=True)
    white = Image.new("L", (4, 4), 255)
    file = Image.fromarray(np.full((4, 4), 65535, np.uint16)) if mode == "I;16" else white.convert("RGB").convert(mode)
    file.save(tmp_path / f"pets/cat/a.{'tif' if mode == 'CMYK' else 'png'}")
    np.testing.assert_array_equal(load(source(grayscale=grayscale), tmp_path).arrays["image"], 1.0)


def test_a_turned_photograph_stands_upright(tmp_path):
    (tmp_path / "pets/cat").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (6, 4)).save(tmp_path / "pets/cat/a.jpg", exif=exif)
    assert load(source(), tmp_path).fields[0].shape == (3, 6, 4)


def test_what_cannot_be_read_is_listed_and_left_out(pets):
    root = pets / "pets"
    whole = (root / "dog/a.png").read_bytes()
    (root / "cat/cut.png").write_bytes(whole[:60])
    (root / "cat/empty.jpg").write_bytes(b"")
    (root / "cat/text.png").write_text("no picture")
    (root / "cat/notes.txt").write_text("notes")
    (root / "cat/.hidden.png").write_text("hidden")
    (root / "cat/more").mkdir()
    (root / "readme.md").write_text("about")
    (root / "cow").mkdir()
    dataset = load(source(size=4), pets)
    assert dataset.labels.tolist() == [0, 1, 3, 3]
    assert dataset.field("label").classes == ("ant", "cat", "cow", "dog")
    told = {problem.file: problem.text for problem in dataset.problems}
    expected = {
        "cat/cut.png": "cut off",
        "cat/empty.jpg": "empty",
        "cat/text.png": "no picture in one of the formats",
        "cat/notes.txt": "no picture by its name",
        "cat/more": "a folder within a class",
        "readme.md": "beside the class folders",
        "cow": "no readable picture",
    }
    assert told.keys() == expected.keys()
    assert all(words in told[file] for file, words in expected.items())


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")
def test_links_are_not_followed(pets):
    root = pets / "pets"
    picture(pets / "secret/s.png")
    (root / "spy").symlink_to(pets / "secret")
    (root / "cat/spy.png").symlink_to(pets / "secret/s.png")
    (root / "cat/loop").symlink_to(root)
    dataset = load(source(), pets)
    assert len(dataset) == 4
    assert dataset.field("label").classes == ("ant", "cat", "dog")
    assert sorted(problem.file for problem in dataset.problems) == ["cat/loop", "cat/spy.png", "spy"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_that_poses_as_a_picture_does_not_hang(pets):
    os.mkfifo(pets / "pets/cat/pipe.png")
    (problem,) = load(source(), pets).problems
    assert "not a regular file" in problem.text


def test_programs_posing_as_pictures_are_not_run(pets):
    (pets / "pets/cat/a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (problem,) = load(source(), pets).problems
    assert "no picture in one of the formats" in problem.text


def test_too_many_pixels_are_told_before_they_are_unpacked(pets, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_IMAGE_PIXELS", 1000)
    picture(pets / "pets/cat/large.png", size=(40, 30))
    (problem,) = load(source(), pets).problems
    assert "has 40 x 30 pixels" in problem.text


def test_too_much_for_memory(pets, monkeypatch):
    monkeypatch.setattr(data_limits, "MAX_BYTES", 100_000)
    assert 'choose a smaller option "size"' in refused(pets, source(size=500))


def test_folders_without_pictures(tmp_path):
    (tmp_path / "pets").mkdir()
    assert "holds no sub-folders" in refused(tmp_path, source())
    picture(tmp_path / "pets/train/cat/a.png")
    for question in (load, describe):
        assert "must lie right inside these" in refused(tmp_path, source(), question)
    assert len(load(source("pets/train"), tmp_path)) == 1
    assert "is a file; a folder" in refused(tmp_path, source("pets/train/cat/a.png"))


def test_only_unreadable_pictures_is_an_error_that_lists_them(tmp_path):
    (tmp_path / "pets/cat").mkdir(parents=True)
    (tmp_path / "pets/cat/a.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"no readable picture.*the first: cat/a.png") as caught:
        load(source(size=4), tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["cat/a.png"]


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="file systems that demand UTF-8")
def test_a_class_name_that_is_no_text(pets):
    os.makedirs(os.fsencode(pets / "pets") + b"/\xff\xfe")
    assert "not UTF-8" in refused(pets, source())


def test_unreadable_pictures_may_be_refused(pets):
    (pets / "pets/cat/cut.png").write_bytes(b"x")
    said = refused(pets, source(bad_samples="refuse"))
    assert "1 of 5 samples cannot be used: cat/cut.png: is no picture" in said


def test_sub_folders_for_training_and_validation(tmp_path):
    for name in ("train/dog/a.png", "train/cat/b.png", "val/dog/c.png", "val/ant/d.png"):
        picture(tmp_path / "pets" / name)
    dataset = load(source(), tmp_path)
    assert describe(source(), tmp_path) == dataset.fields
    assert dataset.field("label").classes == ("ant", "cat", "dog")
    train, validation = dataset.parts(0.5, 0)
    assert dataset.labels[train].tolist() == [1, 2] and dataset.labels[validation].tolist() == [0, 2]


def test_classes_may_be_called_train_and_test(pets):
    for name in ("train", "test"):
        picture(pets / "pets" / name / "a.png")
    dataset = load(source(), pets)
    assert dataset.validation is None and {"train", "test"} < set(dataset.field("label").classes)
