"""Runs inside a real QGIS: installs, upgrades and uninstalls the plugin through QGIS's own plugin manager.

``test_plugin_repository.py`` starts it with the repository's address, a file that asks for the newer version, and the
file for the result.
"""

import json
import os
import sys
import traceback

import pyplugin_installer
import qgis.utils
from pyplugin_installer import installer_data
from qgis.core import Qgis, QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QDialog

NAME = "imagery_deep_learning"
ADDRESS, RESULT = os.environ["REPOSITORY"], os.environ["RESULT"]
said = {"qgis": Qgis.QGIS_VERSION, "errors": []}


def report(kind, value, trace):
    """Keep an error and leave."""
    said["errors"].append("".join(traceback.format_exception(kind, value, trace)))
    leave()


def leave():
    """Write the result and end QGIS."""
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(said, file)
    os._exit(0)


def state():
    """Return what QGIS has of the plugin."""
    provider = QgsApplication.processingRegistry().providerById("deeplearning")
    menu = [action.text() for action in qgis.utils.iface.pluginMenu().actions() if action.text()]
    return {
        "active": NAME in qgis.utils.active_plugins,
        "tools": 0 if provider is None else len(provider.algorithms()),
        "version": qgis.utils.pluginMetadata(NAME, "version"),
        "menu": [text for text in menu if "Imagery" in text],
        "folder": os.path.isdir(os.path.join(QgsApplication.qgisSettingsDirPath(), "python", "plugins", NAME)),
        "modules": sorted(module for module in sys.modules if module.split(".")[0] == NAME),
        "setting": QgsSettings().value("/PythonPlugins/" + NAME),
        "asks": qgis.utils.iface.mainWindow().findChild(QDialog, "ImageryDeepLearningSetUp") is not None,
    }


def fetch():
    """Read the repository as the plugin manager's Reload does."""
    pyplugin_installer.instance().fetchAvailablePlugins(True)
    return installer_data.plugins.all()[NAME]


def allow_experimental():
    """Check *Show also experimental plugins*, where this version of QGIS keeps it."""
    if hasattr(installer_data, "settingsGroup"):
        QgsSettings().setValue(installer_data.settingsGroup + "/allowExperimental", True)
        return
    from qgis.core import QgsSettingsTree

    QgsSettingsTree.node("plugin-manager").childSetting("allow-experimental").setValue(True)


def begin():
    """Do it step by step; QGIS's dialogs close themselves when they are done."""
    sys.excepthook = report
    settings = QgsSettings()
    group = installer_data.reposGroup
    settings.setValue(group + "/" + installer_data.officialRepo[0] + "/url", installer_data.officialRepo[1])
    settings.setValue(group + "/" + installer_data.officialRepo[0] + "/enabled", False)
    settings.setValue(group + "/office/url", ADDRESS + "/plugins.xml")
    settings.setValue(group + "/office/enabled", True)
    allow_experimental()
    said["offered"] = fetch()["status_exp"]
    install()
    QTimer.singleShot(1500, upgrade)
    said["installed"] = state()


def install():
    """Install what the repository offers."""
    pyplugin_installer.instance().installPlugin(NAME, stable=False)


def upgrade():
    """The repository has a newer version now."""
    said["after_a_moment"] = state()
    with open(os.environ["NEWER"], "w", encoding="utf-8") as file:
        file.write("yes")
    said["offered_then"] = fetch()["status_exp"]
    install()
    said["upgraded"] = state()
    QTimer.singleShot(500, uninstall)


def uninstall():
    """Remove it as the button does, without its question."""
    pyplugin_installer.instance().uninstallPlugin(NAME, quiet=True)
    QTimer.singleShot(500, end)


def end():
    """Widgets that were given back are gone by now."""
    said["uninstalled"] = state()
    leave()


QTimer.singleShot(2500, begin)
