"""Deep learning packages (.dlpk): a zip archive with the files at its root, read with limits."""

from __future__ import annotations

import contextlib
import logging
import stat
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..errors import ModelPackageError
from ..files import remove, replaced, room_for, sweep, temporary_name
from ..job import Job

LARGEST_TOTAL = 16 * 1024**3
"""Most bytes a package may unpack to."""

LARGEST_RATIO = 200
"""Most bytes a packed byte may unpack to; weights reach 2, text 20."""

RATIO_FREE = 16 * 1024**2
"""Packages that unpack to less than this many bytes are not asked for their ratio."""

MOST_FILES = 10_000
"""Most entries a package may have."""

LONGEST_NAME = 240
"""Most characters in the name of an entry: what every file system takes."""

HARDLY_PACKED = (".safetensors", ".pth", ".png", ".jpg")
"""Files that packing makes hardly smaller, and a training's end a minute longer."""

PIECE = 1 << 20

ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged, encrypted or unusual archive raises."""

log = logging.getLogger(__name__)


def unpack(package: Path, job: Job) -> Path:
    """Unpack a package into a fresh temporary folder, which the caller removes with ``discard``.

    Args:
        package: The archive.
        job: Told the folder before it is made.

    Returns:
        The folder.

    Raises:
        ModelPackageError: No zip archive, damaged, names outside the folder, links, or more than the limits allow.
    """
    place = Path(tempfile.gettempdir())
    sweep(place)
    folder = job.temporary(temporary_name(place / f"package-{uuid.uuid4().hex}"))
    with contextlib.ExitStack() as undo:
        undo.callback(discard, folder)
        try:
            with zipfile.ZipFile(package) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                _check_limits(package, entries)
                names = _safe_names(package, entries)
                folder.mkdir(mode=0o700)
                for entry, name in zip(entries, names, strict=True):
                    job.check()
                    _extract(archive, entry, folder / name)
        except ZIP_ERRORS as error:
            log.warning("cannot unpack %s: %r", package, error)
            raise ModelPackageError(
                f"{package.name} is no readable zip archive ({error}): a .dlpk is one; copy or download it again"
            ) from error
        undo.pop_all()
    return folder


def discard(folder: Path) -> None:
    """Remove an unpacked package."""
    remove(folder)


def pack(package: Path, files: Iterable[tuple[Path, str]], job: Job) -> Path:
    """Write a package.

    Args:
        package: The archive to write; takes its name when it is whole.
        files: File and its name in the archive, with ``/`` between folders.
        job: Told the temporary name.

    Returns:
        ``package``.
    """
    with (
        replaced(package, job) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for path, name in files:
            job.check()
            archive.write(path, name, zipfile.ZIP_STORED if path.suffix in HARDLY_PACKED else zipfile.ZIP_DEFLATED)
    return package


def _check_limits(package: Path, entries: list[zipfile.ZipInfo]) -> None:
    total, packed = sum(entry.file_size for entry in entries), max(1, package.stat().st_size)
    if len(entries) > MOST_FILES:
        raise ModelPackageError(f"{package.name} has {len(entries)} entries: a model package has at most {MOST_FILES}")
    if total > LARGEST_TOTAL:
        raise ModelPackageError(
            f"{package.name} would unpack to {total / 1e9:.1f} GB: the limit is {LARGEST_TOTAL / 1e9:.1f} GB; "
            "unpack it yourself and give the .emd if you trust it"
        )
    if total > RATIO_FREE and total > LARGEST_RATIO * packed:
        raise ModelPackageError(
            f"{package.name} would unpack to {total / packed:.0f} times its size: the limit is {LARGEST_RATIO}, beyond "
            "it an archive is a bomb; unpack it yourself and give the .emd if you trust it"
        )
    room_for(Path(tempfile.gettempdir()), total, f"the files of {package.name}")


def _safe_names(package: Path, entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return where each entry goes; no two at the same place, in any case of letters."""
    names = [_safe_name(package, entry) for entry in entries]
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ModelPackageError(f"{package.name} holds {name!r} twice: do not use this package")
        seen.add(name.casefold())
    return names


def _safe_name(package: Path, entry: zipfile.ZipInfo) -> str:
    """Return the entry's name as a relative path that stays inside the folder."""
    name = entry.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    windows = PureWindowsPath(name)
    outside = name.startswith("/") or windows.drive or windows.root or ".." in parts
    if outside or not parts or len(name) > LONGEST_NAME or any(":" in part or "\0" in part for part in parts):
        raise ModelPackageError(
            f"{package.name} holds the entry {entry.filename!r}: names must be relative and stay inside the package; "
            "do not use this package"
        )
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ModelPackageError(
            f"{package.name} holds {entry.filename!r}, which is a link or a special file: a package holds plain files; "
            "do not use this package"
        )
    return "/".join(parts)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry; one that is longer than it says is refused by ``zipfile`` itself or here."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with contextlib.closing(archive.open(entry)) as source, target.open("xb") as sink:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile(f"entry {entry.filename!r} is longer than it says")
            sink.write(piece)
