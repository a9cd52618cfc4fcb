"""What Windows says when a file is held is recognised by its number, whatever language its words are in."""

import pytest

from engine.errors import InstallationError
from engine.installation import commands
from engine.installation.commands import Watch, follow
from engine.installation.faults import LOCKED_FILE, end_of, is_lock, sentence
from engine.job import Job


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: [WinError 32] Der Prozess kann nicht auf die Datei zugreifen: 'c10.dll'",
        "PermissionError: [WinError 5] Accès refusé: 'torch\\\\lib'",
        "OSError: [WinError 225] De bewerking is niet voltooid",
        "The process cannot access the file because it is being used by another process. (os error 32)",
    ],
)
def test_a_held_file_is_told_in_any_language(line):
    """With the remedy."""
    assert sentence([line], "uv ended with code 2") == LOCKED_FILE


@pytest.mark.parametrize("code", [0xC0000022, 0xC0000043, 0xC0000906, -1073741790, -1073741757])
def test_a_program_that_the_scanner_ends_is_told(code):
    """Windows gives the reason as the exit code, with or without a sign."""
    assert end_of(code, [], "uv.exe") == LOCKED_FILE


def test_other_ends_are_no_locks():
    """A crash is a crash, and an input error of a Linux disk is no virus scanner."""
    assert "ended with code 1" in end_of(1, ["boom"], "uv")
    assert sentence(["Input/output error (os error 5)"], "uv ended with code 2") != LOCKED_FILE


def test_a_program_that_may_not_start_is_told(monkeypatch):
    """The error carries Windows' number."""
    error = PermissionError(13, "Zugriff verweigert")
    error.winerror = 5
    assert is_lock(error) and not is_lock(PermissionError(13, "denied"))

    def refused(*arguments, **options):
        raise error

    monkeypatch.setattr(commands.subprocess, "Popen", refused)
    with pytest.raises(InstallationError, match="virus scanner"):
        follow(["uv.exe"], {}, Watch((), 5.0, lambda line: None, lambda size: None), Job())
