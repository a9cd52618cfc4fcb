"""Class images put in the place of image files: all or none, also when the process dies in the middle.

What will be moved is written down beside the GeoPackage before anything is. As long as these notes are there, the next
run moves everything back; once the last file and the last path are changed they are renamed, and only then the
originals are removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyogrio

from ..errors import OutputError
from ..files import replaced
from ..job import Job
from .attachments import Attachment, AttachmentLayer
from .blobs import opened_database, quoted
from .locking import working_alone


@dataclass(frozen=True)
class _Move:
    """One image file and the class image that takes its place; all paths are absolute.

    Attributes:
        old: The image file.
        spare: Where it waits until all is done.
        made: The class image.
        new: Its place: ``old``, with another suffix where the format is another.
        texts: (feature number, text before, text after) of each path that follows.
    """

    old: str
    spare: str
    made: str
    new: str
    texts: Sequence[tuple[int, str, str]]


@dataclass(frozen=True)
class _Paths:
    """The paths of images in a GeoPackage."""

    file: Path
    layer: str
    field: str
    key: str

    def change(self, moves: Sequence[_Move], *, back: bool = False) -> None:
        """Write the paths of all images as they are afterwards, or as they were, in one transaction.

        Raises:
            sqlite3.Error: The GeoPackage is locked or read-only; it is unchanged then.
        """
        field, key = quoted(self.field), quoted(self.key)
        sql = f"UPDATE {quoted(self.layer)} SET {field} = ? WHERE {key} = ? AND {field} = ?"  # nosec B608 # names are quoted
        with opened_database(self.file, write=True) as database:
            for number, before, after in (text for move in moves for text in move.texts):
                database.execute(sql, (before, number, after) if back else (after, number, before))

    def are_changed(self, moves: Sequence[_Move]) -> bool:
        """Return whether the GeoPackage has the paths of afterwards; they were written in one transaction."""
        first = next((text for move in moves for text in move.texts), None)
        if first is None:
            return False
        sql = f"SELECT {quoted(self.field)} FROM {quoted(self.layer)} WHERE {quoted(self.key)} = ?"  # nosec B608 # names are quoted
        with opened_database(self.file, write=False) as database:
            row = database.execute(sql, (first[0],)).fetchone()
        return row is not None and row[0] == first[2]


def overwrite_files(layer: AttachmentLayer, results: Mapping[Attachment, Path], job: Job) -> None:
    """Put class images in the place of image files; the paths in the GeoPackage follow where the suffix changes.

    Args:
        layer: The layer, whose images are files.
        results: Class image of each.
        job: Told temporary names.

    Raises:
        OutputError: A file cannot be replaced.
        sqlite3.Error: The GeoPackage is locked or read-only.
    """
    moves = list(_planned(layer, results))
    key = str(pyogrio.read_info(str(layer.path), layer=layer.layer).get("fid_column") or "fid")
    paths = _Paths(layer.path, layer.layer, layer.field, key)
    notes, done = _notes(layer.path)
    about = {"layer": layer.layer, "field": layer.field, "key": key, "moves": [asdict(move) for move in moves]}
    with replaced(notes, job) as temporary, temporary.open("w", encoding="utf-8") as stream:
        json.dump(about, stream)
        stream.flush()
        os.fsync(stream.fileno())
    undone = False
    try:
        with working_alone(notes):
            try:
                for move in moves:
                    os.replace(move.old, move.spare)
                    shutil.move(move.made, move.new)
                if any(move.texts for move in moves):
                    paths.change(moves)
            except BaseException:
                _undo(paths, moves)
                undone = True
                raise
    finally:
        if undone:
            notes.unlink()
    os.replace(notes, done)
    _forget(moves, done)


def mend_overwritten(path: Path, job: Job) -> None:
    """Move back what a run that died had moved, or remove the originals where it had moved everything.

    Args:
        path: The GeoPackage.
        job: Told what was done.

    Raises:
        OutputError: The notes of that run are damaged, it is still at work, or a file cannot be moved back.
        sqlite3.Error: The GeoPackage is locked or read-only.
    """
    notes, done = _notes(path)
    for file in (notes, done):
        if not file.exists():
            continue
        try:
            about = json.loads(file.read_bytes())
            moves = [_Move(**move) for move in about["moves"]]
            paths = _Paths(path, str(about["layer"]), str(about["field"]), str(about["key"]))
        except (ValueError, TypeError, KeyError) as error:
            raise OutputError(
                f"{file} is damaged: put the originals (.*.original) back by hand and remove it"
            ) from error
        if file == done:
            _forget(moves, done)
            continue
        with working_alone(file):
            _undo(paths, moves)
        file.unlink()
        job.warn("an earlier run ended while it replaced images: all of them were put back before this one began")


def _notes(path: Path) -> tuple[Path, Path]:
    """Return where it is written down what is moved, while it is and when all of it was."""
    return path.with_name(f".{path.name}.overwriting.json"), path.with_name(f".{path.name}.overwritten.json")


def _planned(layer: AttachmentLayer, results: Mapping[Attachment, Path]) -> Iterator[_Move]:
    """Yield the moves; refuse one that would hit another file."""
    taken: set[Path] = set()
    for image, file in results.items():
        old = (image.path or file).absolute()
        new = old.with_suffix(file.suffix)
        if new != old and (new.exists() or new in taken):
            raise OutputError(f"{new} exists and would be overwritten: rename it, then run the same again")
        taken.add(new)
        texts = []
        for feature in image.features if new != old else ():
            text = str(layer.table.fields[layer.field][feature])
            stem = text.rstrip()[: len(text.rstrip()) - len(old.suffix)]
            texts.append((int(layer.numbers[feature]), text, stem + new.suffix))
        spare = old.with_name(f".{old.name}.original")
        yield _Move(str(old), str(spare), str(file.absolute()), str(new), texts)


def _undo(paths: _Paths, moves: Sequence[_Move]) -> None:
    """Move back what was moved, and the paths with it; what was not moved stays."""
    for move in reversed(moves):
        if os.path.exists(move.spare):
            if os.path.exists(move.new) and not os.path.exists(move.made) and os.path.isdir(os.path.dirname(move.made)):
                shutil.move(move.new, move.made)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(move.new)  # half a copy, or of work that is gone
            os.replace(move.spare, move.old)
    if paths.are_changed(moves):
        paths.change(moves, back=True)


def _forget(moves: Sequence[_Move], done: Path) -> None:
    """Remove the originals, then the notes."""
    for move in moves:
        Path(move.spare).unlink(missing_ok=True)
    done.unlink(missing_ok=True)
