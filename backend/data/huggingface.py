"""A data set of Hugging Face that lies on disk: a folder that `save_to_disk` wrote, or Arrow or Parquet files.

Read with pyarrow alone: no loading script is run, nothing is unpickled, nothing is fetched. The library datasets writes
one with `ds.save_to_disk(folder)`. Every column becomes a field of its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data import huggingface_fields, huggingface_pictures, text
from backend.data.arrow_columns import Numbers, Texts
from backend.data.bad_samples import BAD_SAMPLES, keep_good, settle
from backend.data.dataset import Dataset
from backend.data.errors import DataError, DataProblem
from backend.data.folder_parts import held_out_rows
from backend.data.huggingface_fields import Made
from backend.data.huggingface_parts import NAMING, Found, find, names_in
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from backend.data.pictures import GRAYSCALE, SIZE
from graph.data_source import Field

OPTIONS = (
    Option(
        "split",
        "text",
        "",
        "The split to read, such as train; empty reads train, and holds validation (or test) out to validate.",
        empty="train and the rest",
    ),
    Option("columns", "text", "", "Names of the columns to take, with commas between; empty takes all.", empty="all"),
    Option(
        "as_classes",
        "text",
        "",
        "Columns whose texts or numbers name classes; those with at most 20 different ones need not be named.",
        empty="by themselves",
    ),
    Option(
        "as_numbers",
        "text",
        "",
        "Columns of whole numbers that are quantities, however few different ones.",
        empty="none",
    ),
    SIZE,
    GRAYSCALE,
    text.UNIT,
    text.LENGTH,
    Option("next", "yes or no", False, "Beside a text the same one sign further on: for a language model."),
    text.VOCABULARY,
    text.LOWERCASE,
    BAD_SAMPLES,
)
LISTED = 1000  # problems of one column told one by one


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """One field a column, in their order; all but pictures are read, for nothing else tells classes and words."""
    found, options = find(options, path)
    return tuple(made.field for made in _made(found, options))


def offers(options: dict[str, Any], path: Path) -> dict[str, tuple[str, ...]]:
    """The splits, and the columns."""
    names, columns = names_in(path)
    return {"split": names} | dict.fromkeys(NAMING, columns)


def load(options: dict[str, Any], path: Path) -> Dataset:
    """The rows of the chosen split, or of train with validation set apart; bad ones are refused or left out."""
    found, options = find(options, path)
    made = _made(found, options)
    fields = tuple(each.field for each in made)
    size = sum(memory_size(found.rows, field.shape, field.dtype) for field in fields)
    check_memory(found.place, size, 'choose a smaller option "size" or "length", or fewer columns')
    arrays = {each.field.name: np.ascontiguousarray(each.values) for each in made}
    for each in made:
        if found.holds.get(each.field.name) == "pictures":
            arrays[each.field.name] = huggingface_pictures.pictures(found, each.field.name, each)
    wrong = np.zeros(found.rows, bool)
    problems: list[DataProblem] = []
    for each in made:
        for rows, what in each.flaws.told:
            wrong[rows] = True
            problems += [found.problem(int(row), f'column "{each.field.name}" {what}') for row in rows[:LISTED]]
    problems.sort(key=lambda problem: problem.row)
    listed = settle(found.place, problems, int(wrong.sum()), found.rows, options["bad_samples"])
    arrays, rows = keep_good(arrays, set(np.flatnonzero(wrong).tolist()))
    held_out = np.repeat([part.validation for part in found.parts], [part.rows for part in found.parts])[rows]
    return Dataset(found.place, fields, arrays, listed, validation=held_out_rows(found.place, held_out))


def _made(found: Found, options: dict[str, Any]) -> list[Made]:
    """Every field; pictures still without their values."""
    gathered: dict[str, Numbers | Texts] = {
        name: (Texts if held == "text" else Numbers)(found.place_of(name))
        for name, held in found.holds.items()
        if held != "pictures"
    }
    for batch in found.batches(list(gathered)) if gathered else ():
        for name, column in gathered.items():
            column.add(batch.column(name))
    made: dict[str, Made] = {}
    texts: dict[str, Texts] = {}
    for name, held in found.holds.items():
        if held == "pictures":
            made[name] = huggingface_pictures.described(found, name, options)
        elif held == "text":
            read = huggingface_fields.of_texts(name, gathered[name], options)
            if read is None:
                texts[name] = gathered[name]
            else:
                made[name] = read
        else:
            made[name] = huggingface_fields.of_numbers(name, gathered[name], found.feature(name), options)
    read = huggingface_fields.read_texts(texts, options)
    made |= dict(zip(texts, read, strict=False))
    fields = [*(made[name] for name in found.holds), *read[len(texts) :]]
    names = [each.field.name for each in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(found.place, f'would have two fields called "{twice}"; leave one out by option "columns"')
    return fields
