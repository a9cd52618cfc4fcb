"""The Processing provider ``deeplearning``: every tool, and the settings that Processing's options dialog shows."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..algorithms import ALGORITHMS
from .icons import icon_path
from .settings import add_settings, remove_settings


class Provider(QgsProcessingProvider):
    """All tools of the plugin; loading it imports nothing heavy."""

    def id(self):
        """Return the id that stands before the colon of every algorithm."""
        return "deeplearning"

    def name(self):
        """Return the name in the toolbox."""
        return "Imagery Deep Learning"

    def longName(self):
        """Return the name with a word on what it holds."""
        return "Imagery Deep Learning (training, detection, accuracy)"

    def icon(self):
        """Return the provider's icon."""
        return QIcon(icon_path("provider"))

    def svgIconPath(self):
        """Return the provider's icon as a file."""
        return icon_path("provider")

    def load(self):
        """Add the settings, then the algorithms."""
        add_settings(self.name(), self.icon())
        return super().load()

    def unload(self):
        """Take the settings away."""
        remove_settings()
        super().unload()

    def loadAlgorithms(self):
        """Add one algorithm per tool, in toolbox order."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
