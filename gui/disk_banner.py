"""The line above the canvas when the file on disk became another: what differs, and the ways on. Decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolBar, QWidget

from graph.difference import difference
from gui import theme
from gui.opening import CannotOpen, read
from gui.panels.rows import button, label


class DiskBanner(QToolBar):
    """Hidden while window and disk agree."""

    def __init__(self, files, parent: QWidget):
        super().__init__(parent)
        self.files = files
        self.setObjectName("diskBanner")
        self.setWindowTitle(self.tr("Changes on disk"))
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self.mark = QLabel()
        self.words = label()
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_button = button(self.tr("Show It"), files.show_disk, tip=self.tr("Open the file's version beside"))
        self.reload = button(self.tr("Reload"), files.reload, tip=self.tr("Take the file's version into this window"))
        self.save = button(self.tr("Save Again"), files.save, tip=self.tr("Put the file back"))
        self.keep = button(self.tr("Keep Mine"), files.keep_mine, tip=self.tr("The next save replaces the file"))
        line = QWidget()
        box = QHBoxLayout(line)
        box.setContentsMargins(theme.GAP, 2, theme.GAP, 2)
        box.setSpacing(theme.GAP)
        box.addWidget(self.mark)
        box.addWidget(self.words, 1)
        for way in (self.show_button, self.reload, self.save, self.keep):
            box.addWidget(way)
        self.addWidget(line)
        line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.hide()
        files.disk.noticed.connect(self.refresh)
        files.opened.connect(self.refresh)
        theme.appearance.changed.connect(self._paint)
        self._paint()

    def refresh(self, *_ignored) -> None:
        """Say what the disk is like now."""
        state = self.files.disk.state
        if state == "same":
            self.hide()
            return
        gone = state == "gone"
        self.words.setText(self._gone() if gone else self._changed())
        self.words.setToolTip(self.words.text())
        for way in (self.show_button, self.reload):
            way.setVisible(not gone)
        self.save.setVisible(gone)
        self.show()

    def _gone(self) -> str:
        return self.tr("{name} is no longer on disk. This window holds the last of it.").format(name=self.files.title)

    def _changed(self) -> str:
        try:
            other = read(self.files.disk.path).document
        except CannotOpen as error:
            words = self.tr("{name} was changed by another program and cannot be read any more: {why}")
            return words.format(name=self.files.title, why=str(error).splitlines()[0])
        words = self.tr("{name} was changed by another program. There, compared with this window: {what}.")
        return words.format(name=self.files.title, what=difference(self.files.session.project, other))

    def _paint(self, *_theme) -> None:
        self.mark.setPixmap(theme.icon("warning", theme.current().severity["warning"]).pixmap(16, 16))
        role = QPalette.ColorRole.WindowText
        palette = self.words.palette()
        palette.setColor(role, theme.current().text[0])
        self.words.setPalette(palette)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
