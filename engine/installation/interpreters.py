"""Which Python an environment can be built on: found on the system, or fetched by uv where there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import ParameterError
from ..job import Job

OLDEST, NEWEST = (3, 11), (3, 13)
"""Versions of Python for which all pinned packages have wheels."""

FETCHED = "3.12"
"""Version that uv fetches where the system has none that is fit."""

_ASK = (
    "import json, platform, struct, sys\n"
    "try:\n    import ensurepip, venv\n    venv = True\nexcept ImportError:\n    venv = False\n"
    "print(json.dumps([list(sys.version_info[:3]), platform.machine(), struct.calcsize('P') * 8, venv]))"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python.

    Attributes:
        path: Its program.
        version: Major, minor, micro.
        machine: Processor family, such as ``x86_64``.
        bits: 64 or 32.
        makes_environments: Whether it has ``venv`` and ``ensurepip``.
    """

    path: str
    version: tuple[int, int, int]
    machine: str
    bits: int
    makes_environments: bool

    @property
    def fit(self) -> bool:
        """Whether the pinned packages install on it."""
        return OLDEST <= self.version[:2] <= NEWEST and self.bits == 64

    @property
    def words(self) -> str:
        """Version and place, for messages."""
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def asked(path: str) -> Interpreter | None:
    """Start a Python and return what it is; None when it is none, or does not answer within half a minute."""
    clean = {key: text for key, text in os.environ.items() if not key.upper().startswith("PYTHON")}
    try:
        done = subprocess.run(  # nosec B603 # no shell
            [path, "-c", _ASK], capture_output=True, timeout=30, check=False, env=clean, stdin=subprocess.DEVNULL
        )
        version, machine, bits, venv = json.loads(done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return Interpreter(path, tuple(version), str(machine), int(bits), bool(venv))


def fit_interpreter(chosen: str, job: Job) -> Interpreter | None:
    """Return a Python to build on; None when the system has none, so that uv fetches one.

    Args:
        chosen: What the user named; empty looks for one.
        job: Told what was found.

    Raises:
        ParameterError: The chosen one is no Python, or its version does not do.
    """
    span = f"{'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}, 64 bits"
    if chosen:
        found = asked(chosen)
        if found is None:
            raise ParameterError(f"python {chosen} is no Python that starts: name its program, or leave it empty")
        if not found.fit:
            raise ParameterError(
                f"python {chosen} is {found.words} with {found.bits} bits: the engine needs {span}; leave it empty to "
                "let the tool find or fetch one"
            )
        return found
    met = [found for found in map(asked, candidates()) if found is not None]
    fit = [found for found in met if found.fit]
    best = max(fit, key=lambda found: (found.makes_environments, found.version), default=None)
    if best is None:
        others = f" ({', '.join(found.words for found in met)} will not do)" if met else ""
        job.message(f"no Python {span} was found{others}: uv fetches Python {FETCHED}")
    else:
        job.message(f"the engine is built on {best.words}")
    return best


def candidates() -> Iterator[str]:
    """Yield programs that may be a fit Python, each once."""
    seen = set()
    for path in _places():
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(real):
            seen.add(real)
            yield str(path)


def _places() -> Iterator[str]:
    """Yield where Pythons lie on this system."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)] + ["python3", "python"]
    if os.name != "nt":
        for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"):
            yield from (os.path.join(folder, name) for name in names)
        for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
            yield f"/Library/Frameworks/Python.framework/Versions/3.{minor}/bin/python3"
    else:
        roots = [os.environ.get("LOCALAPPDATA", "") + r"\Programs\Python", os.environ.get("PROGRAMFILES", "")]
        for root in filter(None, roots):
            yield from (str(path) for path in sorted(Path(root).glob("Python3*/python.exe"), reverse=True))
    yield from filter(None, map(shutil.which, names))
    if os.path.basename(sys.executable).lower().startswith("python"):
        yield sys.executable
