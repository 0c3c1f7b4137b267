"""The line above the table of runs: a filter, what can be done with the chosen runs, and the trash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QSizePolicy, QWidget

from backend.runs import RunEntry
from gui import theme
from gui.panels.rows import ClearCross, button
from gui.training.view_header import PictureButton

MOST_OFFERED = 12  # runs of the trash in the menu, the last thrown first


class RunBar(QWidget):
    """Buttons say in their tooltips why they cannot be pressed."""

    chosen_from_trash = Signal(list)  # paths to bring back
    erasing = Signal()  # all that is in the trash

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedHeight(theme.ROW + theme.GAP)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter the runs"))
        self.filter.setToolTip(self.tr("Words that stand anywhere in a row or in its notes"))
        ClearCross(self.filter)
        self.filter.setMaximumWidth(240)
        self.filter.setMinimumWidth(80)
        self.filter.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restore, self.go_on = QPushButton(self.tr("Restore network")), QPushButton(self.tr("Continue"))
        self.delete = PictureButton("delete", self.tr("Move to the trash"))
        self.refresh = PictureButton("refresh", self.tr("Look at the folder again"))
        self.trash = button("", self._open_trash, "flat", self.tr("Runs in the trash; choose one to bring it back"))
        self.trash.hide()
        self.menu = QMenu(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.SPACE)
        line.setSpacing(theme.GAP)
        line.addWidget(self.filter, 1)
        line.addStretch(1)
        for part in (self.trash, self.restore, self.go_on, self.delete, self.refresh):
            line.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self.enable([], None, False, False)

    def enable(self, entries: list[RunEntry], alone: RunEntry | None, away: bool, training: bool) -> None:
        """`alone` is the only chosen run, `away` where it goes on in the background, `training` where one is on."""
        one = self.tr("Choose one run")
        self.restore.setEnabled(alone is not None and alone.network != "")
        self.restore.setToolTip(
            self.tr("Open the network that this run trained, in a window of its own  (Return)") if alone else one
        )
        resting = alone is not None and alone.outcome not in ("running", "damaged")
        self.go_on.setText(self.tr("Take over") if away else self.tr("Continue"))
        self.go_on.setEnabled((resting or away) and not training)
        self.go_on.setToolTip(self._why(alone, resting, away, training))
        self.delete.setEnabled(bool(entries) and all(entry.outcome != "running" for entry in entries))

    def _why(self, alone: RunEntry | None, resting: bool, away: bool, training: bool) -> str:
        """What the button would do, or why it cannot."""
        if alone is None:
            return self.tr("Choose one run")
        if training:
            return self.tr("Stop the run that is on first")
        if away:
            return self.tr("This run goes on in the background: take it into this window")
        if resting:
            return self.tr("Train this run further from its last state")
        return self.tr("Another program trains this run, or it is damaged")

    def offer_trash(self, paths: tuple[Path, ...]) -> None:
        self.trash.setVisible(bool(paths))
        self.trash.setText(self.tr("Trash {0:,}").format(len(paths)))
        menu = self.menu
        menu.clear()
        for path in paths[:MOST_OFFERED]:
            act = menu.addAction(self.tr("Bring back {0}").format(path.name))
            act.triggered.connect(lambda _=False, path=path: self.chosen_from_trash.emit([path]))
        if len(paths) > 1:
            menu.addSeparator()
            menu.addAction(self.tr("Bring back all")).triggered.connect(lambda: self.chosen_from_trash.emit([*paths]))
        menu.addSeparator()
        menu.addAction(self.tr("Empty the trash...")).triggered.connect(lambda: self.erasing.emit())

    def _open_trash(self) -> None:
        self.menu.popup(self.trash.mapToGlobal(self.trash.rect().bottomLeft()))
