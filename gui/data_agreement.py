"""May a run read data, or weights, outside the project's folder? Asked once of the person, remembered in their profile.

What was chosen in this window counts as agreed; a file from elsewhere can never answer for itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

import examples
from backend.data import leaves_folder
from graph import DataSource, Document
from graph.transfer import StartWeights
from gui.language import tr
from gui.session import Session
from gui.settings import settings
from gui.training.run import data_home

EXAMPLES = Path(examples.__file__).parent


class DataAgreement:
    """Answers for one window."""

    def __init__(self, session: Session, window: QWidget):
        self.session, self.window = session, window

    def __call__(self, document: Document) -> bool:
        """Whether the person agreed to data outside; False as well where nothing outside is asked for."""
        recipe = document.recipe
        home = data_home(document)
        named = [(recipe.data, tr("trains on"))] if recipe.data else []
        named += [(start, tr("begins from the weights in")) for start in recipe.start_weights]
        outside = [(source, does) for source, does in named if leaves_folder(source, home)]
        return bool(outside) and all(self._agreed(document.path, source, does) for source, does in outside)

    def _agreed(self, project: Path | None, source: DataSource | StartWeights, does: str) -> bool:
        """Whether it was chosen here, came with Netloom or was agreed to before; else ask."""
        path = source.path
        shipped = Path(path).is_absolute() and not leaves_folder(source, EXAMPLES)
        if shipped or path in self.session.chosen_data:
            return True
        key = _key(project, path) if project is not None else None
        if key is not None and settings().value(key, False, bool):
            return True
        if not self._ask(path, does):
            return False
        if key is not None:
            settings().setValue(key, True)
        else:
            self.session.chosen_data.add(path)  # of a project without a file there is nothing to remember it by
        return True

    def _ask(self, path: str, does: str) -> bool:
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("Read data outside the project's folder?"))
        box.setInformativeText(
            tr("This project {0} {1}. Read it if you know where the project comes from.").format(does, path)
        )
        read = box.addButton(tr("Read It"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is read


def _key(project: Path, data: str) -> str:
    """A name for settings, which takes no slashes: of this project reading this path."""
    both = "\0".join((str(project.resolve()), data))
    return f"data/{hashlib.sha256(both.encode()).hexdigest()[:32]}"
