"""Changes the features of a file at once, past QGIS's edit buffer."""

from __future__ import annotations

import os

from qgis.core import QgsFeature

from ...provider.words import tr
from .sample_files import SampleError


def replace(layer, path, removed, added):
    """Take features out of a layer and put others in; those that are among both change their attributes in place.

    Args:
        layer: The layer; it need not be in edit mode.
        path: Its file, for messages.
        removed: Features as they are.
        added: Features as they shall be; those that had an id keep it.

    Returns:
        The features that are new, with their ids.

    Raises:
        SampleError: The file cannot be changed.
    """
    if not _is_there(path):
        raise SampleError(tr("{} is gone: bring it back, or choose the image again to begin a new file").format(path))
    provider = layer.dataProvider()
    before, after = {feature.id() for feature in removed}, {feature.id() for feature in added}
    gone = [number for number in before if number not in after]
    if gone and not provider.deleteFeatures(gone):
        raise SampleError(tr("{} cannot be changed ({}): is it open elsewhere?").format(path, _why(provider)))
    changed = {feature.id(): _attributes(feature) for feature in added if feature.id() in before}
    if changed and not provider.changeAttributeValues(changed):
        raise SampleError(tr("{} cannot be changed ({}): is it open elsewhere?").format(path, _why(provider)))
    new = [_numbered(feature) for feature in added if feature.id() not in before]
    done, written = provider.addFeatures(new) if new else (True, [])
    if not done:
        raise SampleError(tr("{} cannot be written ({}): is it full or read-only?").format(path, _why(provider)))
    return list(written)


def _is_there(path):
    """Return whether a file is there and is no empty one, as SQLite leaves where QGIS asks for one that was removed."""
    try:
        return os.path.getsize(path) > 0
    except OSError:
        return False


def _attributes(feature):
    """Return the attributes of a feature by number, without its id."""
    return {number: value for number, value in enumerate(feature.attributes()) if number}


def _numbered(feature):
    """Return a feature that is saved under the id it had; a new one gets the next."""
    numbered = QgsFeature(feature)
    numbered[0] = feature.id() if feature.id() >= 0 else None
    return numbered


def _why(provider):
    """Return what the provider says went wrong."""
    errors = provider.errors()
    provider.clearErrors()
    return errors[-1] if errors else tr("no reason given")
