"""Check the plugin's zip as the QGIS plugin repository does when it is uploaded: structure, security, secrets, style.

The rules are those that the repository's website switches on, with their tools at the tested versions: bandit and
detect-secrets block an upload, flake8 is shown beside it. An exception stands at its line, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .make_zip import LIMIT_BYTES, NAME, make_zip

BANDIT = (
    "B101,B102,B103,B104,B105,B106,B107,B108,B110,B112,B113,B201,B202,B301,B302,B303,B304,B305,B306,B307,"
    "B308,B310,B311,B312,B313,B314,B315,B316,B317,B318,B319,B321,B323,B324,B401,B402,B403,B405,B406,B407,"
    "B408,B409,B412,B413,B501,B502,B503,B504,B505,B506,B507,B508,B509,B601,B602,B603,B604,B605,B606,B607,"
    "B608,B609,B610,B611,B612,B613,B614,B615,B701,B702,B703,B704"
)
"""Bandit's tests of the repository; it leaves out B404, the mere import of subprocess."""

FLAKE8 = (
    "E101,E711,E712,E713,E714,E721,E722,E731,E741,E742,E743,E901,E902,E999,W605,F402,F403,F404,F405,F811,"
    "F821,F822,F823,F831,F901,C901"
)
"""Codes that the repository shows; layout is not among them."""

SECRETS_OFF = "IPPublicDetector"
SUSPICIOUS = (".exe", ".dll", ".so", ".dylib", ".bat", ".sh", ".ps1", ".cmd", ".pyc", ".pyd")
FORBIDDEN_FOLDERS = {"__MACOSX", ".git", "__pycache__"}
NEEDED = ("__init__.py", "metadata.txt", "LICENSE")


def structure_faults(archive: Path) -> list[str]:
    """Return what is wrong with the zip itself: its size, names, kinds of files and permissions."""
    found = []
    if archive.stat().st_size > LIMIT_BYTES:
        found.append(f"{archive.name} has {archive.stat().st_size} bytes, at most {LIMIT_BYTES} are taken")
    with zipfile.ZipFile(archive) as opened:
        if bad := opened.testzip():
            found.append(f"{bad} is damaged")
        names = opened.namelist()
        found += [f"{NAME}/{name} is missing" for name in NEEDED if f"{NAME}/{name}" not in names]
        for entry in opened.infolist():
            parts = entry.filename.split("/")
            if parts[0] != NAME or ".." in entry.filename or FORBIDDEN_FOLDERS & set(parts):
                found.append(f"{entry.filename} is in a folder that is not taken")
            if parts[-1].startswith(".") or entry.filename.lower().endswith(SUSPICIOUS):
                found.append(f"{entry.filename} is of a kind that is not taken")
            if (entry.external_attr >> 16) & 0o111:
                found.append(f"{entry.filename} is marked as a program")
            if b"\0" in opened.read(entry) and not entry.filename.endswith((".png", ".jpg", ".qm")):
                found.append(f"{entry.filename} is a binary")
    return found


def bandit_faults(folder: Path) -> list[str]:
    """Return what bandit finds in an unpacked zip, one line each."""
    said = json.loads(_output("bandit", "-r", ".", "-f", "json", "--quiet", "-t", BANDIT, folder=folder))
    found = [f"{error['filename']}: {error['reason']}" for error in said["errors"]]
    return found + [
        f"{issue['filename']}:{issue['line_number']}: {issue['test_id']} {issue['issue_text']}"
        for issue in said["results"]
    ]


def secret_faults(folder: Path) -> list[str]:
    """Return what looks like a password or a key in an unpacked zip, one line each."""
    options = ("--all-files", "--exclude-files", r"metadata\.txt", "--disable-plugin", SECRETS_OFF)
    said = json.loads(_output("detect_secrets", "scan", *options, ".", folder=folder))
    return [
        f"{name}:{secret['line_number']}: {secret['type']}" for name, all_ in said["results"].items() for secret in all_
    ]


def style_faults(folder: Path) -> list[str]:
    """Return what flake8 finds in an unpacked zip, one line each."""
    codes = ("--isolated", "--max-line-length=120", "--select", FLAKE8)
    return _output("flake8", *codes, ".", folder=folder).splitlines()


def faults(archive: Path) -> dict[str, list[str]]:
    """Return what the repository would say to a zip, by check."""
    found = {"structure": structure_faults(archive)}
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(archive) as opened:
        opened.extractall(place)
        folder = Path(place)
        found |= {"bandit": bandit_faults(folder), "secrets": secret_faults(folder), "flake8": style_faults(folder)}
    return found


def _output(module: str, *arguments: str, folder: Path) -> str:
    """Return what a checker prints; it ends with 1 when it finds something.

    Raises:
        RuntimeError: It did not run.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{module} ended with code {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def main() -> int:
    """Check a zip made from the tree as it is; exit code 1 when the repository would complain."""
    with tempfile.TemporaryDirectory() as place:
        archive = make_zip(Path(place))
        found = faults(archive)
        print(f"{archive.name}: {archive.stat().st_size / 1e6:.2f} MB")
    for check, lines in found.items():
        print(f"{check}: {len(lines)} findings")
        for line in lines:
            print(f"  {line}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
