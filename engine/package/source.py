"""Where a model definition comes from: an .emd, a .dlpk, a folder that holds one, or the JSON text itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import ModelPackageError
from ..job import Job
from .dlpk import discard, unpack
from .schema import LARGEST_TEXT, Definition, parse_definition

ARCHIVES = (".dlpk", ".zip")
DEFINITIONS = (".emd", ".json")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A definition that was found and read.

    Attributes:
        raw: The definition, every key kept.
        definition: The keys we read.
        name: What it is called, for messages.
        folder: What relative paths are relative to; None for a JSON text.
        unpacked: Temporary folder to remove when the package is no longer used, or None.
    """

    raw: dict[str, Any]
    definition: Definition
    name: str
    folder: Path | None
    unpacked: Path | None = None

    def file(self, relative: str, key: str) -> Path:
        """Return the file that a key of the definition names.

        Args:
            relative: The path as it is written; ``\\`` and ``/`` both separate folders.
            key: Name of the key, for messages.

        Raises:
            ModelPackageError: The path leaves its package, is relative without a folder, or names no file.
        """
        plain = relative.strip().replace("\\", "/")
        windows = PureWindowsPath(plain)
        absolute = plain.startswith("/") or bool(windows.drive)
        if self.unpacked is not None and (absolute or ".." in plain.split("/")):
            raise ModelPackageError(
                f"{self.name} names the {key} {relative!r} outside of its package: paths in a .dlpk are relative and "
                "stay inside; do not use this package"
            )
        if not absolute and self.folder is None:
            raise ModelPackageError(
                f"the model definition names the {key} {relative!r}: a definition given as JSON text needs absolute "
                "paths; give the whole path, or the .emd file"
            )
        path = Path(plain) if absolute or self.folder is None else self.folder / plain
        if not path.is_file():
            raise ModelPackageError(
                f"{self.name} names the {key} {relative!r}, but there is no file {path}: put it there or mend the key"
            )
        return path


def find_definition(definition: str, job: Job) -> Source:
    """Find and read a model definition; weights are not looked at.

    Args:
        definition: Path of an .emd or .dlpk, of a folder that holds one, or the JSON text of an .emd.
        job: Told the temporary folder of a .dlpk.

    Raises:
        ModelPackageError: There is none, or it cannot be read.
    """
    text = definition.strip()
    if not text:
        raise ModelPackageError("no model definition was given: choose an .emd or .dlpk file")
    if text.startswith("{"):
        return Source(*parse_definition(text, "the model definition"), "the model definition", None)
    try:
        return _from_path(Path(text), job)
    except PermissionError as error:
        raise ModelPackageError(f"{text} may not be read: change its permissions or copy it") from error
    except (OSError, ValueError) as error:
        log.warning("cannot open %r: %r", text, error)
        raise ModelPackageError(f"there is no model definition {text!r:.300}: choose an .emd or .dlpk file") from error


def _from_path(path: Path, job: Job) -> Source:
    if path.is_dir():
        path = _inside(path)
    if not path.is_file():
        raise ModelPackageError(f"there is no model definition {path}: choose an .emd or .dlpk file")
    if path.suffix.lower() in ARCHIVES:
        return _from_archive(path, job)
    if path.suffix.lower() in DEFINITIONS:
        return Source(*parse_definition(_text(path), path.name), path.name, path.absolute().parent)
    raise ModelPackageError(f"{path.name} is no model definition: choose an .emd or .dlpk file")


def _inside(folder: Path) -> Path:
    """Return the definition in a folder: its only .emd, else its only .dlpk."""
    for suffix in (".emd", ".dlpk"):
        found = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() == suffix)
        if len(found) == 1:
            return found[0]
        if found:
            raise ModelPackageError(f"{folder} holds {len(found)} {suffix} files: choose one of them")
    raise ModelPackageError(f"{folder} holds no .emd and no .dlpk: choose a model's folder or file")


def _from_archive(path: Path, job: Job) -> Source:
    folder = unpack(path, job)
    try:
        emd = _payload(folder, path.name)
        raw, definition = parse_definition(_text(emd), f"{emd.name} in {path.name}")
        return Source(raw, definition, path.name, emd.parent, folder)
    except ModelPackageError:
        discard(folder)
        raise


def _payload(folder: Path, name: str) -> Path:
    """Return the .emd of an unpacked package: at its root, else the only one anywhere in it."""
    entries = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() == ".emd")
    at_root = [path for path in entries if path.parent == folder]
    found = at_root or entries
    if len(found) != 1:
        held = f"holds {len(found)} .emd files" if found else "holds no .emd file"
        raise ModelPackageError(f"{name} {held}: a model package holds exactly one; make the package again")
    return found[0]


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST_TEXT:
        raise ModelPackageError(f"{path.name} has {path.stat().st_size / 1e6:.0f} MB: that is no model definition")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelPackageError(f"{path.name} is not JSON: it is no UTF-8 text; export the model again") from error
