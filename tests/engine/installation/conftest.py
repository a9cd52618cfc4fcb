"""What the tests of the installation share."""

import shutil
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def room_on_the_disk(monkeypatch):
    """Let the disk have room, whatever the computer of the tests has left."""
    room = SimpleNamespace(total=2 * 10**12, used=10**12, free=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room)
