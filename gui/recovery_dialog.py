"""What a crash left, offered again: each project with its picture, its time, and what it has that the file has not.

Recovering opens it; only when a fresh copy of it is safely kept does the old one go. Later leaves everything.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from graph import Document
from graph.difference import difference
from graph.project_file import ProjectError
from gui import theme
from gui.language import counted
from gui.moments import ago
from gui.opening import CannotOpen, read, tell
from gui.panels.rows import Hairline, button, label
from gui.recovery import discard
from gui.recovery_store import Kept, LeftBehind
from gui.start_choices import short_folder
from gui.thumbnails import Thumbnails

PICTURE = QSize(150, 96)


class Picture(QWidget):
    """The network as it was when the copy was made."""

    def __init__(self, file: Path, thumbnails: Thumbnails):
        super().__init__()
        self.file, self.thumbnails = file, thumbnails
        self.setFixedSize(PICTURE)
        thumbnails.ready.connect(self._arrived)

    def paintEvent(self, _event) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.surface[0])
        known = self.thumbnails.get(self.file, PICTURE, self.devicePixelRatioF())
        if known is not None and known.pixmap is not None:
            painter.drawPixmap(self.rect(), known.pixmap)
        elif known is not None:
            warning = theme.icon("warning", tokens.severity["warning"])
            warning.paint(painter, self.rect().adjusted(60, 32, -60, -32))
        painter.setPen(QPen(tokens.line))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _arrived(self, file: Path) -> None:
        if file == self.file:
            self.update()


class Row(QWidget):
    """One project: picture, words, recover or discard."""

    def __init__(self, kept: Kept, folder: LeftBehind, dialog: RecoveryDialog):
        super().__init__()
        self.kept, self.folder = kept, folder
        self.document, self.wrong = _document(kept)
        title = label(kept.head.name, "heading")
        place = short_folder(kept.head.path.parent) if kept.head.path else self.tr("never saved")
        when = self.tr("{place}, kept {when}").format(place=place, when=ago(kept.head.time))
        self.differs = label(self.wrong or self._difference(), "wrong" if self.wrong else "quiet", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE)
        words.addWidget(title)
        words.addWidget(label(when, "small"))
        words.addWidget(self.differs)
        words.addStretch(1)
        self.recover = button(self.tr("Recover"), lambda: dialog.recover(self))
        self.recover.setEnabled(self.document is not None)
        self.discard = button(self.tr("Discard"), lambda: dialog.discard(self), "flat")
        for way, verb in ((self.recover, self.tr("Recover")), (self.discard, self.tr("Discard"))):
            way.setAccessibleName(f"{verb} {kept.head.name}")
        ways = QVBoxLayout()
        ways.setSpacing(theme.SPACE)
        ways.addWidget(self.recover)
        ways.addWidget(self.discard)
        ways.addStretch(1)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, theme.GAP, 0, theme.GAP)
        box.setSpacing(theme.GROUP)
        box.addWidget(Picture(kept.file, dialog.thumbnails))
        box.addLayout(words, 1)
        box.addLayout(ways)

    def _difference(self) -> str:
        """What is in this copy and not in the file it was made from."""
        path = self.kept.head.path
        if path is None:
            return counted(len(self.document.network.blocks), "block") + self.tr(", in no file")
        try:
            saved = read(path)
        except CannotOpen:
            return self.tr("{name} itself is gone or cannot be read").format(name=path.name)
        what = self.tr("Not in the file: {what}").format(what=difference(saved.document, self.document))
        if self.kept.head.base and saved.digest != self.kept.head.base:
            what += self.tr(". The file was changed since by another program")
        return what + "."


class RecoveryDialog(QDialog):
    """Recover, discard, or decide later."""

    def __init__(self, windows, folders: list[LeftBehind], parent: QWidget | None = None):
        super().__init__(parent)
        self.windows, self.folders = windows, folders
        self.thumbnails = Thumbnails(self)
        self.setWindowTitle(self.tr("Recover unsaved work"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = [Row(kept, folder, self) for folder in folders for kept in folder.kept]
        count = len(self.rows)
        text = self.tr("Netloom ended before this work was saved. Nothing is lost unless you discard it.")
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GAP)
        box.addWidget(label(self._title(count), "title"))
        box.addWidget(label(text, "quiet", wrap=True))
        box.addWidget(Hairline())
        box.addWidget(self._make_list(), 1)
        box.addWidget(Hairline())
        box.addLayout(self._make_foot(count))
        self.setMinimumSize(560, 280)
        if count == 1:  # the button below says it already
            self.rows[0].recover.hide()
        self.all.setFocus()
        self.finished.connect(self._let_go)

    def _make_list(self) -> QScrollArea:
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, theme.GAP, 0)
        column.setSpacing(0)
        for row in self.rows:
            column.addWidget(row)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(listed)
        return scroll

    def _make_foot(self, count: int) -> QHBoxLayout:
        self.all = button(self.tr("Recover All") if count > 1 else self.tr("Recover"), self.recover_all, "primary")
        self.all.setEnabled(any(row.document is not None for row in self.rows))
        self.all.setDefault(True)
        self.later = button(self.tr("Later"), self.close, tip=self.tr("Ask again at the next start"))
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.later)
        foot.addWidget(self.all)
        return foot

    def sizeHint(self) -> QSize:
        return QSize(620, 168 + 112 * min(4, len(self.rows)))

    def recover(self, row: Row) -> bool:
        """Open a project's unsaved work; the old copy goes when the new one is on disk."""
        try:
            window = self.windows.recover(row.kept)
        except ProjectError as error:
            tell(self, self.tr("{name} cannot be recovered").format(name=row.kept.head.name), str(error))
            return False
        window.files.autosave.write(lambda: discard(row.folder, row.kept))
        self._drop(row)
        return True

    def recover_all(self) -> None:
        for row in list(self.rows):
            if row.document is not None:
                self.recover(row)

    def discard(self, row: Row) -> None:
        """Throw a project's unsaved work away for good."""
        wrong = discard(row.folder, row.kept)
        if wrong:
            tell(self, self.tr("{name} was not discarded").format(name=row.kept.head.name), wrong)
        else:
            self._drop(row)

    def _drop(self, row: Row) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        if not self.rows:
            self.accept()

    def _title(self, count: int) -> str:
        if count == 1:
            return self.tr("Unsaved work was found")
        return self.tr("Unsaved work was found in {n} projects").format(n=count)

    def _let_go(self, *_result) -> None:
        self.thumbnails.close()
        self.windows.keeper.wait()
        for folder in self.folders:
            folder.close()


def _document(kept: Kept) -> tuple[Document | None, str]:
    try:
        return kept.document(), ""
    except ProjectError as error:
        return None, str(error)
