"""Start page and dialogs at 100 to 300 %: no text is cut off, pictures are as sharp as the screen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys, time
from PySide6.QtWidgets import QAbstractButton, QLabel
from gui.app import application
app = application(sys.argv[1])
from graph import Document, Network
from graph.project_file import to_json
from gui.recovery_store import Head
from gui.settings_dialog import SettingsDialog
from gui.windows import Windows

windows = Windows()
folder = windows.keeper.home / "20240101-000000-1-00000000"
folder.mkdir(parents=True)
for name in ("one", "two"):
    text = to_json(Document(Network(name))).encode()
    (folder / f"{name}.recovery").write_bytes(Head(name, None, 5.0).line() + text)
windows.show_start()
windows.start.resize(1196, 800)
windows.offer_recovery()
dialog = SettingsDialog()
dialog.show()
end = time.monotonic() + 15
first = windows.start.sections[1].cards[0]
while not first.pictured and time.monotonic() < end:
    app.processEvents()
cut = []
for window in (windows.start, windows.recovery, dialog):
    for part in window.findChildren(QLabel) + window.findChildren(QAbstractButton):
        if not part.isVisible() or not part.text() or part.property("title"):
            continue
        wide = part.fontMetrics().horizontalAdvance(part.text())
        wraps = isinstance(part, QLabel) and part.wordWrap()
        needed = part.heightForWidth(part.width()) if wraps else part.fontMetrics().height()
        if (not wraps and type(part).__name__ != "Card" and part.width() < wide) or part.height() < needed:
            cut.append((type(window).__name__, part.text(), part.width(), wide, part.height(), needed))
pixmap = first._picture.pixmap
print(json.dumps({"cut": cut, "pixels": pixmap.width(), "ratio": windows.start.devicePixelRatioF()}))
windows.recovery.close(); windows.start.close()
"""


@pytest.mark.parametrize("scale", ["1", "1.25", "2", "3"])
def test_nothing_is_cut_off_and_pictures_are_sharp(scale, tmp_path):
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment |= {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    command = [sys.executable, "-c", SCRIPT, "dark" if float(scale) < 2 else "light"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=90)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["cut"] == []
    assert found["ratio"] == float(scale) and found["pixels"] == round(216 * float(scale))
