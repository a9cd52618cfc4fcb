"""The developer's entry, as far as it can be tested without installing anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

DEV = Path(__file__).resolve().parents[2] / "dev"
WORDS = ("setup", "demo", "test", "lint", "docs", "zip", "repository", "matrix", "tour", "bench", "qgis")


def _dev(*arguments):
    return subprocess.run(["/bin/sh", str(DEV), *arguments], capture_output=True, text=True, check=False)


def test_help_names_every_word():
    """Without arguments it says what it can do."""
    for outcome in (_dev(), _dev("help")):
        assert outcome.returncode == 0
        assert all(f"\n  {word} " in outcome.stdout for word in WORDS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("dance",), "unknown command dance"),
        (("setup", "--all"), "unknown argument --all"),
        (("test", "tests/qgis/a.py", "tests/engine/b.py"), "run one side at a time"),
        (("matrix", "2.18"), "unknown argument 2.18 (there are host, 3.40, 3.44"),
    ],
)
def test_a_wrong_word_is_told(arguments, sentence):
    """Exit code 1 and one sentence."""
    outcome = _dev(*arguments)
    assert outcome.returncode == 1
    assert sentence in outcome.stderr


def test_it_keeps_to_posix():
    """The shell that Debian calls sh reads it."""
    for script in (DEV, DEV.with_name("devtools") / "matrix.sh", DEV.with_name("devtools") / "tour.sh"):
        assert subprocess.run(["/bin/sh", "-n", str(script)], check=False).returncode == 0
