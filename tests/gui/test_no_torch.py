"""The window's process never imports torch, nor what would bring it or take seconds."""

import subprocess
import sys

SCRIPT = """
import sys
import gui.main_window, gui.app
from PySide6.QtWidgets import QApplication
from gui.app import application
application("dark")
window = gui.main_window.MainWindow()
window.show()
QApplication.processEvents()
import examples
window.files.open_example(examples.path("lenet_digits"))
window.code.refresh()
window.run.close()
print(sorted({"torch", "sklearn", "scipy", "pandas", "matplotlib"} & {name.split(".")[0] for name in sys.modules}))
"""


def test_a_window_with_a_network_imports_no_torch():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("[]"), done.stdout
