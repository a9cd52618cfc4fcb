"""Export by several processes: the same bytes as by one, and every way it can end."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import rasterio

from engine.errors import Cancelled, DeviceError, ParameterError, RasterError
from engine.job import Job
from engine.pipelines.export_training_data import run
from engine.tools.export_training_data import ExportTrainingData
from engine.tools.shared import core_count
from tests.engine.pipelines.exporting import export, hidden, on_map, scene
from tests.rasters import write_boxes, write_raster

pytestmark = pytest.mark.slow

OPTIONS = {"tile_size_x": 16, "tile_size_y": 16, "stride_x": 16, "stride_y": 12, "output_nofeature_tiles": True}


def tall(folder, **profile):
    """Write a raster of several units of chips with a stretch of nodata, and labels of two classes."""
    image = scene(rows=320, cols=36)
    image[:, 200:240] = 0
    raster = write_raster(folder / "r.tif", image, nodata=0, **profile)
    boxes = [(col, row, col + 7, row + 5) for col, row in np.random.default_rng(5).uniform(0, (23, 314), (40, 2))]
    return raster, write_boxes(folder / "a.gpkg", on_map(*boxes), kind=np.arange(40) % 2 + 1)


def contents(folder):
    """Return the bytes of every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_several_processes_write_the_same_bytes(tmp_path):
    """Also a second run into the same folder; messages are the same, and no temporary name stays."""
    raster, labels = tall(tmp_path)
    found = []
    for factor in ("", "2"):
        for _ in range(2):
            folder, job = export(
                tmp_path, raster, labels, class_value_field="kind", parallel_processing_factor=factor, **OPTIONS
            )
        found.append((contents(folder), job.messages, job.warnings))
        folder.rename(tmp_path / f"done{len(found)}")
    assert found[0] == found[1] and len(found[0][0]) > 300
    assert not hidden(tmp_path)


def test_an_error_of_a_process_is_that_of_one(tmp_path):
    """A damaged block: the same sentence, and nothing of the run stays."""
    raster, labels = tall(tmp_path, compress="deflate")
    with rasterio.open(raster) as file:
        offset = int(file.get_tag_item("BLOCK_OFFSET_0_9", "TIFF", bidx=1))
    content = bytearray((tmp_path / "r.tif").read_bytes())
    content[offset : offset + 60] = b"\xff" * 60
    (tmp_path / "r.tif").write_bytes(content)
    said = []
    for factor in ("1", "2"):
        with pytest.raises(RasterError, match=r"r\.tif cannot be read at rows") as caught:
            export(tmp_path, raster, labels, parallel_processing_factor=factor, **OPTIONS)
        said.append(str(caught.value))
        assert not (tmp_path / "chips").exists() and not hidden(tmp_path)
    assert said[0] == said[1]


class Watching(Job):
    """Does something once when another process has begun."""

    def __init__(self, deed):
        super().__init__()
        self.deed, self.done = deed, False

    def check(self):
        """Look for processes."""
        others = multiprocessing.active_children()
        if others and not self.done:
            self.done = True
            self.deed(self, others)
        super().check()


@pytest.mark.parametrize("going_on", [False, True])
def test_a_cancel_ends_all_processes_and_leaves_nothing(tmp_path, going_on):
    """An earlier export is as it was, a new folder is not there."""
    raster, labels = tall(tmp_path)
    before = {}
    if going_on:
        before = contents(export(tmp_path, raster, labels, **OPTIONS)[0])
    with pytest.raises(Cancelled, match="cancelled by the user"):
        job = Watching(lambda job, others: job.cancel())
        export(tmp_path, raster, labels, job, parallel_processing_factor="2", **OPTIONS)
    assert contents(tmp_path / "chips") == before and not hidden(tmp_path)
    assert (tmp_path / "chips").exists() == going_on and not multiprocessing.active_children()


@pytest.mark.skipif(os.name == "nt", reason="there are no signals on Windows")
def test_a_killed_process_is_told_and_leaves_nothing(tmp_path):
    """The sentence says what the reason probably is, and what helps."""
    raster, labels = tall(tmp_path)
    with pytest.raises(DeviceError, match="ended from outside, probably for lack of memory: choose a smaller parallel"):
        job = Watching(lambda job, others: os.kill(others[0].pid, signal.SIGKILL))
        export(tmp_path, raster, labels, job, parallel_processing_factor="2", **OPTIONS)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def _export_forever(raster, labels, folder):
    """Export to a folder with two processes."""
    settings = {"tile_size_x": 16, "tile_size_y": 16, "stride_x": 1, "stride_y": 1, "output_nofeature_tiles": True}
    request = ExportTrainingData(raster, folder, labels, parallel_processing_factor="2", **settings)
    run(request, Job())


@pytest.mark.skipif(os.name == "nt", reason="there are no signals on Windows")
def test_processes_end_with_the_one_that_began_them(tmp_path):
    """After a kill of the first one none lives on, and the next run sweeps what is left."""
    raster, labels = tall(tmp_path)
    first = multiprocessing.get_context("spawn").Process(
        target=_export_forever, args=(raster, labels, str(tmp_path / "chips"))
    )
    first.start()
    deadline = time.monotonic() + 60
    while not any(tmp_path.glob(".imagery*/units/1/images/*.tif")):
        assert time.monotonic() < deadline and first.is_alive()
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    while _workers_of(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert hidden(tmp_path)
    export(tmp_path, raster, labels, **OPTIONS)
    assert not hidden(tmp_path)


def _workers_of(folder):
    """Return processes that still write below a folder: files grow in number."""
    count = sum(1 for _ in folder.glob(".imagery*/units/*/images/*"))
    time.sleep(0.5)
    return sum(1 for _ in folder.glob(".imagery*/units/*/images/*")) - count


def test_the_factor_is_a_number_or_a_percentage(tmp_path):
    """Empty and 0 are one core; more than all cores may be asked for."""
    assert [core_count(text) for text in ("", "0", "1", "7", "1%")] == [1, 1, 1, 7, 1]
    assert core_count("100%") >= core_count("50%") >= 1
    for text in ("half", "-1", "0%", "101%", "1.5", "257", "%"):
        with pytest.raises(ParameterError, match="give a number of cores up to 256 or a percentage, such as 4 or 80%"):
            ExportTrainingData("r.tif", str(tmp_path / "x"), None, parallel_processing_factor=text)
