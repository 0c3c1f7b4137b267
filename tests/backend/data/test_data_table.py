"""Tables from CSV: what the columns mean, what becomes of missing and wrong cells, and who decides the split."""

import tracemalloc

import numpy as np
import pytest

from backend.data import DataError, columns, describe, load, table_columns, table_csv, table_plan
from graph.data_source import DataSource, Field

PEOPLE = """age,city,income,owner
30,Rome,1000.5,yes
40,Oslo,2000,no
50,Rome,3000,yes
60,Kiel,4000,no
"""


@pytest.fixture
def ask(tmp_path):
    """Write a table and load it; describing must agree."""

    def load_text(text, **options):
        (tmp_path / "t.csv").write_text(text) if isinstance(text, str) else (tmp_path / "t.csv").write_bytes(text)
        source = DataSource(kind="table", path="t.csv", options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return load_text


def refused(ask, text, **options):
    with pytest.raises(DataError) as caught:
        ask(text, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


def test_numbers_and_categories_are_told_apart(ask):
    dataset = ask(PEOPLE)
    assert dataset.fields == (
        Field(name="features", shape=(5,)),
        Field(name="label", dtype="int64", classes=("no", "yes")),
        Field(name="target", shape=(1,)),
    )
    assert dataset.arrays["features"].tolist()[:2] == [[30, 1000.5, 0, 0, 1], [40, 2000, 0, 1, 0]]
    assert dataset.labels.tolist() == [1, 0, 1, 0]
    assert dataset.arrays["target"].ravel().tolist() == [1, 0, 1, 0]


def test_standardised_are_the_numbers_not_the_categories(ask):
    dataset = ask(PEOPLE)
    ready = dataset.standardize(np.array([0, 1]))
    features = ready.arrays["features"]
    np.testing.assert_allclose(features[:2, :2], [[-1, -1], [1, 1]], atol=1e-6)
    np.testing.assert_array_equal(features[:, 2:], dataset.arrays["features"][:, 2:])
    np.testing.assert_allclose(ready.scaling["features"].undo(features), dataset.arrays["features"], rtol=1e-5)
    assert ask(PEOPLE, standardize=False).standardize(np.array([0])).scaling == {}


def test_a_quantity_to_predict(ask):
    dataset = ask(PEOPLE, target="income", inputs="age")
    assert dataset.fields == (Field(name="features", shape=(1,)), Field(name="target", shape=(1,)))
    assert dataset.labels is None
    ready = dataset.standardize(np.arange(4))
    assert ready.arrays["target"].std() == pytest.approx(1)
    np.testing.assert_allclose(
        ready.scaling["target"].undo(ready.arrays["target"]), dataset.arrays["target"], rtol=1e-5
    )


def test_categories_as_numbers_are_fields_for_an_embedding(ask):
    dataset = ask(PEOPLE, categories="numbers", as_categories="age")
    assert [(f.name, f.shape, f.classes) for f in dataset.fields[:3]] == [
        ("features", (1,), None),
        ("age", (), ("30", "40", "50", "60")),
        ("city", (), ("Kiel", "Oslo", "Rome")),
    ]
    assert dataset.arrays["city"].tolist() == [2, 1, 2, 0]


def test_several_targets_are_fields_by_their_names(ask):
    dataset = ask(PEOPLE, target="income, owner", leave_out="city")
    assert [field.name for field in dataset.fields] == ["features", "income", "owner"]
    assert dataset.to_standardize == ("features", "income")


@pytest.mark.parametrize(
    ("column", "task", "classes"),
    [
        ([0, 1, 2, 1], "auto", ("0", "1", "2")),
        ([3, 7, 7, 3], "auto", ("3", "7")),
        ([0, 1, 2, 1], "quantity", None),
        ([0.5, 1, 2, 1], "auto", None),
        ([0.5, 1, 2, 1], "classes", ("0.5", "1", "2")),
        ([5, 5, 5, 5], "auto", None),
        (range(40), "auto", None),
    ],
)
def test_whether_a_target_of_numbers_is_classes(ask, column, task, classes):
    text = "x,y\n" + "\n".join(f"{i},{y}" for i, y in enumerate(column))
    dataset = ask(text, task=task)
    label = dataset.field("label")
    assert (label.classes if label else None) == classes


GAPS = "a,b,y\n1,red,0\n,blue,1\n3,,0\n5,red,\n9,red,1\n"


def test_missing_cells_are_refused_by_row_and_column(ask):
    said = refused(ask, GAPS)
    assert '3 of 5 samples cannot be used: t.csv, row 1: column "a" is empty; t.csv, row 2: column "b" is empty' in said
    assert 'option "missing" to "skip"' in said


def test_missing_cells_skipped(ask):
    dataset = ask(GAPS, missing="skip")
    assert dataset.arrays["features"][:, 0].tolist() == [1, 9]
    assert [problem.row for problem in dataset.problems] == [1, 2, 3]


def test_missing_numbers_become_the_mean_of_the_training_rows(ask):
    dataset = ask(GAPS, missing="mean", categories="numbers")
    assert dataset.field("b").classes == ("blue", "red", "missing")
    assert dataset.arrays["b"].tolist() == [1, 0, 2, 1]
    assert len(dataset) == 4 and np.isnan(dataset.arrays["features"][1, 0])  # a row without a target is no sample
    ready = dataset.standardize(np.array([0, 1, 3]))
    np.testing.assert_allclose(ready.scaling["features"].undo(ready.arrays["features"])[:, 0], [1, 5, 3, 9], rtol=1e-6)
    plain = ask(GAPS, missing="mean", standardize=False).standardize(np.array([0, 2]))
    assert plain.arrays["features"][1, 0] == 2


def test_wrong_cells_and_rows_are_refused_or_skipped(ask):
    rows = [f"{i},{i % 2}" for i in range(60)]
    rows[7], rows[9], rows[11] = "oops,1", "1e99,0", "1,2,3"
    text = "x,y\n" + "\n".join(rows)
    said = refused(ask, text)
    assert "3 of 60 samples cannot be used: t.csv, row 7: column \"x\" holds 'oops', which is no number" in said
    assert "row 11: has 3 cells, but there are 2 columns" in said and 'option "bad_samples" to "skip"' in said
    dataset = ask(text, bad_samples="skip")
    assert len(dataset) == 57 and [problem.row for problem in dataset.problems] == [7, 9, 11]


def test_an_error_lists_the_first_five_and_the_count(ask):
    said = refused(ask, "x,y\n" + "\n".join(f"{i},{i % 2},9" if i < 8 else f"{i},{i % 2}" for i in range(20)))
    assert said.count("has 3 cells") == 5 and "and 3 more problems" in said and "8 of 20" in said


def test_a_column_says_what_is_for_validation(ask):
    text = "x,y,part\n1,0,train\n2,1,Validation\n3,0,test\n4,1,train\n"
    dataset = ask(text, split_by="part", target="y")
    assert dataset.field("features").shape == (1,)
    train, validation = dataset.parts(0.5, 0)
    assert train.tolist() == [0, 3] and validation.tolist() == [1, 2]
    assert "says 'later' of a row" in refused(ask, text.replace("test", "later"), split_by="part", target="y")
    everything = text.replace("train", "test")
    assert "says train of no row" in refused(ask, everything, split_by="part", target="y")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x;y\n1,5;0\n2;1\n", {}),
        ("x\ty\n1.5\t0\n2\t1\n", {}),
        ("x|y\n1.5|0\n2|1\n", {"separator": "bar"}),
        ("\ufeffx,y\r\n1.5,0\r\n\r\n2,1\r\n", {}),
        ('"x","y"\n"1.5","0"\n2,1', {}),
        ("1.5,0\n2,1\n", {"header": False}),
    ],
)
def test_as_people_save_them(ask, text, options):
    dataset = ask(text, **options)
    assert dataset.arrays["features"].ravel().tolist() == [1.5, 2] and dataset.labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "is empty"),
        ("\n\n", {}, "holds no rows"),
        ("x,y\n", {}, "no rows"),
        ("x,y\n1\n", {}, "only 1 that do not fit"),
        ("x\n1\n", {}, "at least two columns"),
        ("x,x\n1,2\n", {}, 'two columns called "x"'),
        ("x,\n1,2\n", {}, "column 2: is called ''"),
        (PEOPLE, {"target": "wage"}, 'no column "wage" .*it has age, city'),
        (PEOPLE, {"inputs": "age,owner"}, "both an input and the target"),
        (PEOPLE, {"target": "city", "task": "quantity"}, "holds text"),
        ("x,y\n,1\n,0\n", {}, "leave_out"),
        ("x,y\n1,a\n2,a\n", {}, "has 1 classes"),
        ("features,y\nab,1\ncd,0\n1,0\n2,0\n", {"categories": "numbers", "as_categories": "features"}, None),
        (b"x,y\n1,\xff\xfe\n", {}, "line 2: is not UTF-8"),
        (b"x,y\n1,\x00\n", {}, None),
        ('x,y\n"1,2\n' + "a" * 200_000, {}, "cannot be read as CSV"),
        ("x,y\n" + "\n".join(f"n{i},{i % 2}" for i in range(1001)), {}, "1,001 categories"),
    ],
)
def test_what_cannot_be_a_table(ask, text, options, said):
    if said is None:
        try:
            ask(text, **options)
        except DataError:
            return
    else:
        with pytest.raises(DataError, match=said):
            ask(text, **options)


