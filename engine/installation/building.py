"""Building an environment: a virtual one of a fit Python, all packages at the tested versions, their hashes checked."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InstallationError, OutputError
from ..files import remove, writable
from ..job import Job
from .builds import AUTO, Build, usual_build
from .commands import Watch, follow
from .interpreters import FETCHED, Interpreter
from .network import Network
from .parts import TITLES, chosen_entries, is_of_pytorch, pytorch_pair, write_chosen
from .places import COMPLETE, leftovers, new_environment, python_of
from .progress import Progress

LOCKED = Path(__file__).resolve().parents[2] / "requirements" / "locked.txt"
"""All packages with version and hashes, for every system."""

NEEDED = 9 * 10**9
"""Bytes that an environment with a CUDA build takes while it is installed; the last of them stay."""

CHOSEN = "chosen.txt"
"""The list that an environment was built from, beside its Python."""

IMPATIENT = {"UV_HTTP_TIMEOUT": "15", "UV_HTTP_RETRIES": "1"}
"""For an index that can be done without."""


@dataclass(frozen=True)
class Recipe:
    """What an environment is built from and with.

    Attributes:
        python: What it is built on; None lets uv fetch one.
        uv: The installer; None leaves it to pip.
        packages: List of packages with hashes.
        network: The way to them.
        stall: Seconds of silence after which the line is given up.
        parts: Parts of the engine beside the one that runs models.
        build: Build of PyTorch.
        processor: What the build was chosen by; only ``AUTO`` takes another one where it cannot be had.
    """

    python: Interpreter | None
    uv: Path | None
    packages: Path
    network: Network
    stall: float
    parts: tuple[str, ...] = tuple(TITLES)
    build: Build = field(default_factory=usual_build)
    processor: str = AUTO


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
    progress = Progress(len(chosen_entries(recipe.packages, recipe.parts)), recipe.build.gigabytes, place, job)
    watch = Watch((cache, place), recipe.stall, progress.line, progress.grown)
    follow(_virtual(place, recipe), environment, watch, job)
    python = python_of(place)
    if not python.is_file():
        raise InstallationError(f"the environment in {place} has no Python: choose another one (python)")
    job.message(f"{progress.count} packages at most come from {recipe.network.host()}")
    installer = Installer(python, recipe, place / CHOSEN, environment, watch)
    if recipe.build.backend and recipe.uv is not None:
        installer.from_list(lambda name: not is_of_pytorch(name), job)
        _pytorch(installer, recipe.uv, job)
    else:
        installer.from_list(lambda name: True, job)
    return python


@dataclass(frozen=True)
class Installer:
    """What installs packages into an environment.

    Attributes:
        python: The environment's Python.
        recipe: From what it is built.
        chosen: File for the list that is installed.
        environment: Variables of the installer.
        watch: What it is measured by.
    """

    python: Path
    recipe: Recipe
    chosen: Path
    environment: Mapping[str, str]
    watch: Watch

    def from_list(self, keep: Callable[[str], bool], job: Job) -> None:
        """Install the packages of the chosen parts that ``keep`` wants, each checked by its hash.

        Raises:
            InstallationError: It cannot be done.
            Cancelled: The user cancelled.
        """
        write_chosen(self.recipe.packages, self.recipe.parts, self.chosen, keep)
        if self.recipe.uv is not None:
            command = _uv_install(self.recipe.uv, self.python)
        else:
            command = [str(self.python), "-m", "pip", "install", "--progress-bar", "off"]
        command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(self.chosen)]
        follow([*command, *self.recipe.network.options()], self.environment, self.watch, job)


def _pytorch(installer: Installer, uv: Path, job: Job) -> None:
    """Install a build of PyTorch that the package index does not have, at the tested version.

    Raises:
        InstallationError: It cannot be had, and was asked for by name.
        Cancelled: The user cancelled.
    """
    recipe, wanted = installer.recipe, installer.recipe.build
    command = [*_uv_install(uv, installer.python), "--torch-backend", wanted.backend, "--only-binary", ":all:"]
    impatient = {**installer.environment, **(IMPATIENT if recipe.processor == AUTO else {})}
    try:
        follow([*command, *pytorch_pair(recipe.packages)], impatient, installer.watch, job)
    except InstallationError as error:
        if recipe.processor != AUTO:
            raise
        why = str(error).partition(":")[0]
        job.message(f"{wanted.words} cannot be had, {usual_build().words} is taken instead ({why})")
        installer.from_list(lambda name: True, job)


def _uv_install(uv: Path, python: Path) -> list[str]:
    """Return the beginning of a command of uv's that installs."""
    return [str(uv), "pip", "install", "--python", str(python), "--link-mode", "hardlink"]


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


def _room(folder: Path) -> None:
    """Refuse a disk that is too full."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED:
        raise OutputError(
            f"the engine needs {NEEDED / 1e9:.0f} GB while it is installed and {folder} has {free / 1e9:.1f} GB left: "
            "free some space or choose another engine_folder"
        )
