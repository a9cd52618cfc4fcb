"""Names of folders for classes: the name of the class where a file system takes it, and one class a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from ..classes import ClassInfo

_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100
"""Most characters of a name."""

_MOST_BYTES = 200
"""Most bytes of a name, as file systems count it; they take 255, and a class value may follow."""


def class_folders(classes: Iterable[ClassInfo], known: Mapping[int, str], plain: bool = False) -> dict[int, str]:
    """Return the folder of each class by its value.

    Names that no file system refuses are kept as they are; two that differ in case only, in how accents are composed,
    or not at all, get the class value as well.

    Args:
        classes: The classes.
        known: Folders of classes that have one.
        plain: Names have no blanks.
    """
    found = dict(known)
    taken = {_alike(name) for name in found.values()}
    for entry in classes:
        if entry.value in found:
            continue
        name = _fit(entry.name, plain)
        if not name or _alike(name) in taken:
            name = f"{name or 'class'}_{entry.value}"
        while _alike(name) in taken:
            name += "_"
        found[entry.value] = name
        taken.add(_alike(name))
    return found


def _alike(name: str) -> str:
    """Return what is the same for names that some file system takes for one: case and composed accents do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fit(name: str, plain: bool) -> str:
    """Return a name that file systems take, empty when nothing is left of it."""
    text = _UNFIT.sub("_", name)[:_LONGEST].encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")
    text = text.strip().rstrip(".").strip()
    text = re.sub(r"^\.", "_", text)
    text = "_".join(text.split()) if plain else text
    return f"{text}_" if _DEVICE.fullmatch(text) else text
