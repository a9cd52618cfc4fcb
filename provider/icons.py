"""Where the icons are: one SVG for the provider and one per toolbox group."""

from __future__ import annotations

import os

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "icons")


def icon_path(name: str) -> str:
    """Return the file of an icon: ``provider`` or a toolbox group such as ``Training data``."""
    return os.path.join(FOLDER, name.lower().replace(" ", "_") + ".svg")
