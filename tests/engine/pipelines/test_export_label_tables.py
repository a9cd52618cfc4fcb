"""Export from the table of labels that belongs to a collection of images."""

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely

from engine.errors import FeatureError
from engine.job import Job
from engine.samples.folder import read_label, read_samples
from engine.samples.registry import sample_formats
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export, scene
from tests.rasters import write_raster


def collection(folder):
    """Write two images without georeference and one on the map; return their folder."""
    images = folder / "images"
    images.mkdir()
    for number, name in enumerate(("one", "two")):
        with rasterio.open(
            images / f"{name}.png", "w", driver="PNG", width=64, height=40, count=3, dtype="uint8"
        ) as image:
            image.write(scene(rows=40, cols=64, seed=number))
    write_raster(images / "three.tif", scene(rows=40, cols=64, seed=2), cell_size=0.25, left=400_000)
    return images


def table(path, rows, driver="GPKG", down=True):
    """Write rows of image, class value, class name and box in pixels (None for the whole image)."""
    turned = 1 if down else -1
    boxes = [None if box is None else shapely.box(box[0], turned * box[1], box[2], turned * box[3]) for *_, box in rows]
    texts = [np.array([row[at] for row in rows], object) for at in (0, 2)]
    columns = {"ImageName": texts[0], "Classvalue": np.array([row[1] for row in rows]), "Classname": texts[1]}
    if driver == "CSV":
        lines = [
            f'"{i}",{v},{n},"{"" if box is None else box.wkt}"' for (i, v, n, _), box in zip(rows, boxes, strict=True)
        ]
        path.write_text("\n".join(["ImageName,Classvalue,Classname,geometry", *lines]) + "\n")
        return FeatureSource(str(path))
    geometry = None if all(box is None for box in boxes) else shapely.to_wkb(np.array(boxes, object))
    pyogrio.raw.write(
        str(path), geometry=geometry, field_data=list(columns.values()), fields=list(columns), driver=driver,
        geometry_type=None if geometry is None else "Polygon", crs=None, layer="labels",
    )  # fmt: skip
    return FeatureSource(str(path), layer="labels")


@pytest.mark.parametrize(("driver", "down"), [("GPKG", True), ("GPKG", False), ("CSV", True)])
def test_each_label_lies_in_its_image(tmp_path, driver, down):
    """Named by file name, by path and by stem; rows counted downwards, or negative as QGIS draws them."""
    images = collection(tmp_path)
    rows = [
        ("one.png", 3, "crown", (4, 6, 14, 12)),
        (str(images / "two.png"), 5, "roof", (30, 20, 50, 36)),
        ("three", 3, "crown", (8, 10, 20, 30)),
    ]
    labels = table(tmp_path / ("t.csv" if driver == "CSV" else "t.gpkg"), rows, driver, down)
    options = {"tile_size_x": 64, "tile_size_y": 40, "stride_x": 64, "stride_y": 40}
    folder, job = export(tmp_path, images, labels, **options)
    samples = read_samples([str(folder)], Job())
    assert [(entry.value, entry.name) for entry in samples.classes] == [(3, "crown"), (5, "roof")]
    found = {
        source.rpartition("/")[2]: (sample.boxes[0].tolist(), int(sample.classes[0]))
        for source, sample in zip(samples.sources, samples.samples, strict=True)
    }
    assert found == {
        "one.png": ([4, 6, 14, 12], 3), "two.png": ([30, 20, 50, 36], 5), "three.tif": ([8, 10, 20, 30], 3)
    }  # fmt: skip
    assert any("has labels of 3 images, named in its column ImageName" in text for text in job.messages)


def test_a_row_without_geometry_labels_the_whole_image(tmp_path):
    """A table that is no layer: every pixel of an image has its class, in map space and in pixel space."""
    images = collection(tmp_path)
    rows = [("one.png", 3, "crown", None), ("three.tif", 5, "roof", None)]
    labels = table(tmp_path / "t.gpkg", rows)
    options = {"tile_size_y": 20, "stride_y": 20, "metadata_format": "Classified_Tiles"}
    for space in ("MAP_SPACE", "PIXEL_SPACE"):
        folder, _ = export(tmp_path, images, labels, folder=space, reference_system=space, **options)
        samples = read_samples([str(folder)], Job())
        values = [set(np.unique(read_label(sample)).tolist()) for sample in samples.samples]
        assert values == [{3}] * 4 + [{5}] * 4


def test_a_table_that_names_no_image_is_refused(tmp_path):
    """The sentence says where to look."""
    labels = table(tmp_path / "t.gpkg", [("four.png", 3, "crown", (4, 6, 14, 12))])
    with pytest.raises(FeatureError, match=r"none of the 1 labels of labels belongs to the 3 rasters of .*images"):
        export(tmp_path, collection(tmp_path), labels)
    assert not (tmp_path / "chips").exists()


@pytest.mark.parametrize("name", sorted(sample_formats()))
def test_every_format_takes_the_table(tmp_path, name):
    """One image with an object in pixels, one labelled as a whole; each chip is of the class of its image."""
    images = collection(tmp_path)
    (images / "three.tif").unlink()
    labels = table(tmp_path / "t.gpkg", [("one", 3, "crown", (4, 6, 34, 26)), ("two", 5, "roof", None)])
    form = sample_formats()[name]
    options = {"tile_size_x": 64, "tile_size_y": 40, "stride_x": 64, "stride_y": 40, "metadata_format": name}
    if form.takes_instances:
        options["in_instance_data"] = labels
    if len(form.sides) > 1:
        options["in_raster2"] = str(images)
    folder, _ = export(tmp_path, images, labels, **options)
    samples = read_samples([str(folder / form.sides[0])], Job())
    assert sorted(source.rpartition("/")[2] for source in samples.sources) == ["one.png", "two.png"]
    assert [entry.value for entry in samples.classes] in ([3, 5], [])
