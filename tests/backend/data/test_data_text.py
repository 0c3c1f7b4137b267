"""Text as class numbers: vocabularies, windows, lines and files; what cannot be read is told with file and line."""

import os

import numpy as np
import pytest

from backend.data import DataError, describe, load, text_files, vocabulary
from graph.data_source import DataSource


@pytest.fixture
def ask(tmp_path):
    """Write files and load them; describing must agree."""

    def load_files(files, path="t", **options):
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = DataSource(kind="text", path=path, options=options)
        dataset = load(source, tmp_path)
        assert describe(source, tmp_path) == dataset.fields
        return dataset

    return load_files


def refused(ask, files, path="t", **options):
    with pytest.raises(DataError) as caught:
        ask(files, path, **options)
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    return str(caught.value)


def said(dataset, name="text", unit="characters"):
    names = dataset.field(name).classes
    return [vocabulary.text_of(names, row, unit) for row in dataset.arrays[name].tolist()]


def test_windows_and_what_comes_next(ask):
    dataset = ask({"t": "to be or not to be"}, length=5)
    assert said(dataset) == ["to be", " or n", "ot to"]
    assert said(dataset, "next") == ["o be ", "or no", "t to "]
    assert dataset.field("text").classes == ("␣", "o", "t", "b", "e", "n", "r")  # by frequency, then alphabet
    assert dataset.field("next").classes == dataset.field("text").classes
    assert dataset.labels is None  # nothing to stratify by
    assert said(ask({"t": "abcdef"}, length=3, step=1)) == ["abc", "bcd", "cde"]


def test_every_character_survives(ask):
    words = 'a\tb c\nd␣e\u0000f "Ünï" 🦊 U+0041 <pad>'
    dataset = ask({"t": words + "!"}, length=len(words))
    assert said(dataset) == [words]
    assert all(name.isprintable() for name in dataset.field("text").classes)


def test_words(ask):
    dataset = ask({"t": "The cat. The DOG!\nDon't the cat?"}, unit="words", length=10, lowercase=True)
    assert said(dataset, unit="words") == ["the cat. the dog!\ndon't the cat"]
    assert dataset.field("text").classes[:3] == ("<unknown>", "the", "cat")


def test_a_small_vocabulary_leaves_the_rare_unknown(ask):
    dataset = ask({"t": "aaaabbbccd"}, length=9, vocabulary=3)
    assert dataset.field("text").classes == ("<unknown>", "a", "b")
    assert dataset.arrays["text"].tolist() == [[1, 1, 1, 1, 2, 2, 2, 0, 0]]


CLASSES = {"t/good/1.txt": "fine fine film", "t/good/2.txt": "good", "t/bad/1.txt": "a dull film"}


def test_a_folder_of_classes(ask):
    dataset = ask(CLASSES, unit="words", length=2)
    assert [field.name for field in dataset.fields] == ["text", "label", "padding"]
    assert dataset.field("label").classes == ("bad", "good")
    assert dataset.labels.tolist() == [0, 1, 1]
    assert dataset.field("text").classes[:4] == ("<pad>", "<unknown>", "film", "fine")
    assert said(dataset, unit="words") == ["a dull", "fine fine", "good"]  # cut off, and filled up
    assert dataset.arrays["padding"].tolist() == [[False, False], [False, False], [False, True]]
    assert dataset.arrays["text"][2, 1] == 0


def test_lines_with_labels_before_or_behind_a_tab(ask):
    first = ask({"t": "ham\thello\tyou\n\nspam\tbuy\n"}, samples="lines", labels="first", length=9)
    assert said(first) == ["hello\tyou", "buy"] and first.field("label").classes == ("ham", "spam")
    last = ask({"t": "hello\tyou\tham\nbuy\tspam\n"}, samples="lines", labels="last", length=9)
    assert said(last) == said(first) and last.labels.tolist() == [0, 1]
    text = refused(ask, {"t": "ham\thello\nno label\nspam\tbuy"}, samples="lines", labels="first")
    assert "1 of 3 samples cannot be used: t, row 1: has no label and text with a tab between" in text
    kept = ask({}, samples="lines", labels="first", bad_samples="skip")
    assert len(kept) == 2 and kept.problems[0].row == 1


