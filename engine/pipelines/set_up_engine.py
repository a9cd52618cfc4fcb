"""Set Up the Deep Learning Engine: interpreter -> environment -> packages -> proof -> in use.

Standard library only: this runs before there is an engine, in whatever Python there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InstallationError, ParameterError
from ..files import remove
from ..installation.building import LOCKED, Recipe, build, fresh_environment, list_hash
from ..installation.builds import AUTO, fit_build
from ..installation.bundling import packages_of
from ..installation.interpreters import fit_interpreter
from ..installation.network import Network
from ..installation.parts import TITLES
from ..installation.places import HOME, Environment, current, engine_folder, leftovers, use
from ..installation.proving import device_in_words, prove
from ..installation.uv_program import find_uv
from ..job import Job
from ..tools.set_up_engine import SetUpEngine


def run(request: SetUpEngine, job: Job) -> dict[str, str]:
    """Make sure that there is an engine that works; see ``SetUpEngine`` for the parameters."""
    network = Network(request.index_url, request.proxy, request.certificates, request.bundle)
    network.check()
    folder = engine_folder(request.engine_folder)
    if request.existing:
        python, proof, made_of, parts = request.existing, _taken(request.existing, job), "", tuple(TITLES)
        processor = AUTO
    else:
        kept = None if request.rebuild else _kept(request, folder, job)
        python, proof, parts, processor = kept or _built(request, network, folder, job)
        made_of = list_hash(LOCKED)
    used = next((device["name"] for device in reversed(proof["devices"]) if device.get("right")), "")
    use(folder, Environment(python, made_of, proof["packages"], used, parts, processor), job)
    for old in leftovers(folder):
        remove(old)
    job.progress(1.0, "Done")
    job.message(f"the engine works: {python}")
    if folder != engine_folder():
        job.message(f"programs other than QGIS find it when the environment variable {HOME} names {folder}")
    return {"out_python": python, "out_device": "; ".join(map(device_in_words, proof["devices"]))}


def _taken(python: str, job: Job) -> dict[str, Any]:
    """Prove an environment of the user's own."""
    if not Path(python).is_file():
        raise ParameterError(f"existing {python} does not exist: name the program python of the environment")
    return prove(python, job)


_Made = tuple[str, dict[str, Any], tuple[str, ...], str]
"""Python and proof of an environment, its parts, and what its build was chosen by."""


def _kept(request: SetUpEngine, folder: Path, job: Job) -> _Made | None:
    """Return the environment in use, None when there is none that is whole, of this version, with what is wanted."""
    found = current(folder)
    if found is None or not found.requirements:
        return None
    if found.requirements != list_hash(LOCKED):
        job.message("the engine was built for another version of the plugin: it is built anew")
        return None
    missing = [TITLES[part] for part in request.parts if part not in found.parts]
    if missing:
        job.message(f"the engine lacks {' and '.join(missing)}: it is built anew")
        return None
    if request.processor not in (AUTO, found.processor):
        job.message(f"the engine was not built for processor {request.processor}: it is built anew")
        return None
    try:
        return found.python, prove(found.python, job), found.parts, found.processor
    except InstallationError as error:
        job.warn(f"the engine is broken and is built anew ({error})")
        return None


def _built(request: SetUpEngine, network: Network, folder: Path, job: Job) -> _Made:
    """Build an environment."""
    interpreter = fit_interpreter(request.python, job)
    with fresh_environment(folder, job) as place:
        uv = find_uv(folder, network, request.stall_seconds, job)
        pytorch = fit_build(request.processor, network, uv is not None, job)
        packages = packages_of(request.bundle, interpreter)
        recipe = Recipe(
            interpreter, uv, packages, network, request.stall_seconds, request.parts, pytorch, request.processor
        )
        python = str(build(place, recipe, folder / "cache", job))
        job.progress(0.92, "Proving that it computes")
        proof = prove(python, job)
    remove(folder / "cache")
    return python, proof, request.parts, request.processor
