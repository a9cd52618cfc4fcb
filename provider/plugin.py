"""The plugin as QGIS sees it: it adds the provider and takes it away again."""

from __future__ import annotations

import contextlib
import sys

import qgis.utils
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTimer

from .provider import Provider
from .words import install_translator


class Plugin:
    """Registers the provider, with or without a window."""

    def __init__(self, iface):
        """Keep QGIS's interface; it is None in ``qgis_process``."""
        self.iface = iface
        self.provider = None
        self.menu = None
        self.announcer = None
        self.translator = None

    def initProcessing(self):
        """Add the provider; called by ``qgis_process`` in place of ``initGui``."""
        self.translator = install_translator()
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Add the provider to the toolbox, menu and panes, and say what is missing when QGIS has finished starting."""
        from ..gui.menu import Menu
        from ..gui.runs.announcing import Announcer

        self.initProcessing()
        self.menu = Menu(self.iface)
        self.menu.show()
        self.announcer = Announcer(self.iface, self.menu)
        self.iface.initializationCompleted.connect(self._started)
        if self.iface.mainWindow().isVisible():  # installed by the plugin manager: QGIS started long ago
            QTimer.singleShot(0, self._started)

    def _started(self):
        """Say what is missing."""
        from ..gui.first_run import show_what_is_missing

        show_what_is_missing(self.iface)

    def unload(self):
        """Take the provider, menu and panes away."""
        if self.announcer is not None:
            self.announcer.stop()
            self.announcer = None
        if self.menu is not None:
            from ..gui.first_run import close_down

            close_down()
            self.menu.remove()
            self.menu = None
        if self.iface is not None:
            with contextlib.suppress(TypeError):  # a plugin that only ran in a model was never connected
                self.iface.initializationCompleted.disconnect(self._started)
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
            self.translator = None
        forget_modules()


def forget_modules() -> None:
    """Let an upgrade import everything anew: QGIS by itself forgets only what ``import`` statements brought."""
    package = __name__.split(".")[0]
    if package in qgis.utils.plugins:
        for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
            del sys.modules[name]
