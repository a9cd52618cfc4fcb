"""The plugin under its own name, whatever the folder of the checkout is called, and its provider once per session."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "imagery_deep_learning"
ENGINE = ROOT / ".venv-engine" / "bin" / "python"

if NAME not in sys.modules:
    spec = importlib.util.spec_from_file_location(NAME, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)


def pytest_collection_modifyitems(items):
    """Mark every test of this folder as one that needs QGIS."""
    for item in items:
        item.add_marker("qgis")


def pytest_sessionfinish(session, exitstatus):
    """Keep how the tests ended."""
    session.config.ended = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave at once: QGIS 3.44 crashes when Python takes it apart, which would spoil the exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(getattr(config, "ended", 1))


@pytest.fixture(scope="session")
def provider(qgis_app, qgis_processing):
    """Return the registered provider; a second one of the same id would be deleted by QGIS."""
    import qgis.utils
    from qgis.core import Qgis, QgsApplication
    from qgis.gui import QgsLayerTreeView

    from imagery_deep_learning.provider.provider import Provider

    view = QgsLayerTreeView()  # Processing of QGIS 3.44 hands it to C++, which takes no stand-in
    if qgis.utils.iface is not None and Qgis.QGIS_VERSION_INT >= 34400:
        qgis.utils.iface.layerTreeView = lambda: view
    registry = QgsApplication.processingRegistry()
    made = Provider()
    assert registry.addProvider(made)
    yield made
    registry.removeProvider(made)


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """Return a folder with a small raster and layers of boxes, made by the engine's Python."""
    folder = tmp_path_factory.mktemp("scene")
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_scene.py"), str(folder)], check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def qgis_process(tmp_path_factory):
    """Return a function that runs ``qgis_process`` with the plugin in a profile of its own."""
    config = tmp_path_factory.mktemp("config")
    profile = config / "profiles" / "default"
    (profile / "python" / "plugins").mkdir(parents=True)
    (profile / "QGIS").mkdir()
    (profile / "python" / "plugins" / NAME).symlink_to(ROOT)
    (profile / "QGIS" / "QGIS3.ini").write_text(f"[PythonPlugins]\n{NAME}=true\n")
    program = next(p for p in ("/usr/bin/qgis_process.bin", "/usr/bin/qgis_process") if os.path.exists(p))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(config),
        "PATH": "/usr/bin:/bin",
        "OMP_NUM_THREADS": "1",
    }

    def start(*arguments, folder=config, **variables):
        """Start the program in a folder; variables are added to its environment."""
        return subprocess.Popen(
            [program, *map(str, arguments)],
            env={**environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )

    start.folder = config
    start.environment = environment
    return start
