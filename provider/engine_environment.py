"""Which Python runs the engine, and the clean environment it is started in.

QGIS sets variables that lead another Python and another GDAL astray; none of them reaches the engine.
"""

from __future__ import annotations

import os

from ..engine.errors import EngineError
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
    """Return the engine's Python: the plugin's setting, else ``IMAGERY_DL_PYTHON``, else ``.venv-engine``.

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
    raise EngineMissing(
        "the deep learning engine is not set up: make a Python environment with the packages of "
        f"{os.path.join(PLUGIN_ROOT, 'requirements', 'engine.txt')}, then name its python in Settings > Options > "
        f"Processing > Providers > Imagery Deep Learning, or in the environment variable {VARIABLE}"
    )


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
