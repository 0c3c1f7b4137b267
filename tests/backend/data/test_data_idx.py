"""IDX files: MNIST's format as it is found on disks, whole, gzipped, misnamed, cut off and forged."""

import gzip
import shutil
import struct

import numpy as np
import pytest

from backend.data import DataError, describe, load
from backend.data import limits as data_limits
from graph.data_source import DataSource, Field

RNG = np.random.default_rng(0)
CODES = {"uint8": 8, "int8": 9, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}
IMAGES = RNG.integers(0, 256, (12, 5, 4), np.uint8)
LABELS = (np.arange(12) % 4).astype(np.uint8)


def idx(array):
    head = bytes([0, 0, CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(path, content):
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)


def mnist(folder, images="train-images-idx3-ubyte", labels="train-labels-idx1-ubyte", pixels=IMAGES, classes=LABELS):
    write(folder / images, idx(pixels))
    write(folder / labels, idx(classes))
    return folder


def source(path=".", **options):
    return DataSource(kind="idx", path=path, options=options)


def refused(folder, here, question=load):
    with pytest.raises(DataError) as caught:
        question(here, folder)
    return str(caught.value)


NAMES = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"),
    ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    ("train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz"),
    ("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz"),
]


@pytest.mark.parametrize(("images", "labels"), NAMES)
@pytest.mark.parametrize("by_folder", [True, False])
def test_found_by_mnists_names(tmp_path, images, labels, by_folder):
    mnist(tmp_path, images, labels)
    here = source("." if by_folder else images)
    dataset = load(here, tmp_path)
    assert dataset.fields == (
        Field(name="image", shape=(1, 5, 4)),
        Field(name="label", dtype="int64", classes=tuple("0123")),
    )
    assert describe(here, tmp_path) == dataset.fields
    np.testing.assert_array_equal(dataset.arrays["image"][:, 0], IMAGES / np.float32(255))
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert dataset.problems == ()


def test_the_other_part(tmp_path):
    mnist(tmp_path)
    mnist(tmp_path, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", IMAGES[:4], LABELS[:4])
    assert len(load(source(), tmp_path)) == 12
    assert len(load(source(part="t10k"), tmp_path)) == 4


def test_labels_named_by_option_or_left_out(tmp_path):
    mnist(tmp_path, "pictures.idx", "answers.idx")
    assert len(load(source("pictures.idx", labels="answers.idx"), tmp_path).fields) == 2
    assert [field.name for field in load(source("pictures.idx", labels="none"), tmp_path).fields] == ["image"]


PIXELS = [
    (RNG.random((6, 3, 2)).astype(np.float32), (1, 3, 2)),
    (RNG.random((6, 3, 2)), (1, 3, 2)),
    (RNG.integers(-5, 300, (6, 3, 2)).astype(np.int16), (1, 3, 2)),
    (RNG.integers(-5, 99, (6, 3, 2)).astype(np.int8), (1, 3, 2)),
    (RNG.integers(-5, 99999, (6, 3, 2)).astype(np.int32), (1, 3, 2)),
]


@pytest.mark.parametrize(("pixels", "shape"), PIXELS)
def test_other_types_keep_their_values(tmp_path, pixels, shape):
    mnist(tmp_path, pixels=pixels, classes=LABELS[:6])
    dataset = load(source(), tmp_path)
    assert dataset.fields[0].shape == shape
    np.testing.assert_array_equal(dataset.arrays["image"][:, 0], pixels.astype(np.float32))


def test_colour_images_come_channel_first(tmp_path):
    colour = RNG.integers(0, 256, (6, 8, 7, 3), np.uint8)
    mnist(tmp_path, "train-images-idx4-ubyte", pixels=colour, classes=LABELS[:6])
    image = load(source(), tmp_path).arrays["image"]
    assert image.shape == (6, 3, 8, 7) and image.flags.c_contiguous
    np.testing.assert_array_equal(image, colour.transpose(0, 3, 1, 2) / np.float32(255))


def test_nan_is_refused_or_skipped(tmp_path):
    pixels = RNG.random((6, 3, 2)).astype(np.float32)
    pixels[2, 1, 1] = np.nan
    mnist(tmp_path, pixels=pixels, classes=LABELS[:6])
    assert "train-images-idx3-ubyte, row 2" in refused(tmp_path, source())
    dataset = load(source(not_finite="skip"), tmp_path)
    assert dataset.labels.tolist() == [0, 1, 3, 0, 1]


WHOLE = idx(IMAGES)
BAD_IMAGES = [
    (b"", "is empty"),
    (b"\0\0", "begins with 00 00, which is not IDX"),
    (b"\x89PNG\r\n\x1a\n", "begins with 89 50 4e 47, which is not IDX"),
    (b"\0\0\x07\x03" + WHOLE[4:], "begins with 00 00 07 03"),
    (b"\0\0\x08\0" + WHOLE[4:], "1 to 8 axes"),
    (b"\0\0\x08\x09" + WHOLE[4:], "1 to 8 axes"),
    (WHOLE[:10], "within its header"),
    (WHOLE[:-1], "declares 12 x 5 x 4 values, 240 bytes, but it has 239"),
    (WHOLE + b"x", "240 bytes, but it has 241"),
    (b"\0\0\x08\x03" + struct.pack(">3I", 0, 28, 28), "there is nothing in it"),
    (b"\0\0\x08\x03" + struct.pack(">3I", *[2**32 - 1] * 3), "but it has 0 bytes"),
    (idx(LABELS), "has 1 axes, but images have 3 or 4.*is it the labels file"),
    (idx(IMAGES.reshape(12, 20)), "has 2 axes"),
]


@pytest.mark.parametrize(("content", "said"), BAD_IMAGES)
@pytest.mark.parametrize("question", [load, describe])
def test_bad_images_files(tmp_path, content, said, question):
    mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=said):
        question(source(), tmp_path)


