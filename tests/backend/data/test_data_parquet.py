"""Tables from Parquet: what its types become, what is refused, and how little a small file may unpack to."""

import datetime
import decimal

import numpy as np
import pytest

from backend.data import DataError, arrow_batches, describe, load, parquet_pages, table_columns
from graph.data_source import DataSource, Field

DAY = datetime.date(1970, 1, 11)


def test_without_pyarrow_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(b"PAR1abcd")
    with pytest.raises(DataError, match="pip install pyarrow"):
        load(DataSource(kind="table", path="t.parquet"), tmp_path)


arrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402


@pytest.fixture
def ask(tmp_path):
    """Write columns and load them; describing must agree."""

    def read(content, written=None, **options):
        table = content if isinstance(content, arrow.Table) else arrow.table(content)
        parquet.write_table(table, tmp_path / "t.parquet", **(written or {}))
        source = DataSource(kind="table", path="t.parquet", options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return read


def refused(ask, content, written=None, **options):
    with pytest.raises(DataError) as caught:
        ask(content, written, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


Y = {"y": [0, 1, 0]}


def test_numbers_categories_and_gaps(ask, tmp_path):
    dataset = ask({"x": [1.5, None, 3.0], "c": ["a", "b", "a"], "y": [True, False, True]}, missing="mean")
    assert dataset.field("label").classes == ("False", "True") and dataset.labels.tolist() == [1, 0, 1]
    assert dataset.arrays["features"][2].tolist() == [3.0, 1.0, 0.0]
    assert dataset.standardize(np.arange(3)).arrays["features"][1, 0] == 0  # the mean of the others
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged or cut off"):
        load(DataSource(kind="table", path="t.parquet"), tmp_path)


@pytest.mark.parametrize(
    ("values", "features"),
    [
        (arrow.array([1, 2, 300], arrow.int16()), [1, 2, 300]),
        (arrow.array([1, 2, 2**40], arrow.uint64()), [1, 2, 2**40]),
        (arrow.array([0.5, -1, 2], arrow.float16()), [0.5, -1, 2]),
        (arrow.array([decimal.Decimal("1.25"), decimal.Decimal(2), decimal.Decimal(3)]), [1.25, 2, 3]),
        (arrow.array([DAY] * 2 + [datetime.date(1969, 12, 31)]), [10, 10, -1]),
        (arrow.array([DAY] * 3, arrow.date64()), [10, 10, 10]),
        (arrow.array([datetime.datetime(1970, 1, 2, 12)] * 3, arrow.timestamp("us")), [1.5] * 3),
        (arrow.array([datetime.datetime(1970, 1, 2, 12)] * 3, arrow.timestamp("ns", "UTC")), [1.5] * 3),
        (arrow.array([7, 8, 7]).dictionary_encode(), [7, 8, 7]),
    ],
)
def test_numbers_and_dates(ask, values, features):
    dataset = ask({"x": values, **Y})
    assert dataset.arrays["features"][:, 0].tolist() == np.array(features, np.float32).tolist()


@pytest.mark.parametrize(
    "values",
    [
        arrow.array(["b", "a", "b"]),
        arrow.array(["b", "a", "b"], arrow.large_string()),
        arrow.array(["b", " a", "b "]).dictionary_encode(),
        arrow.array([True, False, True]),
    ],
)
def test_categories(ask, values):
    assert ask({"x": values, **Y}).arrays["features"].tolist() == [[0, 1], [1, 0], [0, 1]]


def test_whole_numbers_as_categories(ask):
    dataset = ask({"x": [7, 30, 7], **Y}, categories="numbers", as_categories="x")
    assert dataset.fields[0] == Field(name="x", dtype="int64", classes=("30", "7"))
    assert ask({"x": [1.0, 2.0, 3.0], "y": [1.0, None, 2.0]}, missing="skip").field("label").classes == ("1", "2")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[1], [2], [3]], "holds list<"),
        ([{"a": 1}] * 3, "holds struct<a"),
        ([b"x"] * 3, "holds binary"),
        ([datetime.time(1)] * 3, "holds time64"),
    ],
)
def test_what_no_table_holds_is_named_and_may_be_left_out(ask, values, said):
    columns = {"x": [1, 2, 3], "odd": arrow.array(values), **Y}
    told = refused(ask, columns)
    assert told.startswith('t.parquet, column "odd": ' + said) and 'option "leave_out"' in told
    assert ask(columns, leave_out="odd").field("features").shape == (1,)


