"""The rasters that an input stands for."""

import numpy as np
import pytest

from engine.errors import RasterError
from engine.raster.sources import list_rasters
from tests.rasters import write_raster


def test_a_folder_stands_for_its_rasters_in_order(tmp_path):
    """Sidecar files, vectors, hidden files and folders inside are left out."""
    for name in ("b.tif", "a.TIF", ".c.tif"):
        write_raster(tmp_path / name, np.ones((1, 4, 4), np.uint8))
    for name in ("a.tif.aux.xml", "a.tfw", "a.tif.ovr", "labels.gpkg"):
        (tmp_path / name).write_text("x")
    (tmp_path / "deeper.tif").mkdir()
    assert list_rasters(str(tmp_path)) == [str(tmp_path / "a.TIF"), str(tmp_path / "b.tif")]


def test_a_file_stands_for_itself(tmp_path):
    """Also under a suffix that no raster has."""
    path = write_raster(tmp_path / "a.raster", np.ones((1, 4, 4), np.uint8))
    assert list_rasters(path) == [path]


@pytest.mark.parametrize("name", ["", "absent.tif", "empty"])
def test_nothing_to_read_is_refused(tmp_path, name):
    """An empty text, a path that is not there, a folder without rasters."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(RasterError, match="choose"):
        list_rasters(str(tmp_path / name) if name else "")
