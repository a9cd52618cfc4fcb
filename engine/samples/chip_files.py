"""Which label files belong to which chip of a training folder: each format says it for itself.

``ChipFiles`` is the answer. ``OneLabelFile`` gives it for formats with one label file a chip, of the chip's name. A
format that lays its files out in another way has its own ``recognises`` and ``chip_files``: label files in folders of
classes (``labels/<class>/<chip>``), one file for all chips, no label file at all (``labels`` holds ``()`` for each
chip), chips in folders of classes. It may end with ``with_labels``, which leaves chips without label out and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SampleFolderError
from ..job import Job
from .chip_rows import ChipRow
from .listing import Listing


@dataclass(frozen=True)
class ChipFiles:
    """The chips of a training folder.

    Attributes:
        images: The chips, in order of their names.
        labels: The label files of each; none for a chip without a label, and in formats without label files.
        seconds: Second chip of a change pair by the stem of the first, empty without.
    """

    images: list[Path]
    labels: list[tuple[Path, ...]]
    seconds: dict[str, Path] = field(default_factory=dict)


class OneLabelFile:
    """Base of the formats with one label file a chip, of the chip's name."""

    suffixes: tuple[str, ...] = ()
    pairs = False

    def recognises(self, listing: Listing) -> bool:
        """Return whether the label files of a folder have a suffix of this format."""
        chips = {chip.stem for chip in listing.chips}
        suffixes = {entry.suffix.lower() for entry in listing.labels if entry.stem in chips}
        suffixes = suffixes or {entry.suffix.lower() for entry in listing.labels}
        return bool(suffixes & set(self.suffixes))

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the chips of a folder that have a label file; change pairs without a second chip are left out."""
        listing.needed_parts()
        found = {entry.stem: (entry,) for entry in listing.labels if entry.suffix.lower() in self.suffixes}
        chips, seconds = listing.chips, listing.seconds() if self.pairs else {}
        if seconds:
            paired = [chip for chip in chips if chip.stem in seconds]
            if len(paired) < len(chips):
                job.warn(f"{listing.folder}: {len(chips) - len(paired)} chips have no second chip and are left out")
            chips = paired or chips
        images, labels = with_labels(listing, chips, found, self.suffixes[0], job)
        return ChipFiles(images, labels, seconds)


def with_labels(
    listing: Listing,
    chips: Sequence[Path],
    found: Mapping[str, tuple[Path, ...]],
    suffix: str,
    job: Job,
    empty: Collection[str] = (),
) -> tuple[list[Path], list[tuple[Path, ...]]]:
    """Return the chips that have labels, and the label files of each; how many are left out is told.

    Args:
        listing: The folder.
        chips: Its chips.
        found: Label files by the stem of their chip.
        suffix: Of the label files, for the message.
        job: Told what is left out.
        empty: Stems of chips that are known to have no label; they are kept.

    Raises:
        SampleFolderError: No chip is left.
    """
    folder, labels = listing.folder, listing.needed_parts()[1]
    kept = [chip for chip in chips if chip.stem in found or chip.stem in empty]
    if not any(chip.stem in found for chip in kept):
        raise SampleFolderError(
            f"no chip of {folder} has a label file ({suffix}) in {labels.name}: export the folder again"
        )
    if len(kept) < len(chips):
        job.warn(f"{folder}: {len(chips) - len(kept)} chips have no label file and are left out")
    stems = {chip.stem for chip in kept}
    if unused := sum(len(files) for stem, files in found.items() if stem not in stems):
        job.warn(f"{folder}: {unused} label files have no chip and are left out")
    return kept, [found.get(chip.stem, ()) for chip in kept]
