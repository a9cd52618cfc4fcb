"""uv, the installer: that of the system, else installed by a Python's pip into the engine's folder, hash checked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import Cancelled, InstallationError
from ..files import remove
from ..job import Job
from .commands import Watch, follow
from .interpreters import asked, candidates
from .network import Network

UV_LIST = Path(__file__).resolve().parents[2] / "requirements" / "uv.txt"
"""Version and hashes of uv."""


def find_uv(folder: Path, network: Network, stall: float, job: Job) -> Path | None:
    """Return the program uv; None where it neither is nor can be had, and pip has to do.

    Args:
        folder: The engine's folder, where an installed one stays.
        network: The way to the packages.
        stall: Seconds of silence after which a fetch is given up.
        job: Told where it comes from.
    """
    place = folder / "uv"
    own = place / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    known = shutil.which("uv")
    if own.is_file():
        return own
    if known:
        job.message(f"uv of the system installs the packages ({known})")
        return Path(known)
    watch = Watch((place,), stall, lambda line: None, lambda grown: None)
    why = "no Python with pip was found"
    for python in candidates():
        if asked(python) is None:
            continue
        command = [python, "-m", "pip", "install", "--require-hashes", "--no-deps", "--target", str(place)]
        command += ["-r", str(UV_LIST), *network.options()]
        try:
            follow(command, network.environment(folder / "cache"), watch, job)
        except Cancelled:
            remove(place)
            raise
        except InstallationError as error:
            remove(place)
            why = str(error)
            continue
        if own.is_file():
            return own
    job.message(f"uv could not be had, so pip installs the packages, which is slower ({why})")
    return None
