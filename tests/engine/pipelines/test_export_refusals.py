"""Exports that go on in a folder, are cancelled, or are refused."""

import multiprocessing
import signal

import numpy as np
import pytest
import rasterio

from engine.errors import (
    Cancelled,
    EngineError,
    FeatureError,
    OutputError,
    ParameterError,
    RasterError,
    SampleFolderError,
)
from engine.job import Job
from engine.samples.folder import read_chip, read_samples
from engine.tools.values import Extent, FeatureSource
from tests.engine.pipelines.exporting import export, hidden, on_map, scene
from tests.rasters import write_boxes, write_raster


def test_a_later_run_goes_on_with_numbers_and_statistics(tmp_path):
    """Two runs into one folder hold what one run over both labels would; single classes join under the first name."""
    raster = write_raster(tmp_path / "r.tif", scene())
    one = write_boxes(tmp_path / "west.gpkg", on_map((2, 2, 12, 12)))
    two = write_boxes(tmp_path / "east.gpkg", on_map((70, 40, 80, 50), (100, 70, 110, 80)))
    export(tmp_path, raster, one)
    folder, job = export(tmp_path, raster, two, start_index=5)
    assert sorted(path.stem for path in (folder / "labels").iterdir()) == [f"{index:012d}" for index in (0, 5, 6)]
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 3 and [entry.name for entry in samples.classes] == ["west"]
    statistics = samples.stats
    assert (statistics["NumTiles"], statistics["NextTileIndex"]) == (3, 7)
    assert statistics["FeatureStats"]["NumFeaturesTotal"] == 3
    pixels = np.stack([read_chip(sample) for sample in samples.samples]).astype(float)
    assert samples.band_stats.std == pytest.approx(pixels.std(axis=(0, 2, 3)))
    assert len((folder / "map.txt").read_text().splitlines()) == 3
    assert any("goes on with number 1" in text for text in job.messages) and not hidden(tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"metadata_format": "KITTI_rectangles"}, "have metadata format PASCAL_VOC_rectangles"),
        ({"tile_size_x": 48}, "have width 32 and this run would write 48"),
        ({"image_chip_format": "PNG"}, "have image suffix .tif"),
        ({"reference_system": "PIXEL_SPACE"}, "have image space MAP_SPACE"),
        ({"class_value_field": "name"}, "class 1 is pads in .* and tank in these labels"),
    ],
)
def test_a_later_run_that_does_not_fit_is_refused(tmp_path, options, says):
    """Another format, size or meaning of a class; the folder stays as it was."""
    raster = write_raster(tmp_path / "r.tif", scene())
    boxes = on_map((2, 2, 12, 12), (70, 40, 80, 50))
    labels = write_boxes(tmp_path / "pads.gpkg", boxes, name=np.array(["tank", "well"], object))
    folder, _ = export(tmp_path, raster, labels)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=says):
        export(tmp_path, raster, labels, **options)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Impatient(Job):
    """Cancels itself when a file has been written under a temporary name."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def check(self):
        """Look whether the first chip is there."""
        if any(self.folder.rglob(".imagery*/labels/*")):
            self.cancel()
        super().check()


@pytest.mark.parametrize("going_on", [False, True])
def test_a_cancelled_run_leaves_nothing_of_itself(tmp_path, going_on):
    """A new folder is not there, an earlier one is as it was, and no temporary name stays."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 120, 90)))
    before = {}
    if going_on:
        folder, _ = export(tmp_path, raster, labels)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(Cancelled):
        export(tmp_path, raster, labels, job=Impatient(tmp_path))
    chips = tmp_path / "chips"
    assert before == {path: path.read_bytes() for path in chips.rglob("*") if path.is_file()}
    assert chips.exists() == going_on and not hidden(tmp_path)


def test_a_raster_that_breaks_off_leaves_nothing(tmp_path):
    """A damaged block in the middle: the sentence names the raster, the folder is not there."""
    raster = write_raster(tmp_path / "r.tif", scene(), compress="deflate")
    with rasterio.open(raster) as file:
        offset = int(file.get_tag_item("BLOCK_OFFSET_2_2", "TIFF", bidx=1))
    content = bytearray((tmp_path / "r.tif").read_bytes())
    content[offset : offset + 60] = b"\xff" * 60
    (tmp_path / "r.tif").write_bytes(content)
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 120, 90)))
    with pytest.raises(RasterError, match=r"r\.tif cannot be read at rows"):
        export(tmp_path, raster, labels)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def _export_with_small_files(arguments):
    """Export in a process whose files may not grow beyond 2000 bytes; return the error's name and text."""
    resource = pytest.importorskip("resource")
    folder, raster, labels, options = arguments
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    try:
        export(folder, raster, labels, **options)
    except (OSError, EngineError) as error:
        return type(error).__name__, str(error)
    return "", ""


