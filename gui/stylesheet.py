"""QPalette and the one stylesheet, both written from the tokens of a theme. Holds no colour of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor, QPalette

from gui.theme import SIZES, Theme, mixed

PICTURES = Path(__file__).parent / "pictures"  # arrows and ticks, which stylesheets take only as files


def palette(theme: Theme) -> QPalette:
    """Every role, for widgets and styles that do not read stylesheets."""
    role, result = QPalette.ColorRole, QPalette()
    colours = {
        role.Window: theme.surface[1],
        role.WindowText: theme.text[0],
        role.Base: theme.surface[0],
        role.AlternateBase: theme.surface[1],
        role.Text: theme.text[0],
        role.PlaceholderText: theme.text[2],
        role.Button: theme.surface[2],
        role.ButtonText: theme.text[0],
        role.BrightText: theme.severity["error"],
        role.ToolTipBase: theme.surface[3],
        role.ToolTipText: theme.text[0],
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text[0],
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.surface[3],
        role.Midlight: theme.surface[2],
        role.Mid: theme.line,
        role.Dark: theme.surface[0],
        role.Shadow: QColor("black"),
    }
    for name, colour in colours.items():
        result.setColor(name, colour)
    faint = mixed(theme.text[2], theme.surface[1], 0.6)
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, name, faint)
    return result


def stylesheet(theme: Theme) -> str:
    """The rules with `@token` replaced by colours and sizes."""
    tokens = {f"s{i}": colour.name() for i, colour in enumerate(theme.surface)}
    tokens |= {f"t{i}": colour.name() for i, colour in enumerate(theme.text)}
    tokens |= {
        "line": theme.line.name(),
        "accent": theme.accent.name(),
        "onaccent": theme.on_accent.name(),
        "select": theme.selection.name(),
        "press": mixed(theme.accent, theme.surface[2], 0.25).name(),
        "faint": mixed(theme.text[2], theme.surface[1], 0.6).name(),
        "error": theme.severity["error"].name(),
        "small": f"{SIZES['small']}px",
        "large": f"{SIZES['large']}px",
    }
    for name in ("down", "up", "right", "check"):
        tokens[f"url_{name}"] = f'url("{(PICTURES / f"{name}-{theme.name}.svg").as_posix()}")'
    text = RULES
    for name in sorted(tokens, key=len, reverse=True):
        text = text.replace(f"@{name}", tokens[name])
    return text


RULES = """
QMainWindow, QDialog { background: @s1; }
QMainWindow::separator { background: @s0; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: @accent; }
QFrame#hairline { background: @line; border: none; }
QFrame#breadcrumb, QFrame#arrange { background: @s2; border: 1px solid @line; border-radius: 6px; }
QFrame#breadcrumb QToolButton { padding: 2px 6px; color: @t1; }
QFrame#breadcrumb QToolButton[here="true"] { color: @t0; }
QFrame#breadcrumb QToolButton:hover { color: @t0; }
QWidget#dockTitle { background: @s1; border-bottom: 1px solid @line; }
QFrame#card { background: @s1; border: 1px solid @line; border-radius: 6px; }
QWidget#problemRow:hover { background: @s2; }
QWidget#problemRow:focus { background: @select; }
QDialog#finder { background: @s2; border: 1px solid @line; border-radius: 6px; }
QDialog#finder QListView { background: @s2; }
QDialog#finder QListView::item:hover { background: @s3; }
QWidget#startPage { background: @s0; }
QFrame#startRail { background: @s1; border: none; border-right: 1px solid @line; }
QSplitter::handle { background: @s0; }
QSplitter::handle:hover { background: @accent; }
QToolTip { background: @s3; color: @t0; border: 1px solid @line; padding: 4px 8px; }
QLabel { background: transparent; }
QMessageBox QLabel#qt_msgbox_label { font-weight: 600; min-width: 320px; }
QMessageBox QLabel#qt_msgbox_informativelabel { color: @t1; min-width: 320px; }
QLabel[role="title"] { font-size: @large; font-weight: 600; }
QLabel[role="heading"] { color: @t1; font-weight: 600; }
QLabel[role="quiet"] { color: @t1; }
QLabel[role="faint"] { color: @t2; }
QLabel[role="small"] { color: @t1; font-size: @small; }
QLabel[role="supposed"], QStatusBar QLabel[role="supposed"] { color: @accent; }
QLabel[role="wrong"] { color: @error; font-size: @small; }

