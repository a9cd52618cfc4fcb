"""Imagery Deep Learning: a QGIS plugin for deep learning on imagery. QGIS calls ``classFactory``."""


def classFactory(iface):
    """Return the plugin; nothing is imported before QGIS asks for it."""
    from .provider.plugin import Plugin

    return Plugin(iface)
