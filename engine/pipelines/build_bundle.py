"""Build Offline Bundle: list of one system -> wheels, hashes checked -> folder.

Standard library only: this runs also where there is no engine.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from pathlib import Path

from ..errors import InstallationError, ParameterError
from ..files import replaced_folder
from ..installation.building import LOCKED, list_hash, packages_in
from ..installation.bundling import ABOUT, LIST, TARGETS, WHEELS, Target, fetch_wheels, list_for
from ..installation.commands import Watch, follow
from ..installation.interpreters import fit_interpreter
from ..installation.network import Network
from ..installation.places import engine_folder
from ..installation.uv_program import find_uv
from ..job import Job
from ..tools.build_bundle import PYTHONS, SYSTEMS, BuildBundle


def run(request: BuildBundle, job: Job) -> dict[str, str]:
    """Fetch all packages of one system; see ``BuildBundle`` for the parameters."""
    network = Network(request.index_url, request.proxy, request.certificates)
    network.check()
    system, python = _system(request.system), request.python_version or _version(job)
    target: Target = TARGETS[system]
    uv = find_uv(engine_folder(), network, request.stall_seconds, job)
    if uv is None:
        raise InstallationError("uv cannot be had, and it fetches the packages: install uv, or Python with pip")
    with replaced_folder(Path(request.out_bundle), job) as place, tempfile.TemporaryDirectory() as cache:
        environment = network.environment(Path(cache))
        watch = Watch((Path(cache),), request.stall_seconds, lambda line: None, lambda grown: None)
        follow(list_for(LOCKED, target, python, uv, place), environment, watch, job)
        job.message(f"{packages_in(place / LIST)} packages for {system} and Python {python}")
        fetch_wheels(place, target, python, uv, environment, request.stall_seconds, job)
        about = {"system": system, "python": python, "made_of": list_hash(LOCKED)}
        (place / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        count = len(list((place / WHEELS).iterdir()))
    job.message(f"{count} packages lie in {request.out_bundle}: give it to Set Up the Deep Learning Engine as bundle")
    return {"out_bundle": request.out_bundle, "out_packages": str(count)}


def _system(asked: str) -> str:
    """Return the system by name.

    Raises:
        ParameterError: This computer is none that bundles are made for.
    """
    if asked != SYSTEMS[0]:
        return asked
    own = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}.get(sys.platform, sys.platform)
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if f"{own} {machine}" not in TARGETS:
        raise ParameterError(
            f"system is this computer, {own} {machine}, and bundles are made for {', '.join(TARGETS)}: choose one"
        )
    return f"{own} {machine}"


def _version(job: Job) -> str:
    """Return the version of the Python that an engine would be built on here."""
    found = fit_interpreter("", job)
    return ".".join(map(str, found.version[:2])) if found is not None else PYTHONS[1]
