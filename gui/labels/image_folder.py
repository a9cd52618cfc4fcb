"""A folder of images that are labelled one after another, each in pixels of its own.

They are shown through a small virtual raster in a temporary folder, which has the upper left corner of the image at
0, 0 and no CRS: labels of a collection are columns and rows, whatever georeference some of its images have.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree  # nosec B405 # a VRT that GDAL wrote here

from osgeo import gdal
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

from ...provider.words import tr
from .sample_files import SampleError

SUFFIXES = re.compile(
    r"\.(tiff?|gtiff|img|jp2|j2k|png|jpe?g|vrt|asc|dem|nc|ecw|sid|bil|bip|bsq|dat|grd|mrf|kea|bmp|gif|webp|ntf|hdf|h5|hgt|rst)",
    re.IGNORECASE,
)
"""What an image is recognised by; the engine exports the same files of a folder, in the same order."""

PLACES = ("SRS", "GeoTransform", "GCPList")
"""Elements of a virtual raster that place it on the map."""


class ImageFolder:
    """The images of a folder and which of them is shown.

    Attributes:
        folder: The folder.
        names: File names of the images, sorted.
        index: Number of the image that is shown, from 0.
    """

    def __init__(self, folder):
        """List the images of a folder.

        Raises:
            SampleError: The folder cannot be read or holds no image.
        """
        try:
            names = [entry.name for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith(".")]
        except OSError as error:
            raise SampleError(
                tr("{} cannot be read ({}): choose a folder of images").format(folder, error.strerror)
            ) from error
        self.folder = folder
        self.names = sorted(name for name in names if SUFFIXES.fullmatch(os.path.splitext(name)[1]))
        self.index = 0
        self._plain = None
        if not self.names:
            raise SampleError(
                tr("{} holds no image: choose a folder with JPEG, PNG, TIFF ... files in it").format(folder)
            )

    @property
    def name(self):
        """File name of the image that is shown."""
        return self.names[self.index]

    def layer(self):
        """Return the image that is shown as a raster layer without CRS, its upper left corner at 0, 0.

        Raises:
            SampleError: The image cannot be opened.
        """
        path = os.path.join(self.folder, self.name)
        opened = _opened(path)
        if opened is None:
            raise SampleError(
                tr("{} cannot be opened: take it out of the folder, or go on with the next image").format(path)
            )
        layer = QgsRasterLayer(self._in_pixels(opened), self.name, "gdal")
        if not layer.isValid():
            raise SampleError(
                tr("{} cannot be shown: take it out of the folder, or go on with the next image").format(path)
            )
        layer.setCrs(QgsCoordinateReferenceSystem())
        return layer

    def close(self):
        """Remove what was written for showing the images."""
        if self._plain is not None:
            shutil.rmtree(self._plain, ignore_errors=True)
            self._plain = None

    def _in_pixels(self, opened):
        """Return a virtual raster of an image, its x the column and its y minus the row."""
        if self._plain is None:
            self._plain = tempfile.mkdtemp(prefix="label_images_")
        path = os.path.join(self._plain, self.name + ".vrt")
        written = gdal.GetDriverByName("VRT").CreateCopy(path, opened)
        del written  # closes the file
        tree = ElementTree.parse(path)  # nosec B314 # a VRT that GDAL wrote here
        root = tree.getroot()
        for element in list(root):
            if element.tag in PLACES or element.get("domain") in ("RPC", "GEOLOCATION"):
                root.remove(element)
        ElementTree.SubElement(root, "GeoTransform").text = "0, 1, 0, 0, 0, -1"
        tree.write(path)
        return path


def _opened(path):
    """Return GDAL's dataset of an image, None when it cannot be opened; newer versions of QGIS let GDAL raise."""
    try:
        return gdal.Open(path)
    except RuntimeError:
        return None