def test_a_column_of_nothing_is_named(ask):
    assert 'column "x": holds nothing' in refused(ask, {"x": arrow.nulls(3), **Y}, missing="skip")
    said = refused(ask, {"x": [1.0, float("inf"), None], **Y})
    assert "row 1: column \"x\" holds 'inf'" in said
    assert 'row 2: column "x" is empty' in refused(ask, {"x": [1.0, 2.0, None], **Y})


def test_small_files_that_unpack_to_much_are_refused_by_their_figures(ask, tmp_path):
    """One number, or one long text, and a million rows of it take a few KB."""
    rows = 4_000_000
    table = arrow.table({name: np.zeros(rows) for name in "abcdef"})
    said = refused(ask, table)
    assert (tmp_path / "t.parquet").stat().st_size < 200_000
    assert "has more than 20,000,000 cells" in said


def test_one_long_text_a_million_times_stays_one(ask, tmp_path):
    long = arrow.DictionaryArray.from_arrays(np.zeros(1_000_000, np.int32), ["x" * 100_000])
    before = arrow.total_allocated_bytes()
    said = refused(ask, {"t": long, "y": np.arange(1_000_000) % 2})
    assert (tmp_path / "t.parquet").stat().st_size < 1_000_000  # written out it would be 100 GB
    assert "1,000,000 of 1,000,000 samples cannot be used" in said
    assert arrow.total_allocated_bytes() - before < 10_000_000


def test_texts_written_as_what_differs_from_the_last_are_refused(ask):
    written = {"use_dictionary": False, "column_encoding": {"t": "DELTA_BYTE_ARRAY"}}
    table = arrow.table({"t": ["aa", "ab", "ac"]})
    assert 'column "t" is written as DELTA_BYTE_ARRAY' in refused(ask, table, written)


def test_pages_are_bounded_whatever_the_footer_says(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_pages, "MAX_PAGE", 1000)
    columns = {"x": np.arange(1000.0), "y": np.arange(1000) % 2}
    assert "has a page of" in refused(ask, columns, {"use_dictionary": False, "data_page_size": 4000})
    assert "more than the 1,000 allowed" in refused(ask, columns, {"use_dictionary": False, "data_page_size": 4000})


def test_the_pages_tell_the_values_and_what_they_unpack_to(tmp_path):
    table = arrow.table({"x": np.zeros(100_000), "l": [[1, 2, 3]] * 100_000, "t": ["word"] * 100_000})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=40_000)
    with (tmp_path / "t.parquet").open("rb") as stream:
        rows, chunks = parquet_pages.chunks("t", stream)
    told = parquet.ParquetFile(tmp_path / "t.parquet").metadata
    assert rows == 100_000 and len(chunks) == 9
    assert [chunk.values for chunk in chunks[:3]] == [40_000, 120_000, 40_000]
    assert [chunk.path for chunk in chunks[:3]] == [("x",), ("l", "list", "element"), ("t",)]
    for number, chunk in enumerate(chunks):
        declared = told.row_group(number // 3).column(number % 3)
        headers = declared.total_uncompressed_size - chunk.size
        assert 0 <= headers < 1000 and chunk.values == declared.num_values
    assert arrow_batches.judge("t", chunks, ["x", "l"]) == 8 * 400_000


def test_limits_of_a_table_hold(ask, monkeypatch):
    monkeypatch.setattr(table_columns, "MAX_COLUMNS", 1)
    assert "has 2 columns, more than the 1 allowed" in refused(ask, {"x": [1, 2, 3], **Y})
    monkeypatch.undo()
    monkeypatch.setattr(table_columns, "MAX_FILE", 10)
    assert "more than the 10 allowed" in refused(ask, {"x": [1, 2, 3], **Y})
    assert "holds no rows" in refused_empty(ask, monkeypatch)


def refused_empty(ask, monkeypatch):
    monkeypatch.undo()
    return refused(ask, {"x": arrow.array([], arrow.int32()), "y": arrow.array([], arrow.int32())})
