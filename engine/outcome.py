"""How a run ended, for every way to start one: the exit code and the one sentence.

Exit codes: 0 done, 1 an error that the user can mend, 2 wrong usage, 3 cancelled, 70 our fault.
"""

from __future__ import annotations

import errno
import logging
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import Cancelled, EngineError
from .installation.parts import TITLES, part_of

DONE, USER_ERROR, USAGE, CANCELLED, OUR_FAULT = 0, 1, 2, 3, 70

_DISK = {
    errno.ENOSPC: "the disk is full: free some space or choose another place for the output",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another place for the output",
    errno.EFBIG: "the file grew past the size that this system allows: choose another place for the output",
    errno.ENAMETOOLONG: "the name of a file is too long: choose a shorter one for the output",
    errno.EROFS: "the place is read-only: choose another place for the output",
    errno.EACCES: "access is denied: choose another place or ask for the right to write there",
    errno.EPERM: "access is denied: choose another place or ask for the right to write there",
}
_FULL = ("no space left on device", "database or disk is full", "file too large", "disk quota exceeded")
LOG_PREFIX = "imagery-deep-learning-"
"""Logs of our own faults lie in the folder for temporary files under this name."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The end of a run.

    Attributes:
        code: Exit code of the process.
        outputs: What was written, name to path or value.
        error: The sentence for the user; empty when the run is done.
        kind: Name of the error's class.
    """

    code: int
    outputs: dict[str, str] = field(default_factory=dict)
    error: str = ""
    kind: str = ""


def attempt(work: Callable[[], dict[str, str]]) -> Outcome:
    """Do the work and tell how it ended; no error leaves this function."""
    try:
        return Outcome(DONE, work())
    except Cancelled as error:
        return Outcome(CANCELLED, error=str(error), kind="Cancelled")
    except EngineError as error:
        _log.info("refused", exc_info=True)
        return Outcome(USER_ERROR, error=str(error), kind=type(error).__name__)
    except ModuleNotFoundError as error:
        part = part_of(error.name or "")
        remedy = f" and check {TITLES[part]}" if part else ""
        sentence = (
            f"the engine's Python {sys.executable} lacks the module {error.name}: run Set Up the Deep Learning Engine"
            f"{remedy}"
        )
        return Outcome(USER_ERROR, error=sentence, kind="EnvironmentFault")
    except MemoryError as error:
        return Outcome(
            USER_ERROR, error=f"the memory is used up ({error}): use smaller tiles or batches", kind="MemoryError"
        )
    except Exception as error:  # noqa: BLE001 - the last resort: what nobody foresaw is told as our fault
        sentence = _known_fault(error)
        if sentence:
            _log.info("stopped by the system", exc_info=True)
            return Outcome(USER_ERROR, error=sentence, kind=type(error).__name__)
        return Outcome(OUR_FAULT, error=_our_fault(error), kind=type(error).__name__)


def _known_fault(error: BaseException) -> str:
    """Return a sentence for faults of disk and memory that any library may raise, else an empty text."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.errno in _DISK:
            where = f"{link.filename}: " if link.filename else ""
            return where + _DISK[link.errno]
        text = str(link).lower()
        if any(words in text for words in _FULL):
            return _DISK[errno.ENOSPC]
        if "out of memory" in text or "can't allocate memory" in text:
            return f"the memory does not suffice ({link}): lower batch_size or the tile size"
        link = link.__cause__ or link.__context__
    return ""


def _our_fault(error: Exception) -> str:
    """Write the traceback to a log and return the sentence that names it."""
    with tempfile.NamedTemporaryFile("w", prefix=LOG_PREFIX, suffix=".log", delete=False, encoding="utf-8") as log:
        log.write("".join(traceback.format_exception(error)))
    _log.error("unexpected %s, see %s", type(error).__name__, log.name)
    return f"unexpected fault of the engine ({type(error).__name__}: {error}): please report it with the log {log.name}"
