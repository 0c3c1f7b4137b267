"""The inspector: the page of what is selected, or the network's own page; and the help of the field in hand."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui import theme
from gui.panels.block_form import BlockForm
from gui.panels.module_page import ModulePage
from gui.panels.network_page import NetworkPage
from gui.panels.rows import Hairline, label
from gui.session import Session
from gui.updates import Updates

ROOMY = 240  # pixels of height with room for the help of a field


class Inspector(QWidget):
    """Shows one page at a time; the page is rebuilt for another selection and refreshed for other values."""

    reference_requested = Signal()
    region_requested = Signal()
    code_requested = Signal()
    recipe_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self.page: BlockForm | ModulePage | NetworkPage | None = None
        self._showing: tuple[str, ...] | None = None
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help = label("", "small", wrap=True)
        self.help.setContentsMargins(theme.GAP + 4, theme.GAP, theme.GAP + 4, theme.GAP)
        self.help.setMinimumHeight(46)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.line = Hairline()
        for part in (self.area, self.line, self.help):
            box.addWidget(part, 1 if part is self.area else 0)
        self.setMinimumWidth(300)
        self.updates = Updates(self, self.refresh)
        session.changed.connect(self._changed)
        session.selection_changed.connect(self.updates.ask)
        session.document_changed.connect(self._forget)
        session.field_requested.connect(self.focus_field)
        theme.appearance.changed.connect(self._forget)

    def sizeHint(self) -> QSize:
        return QSize(320, 420)

    def resizeEvent(self, event) -> None:
        """A low panel has no room for what the fields' tooltips say too."""
        super().resizeEvent(event)
        for part in (self.line, self.help):
            part.setVisible(event.size().height() >= ROOMY)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self.area.minimumSizeHint().height())

    def refresh(self) -> None:
        selection = self.session.selection
        if self.page is None or selection != self._showing:
            self._build(selection)
        else:
            self.page.refresh()

    def focus_field(self, id: str = "", name: str = "") -> None:
        """Put the cursor into a field of the selected block, the first unless one is named."""
        self.show()
        self.raise_()
        self.refresh()
        if isinstance(self.page, BlockForm):
            if self.page.form.fields:
                self.page.form.focus(name)
            elif self.page.name:
                self.page.name.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.page:
            goal = self.page.data.kind if name == "data" and isinstance(self.page, NetworkPage) else self.page.name
            goal.setFocus(Qt.FocusReason.OtherFocusReason)
            self.area.ensureWidgetVisible(goal)

    def _build(self, selection: tuple[str, ...]) -> None:
        self._showing = selection
        if selection:
            self.page = BlockForm(self.session, selection)
            self.page.form.explained.connect(self.help.setText)
            self.page.reference_requested.connect(self.reference_requested)
            self.page.region_requested.connect(self.region_requested)
            self.page.code_requested.connect(self.code_requested)
        elif self.session.path:
            self.page = ModulePage(self.session)
        else:
            self.page = NetworkPage(self.session)
            self.page.recipe.explained.connect(self.help.setText)
            self.page.recipe_requested.connect(self.recipe_requested)
        self.help.setText(self.page.help.split("\n\n")[0])
        self.help.setToolTip(self.page.help)
        self.area.setWidget(self.page)

    def _changed(self, changes) -> None:
        if changes.computation or changes.recipe or changes.analyzed:
            self.updates.ask()

    def _forget(self, *_ignored) -> None:
        self.page = None
        self.updates.ask()
