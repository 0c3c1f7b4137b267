"""Text for language models and classifiers: characters or words as class numbers, in windows or one text a sample.

Windows bring "text" and "next", which is the same shifted by one; files and lines bring "text", padded to one length,
"padding" (true where a text is filled up), and "label", or "next" where there are no classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES, settle
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem
from backend.data.folder_parts import held_out_rows
from backend.data.limits import MAX_CLASSES, check_memory, memory_size
from backend.data.options import Option
from backend.data.paths import printable
from backend.data.text_files import Text, class_names, lines, whole_files
from backend.data.vocabulary import Vocabulary, build
from graph.data_source import Field

UNIT = Option(
    "unit", "text", "characters", "What is counted as one: characters or words.", choices=("characters", "words")
)
LENGTH = Option("length", "whole number", 64, "How many characters or words a sample has.", low=1, high=100_000)
STEP = Option(
    "step",
    "whole number",
    None,
    "How far the next window begins behind the last; empty: at its end. Smaller steps overlap, so that validation "
    "holds what training saw.",
    low=1,
    high=100_000,
    empty="as long as it",
)
VOCABULARY = Option(
    "vocabulary", "whole number", 5000, "The most different characters or words.", low=3, high=MAX_CLASSES
)
LOWERCASE = Option("lowercase", "yes or no", False, "Capital letters become small ones.")
OPTIONS = (
    Option(
        "samples",
        "text",
        "auto",
        "Windows of running text for a language model, whole files (a sub-folder a class), or lines; auto takes "
        "windows of a file and the files of a folder.",
        choices=("auto", "windows", "files", "lines"),
    ),
    UNIT,
    LENGTH,
    STEP,
    Option(
        "labels",
        "text",
        "none",
        "Of lines: the class stands before the first tab, or behind the last; none where folders are the classes.",
        choices=("none", "first", "last"),
    ),
    VOCABULARY,
    LOWERCASE,
    BAD_SAMPLES,
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts that can be used, what is to be made of them, and the vocabulary they share."""

    place: str
    mode: str
    texts: list[Text]
    classes: tuple[str, ...]
    vocabulary: Vocabulary
    problems: tuple[DataProblem, ...]


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """The fields; all texts are read, for none else tells the vocabulary."""
    return _fields(_corpus(options, path), options["length"])


def load(options: dict[str, Any], path: Path) -> Dataset:
    """Every sample as class numbers int64; the part in a sub-folder validation/ is set apart."""
    corpus = _corpus(options, path)
    fields = _fields(corpus, options["length"])
    if corpus.mode == "windows":
        return _windows(corpus, fields, options)
    return _padded(corpus, fields, options["length"])


def of_text(title: str, text: str, options: dict[str, Any]) -> Dataset:
    """Windows of one text that is at hand."""
    text = text.lower() if options["lowercase"] else text
    vocabulary = build([text], options["unit"], MAX_CLASSES, padded=False)
    corpus = Corpus(title, "windows", [Text(title, None, text)], (), vocabulary, ())
    return _windows(corpus, _fields(corpus, options["length"]), options)


def _corpus(options: dict[str, Any], path: Path) -> Corpus:
    place, problems = printable(path.name), []
    mode = options["samples"]
    if mode == "auto":
        mode = "files" if path.is_dir() else "windows"
    texts = lines(path, options["labels"], problems) if mode == "lines" else whole_files(path, problems)
    if not texts:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise DataError(place, f"holds no text; files such as a.txt are wanted{first}", tuple(problems[:1000]))
    labelled = len({text.label for text in texts if text.label and not text.fault}) > 1 and mode != "windows"
    texts = [_judged(text, mode, labelled, options) for text in texts]
    bad = [text.problem for text in texts if text.fault]
    listed = settle(place, bad, len(bad), len(texts), options["bad_samples"])
    texts = [text for text in texts if not text.fault]
    classes = class_names(place, texts) if labelled else ()
    if mode == "files" and not labelled:
        raise DataError(
            place, 'whole files as samples need one sub-folder for each class; set option "samples" to lines or windows'
        )
    vocabulary = build((text.text for text in texts), options["unit"], options["vocabulary"], padded=mode != "windows")
    return Corpus(place, mode, texts, classes, vocabulary, (*problems[:1000], *listed))


