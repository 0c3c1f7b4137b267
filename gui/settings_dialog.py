"""The small dialog of the editor's own settings: look, motion, recovery copies, what the next start opens.

Everything takes effect at once, in every window; there is nothing to apply.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.panels.rows import Hairline, button, label
from gui.preferences import AUTOSAVE_SECONDS, preferences
from gui.settings import remember_theme

WIDTH = 500  # no line of help wraps, in English


class SettingsDialog(QDialog):
    """One column of names, one of choices, each with a line that says what it does."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(theme.GROUP)
        self.grid.setVerticalSpacing(theme.SPACE)
        self.grid.setColumnStretch(1, 1)
        self._add_theme()
        self._add_motion()
        self._add_autosave()
        self._add_restore()
        foot = QHBoxLayout()
        foot.addStretch(1)
        close = button(self.tr("Close"), self.accept, "primary")
        close.setDefault(True)
        foot.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GROUP)
        box.addLayout(self.grid)
        box.addStretch(1)
        box.addWidget(Hairline())
        box.addLayout(foot)
        self.setMinimumWidth(max(WIDTH, self.minimumSizeHint().width()))
        theme.appearance.changed.connect(self._show_theme)
        preferences.changed.connect(self._show)

    def sizeHint(self) -> QSize:
        width = self.minimumWidth()
        return QSize(width, max(super().sizeHint().height(), self.layout().heightForWidth(width)))

    def _add_theme(self) -> None:
        names = {"system": self.tr("System"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        self.themes = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        for number, mode in enumerate(names):
            choice = QPushButton(names[mode])
            choice.setCheckable(True)
            choice.setChecked(theme.appearance.mode == mode)
            choice.setProperty("mode", mode)
            choice.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            self.themes.addButton(choice, number)
            line.addWidget(choice)
        line.addStretch(1)
        self.themes.buttonClicked.connect(lambda chosen: self._set_theme(chosen.property("mode")))
        self._row(self.tr("Theme"), line, self.tr("System follows the desktop, by day and by night."))

    def _add_motion(self) -> None:
        self.motion = QCheckBox(self.tr("Reduce motion"))
        self.motion.setChecked(not preferences.motion)
        self.motion.toggled.connect(lambda reduced: preferences.set_motion(not reduced))
        self._row(self.tr("Motion"), self.motion, self.tr("A new layout is there at once, and nothing glides."))

    def _add_autosave(self) -> None:
        self.autosave = QComboBox()
        self.autosave.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.autosave.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.autosave.setAccessibleName(self.tr("Recovery copies"))
        for seconds in AUTOSAVE_SECONDS:
            every = self.tr("{seconds} seconds after a change").format(seconds=seconds)
            every = self.tr("a minute after a change") if seconds == 60 else every
            self.autosave.addItem(every if seconds else self.tr("never"), seconds)
        self.autosave.setCurrentIndex(AUTOSAVE_SECONDS.index(preferences.autosave_seconds))
        self.autosave.currentIndexChanged.connect(
            lambda index: preferences.set_autosave_seconds(self.autosave.itemData(index))
        )
        text = self.tr("After a crash, the next start offers the unsaved work again.")
        self._row(self.tr("Recovery copies"), self.autosave, text)

    def _add_restore(self) -> None:
        self.restore = QCheckBox(self.tr("Open what was open last"))
        self.restore.setChecked(preferences.restore_session)
        self.restore.toggled.connect(preferences.set_restore_session)
        self._row(self.tr("At the start"), self.restore, self.tr("Otherwise the start page opens."))

    def _row(self, name: str, editor: QWidget | QHBoxLayout, text: str) -> None:
        row = self.grid.rowCount()
        title = label(name, "heading")
        title.setMinimumHeight(theme.ROW)
        self.grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if isinstance(editor, QCheckBox):
            editor.setProperty("role", "row")  # its box stands where other editors begin
        if isinstance(editor, QWidget):
            self.grid.addWidget(editor, row, 1, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        else:
            self.grid.addLayout(editor, row, 1)
        help = label(text, "small", wrap=True)
        help.setContentsMargins(0, 0, 0, theme.GROUP)
        self.grid.addWidget(help, row + 1, 1)

    def _set_theme(self, mode: str) -> None:
        remember_theme(mode)
        theme.apply(QApplication.instance(), mode)

    def _show_theme(self, *_theme) -> None:
        for choice in self.themes.buttons():
            choice.setChecked(choice.property("mode") == theme.appearance.mode)

    def _show(self, *_name) -> None:
        """Another window's dialog, or a test, set something."""
        self.motion.setChecked(not preferences.motion)
        self.autosave.setCurrentIndex(AUTOSAVE_SECONDS.index(preferences.autosave_seconds))
        self.restore.setChecked(preferences.restore_session)