def test_lines_of_files_that_are_classes(ask):
    dataset = ask({"t/French.txt": "Anne\nLuc\n", "t/Dutch.txt": "Jan\n"}, samples="lines", length=4)
    assert dataset.field("label").classes == ("Dutch", "French")
    assert said(dataset) == ["Jan", "Anne", "Luc"]


def test_lines_without_labels_are_told_on(ask):
    dataset = ask({"t": "ab\ncde\n"}, samples="lines", length=4)
    assert said(dataset) == ["\nab", "\ncde"]
    assert said(dataset, "next") == ["ab\n", "cde\n"]
    assert dataset.arrays["next"][0, 3] == 0 and dataset.arrays["padding"][0].tolist() == [False] * 3 + [True]


def test_sub_folders_for_training_and_validation(ask):
    files = {f"t/{part}/{name}/1.txt": f"{part} {name}" for part in ("train", "val") for name in ("a", "b")}
    dataset = ask(files, length=9)
    train, validation = dataset.parts(0.5, 0)
    assert [row[:3] for row in np.array(said(dataset))[validation]] == ["val", "val"]
    assert dataset.field("label").classes == ("a", "b") and len(train) == 2
    windows = ask({}, samples="windows", length=3)
    assert len(windows.parts(0.5, 0)[1]) == 2


def test_classes_may_be_called_train(ask):
    dataset = ask({f"t/{name}/1.txt": "x" for name in ("train", "test", "bus")}, length=2)
    assert dataset.field("label").classes == ("bus", "test", "train") and dataset.validation is None


def test_bad_files_are_refused_or_left_out(ask):
    files = {**CLASSES, "t/bad/2.txt": b"\xff\xfe", "t/bad/3.txt": " \n", "t/bad/4.txt": b"", "t/bad/notes.doc": "x"}
    text = refused(ask, files, length=4)
    assert "3 of 6 samples cannot be used: bad/2.txt: is not UTF-8" in text and "bad/3.txt: holds no text" in text
    dataset = ask({}, length=4, bad_samples="skip")
    assert len(dataset) == 3
    assert sorted(problem.file for problem in dataset.problems) == [
        f"bad/{n}" for n in ("2.txt", "3.txt", "4.txt", "notes.doc")
    ]


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        ({"t": "abc"}, {}, "too short: has 3 characters, too few for a window of 65"),
        ({"t": b"ab\n\xff"}, {}, "t, line 2: is not UTF-8"),
        ({"t/x.doc": "a"}, {}, "holds no text; files such as a.txt are wanted; the first problem: x.doc"),
        ({"t/a.txt": "a"}, {}, "needs? one sub-folder for each class"),
        ({"t": "ab" * 300_000}, {"length": 100_000, "step": 1}, "GiB of memory"),
        ({"t/a/b.txt": "x", "t/c/d.txt": "y", "t/e.txt": "z"}, {}, "e.txt: lies in no sub-folder"),
    ],
)
def test_what_cannot_be_used(ask, files, options, expected):
    import re

    assert re.search(expected, refused(ask, files, **options))


def test_sizes_are_bounded(ask, monkeypatch):
    monkeypatch.setattr(text_files, "MAX_TEXT", 20)
    assert "longer than the 20 bytes allowed" in refused(ask, {"t": "a" * 21})
    assert "longer than the 20 bytes" in refused(ask, {"u/a/1.txt": "a" * 15, "u/b/1.txt": "b" * 15}, "u")
    monkeypatch.setattr(text_files, "MAX_LINES", 3)
    assert "more than the 3 lines" in refused(ask, {"v": "a\nb\nc\nd\ne\n"}, "v", samples="lines")


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")
def test_links_are_not_followed(ask, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "t/good").mkdir(parents=True)
    (tmp_path / "t/good/spy.txt").symlink_to(tmp_path / "secret.txt")
    dataset = ask(CLASSES, length=4)
    assert len(dataset) == 3 and "symbolic link" in dataset.problems[0].text


def test_alice_can_be_read():
    dataset = load(DataSource(kind="alice", options={"length": 50, "step": 50}))
    assert "".join(said(dataset)).startswith("Alice was beginning to get very tired of sitting by her sister")
    assert len(load(DataSource(kind="alice"))) > 500
