"""Which Python runs the engine, and the clean environment it is started in.

QGIS sets variables that lead another Python and another GDAL astray; none of them reaches the engine.
"""

from __future__ import annotations

import os
import sys

from ..engine.errors import EngineError
from ..engine.installation.places import current, engine_folder
from . import settings

VARIABLE = "IMAGERY_DL_PYTHON"
PLUGIN_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEFT_OUT = frozenset(
    {
        *("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONSTARTUP", "PYTHONUSERBASE", "__PYVENV_LAUNCHER__"),
        *(
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "GDAL_DATA",
            "GDAL_DRIVER_PATH",
            "GDAL_PAM_PROXY_DIR",
            "PROJ_LIB",
            "PROJ_DATA",
        ),
        *("PROJ_NETWORK", "GISBASE", "GRASS_PAGER", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH"),
        *("DYLD_FRAMEWORK_PATH", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"),
    }
)
"""Variables of QGIS, Python launchers and other environments that must not reach the engine."""

SET = {
    "PYTHONUTF8": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUNBUFFERED": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


class EngineMissing(EngineError):
    """No interpreter of the engine was found, or it does not work."""


def find_interpreter() -> str:
    """Return the engine's Python: the plugin's setting, ``IMAGERY_DL_PYTHON``, ``.venv-engine``, or what was set up.

    Raises:
        EngineMissing: There is none, or the one that was chosen does not exist.
    """
    chosen = ((settings.interpreter(), "the plugin's setting"), (os.environ.get(VARIABLE, "").strip(), VARIABLE))
    for path, where in chosen:
        if path:
            if not os.path.isfile(path):
                raise EngineMissing(f"{path} ({where}) does not exist: choose the Python of the engine's environment")
            return os.path.abspath(path)
    for parts in (("bin", "python"), ("Scripts", "python.exe")):
        path = os.path.join(PLUGIN_ROOT, ".venv-engine", *parts)
        if os.path.isfile(path):
            return path
    installed = current(engine_folder())
    if installed is not None:
        return installed.python
    raise EngineMissing(
        "the deep learning engine is not set up: run Set Up the Deep Learning Engine (group Engine of the toolbox, or "
        "qgis_process run deeplearning:setupdeeplearningengine), or name the Python of an environment in Settings > "
        f"Options > Processing > Providers > Imagery Deep Learning, or in the environment variable {VARIABLE}"
    )


def any_interpreter() -> str:
    """Return a Python of QGIS's own, for what needs the standard library only.

    ``sys.executable`` is QGIS itself on Windows and macOS, and starting that opens a second one.

    Raises:
        EngineMissing: None is where QGIS's packages keep it.
    """
    names = ("python.exe", "python3.exe") if os.name == "nt" else ("bin/python3", "python3")
    roots = [sys.base_prefix, sys.prefix, os.path.dirname(sys.executable)]
    roots += [os.path.join(os.path.dirname(sys.executable), "bin")]
    for root in roots:
        for name in names:
            path = os.path.join(root, *name.split("/"))
            if os.path.isfile(path):
                return path
    raise EngineMissing(f"QGIS's own Python was not found below {sys.base_prefix}: install Python 3.11 or newer")


def clean_environment() -> dict:
    """Return the environment of the engine's process."""
    environment = {key: value for key, value in os.environ.items() if key.upper() not in LEFT_OUT}
    if os.name == "nt":
        environment["PATH"] = _path_without_qgis(environment.get("PATH", ""))
    return {**environment, **SET}


def _path_without_qgis(path: str) -> str:
    """Return PATH without the folders of QGIS and OSGeo4W, whose DLLs would be taken for the engine's."""
    parts = path.split(os.pathsep)
    return os.pathsep.join(part for part in parts if not any(word in part.lower() for word in ("qgis", "osgeo4w")))
