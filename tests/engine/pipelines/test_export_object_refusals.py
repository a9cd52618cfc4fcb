"""Exports of chips of objects that are refused, cancelled, or have no effect for a parameter: one sentence each."""

import numpy as np
import pytest
import shapely

from engine.errors import Cancelled, FeatureError, OutputError, ParameterError
from engine.job import Job
from engine.samples.registry import sample_formats
from engine.tools.export_training_data import OBJECT_FORMATS, ExportTrainingData
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export, hidden, on_map, scene
from tests.engine.pipelines.test_export_objects import FRAMES, TILES, pixels_of, shapes_on_map
from tests.rasters import write_boxes, write_features, write_raster


def refused(tmp_path, error, says, labels, image=None, **options):
    """Export, and see that it is refused and nothing is left behind."""
    raster = write_raster(tmp_path / "r.tif", scene() if image is None else image, nodata=0)
    with pytest.raises(error, match=says):
        export(tmp_path, raster, labels, **{**TILES, **options})
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def points(tmp_path):
    """Return points with a class."""
    shapes = shapes_on_map(shapely.Point(30, 30), shapely.Point(60, 60))
    return write_features(tmp_path / "p.gpkg", shapes, geometry_type="Point", kind=[1, 2])


def test_the_tool_knows_which_formats_cut_a_chip_for_each_object():
    """It names them without loading them; a stride has no meaning for these alone."""
    assert set(OBJECT_FORMATS) == {name for name, form in sample_formats().items() if form.by_object}


@pytest.mark.parametrize("form", OBJECT_FORMATS)
def test_points_without_a_buffer_have_no_frame(tmp_path, form):
    """The message names the two ways out."""
    says = "p holds points, which have no frame for crop_mode BOUNDING_BOX: give a buffer_radius, or choose FIXED_SIZE"
    refused(tmp_path, ParameterError, says, points(tmp_path), metadata_format=form, crop_mode="BOUNDING_BOX")


def test_objects_without_an_extent_among_others_are_counted(tmp_path):
    """A point among polygons has no frame; the polygons have their chips."""
    raster = write_raster(tmp_path / "r.tif", scene())
    shapes = shapes_on_map(shapely.Point(30, 30), shapely.box(60, 60, 70, 68))
    labels = write_features(tmp_path / "m.gpkg", shapes, geometry_type="Unknown", kind=[1, 2])
    folder, job = export(tmp_path, raster, labels, **FRAMES)
    assert [chip.shape for chip in pixels_of(folder).values()] == [(3, 8, 10)]
    assert any("1 objects have no extent, so that no chip can be their frame" in text for text in job.warnings)


def test_objects_need_labels(tmp_path):
    """Without a layer there is no object."""
    refused(tmp_path, FeatureError, "one chip is cut for each object: choose labelled features", None)


def test_objects_outside_every_raster_are_refused(tmp_path):
    """All of them lie elsewhere."""
    labels = write_boxes(tmp_path / "l.gpkg", on_map((900, 40, 910, 52)), kind=[4])
    refused(tmp_path, FeatureError, "none of the 1 labels of l lies on", labels)


def test_objects_on_nodata_only_are_refused_with_the_reason(tmp_path):
    """The reason is counted, for features and for regions of a class raster."""
    image = scene()
    image[:, :, 64:] = 0
    labels = write_boxes(tmp_path / "l.gpkg", on_map((100, 40, 110, 52), (80, 10, 90, 20)), kind=[4, 4])
    refused(tmp_path, FeatureError, "no chip was written: 2 objects have no valid pixel", labels, image)
    classes = np.zeros((1, 96, 128), np.uint8)
    classes[0, 10:20, 90:100] = 5
    source = FeatureSource(write_raster(tmp_path / "c.tif", classes))
    says = "no chip was written: 1 objects have no valid pixel"
    refused(tmp_path, FeatureError, says, source, image, class_value_field="")


def test_a_mask_beside_all_objects_is_refused_with_the_reason(tmp_path):
    """The mask is named."""
    labels = write_boxes(tmp_path / "l.gpkg", on_map((60, 40, 70, 52)), kind=[4])
    mask = write_boxes(tmp_path / "m.gpkg", on_map((0, 0, 60, 96)))
    says = "1 objects have a chip that does not lie completely inside the mask polygons"
    refused(tmp_path, FeatureError, says, labels, in_mask_polygons=mask)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"crop_mode": "BOUNDING_BOX"}, "BOUNDING_BOX is for chips of objects and {} cuts chips on a grid"),
        ({"blacken_around_feature": "BLACKEN_AROUND_FEATURE"}, "BLACKEN_AROUND_FEATURE is for chips of objects"),
    ],
)
@pytest.mark.parametrize("form", ["PASCAL_VOC_rectangles", "MultiLabeled_Tiles", "Classified_Tiles"])
def test_what_only_objects_have_is_refused_on_a_grid(tmp_path, form, options, says):
    """The message names the formats that have it."""
    labels = write_boxes(tmp_path / "l.gpkg", on_map((60, 40, 70, 52)), kind=[4])
    text = says.format(form) + ".*choose metadata_format Imagenet or Labeled_Tiles"
    size = {"stride_x": 24, "stride_y": 24}
    refused(tmp_path, ParameterError, text, labels, metadata_format=form, **options, **size)


