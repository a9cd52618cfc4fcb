"""A file that only one process holds at a time, so that two runs of the same never write into one another's files.

The operating system lets go of it when the process ends, however it does; the file itself says nothing.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import OutputError
from .work_file import refused


class AtWork(OutputError):
    """Another process holds the file."""


_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def working_alone(path: Path) -> Iterator[None]:
    """Hold a file while the block runs; on disks that know no locks nothing is held.

    Raises:
        AtWork: Another process holds it.
        OutputError: The folder cannot be written to.
    """
    try:
        stream = path.open("a+b")
    except OSError as error:
        raise refused(path, error) from error
    with stream:
        try:
            _lock(stream.fileno())
        except OSError as error:
            if error.errno in _HELD:
                raise AtWork(
                    f"another run is at work in {path.parent}: wait until it has finished, or choose another output"
                ) from error
        yield


def _lock(handle: int) -> None:
    """Ask for the file without waiting."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
