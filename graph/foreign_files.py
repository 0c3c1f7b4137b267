"""What a file is that is no Netloom project, in words: so that a wrong pick in a dialog explains itself.

Looks at the first bytes and at the outline of parsed JSON; opens and decodes nothing else.
"""

from __future__ import annotations

import re
from typing import Any

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file, perhaps Keras weights"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"{\\rtf", "an RTF document"),
)
TEXTS: tuple[tuple[str, str], ...] = (
    (r"(?:<\?xml|<!DOCTYPE|<html|<svg|<)", "XML or HTML"),
    (r"(?:#!|import |from \w+ import|def |class \w+|\"\"\")", "Python source; drawings are *.netloom files"),
    (r"---\s", "YAML"),
)
CONFLICT = re.compile(r"^(?:<<<<<<<|=======|>>>>>>>)(?: |$)", re.MULTILINE)


def recognise(data: bytes) -> str | None:
    """What bytes are that cannot be a project: a phrase for 'this is ...'; None if they may be one."""
    if not data.strip(b" \t\r\n\xef\xbb\xbf"):
        return "an empty file" if not data else "a file of nothing but blanks"
    if not data.strip(b"\0"):
        return "a file of nothing but zero bytes, as a power cut can leave behind"
    for magic, words in MAGIC:
        if data.startswith(magic):
            return words
    return _zip(data) or _weights(data) or _text(data)


def recognise_json(value: Any) -> str:
    """What parsed JSON is that has not our format's name."""
    if not isinstance(value, dict):
        kinds = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
        return f"JSON, but {kinds.get(type(value), 'a number')} and no project"
    if "nbformat" in value:
        return "a Jupyter notebook"
    if value.get("format") == "netloom clipboard":
        return "blocks copied to the clipboard; paste them into a drawing instead"
    if {"class_name", "config"} <= value.keys():
        return "a Keras model description"
    if "nodes" in value and ("links" in value or "edges" in value):
        return "a graph of another program"
    return 'JSON, but no Netloom project: one begins with "format": "netloom"'


def conflict_line(text: str) -> int | None:
    """The line of the first merge conflict marker."""
    found = CONFLICT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _zip(data: bytes) -> str | None:
    if not data.startswith(b"PK\x03\x04"):
        return None
    head = data[:4096]
    if b"data.pkl" in head or b"/version" in head:
        return "a PyTorch checkpoint (weights, not a drawing)"
    if b".npy" in head:
        return "NumPy arrays (NPZ): choose it as data, not as a project"
    return "a zip archive"


def _weights(data: bytes) -> str | None:
    if data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05" and len(data) > 1:
        return "a Python pickle, which is never opened: it could run code"
    if data[8:10] == b'{"' and int.from_bytes(data[:8], "little") <= len(data):
        return "safetensors weights, not a drawing"
    if data[:1] == b"\x08" and data[1:2] <= b"\x20" and re.search(rb"pytorch|onnx|ai\.|tf2", data[:400]):
        return "an ONNX model"
    if data[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    return None


def _text(data: bytes) -> str | None:
    head = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().decode("utf-8", "replace")
    if head.startswith("<<<<<<<"):
        return None  # a conflict in the first line: told with its line
    return next((words for pattern, words in TEXTS if re.match(pattern, head)), None)
