"""Where the splits of a data set of Hugging Face lie on disk: as save_to_disk wrote them, or as Arrow or Parquet files.

Reads the small JSON files beside the data, and the names of files; no code of theirs is run, nothing is fetched.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.data.errors import DataError
from backend.data.paths import open_regular, printable, reason

SUFFIXES = (".arrow", ".parquet")
MAX_JSON = 16 * 1024**2
MOST_FILES = 10_000
DEEPEST = 4  # folders
NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SPLIT_OF = {word: split for split, words in NAMES.items() for word in words}
WORD = re.compile(r"[a-z]+")
SHARD = re.compile(r"(.+)-\d{5}-of-\d{5}")


def splits(path: Path) -> dict[str, list[Path]]:
    """The files of every split, in their order; raises DataError."""
    place = printable(path.name)
    if not path.is_dir():
        return {split_named(path.name): [path]}
    if (path / "dataset_dict.json").is_file():
        told = read_json(path / "dataset_dict.json", place)
        names = told.get("splits")
        if not isinstance(names, list) or not names or not all(map(_is_name, names)):
            raise DataError(place, "its dataset_dict.json names no splits; save it again with save_to_disk")
        return {name: _saved(path / name, f"{place}/{name}") for name in names}
    if (path / "state.json").is_file():
        return {"train": _saved(path, place)}
    found: dict[str, list[Path]] = {}
    for file in _files(path, place):
        found.setdefault(split_named(file.relative_to(path).as_posix()), []).append(file)
    if not found:
        raise DataError(
            place,
            "holds no data set: a folder that save_to_disk of datasets wrote, or one with files such as "
            "train.parquet or train.arrow, is wanted here",
        )
    return found


def split_named(path: str) -> str:
    """The split a file's path tells of by its last telling word, else the name its parts share, else train."""
    words = [SPLIT_OF[word] for word in WORD.findall(path.lower()) if word in SPLIT_OF]
    if words:
        return words[-1]
    shard = SHARD.fullmatch(Path(path).stem)
    return printable(shard[1]) if shard else "train"


def read_json(path: Path, place: str) -> dict[str, Any]:
    """A JSON object of bounded size; raises DataError."""
    with open_regular(path) as stream:
        text = stream.read(MAX_JSON + 1)
    if len(text) > MAX_JSON:
        raise DataError(f"{place}, {path.name}", f"has more than the {MAX_JSON:,} bytes allowed")
    return as_object(text, f"{place}, {path.name}")


def as_object(text: bytes, place: str) -> dict[str, Any]:
    """The JSON object in a text; raises DataError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise DataError(place, f"is no JSON ({reason(fault)})") from None
    if not isinstance(found, dict):
        raise DataError(place, "is no JSON object")
    return found


def _saved(folder: Path, place: str) -> list[Path]:
    """The Arrow files of one split, as its state.json lists them."""
    if not (folder / "state.json").is_file():
        raise DataError(place, "has no state.json; save the data set again with save_to_disk")
    told = read_json(folder / "state.json", place)
    if told.get("_indices_data_files"):
        raise DataError(
            place, "keeps its rows in one file and their order in another; call flatten_indices() and save it again"
        )
    listed = told.get("_data_files")
    entries = listed if isinstance(listed, list) else []
    names = [entry.get("filename") if isinstance(entry, dict) else None for entry in entries]
    if not names or len(names) > MOST_FILES or not all(map(_is_name, names)):
        raise DataError(place, "its state.json lists no data files; save it again with save_to_disk")
    return [folder / name for name in names]


def _is_name(name: Any) -> bool:
    """Whether it names something right in the folder, and nothing elsewhere."""
    return isinstance(name, str) and 0 < len(name) <= 200 and name.isprintable() and Path(name).name == name != ".."


def _files(folder: Path, place: str) -> Iterator[Path]:
    """The data files in a folder and its folders, sorted; no links, and not what datasets keeps aside."""
    seen = 0
    for root, folders, files in os.walk(folder, followlinks=False):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < DEEPEST else []
        for name in sorted(files):
            file = Path(root) / name
            if (
                name.lower().endswith(SUFFIXES)
                and not name.startswith((".", "cache-", "tmp"))
                and not file.is_symlink()
            ):
                seen += 1
                if seen > MOST_FILES:
                    raise DataError(place, f"holds more than {MOST_FILES:,} data files; choose a folder within")
                yield file
