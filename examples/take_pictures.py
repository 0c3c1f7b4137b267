"""Takes the pictures of the README from the real window: `python -m examples.take_pictures [FOLDER]`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(  # as a new person finds it, not as the photographer left it
    {f"XDG_{kind}_HOME": f"{tempfile.gettempdir()}/netloom-pictures/{kind}" for kind in ("CONFIG", "STATE", "CACHE")}
)

from PySide6.QtCore import Qt

import examples
from graph.commands import add, remove_and_bridge
from graph.edits import SetHyperparameter
from gui import theme
from gui.app import application
from gui.main_window import MainWindow

SIZE = (1520, 950)


class Photographer:
    """One window, brought into a state and grabbed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.app = application("dark")
        self.window = MainWindow()
        self.window.canvas.motion = False
        self.window.resize(*SIZE)
        self.window.show()
        self.window.run.warm_up()

    def open(self, name: str, mode: str) -> None:
        theme.apply(self.app, mode)
        self.window.session.document.mark_saved()
        self.window.files.open_example(examples.path(name))
        self.settle()

    def settle(self, seconds: float = 0.8) -> None:
        """Let timers and repaints that wait for the event loop happen."""
        self.wait(lambda: False, seconds)

    def wait(self, until, seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.005)

    def take(self, name: str, window=None) -> None:
        self.settle()
        path = self.folder / f"{name}.png"
        (window or self.window).grab().save(str(path))
        print(path)

    def id(self, name: str) -> str:
        return self.window.session.network.block(name).id

    def show_dock(self, name: str, height: int = 230) -> None:
        dock = self.window.docks[name]
        dock.show()
        dock.raise_()
        self.window.resizeDocks([dock], [height], Qt.Orientation.Vertical)
        self.settle(0.2)


def starting(photographer: Photographer, mode: str) -> None:
    theme.apply(photographer.app, mode)
    windows = photographer.window.windows
    windows.show_start()
    windows.start.resize(1196, 800)
    photographer.wait(lambda: all(card.pictured for card in windows.start.looked_at()), 30)
    photographer.take(f"start-{mode}", windows.start)
    windows.leave_start()


def building(photographer: Photographer, mode: str) -> None:
    photographer.open("lenet_digits", mode)
    photographer.show_dock("summary")
    photographer.window.session.select((photographer.id("conv1"),))
    photographer.take(f"build-{mode}")


def problems(photographer: Photographer, mode: str) -> None:
    photographer.open("lenet_digits", mode)
    session = photographer.window.session
    document = session.document
    document.do(SetHyperparameter(photographer.id("conv2"), "kernel_size", 20))
    document.do(SetHyperparameter(photographer.id("fc3"), "out_features", 8))
    document.do(remove_and_bridge(document.network, (photographer.id("relu3"),)))
    x, y = document.network.positions[photographer.id("relu1")]
    document.do(add(document.network, "Dropout", (x + 240, y)))
    photographer.show_dock("problems")
    session.select((photographer.id("conv2"),))
    session.reveal(photographer.id("conv2"))
    photographer.take(f"problems-{mode}")


def training(photographer: Photographer, mode: str) -> None:
    photographer.open("lenet_digits", mode)
    window = photographer.window
    photographer.show_dock("training")
    window.session.select((photographer.id("conv1"),))
    window.run.start()
    photographer.wait(lambda: window.run.run is not None and window.run.run.history.epoch >= 24)
    photographer.take(f"training-{mode}")
    window.run.stop()
    photographer.wait(lambda: not window.run.active, 20)


def modules(photographer: Photographer, mode: str) -> None:
    """ResNet-50 as it is drawn, and one of its stages from within."""
    theme.apply(photographer.app, mode)
    window = photographer.window
    window.session.project.mark_saved()
    window.files.open_example(next(path for path in examples.zoo() if path.stem == "resnet50"))
    for name in ("problems", "summary", "training", "receptive field"):
        window.docks[name].hide()
    photographer.settle()
    window.canvas.fit()
    window.session.select((photographer.id("stage2"),))
    photographer.take(f"resnet50-{mode}")
    window.session.step_into(photographer.id("stage2"))
    window.session.step_into(photographer.id("first"))
    photographer.settle()
    window.canvas.fit()
    photographer.take(f"stage-{mode}")
    window.session.go_to(())
    window.reset_docks()


def explaining(photographer: Photographer, mode: str) -> None:
    """A block's numbers unfolded, and what one of its values sees of the image."""
    photographer.open("lenet_digits", mode)
    window = photographer.window
    window.session.select((photographer.id("conv2"),))
    photographer.show_dock("receptive field", 320)
    window.resizeDocks([window.docks["inspector"], window.docks["code"]], [600, 120], Qt.Orientation.Vertical)
    photographer.settle()
    tree = window.inspector.page.explained
    tree.expandToDepth(1)
    photographer.settle()
    window.inspector.area.ensureWidgetVisible(tree, 0, 0)
    window.receptive.choose(4, 5)
    photographer.take(f"explain-{mode}")


def recipe(photographer: Photographer, mode: str) -> None:
    """The recipe beside the network it trains, the learning rate drawn before the run."""
    photographer.open("lenet_digits", mode)
    window = photographer.window
    window.spaces.train()
    photographer.settle()
    edits = window.recipe.edits
    for name, value in (("learning_rate", 0.002), ("schedule.kind", "cosine"), ("schedule.warmup", 60)):
        edits.set(name, value)
    window.session.select((photographer.id("conv1"), photographer.id("conv2")))
    window.recipe.sections["data"].set_open(False)
    photographer.settle()
    window.canvas.fit()
    photographer.take(f"recipe-{mode}")
    window.spaces.build()


def lecture(photographer: Photographer, mode: str) -> None:
    """A variational autoencoder while it learns: its losses, and a digit beside what it makes of it."""
    theme.apply(photographer.app, mode)
    window = photographer.window
    window.session.project.mark_saved()
    window.files.open_example(next(path for path in examples.lectures() if path.stem == "variational_autoencoder"))
    window.spaces.train()
    window.session.select((photographer.id("mean"), photographer.id("log_variance")))
    photographer.settle()
    window.canvas.fit()
    window.run.start()
    photographer.wait(lambda: window.run.state == "finished", 60)
    photographer.take(f"autoencoder-{mode}")
    window.spaces.build()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    photographer = Photographer(folder)
    for mode in ("dark", "light"):
        for scene in (starting, building, problems, modules, explaining, recipe, training, lecture):
            scene(photographer, mode)
    photographer.window.session.document.mark_saved()
    photographer.window.close()


if __name__ == "__main__":
    main()