@pytest.mark.parametrize(
    "options", [{}, {"compression": "LZW"}, {"image_chip_format": "PNG"}], ids=["raw", "lzw", "png"]
)
def test_a_full_disk_is_noticed_and_leaves_nothing(tmp_path, options):
    """A file that takes only a part of a chip is an error, whoever writes it; no folder, no temporary name."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 120, 90)))
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        kind, text = pool.map(_export_with_small_files, [(tmp_path, raster, labels, options)])[0]
    assert (kind, "File too large" in text) == ("OSError", True) or kind == "OutputError"
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def test_an_empty_folder_is_used_and_a_foreign_one_refused(tmp_path):
    """Also a file under that name, and a folder of Esri's."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (40, 40, 50, 50)))
    (tmp_path / "chips").mkdir()
    folder, _ = export(tmp_path, raster, labels)
    (folder / "chips.csv").unlink()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.doc").write_text("x")
    (tmp_path / "file").write_text("x")
    for name, says in (("chips", "no export of ours"), ("foreign", "no export of ours"), ("file", "is a file")):
        with pytest.raises(OutputError, match=says):
            export(tmp_path, raster, labels, folder=name)
    assert (tmp_path / "foreign" / "thesis.doc").read_text() == "x"


def test_a_damaged_folder_of_ours_is_not_gone_on_with(tmp_path):
    """Statistics that cannot be merged are refused with the remedy."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (40, 40, 50, 50)))
    folder, _ = export(tmp_path, raster, labels)
    path = folder / "esri_accumulated_stats.json"
    path.write_text(path.read_text().replace('"NextTileIndex"', '"Other"'))
    with pytest.raises(SampleFolderError, match=r"are damaged .*export to a new folder"):
        export(tmp_path, raster, labels)


def bad_inputs():
    """Yield a name, what differs from a good request, and what the message says."""
    yield "no labels", {"in_class_data": FeatureSource("")}, "no feature layer is given"
    yield "empty layer", {"where": "kind > 99"}, "has no label"
    yield "outside", {"boxes": [(0, 0, 1, 1)]}, "none of the 1 labels of a lies on .*r.tif"
    yield "field absent", {"class_value_field": "absent"}, "has no field absent"
    yield "field float", {"class_value_field": "share"}, "decimal numbers"
    yield "raster missing", {"in_raster": "absent.tif"}, "does not exist"
    yield "png bands", {"image_chip_format": "PNG", "bands": 4}, "PNG chips hold 1 or 3 bands"
    yield "jpeg bits", {"image_chip_format": "JPEG", "dtype": np.uint16}, "JPEG chips hold 8 bits"
    yield "cell size", {"cell_size": "1000"}, "is larger than"
    yield "extent", {"extent": Extent(0, 0, 1, 1)}, "lies outside"
    yield "pixel space", {"reference_system": "PIXEL_SPACE", "cell_size": "1"}, "PIXEL_SPACE"
    yield "sliver", {"min_polygon_overlap_ratio": 0.9, "boxes": on_map((1, 1, 90, 90))}, "no chip was written"
    yield "stride", {"stride_x": 33}, "stride_x 33 is larger than the tile"


@pytest.mark.parametrize(
    ("changes", "says"), [case[1:] for case in bad_inputs()], ids=[case[0] for case in bad_inputs()]
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, changes, says):
    """Each fault by itself; the output folder is not there afterwards."""
    changes = dict(changes)
    image = scene(bands=changes.pop("bands", 3), dtype=changes.pop("dtype", np.uint8))
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    boxes = changes.pop("boxes", on_map((40, 40, 50, 50)))
    labels = write_boxes(tmp_path / "a.gpkg", boxes, kind=[1], share=[1.0])
    labels = FeatureSource(labels.path, labels.layer, changes.pop("where", ""))
    raster = changes.pop("in_raster", raster)
    labels = changes.pop("in_class_data", labels)
    with pytest.raises(EngineError, match=says) as caught:
        export(tmp_path, raster, labels, **changes)
    assert isinstance(caught.value, (ParameterError, RasterError, FeatureError)) and "\n" not in str(caught.value)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)