def test_words_of_arcgis_are_understood_and_others_refused():
    """Flags have two words; a crop mode is one of two."""
    needed = {"in_raster": "a.tif", "out_folder": "b", "metadata_format": "Imagenet"}
    request = ExportTrainingData(**needed, blacken_around_feature="NO_BLACKEN", crop_mode="bounding_box")
    assert (request.blacken_around_feature, request.crop_mode) == (False, "BOUNDING_BOX")
    with pytest.raises(ParameterError, match="BLACKEN_AROUND_FEATURE or NO_BLACKEN"):
        ExportTrainingData(**needed, blacken_around_feature="perhaps")
    with pytest.raises(ParameterError, match="FIXED_SIZE, BOUNDING_BOX"):
        ExportTrainingData(**needed, crop_mode="round")


def test_a_second_raster_is_refused(tmp_path):
    """Chips of objects have no second ones."""
    labels = write_boxes(tmp_path / "l.gpkg", on_map((60, 40, 70, 52)), kind=[4])
    refused(tmp_path, ParameterError, "Labeled_Tiles has no second chips", labels, in_raster2=str(tmp_path / "r.tif"))


def test_what_has_no_effect_is_told(tmp_path):
    """All tiles are for grids; fields, radius and share are for features."""
    raster = write_raster(tmp_path / "r.tif", scene())
    classes = np.zeros((1, 96, 128), np.uint8)
    classes[0, 10:20, 90:100] = 5
    source = FeatureSource(write_raster(tmp_path / "c.tif", classes))
    _, job = export(tmp_path, raster, source, buffer_radius=3, output_nofeature_tiles=True, **TILES)
    assert any("output_nofeature_tiles has no effect" in text for text in job.warnings)
    assert any("class_value_field kind is for features" in text for text in job.warnings)
    assert any("buffer_radius 3.0 is for features" in text for text in job.warnings)
    options = {"metadata_format": "MultiLabeled_Tiles", "min_polygon_overlap_ratio": 0.5, "folder": "multi"}
    _, job = export(tmp_path, raster, source, **options)
    assert any("min_polygon_overlap_ratio 0.5 is for features" in text for text in job.warnings)


class Impatient(Job):
    """Cancels itself when a chip has been written."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def check(self):
        """Look whether the first chip is there."""
        if any(self.folder.rglob(".imagery*/images/*/*.tif")):
            self.cancel()
        super().check()


def test_a_cancelled_export_leaves_nothing_behind(tmp_path):
    """Neither chips nor folders of classes; a folder of an earlier run stays as it was."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "l.gpkg", on_map((60, 40, 70, 52), (20, 20, 24, 24)), kind=[4, 5])
    options = {**TILES, "metadata_format": "Imagenet"}
    with pytest.raises(Cancelled):
        export(tmp_path, raster, labels, Impatient(tmp_path), **options)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)
    folder, _ = export(tmp_path, raster, labels, **options)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    with pytest.raises(Cancelled):
        export(tmp_path, raster, labels, Impatient(tmp_path), **options)
    assert before == {path: path.read_bytes() for path in folder.rglob("*.*")} and not hidden(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"crop_mode": "FIXED_SIZE"}, "have crop tile mode Variable_Size and this run would write Fixed_Size"),
        ({"blacken_around_feature": True}, "have blacken around feature False and this run would write True"),
        ({"metadata_format": "Imagenet"}, "have metadata format Labeled_Tiles"),
    ],
)
def test_a_folder_goes_on_with_one_kind_of_chips(tmp_path, change, says):
    """Chips that are cut in another way do not join those of an earlier run."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "l.gpkg", on_map((60, 40, 70, 52)), kind=[4])
    export(tmp_path, raster, labels, **FRAMES)
    folder, _ = export(tmp_path, raster, labels, **FRAMES)
    assert len(pixels_of(folder)) == 2
    with pytest.raises(OutputError, match=says):
        export(tmp_path, raster, labels, **{**FRAMES, **change})
