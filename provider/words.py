"""What users read, in their language: the English text is the key, translations lie in ``i18n/``."""

from __future__ import annotations

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "ImageryDeepLearning"
"""The one context of all texts."""

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "i18n")


def tr(text: str) -> str:
    """Return a text in the language of QGIS, the text itself where it has no translation."""
    return QCoreApplication.translate(CONTEXT, text) if text else text


def marked(text: str) -> str:
    """Return an English text of a table as it is; ``tr`` translates it where it is shown."""
    return text


def counted(number: int, one: str, many: str, *others) -> str:
    """Return a sentence about a number of things in the language of QGIS.

    Args:
        number: How many; it stands in the first place of the text.
        one: Text for one thing.
        many: Text for none or several.
        others: What stands in the further places.
    """
    return tr(one if number == 1 else many).format(f"{number:,}", *others)


def install_translator(locale: str = ""):
    """Install the translation of a language and return it; None where there is none.

    Args:
        locale: A language such as ``fr`` or ``fr_CA``; empty for that of QGIS.
    """
    language = (locale or QgsApplication.instance().locale() or "").partition("_")[0]
    translator = QTranslator()
    if not translator.load(os.path.join(FOLDER, f"imagery_deep_learning_{language}.qm")):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
