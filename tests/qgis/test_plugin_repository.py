"""The plugin manager of a real QGIS installs the zip from a plugin repository, upgrades it, and takes it away again."""

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import zipfile

import pytest

from devtools.make_zip import NAME, make_zip
from devtools.plugin_repository import write_listing

HERE = pathlib.Path(__file__).parent
PROGRAM = next((found for found in map(shutil.which, ("qgis.bin", "qgis")) if found), None)
NEWER = "9.9.9"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="the window of QGIS is not installed"),
    pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="there is no virtual screen (xvfb-run)"),
]


def newer_zip(archive):
    """Return the bytes of the plugin as its next version: another number, one more module."""
    target = archive.with_name("next.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == f"{NAME}/metadata.txt":
                content = content.replace(b"version=0.1.0", b"version=" + NEWER.encode(), 1)
            new.writestr(entry, content)
    return target


@contextlib.contextmanager
def served(folder):
    """Serve a folder on loopback and give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            """Say nothing."""

        def do_GET(self):
            """Offer the newer version once it is asked for."""
            if (folder / "newer").exists() and not (folder / "done").exists():
                (folder / "done").touch()
                shutil.move(folder / "next", folder / f"{NAME}-{NEWER}.zip")
                write_listing(folder, address)
            super().do_GET()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(folder)))
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Return what QGIS had of the plugin after each step, and the folder of the engine meanwhile."""
    folder, config = tmp_path_factory.mktemp("repository"), tmp_path_factory.mktemp("config")
    engine = tmp_path_factory.mktemp("engine")
    python = engine / "environments" / "1" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    current = {"python": str(python), "requirements": "older", "packages": {}, "device": "CPU"}
    (engine / "current.json").write_text(json.dumps(current))
    shutil.move(newer_zip(make_zip(folder)), folder / "next")
    with served(folder) as address:
        write_listing(folder, address)
        environment = {
            **os.environ,
            "QGIS_CUSTOM_CONFIG_PATH": str(config),
            "PATH": "/usr/bin:/bin",
            "IMAGERY_DL_HOME": str(engine),
            "REPOSITORY": address,
            "RESULT": str(config / "result.json"),
            "NEWER": str(folder / "newer"),
        }
        environment.pop("QT_QPA_PLATFORM", None)
        command = ["xvfb-run", "-a", PROGRAM, "--noversioncheck", "--nologo", "--code", str(HERE / "plugin_manager.py")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    result = config / "result.json"
    assert result.is_file(), f"QGIS ended with code {done.returncode}: {done.stderr[-2000:]}"
    said = json.loads(result.read_text())
    assert said["errors"] == []
    return {**said, "engine": json.loads((engine / "current.json").read_text()) == current and python.exists()}


def test_it_is_offered_and_installed(story):
    """With all its tools, switched on, in the menu."""
    assert story["offered"] == "not installed"
    installed = story["installed"]
    assert installed["active"] and installed["folder"] and installed["tools"] >= 15
    assert installed["menu"] == ["&Imagery Deep Learning"] or installed["menu"] == ["Imagery Deep Learning"]
    assert installed["setting"] in (True, "true")


def test_the_dialog_of_the_first_run_opens_after_the_installation(story):
    """QGIS is not started again for it; the engine here was built for an older version."""
    assert story["after_a_moment"]["asks"]
    assert not story["uninstalled"]["asks"]


def test_an_upgrade_takes_its_place_at_once(story):
    """The newer version is loaded without a restart, and is there once."""
    assert story["offered_then"] == "upgradeable"
    upgraded = story["upgraded"]
    assert upgraded["version"] == NEWER
    assert upgraded["active"] and upgraded["tools"] == story["installed"]["tools"]
    assert upgraded["menu"] == story["installed"]["menu"]


def test_the_engine_survives(story):
    """It lies outside the plugin's folder, and nobody touches it."""
    assert story["engine"]


def test_nothing_stays_after_it_was_uninstalled(story):
    """No folder, no menu, no provider, no module, no setting that loads it."""
    gone = story["uninstalled"]
    assert not gone["active"] and not gone["folder"] and gone["tools"] == 0
    assert gone["menu"] == [] and gone["modules"] == []
    assert gone["setting"] is None
