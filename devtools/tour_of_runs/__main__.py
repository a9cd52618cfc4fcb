"""``./dev tour run``: first start, every tool, models, labelling, review and runs in a real QGIS, by mouse and keys.

QGIS runs under Xvfb on a screen of 1366 x 768 points in a profile of its own, at first without an engine. ``stops.py``
drives it from the inside and writes one line for each stop; this side makes the data, starts QGIS, tells what happened
and judges it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .data import make_data, values_of_tools

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "dist" / "tour" / "runs"
NAME = "imagery_deep_learning"
SCREEN = "1366x768x24"
MINUTES = 12


def main() -> int:
    """Run the tour; exit code 1 when a stop failed or QGIS did not reach the end."""
    parser = argparse.ArgumentParser(prog="./dev tour run", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=ROOT / "dist" / "tour" / "runs", help="folder to write (default dist/tour/runs)"
    )
    parser.add_argument("--only", default="", help="stops whose name holds one of these texts, with commas")
    parser.add_argument("--screen", default=SCREEN, help=f"the screen (default {SCREEN})")
    asked = parser.parse_args()
    missing = [name for name in ("xvfb-run", "qgis") if shutil.which(name) is None]
    if missing:
        print(f"{' and '.join(missing)} not found: the tour needs a QGIS and Xvfb (Debian: apt-get install xvfb xauth)")
        return 1
    folder = asked.out.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    make_data(folder / "data")
    task = {"folder": str(folder), "only": asked.only, "values": values_of_tools(folder / "data", folder / "results")}
    (folder / "task.json").write_text(json.dumps(task, indent=2), encoding="utf-8")
    (folder / "results").mkdir()
    began = time.monotonic()
    ended = start_qgis(folder, asked.screen)
    print(f"{(time.monotonic() - began) / 60:.1f} minutes in QGIS")
    return verdict(folder, ended)


def start_qgis(folder: Path, screen: str) -> int:
    """Run QGIS on a screen of its own until the last stop; return its exit code."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if name not in ("QT_QPA_PLATFORM", "VIRTUAL_ENV")},
        "QGIS_CUSTOM_CONFIG_PATH": str(profile(folder / "profile")),
        "PATH": "/usr/bin:/bin",
        "TOUR": str(folder / "task.json"),
        "IMAGERY_DL_HOME": str(folder / "engine"),
        "IMAGERY_DL_PYTHON": str(folder / "no_engine_yet"),
    }
    program = next(name for name in ("qgis.bin", "qgis") if shutil.which(name))
    command = ["xvfb-run", "-a", "-s", f"-screen 0 {screen}", program]
    script = str(Path(__file__).with_name("stops.py"))
    options = ["--noversioncheck", "--nologo", "--code", script]
    with (folder / "qgis.log").open("w") as log:
        try:
            done = subprocess.run([*command, *options], env=surroundings, stdout=log, stderr=log, timeout=MINUTES * 60)
        except subprocess.TimeoutExpired:
            return -1
    return done.returncode


def profile(folder: Path) -> Path:
    """Make a profile in which the plugin is switched on and the examples are among the models."""
    home = folder / "profiles" / "default"
    (home / "python" / "plugins").mkdir(parents=True)
    (home / "QGIS").mkdir()
    shutil.copytree(ROOT / "docs" / "examples", home / "processing" / "models")
    (home / "python" / "plugins" / NAME).symlink_to(ROOT)
    (home / "QGIS" / "QGIS3.ini").write_text(f"[PythonPlugins]\n{NAME}=true\n", encoding="utf-8")
    return folder


def verdict(folder: Path, ended: int) -> int:
    """Print each stop and return the exit code."""
    path = folder / "stops.jsonl"
    stops = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    for stop in stops:
        print(f"{'ok    ' if stop['ok'] else 'FAILED'} {stop['name']} ({stop['seconds']:.1f} s) {stop['said']}")
    reached_end = bool(stops) and stops[-1]["name"] == "end"
    if not reached_end:
        how = "took too long" if ended == -1 else f"ended with {ended}"
        print(f"QGIS {how} before the last stop; its words: {folder / 'qgis.log'}")
    failed = [stop["name"] for stop in stops if not stop["ok"]]
    print(f"{len(stops)} stops, {len(failed)} failed; pictures in {folder / 'pictures'}")
    return 0 if reached_end and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
