"""What a run chooses by itself, written down once, so that every later or parallel part of it does the same."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..files import remove, temporary_name, writable
from ..job import Job
from .journal import RunFacts, require_same
from .work_file import refused


def settled(path: Path, facts: RunFacts, choose: Callable[[], dict[str, Any]], job: Job) -> dict[str, Any]:
    """Return the choices of the run: those of its first part, or else those made now.

    Args:
        path: Where they are written down; whichever of several parts is first decides for all.
        facts: Of what run.
        choose: Makes the choices.
        job: Told the temporary name.

    Raises:
        OutputError: The choices there are of a different run, or the folder cannot be written to.
    """
    found = _read(path)
    if found is None:
        _write_first(path, RunFacts(facts.key, facts.about, choose()), job)
        found = _read(path)
    if found is None:
        raise refused(path, OSError(0, "it cannot be read back"))
    require_same(facts, found, path)
    return found.settled


def _read(path: Path) -> RunFacts | None:
    """Return what is written down; None when nothing is."""
    try:
        entry = json.loads(path.read_bytes())
        return RunFacts(str(entry["key"]), dict(entry["about"]), dict(entry["settled"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _write_first(path: Path, facts: RunFacts, job: Job) -> None:
    """Write down the choices unless somebody else just did."""
    writable(path)
    temporary = job.temporary(temporary_name(path))
    text = json.dumps({"key": facts.key, "about": facts.about, "settled": facts.settled})
    try:
        temporary.write_text(text, encoding="ascii")
        if _read(path) is None:
            remove(path)
        with contextlib.suppress(FileExistsError):
            _link(temporary, path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        remove(temporary)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, only if that is free; some file systems can only rename."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        os.replace(source, target)
