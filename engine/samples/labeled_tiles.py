"""Labeled tiles: one chip an object, which has its class as a whole; an XML file a chip, as rectangles have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..job import Job
from .chip_files import OneLabelFile
from .chip_names import ChipNames, labels_understood
from .chips import write_whole
from .heads import Head
from .layout import Layout
from .listing import Listing
from .object_chips import ObjectChip, ObjectCut
from .pascal_voc import annotation, named_chips
from .record import FolderRecord
from .registry import Understood, Written, sample_format


@sample_format("Labeled_Tiles")
class LabeledTiles(ObjectCut, OneLabelFile):
    """Makes, writes and reads ``labels/<chip>.xml``: the name of the one object is the class value."""

    suffixes = (".xml",)
    label_folders: tuple[str, ...] = ("labels",)

    def folder(self, record: FolderRecord, value: int) -> str:
        """Return that chips lie in ``images`` itself."""
        return ""

    def write_label(self, chip: ObjectChip) -> Written:
        """Write the XML of a chip."""
        text = annotation(chip.file.image_name, chip.shape, [(chip.value, *chip.box.tolist())])
        with open(f"{chip.file.folder}/{chip.file.stem}{self.suffixes[0]}", "wb", buffering=0) as stream:
            write_whole(stream, text.encode("ascii"))
        return Written()

    def recognises(self, listing: Listing) -> bool:
        """In folders of others XML files hold rectangles."""
        return False

    def read(self, layout: Layout, job: Job) -> list[ChipNames]:
        """Return the class of each chip: that of its first object."""
        found = []
        for said in named_chips(layout, job):
            names = tuple(name for name in said.names[:1] if name)
            found.append(ChipNames(names, said.boxes[0] if len(said.boxes) else None, said.size, said.bands))
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders."""
        return labels_understood(layouts, contents, heads, job)
