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
from graph import Document, save_project
from graph.edits import SetRecipe
from graph.files import sweep
from graph.project_file import ProjectError, to_json
from gui.dropping import IMPORTS, PROJECTS
from gui.file_watch import FileWatch
from gui.language import N_, tr
from gui.opening import Opened, read_or_tell, tell, untitled
from gui.recovery import Autosave
from gui.recovery_store import digest
from gui.session import Session
from gui.settings import Look, look_at, recent_files, remember_file, remember_look

PICTURES = N_("SVG picture (*.svg);;PDF page (*.pdf);;PNG picture (*.png)")


class ProjectFiles(QObject):
    """The commands of the File menu for one window."""

    opened = Signal()  # another document, or the same under another name

    def __init__(self, session: Session, window: QWidget, canvas, windows):
        super().__init__(window)
        self.session, self.window, self.canvas, self.windows = session, window, canvas, windows
        self.disk = FileWatch(self)
        self.disk.hold(session.project.path)
        self.autosave = Autosave(session, windows.keeper, lambda: self.title, lambda: self.disk.digest)

    @property
    def title(self) -> str:
        """How the document is called: its file, or its network while it has none."""
        document = self.session.project
        return Path(document.path).name if document.path else document.network.name

    # New and open

    def new(self) -> None:
        if self.may_leave():
            self.put(Opened(Document()))

    def open(self) -> None:
        """Ask for a project, and open it in this window if it holds nothing, else in one of its own."""
        chosen, _ = QFileDialog.getOpenFileName(self.window, self.tr("Open a project"), self._folder(), tr(PROJECTS))
        if chosen:
            self.windows.open(Path(chosen), self.window)

    def open_path(self, path: Path) -> bool:
        """Open a project in this window; False, with the reason told, when that cannot be or the person stays."""
        opened = read_or_tell(Path(path), self.window)
        if opened is None or not self.may_leave():
            return False
        self.put(opened)
        return True

    def open_example(self, path: Path) -> bool:
        """Open an example in this window as an untitled copy: the installed file stays as it is."""
        opened = read_or_tell(Path(path), self.window)
        if opened is None or not self.may_leave():
            return False
        self.put(untitled(opened))
        return True

    def import_file(self) -> None:
        """Ask for a file of another kind, and open what it leads to, or say what can be imported."""
        chosen, _ = QFileDialog.getOpenFileName(self.window, self.tr("Import"), self._folder(), tr(IMPORTS))
        if chosen:
            self.windows.take(Path(chosen), self.window)

    def recent(self) -> list[Path]:
        return recent_files()

    def examples(self) -> list[Path]:
        return [*examples.paths(), *examples.lectures()]

    def put(self, opened: Opened) -> None:
        """Show another project in this window; the one that was there has been left."""
        self.leave()
        path = opened.document.path
        self.canvas.first_look = None
        self.session.set_document(opened.document)
        self.disk.hold(path, opened.digest)
        look = look_at(Path(path)) if path else None
        if look is None:
            self.canvas.fit()
        else:
            self.canvas.first_look = (look.zoom, look.x, look.y)
        if path is not None and not opened.document.modified:
            remember_file(Path(path))
            sweep(Path(path).parent)
        self.opened.emit()

    def leave(self) -> None:
        """The project goes, with leave: keep how it was looked at, and no recovery copy."""
        self.autosave.forget()
        path = self.session.project.path
        if path is not None and not self.session.path and self.canvas.isVisible():
            middle = self.canvas.visible_area().center()
            remember_look(Path(path), Look(self.canvas.zoom, middle.x(), middle.y()))

    # When the disk has another version

    def reload(self) -> None:
        """Take the version on disk into this window."""
        opened = read_or_tell(Path(self.disk.path), self.window)
        if opened is not None and (not self.session.project.modified or self._may_lose()):
            self.put(opened)

    def keep_mine(self) -> None:
        """The version in this window wins; the next save replaces the file without asking."""
        self.disk.accept()
        self.session.project.mark_unsaved()
        self.opened.emit()

    def show_disk(self) -> None:
        """Open the version on disk in a window of its own, as a copy without a file."""
        opened = read_or_tell(Path(self.disk.path), self.window)
        if opened is not None:
            self.windows.show(untitled(opened), None)

    def _may_lose(self) -> bool:
        text = self.tr("Reload {name} and lose your changes?").format(name=self.title)
        box = QMessageBox(QMessageBox.Icon.Warning, "Netloom", text, parent=self.window)
        lose = box.addButton(self.tr("Reload"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is lose

    # Save and export

    def save(self) -> bool:
        path = self.session.project.path
        return self._save_to(Path(path)) if path else self.save_as()

    def save_as(self) -> bool:
        document = self.session.project
        start = str(document.path or Path(self._folder()) / f"{document.network.name}.netloom")
        chosen, _ = QFileDialog.getSaveFileName(self.window, self.tr("Save the project"), start, tr(PROJECTS))
        if not chosen:
            return False
        path = Path(chosen)
        return self._save_to(path if path.suffix else path.with_suffix(".netloom"))

    def _save_to(self, path: Path) -> bool:
        if self._is_own(path) and self.disk.check() == "changed" and not self._may_replace(path):
            return False
        self._keep_hold_of_data(path)
        try:
            save_project(self.session.project, path)
        except ProjectError as error:
            self.tell_failure(self.tr("{name} was not saved").format(name=path.name), f"{error.place}: {error.text}")
            return False
        self.disk.hold(path, digest(to_json(self.session.project).encode()))
        remember_file(path)
        self.session.say(self.tr("Saved {name}").format(name=path.name))
        self.opened.emit()
        return True

    def _is_own(self, path: Path) -> bool:
        own = self.session.project.path
        return own is not None and Path(own).resolve() == path.resolve()

    def _may_replace(self, path: Path) -> bool:
        """Whether a save may go over a version of the file that this window has not seen."""
        text = self.tr("{name} was changed by another program").format(name=path.name)
        box = QMessageBox(QMessageBox.Icon.Warning, "Netloom", text, parent=self.window)
        box.setInformativeText(
            self.tr("Saving replaces that version; if it is a good project, it is kept beside as {name}.bak.").format(
                name=path.name
            )
        )
        replace = box.addButton(self.tr("Replace It"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is replace

    def _keep_hold_of_data(self, path: Path) -> None:
        """Data and weights named relative to the project's folder stay the same when the project goes to another."""
        document = self.session.project
        if document.path is None:
            return
        old, new = Path(document.path).parent.resolve(), path.parent.resolve()
        recipe = document.recipe
        data = recipe.data and self._moved(recipe.data, old, new)
        weights = tuple(self._moved(start, old, new) for start in recipe.start_weights)
        if old != new and (data, weights) != (recipe.data, recipe.start_weights):
            moved = recipe.having(data=data, start_weights=weights)
            document.do(SetRecipe(moved, self.tr("Point to the data from the new folder")))

    def _moved(self, source, old: Path, new: Path):
        """A source as it is named from another folder."""
        if not source.path or Path(source.path).is_absolute():
            return source
        moved = source.model_copy(update={"path": named_from((old / source.path).resolve(), new)})
        if source.path in self.session.chosen_data:
            self.session.chosen_data.add(moved.path)
        return moved

    def export_python(self) -> bool:
        document = self.session.project
        wrong = [problem for problem in document.analysis.problems if problem.severity == "error"]
        if wrong:
            self.tell_failure(
                self.tr("There is no complete source yet"), "\n".join(self._told(problem) for problem in wrong[:8])
            )
            return False
        start = Path(self._folder()) / f"{Path(self.title).stem.lower().replace(' ', '_')}.py"
        chosen, _ = QFileDialog.getSaveFileName(
            self.window, self.tr("Export Python"), str(start), self.tr("Python (*.py)")
        )
        if not chosen:
            return False
        path = Path(chosen)
        return self._write(path if path.suffix else path.with_suffix(".py"), export_python)

    def _told(self, problem) -> str:
        block = self.session.project.network.blocks.get(problem.block)
        return f"{block.name}: {problem.text}" if block else problem.text

    def export_picture(self) -> bool:
        start = Path(self._folder()) / f"{Path(self.title).stem}.svg"
        chosen, kind = QFileDialog.getSaveFileName(self.window, self.tr("Export a picture"), str(start), tr(PICTURES))
        if not chosen:
            return False
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(next((end for end in (".png", ".pdf") if end in kind), ".svg"))
        render = self.canvas.render_png if path.suffix.lower() == ".png" else self.canvas.render_svg
        return self._write(path, lambda document, target: render(target))

    def _write(self, path: Path, write: Callable[[Document, Path], object]) -> bool:
        try:
            write(self.session.project, path)
        except OSError as error:
            self.tell_failure(
                self.tr("{name} was not written").format(name=path.name), f"{path}: {error.strerror or error}"
            )
        except ValueError as error:
            self.tell_failure(self.tr("{name} was not written").format(name=path.name), str(error))
        else:
            self.session.say(self.tr("Wrote {name}").format(name=path.name))
            return True
        return False

    # Asking and telling

    def may_leave(self) -> bool:
        """Whether the document may go: nothing unsaved, saved now, or thrown away on purpose."""
        if not self.session.project.modified:
            return True
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(self.tr("Save the changes to {name}?").format(name=self.title))
        box.setInformativeText(self.tr("They are lost if you discard them."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        return self.save() if answer == buttons.Save else answer == buttons.Discard

    def tell_failure(self, title: str, text: str) -> None:
        tell(self.window, title, text)

    def _folder(self) -> str:
        path = self.session.project.path
        return str(Path(path).parent if path else Path.home())