def test_sizes_are_bounded(ask, monkeypatch):
    monkeypatch.setattr(table_columns, "MAX_CELLS", 5)
    assert "more than 5 cells" in refused(ask, PEOPLE + "\n")
    monkeypatch.setattr(table_columns, "MAX_FILE", 10)
    assert "more than the 10 allowed" in refused(ask, PEOPLE + "\n\n")


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(DataError, match="is a folder; a CSV"):
        load(DataSource(kind="table", path="."), tmp_path)


def test_a_changed_file_is_read_again(ask):
    assert len(ask("x,y\n1,0\n2,1\n")) == 2
    assert len(ask("x,y\n1,0\n2,1\n3,1\n")) == 3


def test_a_line_that_would_unpack_to_millions_of_cells_is_refused_unread(ask, monkeypatch):
    monkeypatch.setattr(table_csv, "MOST_MARKS", 8)
    told = refused(ask, PEOPLE + "," * 9 + "\n", bad_samples="skip")
    assert "line 6: has more than 8 separators" in told
    quoted = ask(PEOPLE + '70,"Rome,",1,no\n')
    assert len(quoted) == 5


def test_short_cells_take_little_more_than_their_file(ask, tmp_path):
    text = "a,b,c,d,e,f,g,y\n" + "1,2,3,4,5,6,7,0\n9,8,7,6,5,4,3,1\n" * 20_000
    ask(text)
    tracemalloc.start()
    try:
        dataset = ask(text + "1,2,3,4,5,6,7,0\n")  # another file: nothing is remembered of it
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(dataset) == 40_001 and peak < 12 * len(text)  # as lists it was 40


