"""Pictures with boxes from a CSV file: padded to one count, scaled with the picture, nothing read from elsewhere."""

import numpy as np
import pytest
from PIL import Image

from backend.data import DataError, describe, load
from graph.data_source import DataSource, Field

ROWS = """image,x,y,w,h,label
a.png,0,0,10,20,cat
a.png,5,10,5,10,dog
in/b.png,1,2,3,4,cat
c.png,,,,,
"""


@pytest.fixture
def ask(tmp_path):
    (tmp_path / "d/in").mkdir(parents=True)
    for name, size in (("a.png", (10, 20)), ("in/b.png", (20, 10)), ("c.png", (10, 20))):
        Image.new("RGB", size, (255, 0, 0)).save(tmp_path / "d" / name)
    Image.new("RGB", (10, 20)).save(tmp_path / "secret.png")

    def load_rows(text, **options):
        (tmp_path / "d/boxes.csv").write_text(text)
        source = DataSource(kind="image_boxes", path="d/boxes.csv", options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return load_rows


def refused(ask, text, **options):
    with pytest.raises(DataError) as caught:
        ask(text, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


def test_boxes_are_shares_of_the_picture_and_padded(ask):
    dataset = ask(ROWS)
    assert dataset.fields == (
        Field(name="image", shape=(3, 20, 10)),
        Field(name="boxes", shape=(2, 4), role="boxes"),
        Field(name="box_labels", shape=(2,), dtype="int64", classes=("cat", "dog"), role="labels of boxes"),
        Field(name="count", dtype="int64", role="count of boxes"),
    )
    assert dataset.arrays["count"].tolist() == [2, 1, 0]
    np.testing.assert_allclose(dataset.arrays["boxes"][0], [[0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5]])
    np.testing.assert_allclose(dataset.arrays["boxes"][1], [[0.05, 0.2, 0.15, 0.4], [0, 0, 0, 0]])
    assert dataset.arrays["box_labels"].tolist() == [[0, 1], [0, -100], [-100, -100]]
    assert dataset.arrays["image"][:, 0].min() == 1


def test_boxes_in_pixels_go_with_the_size(ask):
    dataset = ask(ROWS, size="40x40", units="pixels", most_boxes=3)
    np.testing.assert_allclose(dataset.arrays["boxes"][0, 1], [20, 20, 20, 20])
    assert dataset.field("boxes") == Field(name="boxes", shape=(3, 4), role="boxes in pixels")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a.png,5,5,6,1,cat", "row 0: a.png: the box 5 5 6 1 (x y w h) does not lie within its 10 x 20 pixels"),
        ("a.png,-1,0,2,2,cat", "does not lie within"),
        ("a.png,1,1,0,2,cat", "does not lie within"),
        ("in/b.png,1,,3,4,cat", "row 4 is no box"),
        ("in/b.png,1,2,3,4,", "row 4 is no box"),
        ("gone.png,1,2,3,4,cat", "row 4: gone.png: there is no such file"),
        ("../secret.png,1,2,3,4,cat", "row 4: ../secret.png: lies outside the folder"),
        ("/etc/passwd,1,2,3,4,cat", "lies outside the folder"),
        ("a.png,1,2,3", "row 4: has 4 cells, but there are 6 columns"),
        (",1,2,3,4,cat", "is no name of a file"),
    ],
)
def test_rows_that_are_no_boxes(ask, row, said):
    assert said in refused(ask, ROWS + row)
    assert 2 <= len(ask(ROWS + row, bad_samples="skip")) <= 3


def test_links_out_of_the_folder(ask, tmp_path):
    (tmp_path / "d/spy.png").symlink_to(tmp_path / "secret.png")
    assert "lies outside" in refused(ask, ROWS + "spy.png,0,0,1,1,cat")


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("image,x,y\na.png,1,2\n", {}, "has no column w, h, label"),
        (ROWS, {"most_boxes": 1}, "row 0: a.png: has 2 boxes, but there is room for 1"),
        ("image,x,y,w,h,label\ngone.png,1,1,1,1,a\n", {}, "names no picture that can be read; the first: gone.png"),
    ],
)
def test_what_cannot_be_used(ask, text, options, said):
    assert said in refused(ask, text, **options)


def test_pictures_without_any_box(ask):
    dataset = ask("image,x,y,w,h,label\na.png,,,,,\n")
    assert dataset.field("box_labels").classes is None and dataset.arrays["count"].tolist() == [0]


def test_long_names_of_pictures_lead_to_their_files(ask, tmp_path):
    name = f"{'in' * 40}/{'b' * 60}.png"
    (tmp_path / "d" / name).parent.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "d" / name)
    assert len(ask(f"image,x,y,w,h,label\n{name},1,1,2,2,cat\n{name},0,0,2,2,dog\n")) == 1