GZIPPED = gzip.compress(WHOLE, mtime=0)
BAD_GZIP = [
    (GZIPPED[:-12], "cut off"),
    (GZIPPED[:30], "cut off"),
    (GZIPPED[:-8] + bytes(4) + GZIPPED[-4:], "CRC"),
    (gzip.compress(WHOLE[:-1], mtime=0), "but it has only 239"),
    (gzip.compress(WHOLE + b"x", mtime=0), "but it has more"),
    (gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", *[2**31] * 3), mtime=0), "bytes, gzipped: cut off"),
    (gzip.compress(b"hello, world", mtime=0), "not IDX"),
]


@pytest.mark.parametrize(("content", "said"), BAD_GZIP)
def test_bad_gzipped_images(tmp_path, content, said):
    mnist(tmp_path, "train-images-idx3-ubyte.gz")
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    assert said in refused(tmp_path, source())


def test_a_bomb_is_seen_from_its_header(tmp_path, monkeypatch):
    monkeypatch.setattr(data_limits, "MAX_BYTES", 100_000)
    mnist(tmp_path, "train-images-idx3-ubyte.gz", pixels=np.zeros((100, 28, 28), np.uint8))
    assert "would take" in refused(tmp_path, source())


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        (LABELS[:7], {}, "holds 7 labels, but train-images-idx3-ubyte holds 12 images"),
        (IMAGES, {}, "labels are one whole number for each image"),
        (LABELS.astype(np.float32), {}, "labels are one whole number for each image"),
        (LABELS.astype(np.int8) - 1, {}, "row 0: the label is -1"),
        (LABELS, {"classes": 3}, "row 3: the label is 3, but with 3 classes"),
    ],
)
@pytest.mark.parametrize("question", [load, describe])
def test_bad_labels(tmp_path, labels, options, said, question):
    mnist(tmp_path, classes=labels)
    assert said in refused(tmp_path, source(**options), question)


def test_what_cannot_be_found_says_what_was_looked_for(tmp_path):
    assert 'no IDX images file of part "train"' in refused(tmp_path, source())
    mnist(tmp_path)
    assert "it has train-images-idx3-ubyte" in refused(tmp_path, source(part="t10k"))
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert "looked for train-labels-idx1-ubyte, train-labels-idx1-ubyte.gz" in refused(tmp_path, source())
    shutil.copy(tmp_path / "train-images-idx3-ubyte", tmp_path / "other.idx")
    assert "none can be guessed" in refused(tmp_path, source("other.idx"))
    assert "there is no such file" in refused(tmp_path, source("other.idx", labels="gone.idx"))
    assert "name of a file beside" in refused(tmp_path, source("other.idx", labels="../gone.idx"))
    (tmp_path / "more-train-images-idx3-ubyte").write_bytes(WHOLE)
    assert "more than one images file fits" in refused(tmp_path, source())


def test_labels_out_of_range_are_skipped_by_choice(tmp_path):
    mnist(tmp_path)
    options = {"classes": 3, "bad_samples": "skip"}
    dataset = load(DataSource(kind="idx", path=".", options=options), tmp_path)
    kept = LABELS[LABELS < 3]
    assert dataset.labels.tolist() == kept.tolist() and len(dataset.arrays["image"]) == len(kept)
    assert [one.row for one in dataset.problems] == np.flatnonzero(LABELS >= 3).tolist()