def test_rows_that_do_not_fit_are_told_up_to_a_thousand_and_counted_all(ask):
    dataset = ask("x,y\n" + "1,0\n2\n3,1\n" * 3000, bad_samples="skip")
    assert len(dataset) == 6000 and len(dataset.problems) == 1000
    assert [problem.row for problem in dataset.problems[:2]] == [1, 4]
    said = refused(ask, "x,y\n" + "1,0\n2\n3,1\n" * 3000)
    assert "3,000 of 9,000 samples cannot be used" in said


def test_parts_of_a_packed_column_are_one(ask, monkeypatch):
    monkeypatch.setattr(table_csv, "CHUNK", 6)
    rows = [f"{i},{'red' if i % 3 else 'blue'},{i % 2}" for i in range(11)]
    dataset = ask("x,c,y\n" + "\n".join(rows))
    assert dataset.arrays["features"].tolist() == [[i, i % 3 == 0, i % 3 != 0] for i in range(11)]
    assert 'row 10: column "x" is empty' in refused(ask, "x,c,y\n" + "\n".join([*rows[:10], ",red,1"]))


def test_large_numbers_that_name_classes_stay_apart(ask):
    dataset = ask("x,y\n1,1234567\n2,1234568\n3,1234567\n", task="classes")
    assert dataset.field("label").classes == ("1234567", "1234568")


def test_more_categories_than_a_field_can_have_are_not_gathered(ask, monkeypatch):
    monkeypatch.setattr(columns, "MAX_CLASSES", 50)
    monkeypatch.setattr(columns, "WAYS_TO_MISS", 5)
    monkeypatch.setattr(table_plan, "MAX_CLASSES", 50)
    text = "x,y\n" + "\n".join(f"n{i},{i % 2}" for i in range(2000))
    assert "more than 50 categories" in refused(ask, text, categories="numbers")


def test_dates_count_days_as_those_of_parquet_do(ask):
    rows = ["1970-01-11,0", "1970-01-02 12:00,1", "1970-01-02T12:00:00Z,0", "1969-12-31,1"]
    dataset = ask("when,y\n" + "\n".join(rows * 8))
    assert dataset.arrays["features"][:4, 0].tolist() == [10, 1.5, 1.5, -1] and dataset.to_standardize == ("features",)
    said = refused(ask, "when,y\n" + "\n".join([*(rows * 8), "1970-02-30,0"]))
    assert "row 32: column \"when\" holds '1970-02-30', which is no number" in said
    assert 'row 32: column "when" is empty' in refused(ask, "when,y\n" + "\n".join([*(rows * 8), ",0"]))
    named = ask("when,y\n" + "\n".join(rows * 8), as_categories="when")
    assert named.field("features").shape == (4,)
