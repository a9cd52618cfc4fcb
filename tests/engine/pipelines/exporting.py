"""What the tests of the export share: a small scene, labels in pixels, an export with small chips."""

import numpy as np
import rasterio

from engine.job import Job
from engine.pipelines.export_training_data import run
from engine.samples.folder import read_samples
from engine.tools.export_training_data import ExportTrainingData

LEFT, TOP, CELL = 500_000.0, 4_650_000.0, 0.5
FORMATS = ("PASCAL_VOC_rectangles", "KITTI_rectangles")


def scene(bands=3, rows=96, cols=128, dtype=np.uint8, seed=0):
    """Return random pixels, none of them 0."""
    return np.random.default_rng(seed).integers(1, 250, (bands, rows, cols)).astype(dtype)


def on_map(*boxes, left=LEFT, top=TOP, cell=CELL):
    """Return pixel boxes in map units."""
    return [(left + a * cell, top - d * cell, left + c * cell, top - b * cell) for a, b, c, d in boxes]


def export(tmp_path, raster, labels, job=None, **options):
    """Export with small chips; return the folder and the job."""
    job = job or Job()
    settings = {"tile_size_x": 32, "tile_size_y": 32, "stride_x": 32, "stride_y": 32}
    request = ExportTrainingData(
        in_raster=str(raster),
        out_folder=str(tmp_path / options.pop("folder", "chips")),
        in_class_data=labels,
        **{**settings, **options},
    )
    outputs = run(request, job)
    folder = tmp_path / outputs["out_folder"]
    assert int(outputs["out_chips"]) > 0
    return folder, job


def boxes_on_map(folder):
    """Return every box of a folder in map units, with its class, through the chips' own georeference."""
    found = []
    for sample in read_samples([str(folder)], Job()).samples:
        with rasterio.open(sample.image) as chip:
            for (a, b, c, d), value in zip(sample.boxes.tolist(), sample.classes.tolist(), strict=True):
                (left, top), (right, bottom) = chip.transform @ (a, b), chip.transform @ (c, d)
                found.append((left, bottom, right, top, value))
    return sorted(found)


def hidden(folder):
    """Return temporary names left in a folder."""
    return [entry.name for entry in folder.rglob(".*")]
