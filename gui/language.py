"""The interface's words in another language: marked where they stand, looked up when they are said.

Objects of Qt say `self.tr("...")`, everything else `tr("...")`; words in tables are marked with `N_` and said with `tr`
when the table is read. Words of a network (names, types, problems) belong to `graph` and stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

FOLDER = Path(__file__).parent / "translations"  # netloom_de.qm and the like, made from .ts files by lrelease


def N_(text: str) -> str:
    """Mark words of a table for translation."""
    return text


def tr(text: str) -> str:
    """Words outside of Qt's objects, in the language that is spoken."""
    return QCoreApplication.translate("", text)


SEVERITIES = {"error": N_("Error"), "warning": N_("Warning"), "hint": N_("Hint")}
COUNTED = {
    "block": (N_("{0} block"), N_("{0} blocks")),
    "epoch": (N_("{0} epoch"), N_("{0} epochs")),
    "error": (N_("{0} error"), N_("{0} errors")),
    "group": (N_("{0} group"), N_("{0} groups")),
    "hint": (N_("{0} hint"), N_("{0} hints")),
    "module": (N_("{0} module"), N_("{0} modules")),
    "more error": (N_("{0} more error"), N_("{0} more errors")),
    "objective": (N_("{0} objective"), N_("{0} objectives")),
    "parameter": (N_("{0} parameter"), N_("{0} parameters")),
    "place": (N_("{0} place"), N_("{0} places")),
    "problem": (N_("{0} problem"), N_("{0} problems")),
    "step": (N_("{0} step"), N_("{0} steps")),
    "tensor": (N_("{0} tensor"), N_("{0} tensors")),
    "warning": (N_("{0} warning"), N_("{0} warnings")),
    "wire": (N_("{0} wire"), N_("{0} wires")),
}


def counted(count: int, what: str) -> str:
    """1 block, 2 blocks, 1,000 blocks: what can be counted stands in COUNTED."""
    one, many = COUNTED[what]
    return tr(one if count == 1 else many).format(f"{count:,}")


def speak(app: QCoreApplication, locale: QLocale | None = None, folder: Path | None = None) -> bool:
    """Take the translation for the first of the person's languages that there is one for; whether there was."""
    for language in (locale or QLocale()).uiLanguages():
        if language == "C" or language.split("-")[0] == "en":
            return False  # what stands in the source
        name = language.replace("-", "_")
        own = QTranslator(app)
        if own.load(f"netloom_{name}", str(folder or FOLDER)):
            qt = QTranslator(app)  # the buttons of Qt's own dialogs
            if qt.load(f"qtbase_{name}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
                app.installTranslator(qt)
            return app.installTranslator(own)
    return False
