"""Where the engine's environments lie, and which of them is the one in use.

They lie in a folder of the user's own, outside plugin and QGIS profile, so that an upgrade of the plugin keeps them::

    engine/
      current.json          the environment in use: its Python, what it was built from, when it was proven
      environments/1/       a virtual environment; without ``complete.json`` it is a leftover of a broken run
      uv/                   the installer, where the system has none

Standard library only, Python 3.9: this runs before there is an engine, in whatever Python there is.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..files import replaced
from ..job import Job
from .builds import AUTO
from .parts import TITLES

HOME = "IMAGERY_DL_HOME"
"""Environment variable that names another folder than the user's own."""

CURRENT, COMPLETE, ENVIRONMENTS = "current.json", "complete.json", "environments"


@dataclass(frozen=True)
class Environment:
    """An environment in which the engine works.

    Attributes:
        python: Its interpreter.
        requirements: Hash of the list of packages it was built from; empty for one that the user made.
        packages: Versions by name, of what matters.
        device: The processor on which it was proven.
        parts: Its parts beside the one that runs models.
        processor: What its build of PyTorch was chosen by.
    """

    python: str
    requirements: str
    packages: dict[str, str]
    device: str
    parts: tuple[str, ...] = tuple(TITLES)
    processor: str = AUTO


def engine_folder(chosen: str = "") -> Path:
    """Return the folder of the environments: the chosen one, else ``IMAGERY_DL_HOME``, else the user's data folder."""
    if chosen or os.environ.get(HOME, "").strip():
        return Path(chosen or os.environ[HOME]).expanduser().absolute()
    home = Path.home()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "imagery_deep_learning" / "engine"


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def current(folder: Path) -> Environment | None:
    """Return the environment in use, None when none was set up or it is gone."""
    try:
        said: Any = json.loads((folder / CURRENT).read_text(encoding="utf-8"))
        parts = tuple(map(str, said.get("parts", TITLES)))
        words = [str(said[name]) for name in ("python", "requirements", "device")]
        processor = str(said.get("processor", AUTO))
        found = Environment(words[0], words[1], dict(said["packages"]), words[2], parts, processor)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if Path(found.python).is_file() else None


def use(folder: Path, environment: Environment, job: Job) -> None:
    """Make an environment the one in use."""
    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / CURRENT, job) as temporary:
        temporary.write_text(json.dumps(asdict(environment), indent=2) + "\n", encoding="utf-8")


def new_environment(folder: Path) -> Path:
    """Return the place of a new environment, behind all that were ever there.

    Raises:
        OutputError: The folder cannot be made.
    """
    place = folder / ENVIRONMENTS
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{place} cannot be made ({error.strerror}): choose another folder for the engine (engine_folder)"
        ) from error
    numbers = [int(entry.name) for entry in place.iterdir() if entry.name.isdigit()]
    return place / str(max(numbers, default=0) + 1)


def leftovers(folder: Path) -> list[Path]:
    """Return environments that no run finished, and those that are not in use any more."""
    used = current(folder)
    place = folder / ENVIRONMENTS
    if not place.is_dir():
        return []
    kept = Path(used.python) if used is not None else None
    return [entry for entry in sorted(place.iterdir()) if kept is None or entry not in kept.parents]
