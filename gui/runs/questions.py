"""What the runs panel asks before a run goes on: up to which epoch, and whether it may read data from elsewhere."""

from __future__ import annotations

from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from backend.runs import RunEntry
from graph.recipe import MOST_EPOCHS
from gui.language import tr


def more_epochs(parent: QWidget, entry: RunEntry) -> int | None:
    """Up to how many epochs in all a finished run shall go on; None where the person does not want to."""
    done = entry.epochs
    text = tr("All {0:,} epochs of {1} are done.\nTrain up to this many epochs in all:").format(done, entry.name)
    wish = min(done + max(entry.recipe.epochs // 2 if entry.recipe else 1, 1), MOST_EPOCHS)
    epochs, agreed = QInputDialog.getInt(parent, tr("Continue the run"), text, wish, done + 1, MOST_EPOCHS)
    return epochs if agreed else None


def may_read(parent: QWidget, path: str) -> bool:
    """Whether a run may read data outside of its project's folder: asked each time, for runs come from anywhere."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(tr("Read data outside the project's folder?"))
    box.setInformativeText(tr("This run trains on {0}. Read it if you know where the run comes from.").format(path))
    read = box.addButton(tr("Read It"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is read


def may_erase(parent: QWidget, count: int) -> bool:
    """Whether the runs in the trash shall go for good."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(tr("Erase the run in the trash?") if count == 1 else tr("Erase {0:,} runs in the trash?").format(count))
    box.setInformativeText(tr("Their logs and weights are lost; this cannot be undone."))
    erase = box.addButton(tr("Erase"), QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is erase