QMenuBar { background: @s1; padding: 2px 4px; border-bottom: 1px solid @line; }
QMenuBar::item { padding: 5px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @s3; }
QMenu { background: @s2; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 10px; border-radius: 4px; }
QMenu::item:selected { background: @select; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QMenu::indicator { margin-left: 8px; }
QMenu::right-arrow { image: @url_right; width: 10px; height: 10px; margin-right: 8px; }

QToolBar { background: @s1; border: none; border-bottom: 1px solid @line; spacing: 4px; padding: 3px; }
QToolBar#transport { border-top: 1px solid @line; border-bottom: none; padding: 0; }
QToolBar::separator { background: @line; width: 1px; margin: 6px 4px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 4px; }
QToolButton:hover { background: @s3; }
QToolButton:pressed, QToolButton:checked { background: @select; }
QToolButton:focus { border-color: @accent; }
QToolButton:disabled { color: @faint; }
QFrame#spaces { background: @s0; border: 1px solid @line; border-radius: 6px; }
QFrame#spaces QToolButton { padding: 2px 12px; color: @t1; }
QFrame#spaces QToolButton:hover { color: @t0; }
QFrame#spaces QToolButton:checked { color: @t0; }
QStatusBar { background: @s1; border-top: 1px solid @line; color: @t1; }
QStatusBar::item { border: none; }
QStatusBar QLabel { padding: 2px 8px; color: @t1; }

QDockWidget { color: @t1; font-weight: 600; }
QDockWidget::title { background: @s1; padding: 6px 12px; border-bottom: 1px solid @line; text-align: left; }
QTabWidget::pane { border: none; border-top: 1px solid @line; }
QTabBar { background: @s1; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @t1; padding: 6px 14px; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @t0; background: @s2; }
QTabBar::tab:selected { color: @t0; border-bottom-color: @accent; }
QTabBar::tab:focus { color: @t0; background: @s2; }

QPushButton {
    background: @s2; border: 1px solid @line; border-radius: 4px; padding: 3px 12px; min-height: 20px; }
QPushButton:hover { background: @s3; }
QPushButton:pressed, QPushButton:checked { background: @press; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @faint; background: @s1; }
QPushButton[role="primary"] {
    background: @accent; color: @onaccent; border-color: @accent; font-weight: 600; }
QPushButton[role="primary"]:focus { border-color: @t0; }
QPushButton[role="primary"]:disabled { background: @s1; color: @faint; border-color: @line; }
QPushButton[role="rail"] {
    background: transparent; border-color: transparent; text-align: left; padding: 4px 8px; min-height: 24px; }
QPushButton[role="rail"]:hover { background: @s3; }
QPushButton[role="rail"]:focus { border-color: @accent; }
QPushButton[role="flat"] { background: transparent; border-color: transparent; }
QPushButton[role="flat"]:hover { background: @s3; }
QPushButton[role="flat"]:focus { border-color: @accent; }

QPushButton[role="choice"] { background: transparent; border-color: transparent; text-align: left; padding: 3px 8px; }
QPushButton[role="choice"]:hover { background: @s3; }
QPushButton[role="choice"]:focus { border-color: @accent; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QAbstractSpinBox {
    background: @s0; border: 1px solid @line; border-radius: 4px; padding: 2px 7px; min-height: 22px;
    selection-background-color: @select; selection-color: @t0; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: @t2; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: @accent; }
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"] { border-color: @error; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @faint; background: @s1; }
QLineEdit[readOnly="true"] { background: @s1; color: @t1; }
QLineEdit[cell="true"] { padding: 2px 2px; }
QLineEdit[role="stand-in"] { color: @t2; background: @s1; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: @url_down; width: 12px; height: 12px; }
QAbstractSpinBox { padding-left: 0; padding-right: 0; max-height: 22px; }
QAbstractSpinBox QLineEdit { border: none; padding: 0 0 0 7px; min-height: 0; background: transparent; }
QComboBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; background: transparent; width: 18px; }
QAbstractSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; height: 13px; }
QAbstractSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; height: 13px; }
QAbstractSpinBox[buttonSymbols="NoButtons"]::up-button, QAbstractSpinBox[buttonSymbols="NoButtons"]::down-button {
    subcontrol-position: left; width: 0; }
QAbstractSpinBox[buttonSymbols="NoButtons"]::up-arrow, QAbstractSpinBox[buttonSymbols="NoButtons"]::down-arrow {
    image: none; width: 0; height: 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: @s3; }
QAbstractSpinBox::up-arrow { image: @url_up; width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: @url_down; width: 9px; height: 9px; }
QAbstractSpinBox::up-arrow:off, QAbstractSpinBox::down-arrow:off { image: none; }
QComboBox QAbstractItemView { background: @s2; border: 1px solid @line; padding: 4px; outline: none; }
QComboBox QAbstractItemView::item { min-height: 24px; padding: 0 6px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: @select; color: @t0; }
QCheckBox {
    spacing: 8px; min-height: 24px; border: 1px solid transparent; border-radius: 4px; padding: 0 4px; }
QCheckBox[role="row"] { margin-left: -5px; }
QCheckBox:focus { border-color: @accent; }
QCheckBox::indicator, QMenu::indicator, QTreeView::indicator {
    width: 14px; height: 14px; border: 1px solid @t2; border-radius: 3px; background: @s0; }
QCheckBox::indicator:hover { border-color: @accent; }
QCheckBox::indicator:checked, QMenu::indicator:checked, QTreeView::indicator:checked {
    background: @accent; border-color: @accent; image: @url_check; }
QCheckBox::indicator:disabled { border-color: @line; background: @s1; }

QTreeView, QListView, QTableView, QPlainTextEdit, QTextBrowser {
    background: @s1; border: none; outline: none; selection-background-color: @select; selection-color: @t0; }
QPlainTextEdit { background: @s0; }
QPlainTextEdit#numbers { border: 1px solid @line; border-radius: 4px; padding: 2px 4px; }
QPlainTextEdit#numbers:focus { border-color: @accent; }
QPlainTextEdit#numbers[wrong="true"] { border-color: @error; }
QTreeView::item, QListView::item { min-height: 28px; padding: 0 4px; border: none; }
QListView#steps::item { padding: 0 12px; }
QTreeView::item:hover, QListView::item:hover, QTableView::item:hover { background: @s2; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {
    background: @select; color: @t0; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: @url_right; }
QTreeView::branch:has-children:open { image: @url_down; }
QTableView { gridline-color: @line; }
QTableView::item { padding: 0 8px; border: none; }
QHeaderView { background: @s1; }
QHeaderView::section {
    background: @s1; color: @t1; border: none; border-bottom: 1px solid @line;
    padding: 5px 11px; font-weight: 600; }
QTreeView QHeaderView::section { padding: 5px 7px; }
QTableCornerButton::section { background: @s1; border: none; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @s3; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: @t2; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }

QProgressBar { background: @s0; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QSlider::groove:horizontal { background: @s3; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal {
    background: @t0; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; }
QSlider::handle:horizontal:focus { background: @accent; }
"""
