"""The interface's words in another language: marked where they stand, looked up when they are said.

Objects of Qt say `self.tr("...")`, everything else `tr("...")`; words in tables are marked with `N_` and said with `tr`
when the table is read. Words of a network (names, types, problems) belong to `graph` and stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

FOLDER = Path(__file__).parent / "translations"  # netloom_de.qm and the like, made from .ts files by lrelease


def N_(text: str) -> str:
    """Mark words of a table for translation."""
    return text


def tr(text: str) -> str:
    """Words outside of Qt's objects, in the language that is spoken."""
    return QCoreApplication.translate("", text)


def speak(app: QCoreApplication, locale: QLocale | None = None, folder: Path = FOLDER) -> bool:
    """Take the translation for the person's language, if there is one; whether there was."""
    translator = QTranslator(app)
    found = translator.load(locale or QLocale(), "netloom", "_", str(folder))
    return found and app.installTranslator(translator)
