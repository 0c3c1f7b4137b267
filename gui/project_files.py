"""Files from the window's side: new, open, save, export, recent, examples, and the question before work is lost.

Every failure is a dialog that names place and rule, and leaves the open document as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

import examples
from backend.data import named_from
from backend.export import export_python
from graph import Document, load_project, save_project
from graph.edits import SetRecipe
from graph.files import sweep
from graph.project_file import ProjectError
from gui.session import Session
from gui.settings import recent_files, remember_file

PROJECTS = "Netloom projects (*.netloom)"
PICTURES = "SVG picture (*.svg);;PNG picture (*.png)"


class ProjectFiles(QObject):
    """The commands of the File menu for one window."""

    opened = Signal()  # another document, or the same under another name

    def __init__(self, session: Session, window: QWidget, canvas):
        super().__init__(window)
        self.session, self.window, self.canvas = session, window, canvas

    @property
    def title(self) -> str:
        """How the document is called: its file, or its network while it has none."""
        document = self.session.project
        return Path(document.path).name if document.path else document.network.name

    # New and open

    def new(self) -> None:
        if self.may_leave():
            self._put(Document())

    def open(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self.window, "Open a project", self._folder(), PROJECTS)
        if chosen:
            self.open_path(Path(chosen))

    def open_path(self, path: Path) -> bool:
        """Open a project; False, with the reason told, when that cannot be or the person stays."""
        path = Path(path)
        document = self._load(path)
        if document is None or not self.may_leave():
            return False
        self._put(document)
        remember_file(path)
        sweep(path.parent)
        return True

    def open_example(self, path: Path) -> bool:
        """Open an example as an untitled copy: the installed file stays as it is."""
        document = self._load(path)
        if document is None or not self.may_leave():
            return False
        document.path = None
        self._put(document)
        return True

    def recent(self) -> list[Path]:
        return recent_files()

    def examples(self) -> list[Path]:
        return examples.paths()

    def _load(self, path: Path) -> Document | None:
        try:
            return load_project(path)
        except ProjectError as error:
            shown = [f"{fault.place}: {fault.text}" for fault in error.faults[:8]]
            if len(error.faults) > 8:
                shown.append(f"and {len(error.faults) - 8:,} more")
            self.tell_failure(f"{path.name} cannot be opened", "\n".join(shown))
        except OSError as error:
            self.tell_failure(f"{path.name} cannot be opened", f"{path}: {error.strerror or error}")
        return None

    def _put(self, document: Document) -> None:
        self.session.set_document(document)
        self.canvas.fit()
        self.opened.emit()

    # Save and export

    def save(self) -> bool:
        path = self.session.project.path
        return self._save_to(Path(path)) if path else self.save_as()

    def save_as(self) -> bool:
        document = self.session.project
        start = str(document.path or Path(self._folder()) / f"{document.network.name}.netloom")
        chosen, _ = QFileDialog.getSaveFileName(self.window, "Save the project", start, PROJECTS)
        if not chosen:
            return False
        path = Path(chosen)
        return self._save_to(path if path.suffix else path.with_suffix(".netloom"))

    def _save_to(self, path: Path) -> bool:
        self._keep_hold_of_data(path)
        try:
            save_project(self.session.project, path)
        except ProjectError as error:
            self.tell_failure(f"{path.name} was not saved", f"{error.place}: {error.text}")
            return False
        remember_file(path)
        self.session.say(f"Saved {path.name}")
        self.opened.emit()
        return True

    def _keep_hold_of_data(self, path: Path) -> None:
        """Data named relative to the project's folder stay the same data when the project goes to another."""
        document = self.session.project
        data = document.recipe.data
        if document.path is None or data is None or not data.path or Path(data.path).is_absolute():
            return
        old, new = Path(document.path).parent.resolve(), path.parent.resolve()
        if old != new:
            moved = data.model_copy(update={"path": named_from((old / data.path).resolve(), new)})
            if data.path in self.session.chosen_data:
                self.session.chosen_data.add(moved.path)
            document.do(SetRecipe(document.recipe.having(data=moved), "Point to the data from the new folder"))

    def export_python(self) -> bool:
        document = self.session.project
        wrong = [problem for problem in document.analysis.problems if problem.severity == "error"]
        if wrong:
            self.tell_failure(
                "There is no complete source yet", "\n".join(self._told(problem) for problem in wrong[:8])
            )
            return False
        start = Path(self._folder()) / f"{Path(self.title).stem.lower().replace(' ', '_')}.py"
        chosen, _ = QFileDialog.getSaveFileName(self.window, "Export Python", str(start), "Python (*.py)")
        if not chosen:
            return False
        path = Path(chosen)
        return self._write(path if path.suffix else path.with_suffix(".py"), export_python)

    def _told(self, problem) -> str:
        block = self.session.project.network.blocks.get(problem.block)
        return f"{block.name}: {problem.text}" if block else problem.text

    def export_picture(self) -> bool:
        start = Path(self._folder()) / f"{Path(self.title).stem}.svg"
        chosen, kind = QFileDialog.getSaveFileName(self.window, "Export a picture", str(start), PICTURES)
        if not chosen:
            return False
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(".png" if "png" in kind else ".svg")
        render = self.canvas.render_png if path.suffix.lower() == ".png" else self.canvas.render_svg
        return self._write(path, lambda document, target: render(target))

    def _write(self, path: Path, write: Callable[[Document, Path], object]) -> bool:
        try:
            write(self.session.project, path)
        except OSError as error:
            self.tell_failure(f"{path.name} was not written", f"{path}: {error.strerror or error}")
        except ValueError as error:
            self.tell_failure(f"{path.name} was not written", str(error))
        else:
            self.session.say(f"Wrote {path.name}")
            return True
        return False

    # Asking and telling

    def may_leave(self) -> bool:
        """Whether the document may go: nothing unsaved, saved now, or thrown away on purpose."""
        if not self.session.project.modified:
            return True
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"Save the changes to {self.title}?")
        box.setInformativeText("They are lost if you discard them.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        return self.save() if answer == buttons.Save else answer == buttons.Discard

    def tell_failure(self, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, "Netloom", title, QMessageBox.StandardButton.Ok, self.window)
        box.setInformativeText(text)
        box.exec()

    def _folder(self) -> str:
        path = self.session.project.path
        return str(Path(path).parent if path else Path.home())
