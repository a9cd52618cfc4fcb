"""Renew the pins: the tested version of every package, those of the engine with their hashes, and the parts' packages.

``python -m devtools.lock`` keeps the versions that are pinned and adds what is missing; ``--upgrade`` takes newer ones.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "requirements"
OLDEST_PYTHON = "3.11"
NOTE = "# Written by devtools/lock.py: the packages that each part of engine.txt needs, with those that they need.\n"


def parts_of(requirements: Path) -> dict[str, list[str]]:
    """Return the lines of each part of ``engine.txt``, in its order."""
    found: dict[str, list[str]] = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if mark := re.fullmatch(r"# part: (\w+)", line):
            found[mark.group(1)] = []
        elif line and not line.startswith("#"):
            found[list(found)[-1]].append(line)
    return found


def names_in(pinned: str) -> list[str]:
    """Return the packages of a list of pins, each once."""
    return sorted(set(re.findall(r"^([A-Za-z0-9][\w.-]*)==", pinned, re.MULTILINE)))


def _compiled(*arguments: str) -> None:
    """Run ``uv pip compile`` for all systems."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", OLDEST_PYTHON, "--no-header", "--no-annotate", *arguments]
    subprocess.run(command, cwd=FOLDER, check=True)


def write_parts() -> None:
    """Write ``parts.txt``: for each part all packages that it needs beside those of ``run``."""
    lines, common = [], set()
    with tempfile.TemporaryDirectory() as place:
        asked, pinned = Path(place, "asked.txt"), Path(place, "pinned.txt")
        parts = parts_of(FOLDER / "engine.txt")
        for name, wanted in parts.items():
            asked.write_text("\n".join({*parts["run"], *wanted}) + "\n", encoding="utf-8")
            _compiled(str(asked), "-c", "constraints.txt", "-o", str(pinned))
            names = [package for package in names_in(pinned.read_text(encoding="utf-8")) if package not in common]
            common = common or set(names)
            lines.append(f"{name}: {' '.join(names)}\n")
            pinned.unlink()
    (FOLDER / "parts.txt").write_text(NOTE + "".join(lines), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write ``constraints.txt``, ``locked.txt`` and ``parts.txt``."""
    _compiled("engine.txt", "dev.txt", "-o", "constraints.txt", *arguments)
    _compiled("engine.txt", "-c", "constraints.txt", "--generate-hashes", "-o", "locked.txt", *arguments)
    write_parts()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
