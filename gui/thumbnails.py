"""Small pictures of projects for whoever lists them: from the cache at once, else drawn by a process of its own.

Never waits: a picture that is not there yet is announced when it is. Knows files and pictures, nothing of networks.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from graph.quantities import short
from gui import theme
from gui.folders import cache_folder
from gui.language import tr

VERSION = 1  # of how pictures are drawn: another one draws all anew
IDLE = 20_000  # ms without a question until the process may go
IN_MEMORY = 120


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture with what it says of its network; `wrong` instead where there is none."""

    pixmap: QPixmap | None = None
    blocks: int = 0
    parameters: str = ""
    data: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    file: Path
    size: QSize
    scale: float


class Thumbnails(QObject):
    """One for all windows; `ready` names the file whose picture has come."""

    ready = Signal(object)  # Path

    def __init__(self, parent: QObject | None = None, folder: Path | None = None):
        super().__init__(parent)
        self.folder = folder or cache_folder() / "thumbnails"
        self._memory: OrderedDict[Path, Thumbnail] = OrderedDict()
        self._asked: dict[Path, _Asked] = {}  # by where the picture will lie
        self._process: QProcess | None = None
        self._buffer = b""
        self._idle = QTimer(self, singleShot=True, interval=IDLE)
        self._idle.timeout.connect(self.close)

    def get(self, file: Path, size: QSize, scale: float) -> Thumbnail | None:
        """The picture if it is known; otherwise None, and it is on its way."""
        target = self._target(file, size, scale)
        if target is None:
            return Thumbnail(wrong=self.tr("It is no longer there."))
        known = self._memory.get(target)
        if known is None and target not in self._asked:
            known = _read(target, scale)
            if known is None:
                self._ask(file, target, size, scale)
            else:
                self._keep(target, known)
        return known

    def close(self) -> None:
        """Let the process go; it ends with its input."""
        process, self._process = self._process, None
        self._asked.clear()
        self._buffer = b""
        if process is not None:
            self._unhear(process)
            process.finished.connect(process.deleteLater)
            process.closeWriteChannel()
            if not process.waitForFinished(200):
                process.kill()
                process.waitForFinished(1000)

    def _target(self, file: Path, size: QSize, scale: float) -> Path | None:
        """Where the picture of this very version of a file lies."""
        try:
            status = os.stat(file)
        except OSError:
            return None
        parts = (VERSION, file, status.st_mtime_ns, status.st_size, size.width(), size.height(), scale)
        text = "\0".join(map(str, (*parts, theme.current().name)))
        return self.folder / f"{hashlib.sha256(os.fsencode(text)).hexdigest()[:40]}.png"

    def _ask(self, file: Path, target: Path, size: QSize, scale: float) -> None:
        if self._process is None:
            self._start()
        self._asked[target] = _Asked(file, size, scale)
        question = {
            "file": str(file),
            "target": str(target),
            "theme": theme.current().name,
            "width": size.width(),
            "height": size.height(),
            "scale": scale,
        }
        self._process.write(json.dumps(question).encode() + b"\n")
        self._idle.start()

    def _start(self) -> None:
        process = self._process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.setWorkingDirectory(str(Path(__file__).parent.parent))  # where `gui` is found, in a checkout too
        process.readyReadStandardOutput.connect(self._hear)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._ended)
        process.start(sys.executable, ["-m", "gui.thumbnail_process"])

    def _hear(self) -> None:
        *lines, self._buffer = (self._buffer + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            try:
                told = json.loads(line)
                target = Path(told["target"])
                asked = self._asked.pop(target)
            except (ValueError, KeyError, TypeError):
                continue  # something a library printed
            self._idle.start()
            wrong = Thumbnail(wrong=str(told.get("error") or self.tr("Its picture could not be kept.")))
            self._settle(target, asked.file, wrong if "error" in told else _read(target, asked.scale) or wrong)

    def _ended(self, *_how) -> None:
        """The process died: whatever it was drawing has no picture, the others are asked for again."""
        if self._process is None:
            return
        self._unhear(self._process)
        self._process.deleteLater()
        self._process, self._buffer = None, b""
        waiting, self._asked = list(self._asked.items()), {}
        if not waiting:
            return
        target, asked = waiting.pop(0)
        for other, again in waiting:
            self._ask(again.file, other, again.size, again.scale)
        self._settle(target, asked.file, Thumbnail(wrong=self.tr("Its picture could not be drawn.")))

    def _unhear(self, process: QProcess) -> None:
        process.readyReadStandardOutput.disconnect(self._hear)
        process.finished.disconnect(self._ended)
        process.errorOccurred.disconnect(self._ended)

    def _settle(self, target: Path, file: Path, known: Thumbnail) -> None:
        self._keep(target, known)
        self.ready.emit(file)

    def _keep(self, target: Path, known: Thumbnail) -> None:
        self._memory[target] = known
        self._memory.move_to_end(target)
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)


def _read(target: Path, scale: float) -> Thumbnail | None:
    """A picture from the cache with its texts, if it is there and whole."""
    image = QImage(str(target)) if target.is_file() else QImage()
    if image.isNull():
        return None
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(scale)
    blocks, parameters = image.text("blocks"), image.text("parameters")
    counted = short(int(parameters)) if parameters.isdecimal() else parameters
    partly = tr("at least ") if image.text("partial") and counted not in ("", "0") else ""
    return Thumbnail(pixmap, int(blocks) if blocks.isdecimal() else 0, partly + counted, image.text("data"))
