"""Small folders as other programs write them, made in the test."""

import json

import numpy as np
import rasterio

from engine.job import Job
from engine.samples.folder import read_samples

ROWS, COLS = 40, 56


def image(path, rows=ROWS, cols=COLS, bands=3, seed=0, dtype=np.uint8):
    """Write an image of random pixels; the suffix chooses its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(1, 250, (bands, rows, cols)).astype(dtype)
    return raster(path, pixels)


def raster(path, pixels):
    """Write (bands, rows, cols) without georeference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    driver = {".png": "PNG", ".jpg": "JPEG", ".tif": "GTiff"}[path.suffix]
    bands, rows, cols = pixels.shape
    with rasterio.open(path, "w", driver=driver, width=cols, height=rows, count=bands, dtype=pixels.dtype) as file:
        file.write(pixels)
    return path


def coco(path, annotated, count=2, classes=((3, "crane"), (7, "barge")), **changes):
    """Write a COCO file beside images ``0.png``, ``1.png`` ...; return its path."""
    for number in range(count):
        image(path.parent / f"{number}.png", seed=number)
    content = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": COLS, "height": ROWS} for n in range(count)],
        "annotations": [{"id": n, "iscrowd": 0, **entry} for n, entry in enumerate(annotated)],
        "categories": [{"id": number, "name": name} for number, name in classes],
    }
    path.write_text(json.dumps({**content, **changes}), "utf-8")
    return path


def text(path, content):
    """Write a text file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def read(folder, **options):
    """Read a folder; return its samples and the job."""
    job = Job()
    return read_samples([str(folder)], job, **options), job
