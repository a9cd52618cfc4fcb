"""The plugin's menu."""

import pytest
from qgis.core import QgsApplication

from imagery_deep_learning.gui.menu import TOOLS

pytestmark = pytest.mark.qgis


def test_every_tool_of_the_menu_exists(provider):
    """A wrong id would open nothing."""
    for _, _, name in TOOLS:
        assert QgsApplication.processingRegistry().algorithmById(f"deeplearning:{name}") is not None