def _judged(text: Text, mode: str, labelled: bool, options: dict[str, Any]) -> Text:
    """The text as it will be read, or with a fault that says why not."""
    fault, words = text.fault, text.text
    if labelled and text.label is None and not fault:
        fault = "lies in no sub-folder, so it has no class"
    if options["lowercase"]:
        words = words.lower()
    if mode != "windows" and options["unit"] == "words":
        words = words.replace("\n", " ")
    if mode == "lines" and not labelled:
        words = f"\n{words}\n"  # its first sign begins a line, its last one ends it
    return Text(text.place, text.row, words, text.label, text.validation, fault)


def _fields(corpus: Corpus, length: int) -> tuple[Field, ...]:
    names = corpus.vocabulary.names
    text = make_field(corpus.place, "text", (length,), "int64", names)
    if corpus.mode == "windows":
        return text, make_field(corpus.place, "next", (length,), "int64", names)
    padding = Field(name="padding", shape=(length,), dtype="bool")
    if corpus.classes:
        return text, make_field(corpus.place, "label", (), "int64", corpus.classes), padding
    return text, make_field(corpus.place, "next", (length,), "int64", names), padding


def _windows(corpus: Corpus, fields: tuple[Field, ...], options: dict[str, Any]) -> Dataset:
    length, step = options["length"], options["step"] or options["length"]
    encode = corpus.vocabulary.encoder()
    numbers = [encode(text.text) for text in corpus.texts]
    counts = [max(0, (len(each) - length - 1) // step + 1) for each in numbers]
    short = [
        DataProblem(text.place, None, f"has {len(each)} {corpus.vocabulary.unit}, too few for a window of {length + 1}")
        for text, each, count in zip(corpus.texts, numbers, counts, strict=True)
        if not count
    ]
    if not any(counts):
        raise DataError(
            corpus.place, f'is too short: {short[0].text}; choose a smaller option "length"', tuple(short[:1000])
        )
    size = 2 * memory_size(sum(counts), (length,), "int64")
    check_memory(corpus.place, size, 'choose a larger option "step" or a smaller "length"')
    view = np.lib.stride_tricks.sliding_window_view
    cut = [view(each, length + 1)[::step] for each, count in zip(numbers, counts, strict=True) if count]
    arrays = {
        "text": np.concatenate([windows[:, :-1] for windows in cut]),
        "next": np.concatenate([windows[:, 1:] for windows in cut]),
    }
    held_out = np.repeat([text.validation for text in corpus.texts], counts)
    return Dataset(
        corpus.place,
        fields,
        arrays,
        (*corpus.problems, *short[:1000]),
        validation=held_out_rows(corpus.place, held_out),
    )


def _padded(corpus: Corpus, fields: tuple[Field, ...], length: int) -> Dataset:
    count = len(corpus.texts)
    check_memory(corpus.place, 3 * memory_size(count, (length,), "int64"), 'choose a smaller option "length"')
    text = np.zeros((count, length), np.int64)
    following = np.zeros((count, length), np.int64)
    padding = np.ones((count, length), np.bool_)
    encode, shifted = corpus.vocabulary.encoder(), not corpus.classes
    for row, each in enumerate(corpus.texts):
        numbers = encode(each.text)
        here = numbers[: len(numbers) - shifted][:length]
        text[row, : len(here)] = here
        padding[row, : len(here)] = False
        following[row, : len(here)] = numbers[1 : len(here) + 1] if shifted else 0
    arrays = {"text": text, "padding": padding}
    if corpus.classes:
        number = {name: place for place, name in enumerate(corpus.classes)}
        arrays["label"] = np.array([number[each.label] for each in corpus.texts], np.int64)
    else:
        arrays["next"] = following
    held_out = np.array([each.validation for each in corpus.texts], np.bool_)
    return Dataset(corpus.place, fields, arrays, corpus.problems, validation=held_out_rows(corpus.place, held_out))
