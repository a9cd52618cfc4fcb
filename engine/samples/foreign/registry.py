"""Layouts of training folders that other programs write: one file each in this folder, found by scanning it.

A foreign layout recognises its folders by the names of files and folders, and says where the chips are and what reads
their labels. From there on its samples are like those of any folder.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...errors import EngineError, SampleFolderError
from ...job import Job

if TYPE_CHECKING:
    from ..layout import Layout


class ForeignLayout(Protocol):
    """Finds chips and labels in folders of one layout."""

    def found(self, folder: Path) -> bool:
        """Return whether a folder, or a file, is laid out like this; quick, and sure enough to refuse two at once."""

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return what the folder holds; ``SampleFolderError`` when it is broken or has no chip with a label."""


_LAYOUTS: dict[str, ForeignLayout] = {}


def foreign(title: str) -> Callable[[type[ForeignLayout]], type[ForeignLayout]]:
    """Register a class as the layout that messages call by a title, such as ``COCO``.

    Raises:
        EngineError: The title is taken.
    """

    def register(kind: type[ForeignLayout]) -> type[ForeignLayout]:
        if title in _LAYOUTS:
            raise EngineError(f"the foreign layout {title} is registered twice: rename one")
        _LAYOUTS[title] = kind()
        return kind

    return register


def foreign_layouts() -> dict[str, ForeignLayout]:
    """Return all foreign layouts by title, in alphabetical order."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{package}.{module.name}")
    return dict(sorted(_LAYOUTS.items()))


def foreign_layout(folder: Path, job: Job) -> Layout | None:
    """Return what a folder of another program holds, None when it is laid out as export tools do.

    Raises:
        SampleFolderError: Two layouts are in one folder, or it is broken.
    """
    if not str(folder).strip() or not folder.exists():
        return None
    found = {title: entry for title, entry in foreign_layouts().items() if entry.found(folder)}
    if len(found) > 1:
        raise SampleFolderError(
            f"{folder} holds labels of {' and '.join(found)}: choose the sub-folder or file of one of them"
        )
    for title, entry in found.items():
        layout = entry.layout(folder, job)
        job.message(f"{folder} is read as {title}: {len(layout.images)} chips")
        return layout
    return None
