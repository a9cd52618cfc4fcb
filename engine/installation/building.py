"""Building an environment: a virtual one of a fit Python, all packages at the tested versions, their hashes checked."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import InstallationError, OutputError
from ..files import remove, writable
from ..job import Job
from .commands import Watch, follow
from .interpreters import FETCHED, Interpreter
from .network import Network
from .places import COMPLETE, leftovers, new_environment, python_of

LOCKED = Path(__file__).resolve().parents[2] / "requirements" / "locked.txt"
"""All packages with version and hashes, for every system."""

NEEDED = 9 * 10**9
"""Bytes that an environment with a CUDA build takes while it is installed; the last of them stay."""

_SIZES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_FETCHING = re.compile(r"^Downloading (\S+) \(([\d.]+) ?([kKMG]i?B)\)")
_FETCHED_ONE = re.compile(r"^\s*(?:Downloaded|Built) (\S+)")


@dataclass(frozen=True)
class Recipe:
    """What an environment is built from and with.

    Attributes:
        python: What it is built on; None lets uv fetch one.
        uv: The installer; None leaves it to pip.
        packages: List of packages with hashes.
        network: The way to them.
        stall: Seconds of silence after which the line is given up.
    """

    python: Interpreter | None
    uv: Path | None
    packages: Path
    network: Network
    stall: float


def list_hash(packages: Path) -> str:
    """Return what tells two lists of packages apart."""
    return hashlib.sha256(packages.read_bytes()).hexdigest()[:16]


@contextmanager
def fresh_environment(folder: Path, job: Job) -> Iterator[Path]:
    """Give the place of a new environment; it stays when the block ends well, else nothing of it does.

    Args:
        folder: The engine's folder.
        job: Told the place before it is made.

    Raises:
        OutputError: There is no room, or the folder cannot be written to.
    """
    writable(folder / COMPLETE)
    for old in leftovers(folder):
        if not (old / COMPLETE).is_file():
            job.message(f"what a broken run left is removed: {old}")
            remove(old)
    _room(folder)
    place = job.temporary(new_environment(folder))
    try:
        yield place
        (place / COMPLETE).write_text(json.dumps({"version": 1}) + "\n", encoding="utf-8")
    finally:
        if not (place / COMPLETE).is_file():
            remove(place)


def build(place: Path, recipe: Recipe, cache: Path, job: Job) -> Path:
    """Make an environment with all packages and return its Python.

    Args:
        place: Where; it must not exist.
        recipe: From what.
        cache: Folder for what is fetched; kept after a failure, so that the next run goes on.
        job: Told the progress, from 0 to 0.9.

    Raises:
        InstallationError: It cannot be done; the message says why and what helps.
        Cancelled: The user cancelled.
    """
    environment = recipe.network.environment(cache)
    count = packages_in(recipe.packages)
    progress = _Progress(count, job)
    watch = Watch((cache, place), recipe.stall, progress.line, progress.grown)
    follow(_virtual(place, recipe), environment, watch, job)
    python = python_of(place)
    if not python.is_file():
        raise InstallationError(f"the environment in {place} has no Python: choose another one (python)")
    job.message(f"{count} packages at most come from {recipe.network.host()}")
    if recipe.uv is not None:
        command = [str(recipe.uv), "pip", "install", "--python", str(python), "--link-mode", "hardlink"]
    else:
        command = [str(python), "-m", "pip", "install", "--no-deps", "--progress-bar", "off"]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", str(recipe.packages), *recipe.network.options()]
    follow(command, environment, watch, job)
    return python


def packages_in(packages: Path) -> int:
    """Return how many packages a list names."""
    lines = packages.read_text(encoding="utf-8").splitlines()
    return sum(bool(re.match(r"[A-Za-z0-9][\w.-]*==", line)) for line in lines)


def _virtual(place: Path, recipe: Recipe) -> list[str]:
    """Return the command that makes the empty environment."""
    if recipe.uv is not None:
        python = FETCHED if recipe.python is None else recipe.python.path
        return [str(recipe.uv), "venv", "--python", python, "--no-project", str(place)]
    if recipe.python is None:
        raise InstallationError(
            "no fit Python was found and uv, which could fetch one, cannot be had: install Python 3.11, 3.12 or 3.13 "
            "from its own site, then run again"
        )
    if not recipe.python.makes_environments:
        raise InstallationError(
            f"{recipe.python.words} lacks venv and ensurepip: install them (on Debian and Ubuntu the package "
            "python3-venv), then run again"
        )
    return [recipe.python.path, "-m", "venv", str(place)]


class _Progress:
    """Turns the lines of an installer and the bytes on the disk into the progress of the run."""

    def __init__(self, count: int, job: Job) -> None:
        """Start before the first package."""
        self._count, self._job = max(1, count), job
        self._total = 0.0
        self._done: set[str] = set()

    def line(self, text: str) -> None:
        """Take one line of the installer; only what people can use is told."""
        if found := _FETCHING.match(text):
            self._total += float(found.group(2)) * _SIZES[found.group(3)]
        elif found := _FETCHED_ONE.match(text):
            self._done.add(found.group(1))
        elif text.startswith(("Resolved", "Prepared", "Installed", "Collecting", "Using Python", "Using CPython")):
            if not text.startswith("Collecting"):
                self._job.message(text)
            else:
                self._done.add(text.split()[1])
        else:
            return
        self._told(0)

    def grown(self, size: int) -> None:
        """Take the bytes that the folders grew by."""
        self._told(size)

    def _told(self, size: int) -> None:
        """Report the progress."""
        by_bytes = size / (3 * self._total) if self._total else 0.0  # fetched, unpacked, linked
        share = min(1.0, max(by_bytes, len(self._done) / self._count))
        self._job.progress(0.05 + 0.85 * share, f"Installing packages, {size / 1e9:.2f} GB written")


def _room(folder: Path) -> None:
    """Refuse a disk that is too full."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED:
        raise OutputError(
            f"the engine needs {NEEDED / 1e9:.0f} GB while it is installed and {folder} has {free / 1e9:.1f} GB left: "
            "free some space or choose another engine_folder"
        )
