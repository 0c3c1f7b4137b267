"""The process that draws small pictures of projects: one line of JSON asks for a picture, one line answers.

`python -m gui.thumbnail_process`: a project that is huge, slow or broken holds up nobody here. Ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

MOST_KEPT = 400  # pictures in the cache
LARGEST = 2000  # pixels along an edge


def main() -> int:
    """Answer until the input ends."""
    with suppress(OSError, AttributeError):
        os.nice(10)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gui.app import application

    app = application("dark")
    for line in sys.stdin:
        print(json.dumps(_answer(app, line)), flush=True)
    return 0


def _answer(app, line: str) -> dict[str, str]:
    """Draw what a line asks for; what cannot be drawn is answered with the reason."""
    asked = json.loads(line)
    target = Path(asked["target"])
    try:
        _draw(app, asked, target)
    except Exception as error:  # whatever a file does to us, the next one wants its picture
        return {"target": str(target), "error": str(error).splitlines()[0] if str(error) else type(error).__name__}
    return {"target": str(target)}


def _draw(app, asked: dict, target: Path) -> None:
    from PySide6.QtCore import QSizeF

    from graph.files import save_atomically, sweep
    from gui import theme
    from gui.canvas.thumbnail import thumbnail

    width, height, scale = (float(asked[name]) for name in ("width", "height", "scale"))
    if not 0 < max(width, height) * scale <= LARGEST:
        raise ValueError(f"a picture of {width:g} x {height:g} at {scale:g} is no thumbnail")
    if theme.current().name != asked["theme"]:
        theme.apply(app, asked["theme"])
    document = _document(Path(asked["file"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    save_atomically(target, _png(thumbnail(document, QSizeF(width, height), scale)))
    sweep(target.parent)
    _prune(target.parent)


def _document(file: Path):
    from graph import load_project
    from gui import recovery_store

    if file.suffix == recovery_store.ENDING:
        return recovery_store.read(file).document()
    return load_project(file)


def _png(image) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice

    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise ValueError("the picture could not be written as PNG")
    return bytes(data.data())


def _prune(folder: Path) -> None:
    """Drop the pictures that were made longest ago."""
    with suppress(OSError):
        pictures = sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in pictures[MOST_KEPT:]:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
