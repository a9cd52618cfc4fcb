"""An offline bundle: the wheels of all packages for one system, their list with hashes, and uv.

::

    bundle/
      locked.txt     the packages of that system, with hashes
      bundle.json    system, version of Python, hash of the whole list it was made from
      wheels/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ParameterError
from ..job import Job
from .building import LOCKED, list_hash
from .commands import Watch, follow
from .interpreters import Interpreter
from .uv_program import UV_LIST

LIST, ABOUT, WHEELS = "locked.txt", "bundle.json", "wheels"


@dataclass(frozen=True)
class Target:
    """A system as installers name it.

    Attributes:
        triple: For uv.
        tags: Platform tags of wheels that it takes, for pip.
    """

    triple: str
    tags: tuple[str, ...]


_LINUX = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1))
_MAC = tuple(f"macosx_{major}_0_{kind}" for major in (14, 13, 12, 11) for kind in ("arm64", "universal2"))

TARGETS = {
    "Linux x86_64": Target(
        "x86_64-manylinux_2_28", (*_LINUX, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")
    ),
    "Windows x86_64": Target("x86_64-pc-windows-msvc", ("win_amd64",)),
    "macOS arm64": Target("aarch64-apple-darwin", (*_MAC, "macosx_10_9_universal2")),
}
"""Systems that bundles are made for."""


def list_for(packages: Path, target: Target, python: str, uv: Path, place: Path) -> list[str]:
    """Return the command that writes the packages of one system, out of those for all of them."""
    return [
        str(uv), "pip", "compile", str(packages), "--no-deps", "--generate-hashes", "--no-header", "--no-annotate",
        "--python-platform", target.triple, "--python-version", python, "--output-file", str(place / LIST), "--quiet",
    ]  # fmt: skip


def fetch_wheels(
    place: Path, target: Target, python: str, uv: Path, environment: Mapping[str, str], stall: float, job: Job
) -> None:
    """Fetch the wheels of a list into ``wheels``, and that of uv.

    Args:
        place: The bundle; its list is written.
        target: The system.
        python: Version of Python, such as ``3.12``.
        uv: The installer; it runs pip, which knows how to fetch for other systems.
        environment: Of the installer.
        stall: Seconds of silence after which the line is given up.
        job: Told the progress.

    Raises:
        InstallationError: A package is missing, or not the tested one.
        Cancelled: The user cancelled.
    """
    wheels = place / WHEELS
    wheels.mkdir()
    command = [str(uv), "tool", "run", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--dest", str(wheels), "--progress-bar", "off", "--python-version", python, "--implementation", "cp"]
    for tag in target.tags:
        command += ["--platform", tag]
    seen = [0]

    def line(text: str) -> None:
        """Count what was fetched."""
        if text.lstrip().startswith("Saved "):
            seen[0] += 1
            job.progress(min(0.95, 0.1 + 0.01 * seen[0]), f"Fetching packages, {seen[0]} done")

    def grown(size: int) -> None:
        """Tell the bytes."""
        job.progress(min(0.95, 0.1 + 0.01 * seen[0]), f"Fetching packages, {size / 1e9:.2f} GB")

    for packages in (place / LIST, UV_LIST):
        follow([*command, "-r", str(packages)], environment, Watch((place,), stall, line, grown), job)


def packages_of(bundle: str, python: Interpreter | None) -> Path:
    """Return the list of packages to install: that of a bundle, else the whole one.

    Args:
        bundle: Folder of the bundle, empty without.
        python: What the environment is built on.

    Raises:
        ParameterError: The bundle is for another version of Python or of the plugin, or is damaged.
    """
    if not bundle:
        return LOCKED
    try:
        said = json.loads((Path(bundle) / ABOUT).read_text(encoding="utf-8"))
        version, made_of = str(said["python"]), str(said["made_of"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"bundle {bundle} is damaged ({ABOUT}): build it again") from error
    if made_of != list_hash(LOCKED):
        raise ParameterError(
            f"bundle {bundle} was built by another version of the plugin: build it again with this one"
        )
    own = "none" if python is None else ".".join(map(str, python.version[:2]))
    if own != version:
        raise ParameterError(
            f"bundle {bundle} is for Python {version} and the one found here is {own}: name a Python {version} "
            "(python), or build a bundle for this one"
        )
    return Path(bundle) / LIST
