"""Writing so that nothing half written is ever seen: a temporary name first, a rename at the end.

Temporary names start with ``PREFIX`` and carry the process number of their writer, so that a later run can tell the
leftovers of a dead one from the work of a living one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import OutputError
from .job import Job

PREFIX = ".imagery-dl-"
_OWNER = re.compile(re.escape(PREFIX) + r"(\d+)-")


@contextlib.contextmanager
def replaced(target: Path, job: Job) -> Iterator[Path]:
    """Give a temporary file name that takes the target's place when the block ends well.

    Args:
        target: File to write; its folder must exist.
        job: Told the temporary name before anything is written.

    Raises:
        OutputError: The folder cannot be written to, or the target is locked; then the result is kept
            under the name that the message gives.
    """
    writable(target)
    sweep(target.parent)
    temporary = job.temporary(temporary_name(target))
    remove(temporary)  # of a dead run whose process number was ours
    try:
        yield temporary
        _rename(temporary, target)
    finally:
        remove(temporary)


@contextlib.contextmanager
def replaced_folder(target: Path, job: Job) -> Iterator[Path]:
    """Give a new empty folder that becomes ``target`` when the block ends well; ``target`` may exist if empty.

    Raises:
        OutputError: The place cannot be written to, or ``target`` is a folder with something in it.
    """
    writable(target)
    sweep(target.parent)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(f"{target} exists and is not an empty folder: choose another folder or empty it")
    temporary = job.temporary(temporary_name(target))
    remove(temporary)
    temporary.mkdir()
    try:
        yield temporary
        if target.exists():
            target.rmdir()
        os.replace(temporary, target)
    finally:
        remove(temporary)


def temporary_name(target: Path) -> Path:
    """Return the temporary sibling of a target, with the same suffix."""
    return target.parent / f"{PREFIX}{os.getpid()}-{target.name}"


def writable(path: Path) -> None:
    """Refuse an output whose folder is missing or closed to us; missing folders above it are made.

    Raises:
        OutputError: The folder cannot be made or written to.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made ({error.strerror}): choose another place for the output") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder} cannot be written to: choose another place for the output")


def room_for(path: Path, bytes_needed: int, what: str) -> None:
    """Refuse a run whose result will not fit on the disk.

    Args:
        path: Where the result goes; the nearest existing folder above it is asked.
        bytes_needed: Size of the result.
        what: The result in words, for the message.

    Raises:
        OutputError: There is too little room.
    """
    folder = next(parent for parent in [path, *path.absolute().parents] if parent.is_dir())
    free = shutil.disk_usage(folder).free
    if free < bytes_needed:
        raise OutputError(
            f"{what} need {bytes_needed / 1e6:.0f} MB and {folder} has {free / 1e6:.0f} MB left: "
            "free some space or choose another place"
        )


def sweep(folder: Path) -> None:
    """Remove what dead runs left in a folder under our temporary names."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        owner = _OWNER.match(entry.name)
        if owner and not _alive(int(owner.group(1))):
            remove(entry)


def remove(path: Path) -> None:
    """Remove a file or a folder and the sidecar files of the same stem, if they are there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    for suffix in ("", "-journal", "-wal", "-shm", ".aux.xml"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def _rename(temporary: Path, target: Path) -> None:
    """Put the finished file in its place; a target that another program holds open keeps its old content."""
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        kept = target.with_name(f"{target.stem}_new{target.suffix}")
        os.replace(temporary, kept)
        raise OutputError(f"{target} is open in another program: the result was kept as {kept}") from error


def _alive(process: int) -> bool:
    """Return whether a process of that number runs on this machine."""
    if os.name == "nt":
        return process == os.getpid() or _alive_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _alive_on_windows(process: int) -> bool:
    """Ask Windows for a handle to the process: ``os.kill`` would end it there."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(0x1000, False, process)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == 259
