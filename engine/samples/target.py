"""The folder an export writes to: new, empty, or ours to go on with; any other is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .. import files
from ..classes import ClassInfo
from ..errors import OutputError
from ..job import Job
from .own_record import read_own
from .record import FolderRecord


def earlier_records(out: Path, sides: Sequence[str]) -> list[FolderRecord | None]:
    """Return the records of a folder that an export goes on with, None when the folder is new or empty.

    Args:
        out: The output folder.
        sides: The folders in it that hold an export each; an empty name for ``out`` itself.

    Raises:
        OutputError: The place is taken by something else, or cannot be written to.
        SampleFolderError: The folder is ours and damaged.
    """
    if not str(out).strip() or str(out) == ".":
        raise OutputError("no output folder is given: choose one for the chips")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: choose a folder for the chips")
    files.writable(out)
    if not out.exists():
        return [None] * len(sides)
    files.writable(out / "map.txt")
    files.sweep(out)
    if not any(out.iterdir()):
        return [None] * len(sides)
    names = {entry.name for entry in out.iterdir() if not entry.name.startswith(".")}
    others = names - set(sides) if len(sides) > 1 else set()
    records = [None if others else read_own(out / side) for side in sides]
    if None in records:
        what = "files that no export of ours wrote"
        if len(sides) > 1:
            what = f"something else than the folders {' and '.join(sides)} of an export of ours"
        raise OutputError(f"{out} holds {what}: choose a new or empty folder, or one of an earlier export")
    return records


def continued(earlier: FolderRecord, fresh: FolderRecord, numbered: bool, out: Path, job: Job) -> FolderRecord:
    """Return the record with which a run goes on in a folder.

    Args:
        earlier: What the folder holds.
        fresh: What the run would write, without chips yet.
        numbered: The run's classes come from a class field.
        out: The folder, for messages.
        job: Told what is taken over.

    Raises:
        OutputError: The run's chips or classes do not go with those in the folder.
    """
    alike = ("metadata_format", "image_suffix", "bands", "dtype", "cols", "rows", "image_space", "second_bands")
    for what in (*alike, "crop_tile_mode", "blacken_around_feature"):
        was, now = getattr(earlier, what), getattr(fresh, what)
        if was != now:
            words = {"cols": "width", "rows": "height", "dtype": "pixel type"}.get(what, what.replace("_", " "))
            raise OutputError(
                f"the chips in {out} have {words} {was} and this run would write {now}: choose another folder "
                f"or the same setting"
            )
    if earlier.unlabelled != fresh.unlabelled:
        was, now = ("unlabelled" if record.unlabelled == 0 else "the background" for record in (earlier, fresh))
        raise OutputError(
            f"0 is {was} in the labels of {out} and would be {now} in those of this run: choose another folder"
        )
    job.message(
        f"{out} holds {len(earlier.chips)} chips of earlier exports; this run goes on with number {earlier.next_index}"
    )
    return replace(
        earlier,
        classes=_united(earlier.classes, fresh.classes, numbered, out, job),
        next_index=max(earlier.next_index, fresh.next_index),
        cell_sizes=earlier.cell_sizes + fresh.cell_sizes,
        crs=earlier.crs or fresh.crs,
        second=replace(
            earlier.second,
            sources=earlier.second.sources
            + [path for path in fresh.second.sources if path not in earlier.second.sources],
        ),
    )


def _united(
    earlier: tuple[ClassInfo, ...], fresh: tuple[ClassInfo, ...], numbered: bool, out: Path, job: Job
) -> tuple[ClassInfo, ...]:
    """Return the classes of both; one value has one name."""
    known = {entry.value: entry for entry in earlier}
    for entry in fresh:
        old = known.setdefault(entry.value, entry)
        if old.name == entry.name:
            continue
        if not numbered and len(earlier) == 1:
            job.message(f"the only class keeps its name {old.name}; this layer's {entry.name} joins it")
        elif old.name == str(old.value):
            known[entry.value] = entry
        elif entry.name != str(entry.value):
            raise OutputError(
                f"class {entry.value} is {old.name} in {out} and {entry.name} in these labels: choose another "
                f"folder, or give "
                "the labels an integer class field with the same values"
            )
    return tuple(known[value] for value in sorted(known))


@contextmanager
def staged(out: Path, going_on: bool, parts: Sequence[str], job: Job) -> Iterator[Path]:
    """Give a temporary folder with its sub-folders, whose files join ``out`` when the block ends well.

    When the run fails or is cancelled nothing of it stays: a new folder is not there, an earlier one is as it was.

    Args:
        out: The output folder.
        going_on: ``out`` holds chips of an earlier export.
        parts: The sub-folders of chips and labels, relative to ``out``.
        job: Told the temporary name before it is made.
    """
    if not going_on:
        with files.replaced_folder(out, job) as temporary:
            _make_parts(temporary, parts)
            yield temporary
        return
    temporary = job.temporary(files.temporary_name(out / "new"))
    files.remove(temporary)
    try:
        temporary.mkdir()
        _make_parts(temporary, parts)
        yield temporary
        _move(temporary, out, parts)
    finally:
        files.remove(temporary)


def _make_parts(folder: Path, parts: Sequence[str]) -> None:
    """Make the sub-folders of chips and labels."""
    for part in parts:
        (folder / part).mkdir(parents=True)


def _move(temporary: Path, out: Path, parts: Sequence[str]) -> None:
    """Move chips and labels to their place, then the metadata files, which make them count."""
    moved: list[Path] = []
    try:
        for part in parts:
            (out / part).mkdir(parents=True, exist_ok=True)
            for entry in sorted((temporary / part).rglob("*")):
                target = out / entry.relative_to(temporary)
                if entry.is_dir():
                    target.mkdir(exist_ok=True)
                    continue
                entry.replace(target)  # what is there under a number that was never counted is left from a killed run
                moved.append(target)
        for entry in sorted(temporary.rglob("*")):
            if entry.is_file():
                entry.replace(out / entry.relative_to(temporary))
    except BaseException:
        for target in moved:
            target.unlink(missing_ok=True)
        raise
