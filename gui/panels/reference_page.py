"""The reference panel: what the block type at hand does, its formula, ports and hyperparameters, and types like it.

Follows the selection and what is looked at in the palette; everything comes from the declarations.
"""

from __future__ import annotations

from html import escape
from inspect import cleandoc
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QTextBrowser, QVBoxLayout, QWidget

from backend.reference import entry
from graph import placeable, registry
from graph.block_type import BlockType
from gui import theme
from gui.language import tr
from gui.panels.rows import EmptyState, label
from gui.session import Session
from gui.updates import Updates

MOST_LIKE_IT = 8


class ReferencePage(QWidget):
    """One type at a time; names of other types lead to them."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self.declared: BlockType | None = None
        self.picture = QLabel()
        self.name = label("", "title")
        self.family = label("", "quiet")
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.setAccessibleName(self.tr("Reference of the block type"))
        self.text.document().setDocumentMargin(theme.GAP + 4)
        self.text.anchorClicked.connect(lambda url: self.show_type(url.toString().removeprefix("type:")))
        self.pages = QStackedLayout(self)
        words = self.tr(
            "Select a block, or point at one in the palette: here stands what it does and what its settings mean."
        )
        self.pages.addWidget(EmptyState(self.tr("Reference"), words, "help"))
        self.pages.addWidget(self._page())
        self.updates = Updates(self, self.refresh)
        session.selection_changed.connect(self._selected)
        session.document_changed.connect(self._selected)
        theme.appearance.changed.connect(self.updates.ask)
        self._selected()

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def show_type(self, name: str) -> None:
        """Show a type by its name; one that is not known shows nothing new."""
        network = self.session.network
        if placeable.is_known(network, name) and placeable.known(network, name) is not self.declared:
            self.declared = placeable.known(network, name)
            self.updates.ask()
            self.updates.flush()

    def refresh(self) -> None:
        self.pages.setCurrentIndex(1 if self.declared else 0)
        if self.declared is None:
            return
        self.picture.setPixmap(theme.family_icon(self.declared.family).pixmap(QSize(18, 18)))
        self.name.setText(self.declared.name)
        self.family.setText(self.declared.family)
        self.text.setHtml(_html(self.declared, self._like_it()))
        self.text.verticalScrollBar().setValue(0)

    def _page(self) -> QWidget:
        page = QWidget()
        title = QHBoxLayout()
        title.setContentsMargins(theme.GAP + 4, theme.GAP + 4, theme.GAP, 0)
        title.setSpacing(theme.GAP)
        for part in (self.picture, self.name, self.family):
            title.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        title.addStretch(1)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(title)
        box.addWidget(self.text, 1)
        return page

    def _selected(self) -> None:
        network, ids = self.session.network, self.session.selection
        if ids:
            self.show_type(network.blocks[ids[-1]].type)
        self.updates.ask()

    def _like_it(self) -> list[str]:
        """The other types of its family, those with a similar name first."""
        own, network = self.declared.name, self.session.network
        is_module = self.declared.family == "module"
        family = placeable.modules(network) if is_module else registry.families().get(self.declared.family, [])
        names = [one.name for one in family if one.name != own]
        stem = own.rstrip("123d")
        return sorted(names, key=lambda name: stem not in name and name.rstrip("123d") not in own)


def _html(declared: BlockType, like_it: list[str]) -> str:
    found, look = entry(declared), theme.current()
    _, _, details = cleandoc(declared.help).partition("\n\n")
    quiet = f"color:{look.text[1].name()}"
    parts = [f"<p>{escape(found['summary'])}</p>"]
    if details:
        parts.append(f"<p style='{_mono()}; {quiet}'>{escape(' '.join(details.split()))}</p>")
    parts += [_settings(found["hyperparameters"], quiet)]
    for ports, title in (("inputs", tr("Inputs")), ("outputs", tr("Outputs"))):
        parts.append(_ports(title, found[ports], quiet))
    if like_it:
        links = ", ".join(
            f"<a style='color:{look.accent.name()}' href='type:{escape(name)}'>{escape(name)}</a>"
            for name in like_it[:MOST_LIKE_IT]
        )
        words = tr("Like it")
        parts.append(f"{_heading(words)}<p>{links}</p>")
    if found["also_called"]:
        words = tr("Found as {0}.").format(", ".join(found["also_called"]))
        parts.append(f"<p style='{quiet}'>{escape(words)}</p>")
    return "".join(parts)


def _settings(settings: list[dict[str, Any]], quiet: str) -> str:
    if not settings:
        words = tr("It has no settings.")
        return f"<p style='{quiet}'>{words}</p>"
    rows = [_heading(tr("Settings")), "<table width='100%' cellspacing='0' cellpadding='0'>"]
    for one in settings:
        rows.append(
            f"<tr><td style='{_mono()}; padding-top:6px'>{escape(one['name'])}</td>"
            f"<td align='right' style='{_mono()}; {quiet}; padding-top:6px'>{escape(one['default'])}</td></tr>"
            f"<tr><td colspan='2'>{escape(one['help'])}"
            f" <span style='{quiet}'>{escape(_sentence(one['allowed']))}.</span></td></tr>"
        )
    return "".join([*rows, "</table>"])


def _ports(title: str, ports: list[dict[str, Any]], quiet: str) -> str:
    if not ports:
        return ""
    rows = [_heading(title)]
    for port in ports:
        marks = [tr("optional")] if port["optional"] else []
        marks += [tr("any number of wires")] if port["many"] else []
        words = ". ".join(filter(None, (port["help"].rstrip("."), ", ".join(marks))))
        words = f" <span style='{quiet}'>{escape(words)}.</span>" if words else ""
        rows.append(f"<p style='margin:2px 0'><span style='{_mono()}'>{escape(port['name'])}</span>{words}</p>")
    return "".join(rows)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _heading(text: str) -> str:
    return f"<p style='margin-top:14px; margin-bottom:2px; color:{theme.current().text[1].name()}'><b>{text}</b></p>"


def _mono() -> str:
    return f'font-family:"{theme.mono_font().family()}",monospace; font-size:{theme.SIZES["small"] + 1}px'
