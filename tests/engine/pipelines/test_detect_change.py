"""Detect Change Using Deep Learning, from two rasters to a class raster; the network knows what became brighter."""

from __future__ import annotations

import filecmp
import json

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from engine.errors import Cancelled, ModelPackageError, OutputError, ParameterError, RasterError
from engine.job import Job
from engine.pipelines.detect_change import run
from engine.raster.class_raster import class_raster
from engine.tools.detect_change import DetectChange
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import read_features
from tests.engine.inference.differing import STEP, change_model
from tests.engine.inference.levels import level_model
from tests.rasters import write_boxes, write_raster

LEFT, TOP = 500_000.0, 4_650_000.0
CRS = "EPSG:32633"
ONE = {"arguments": (("batch_size", "1"),)}


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Two kinds of change, tiles of 64 pixels, a padding of 8, two bands."""
    return change_model(tmp_path / "model", monkeypatch)


class Stopping(Job):
    """Cancels after the second row of tiles."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 12

    def check(self) -> None:
        """Count down."""
        self.left -= 1
        if self.left < 0:
            raise Cancelled("cancelled by the user")


def scene(rows=150, cols=211, dtype=np.uint16):
    """Return two dates, (2, rows, cols) each, and what changed between them, (rows, cols)."""
    coarse = np.random.default_rng(5).integers(0, 3, (-(-rows // 10), -(-cols // 10)))
    truth = np.kron(coarse, np.ones((10, 10), int))[:rows, :cols]
    base = np.full((2, rows, cols), 100, dtype)
    later = base.copy()
    later[0] += (STEP * (truth == 1)).astype(dtype)
    later[0] -= (STEP * (truth == 2)).astype(dtype)
    return base, later, truth


def detect(model, one, other, out, job=None, **parameters):
    """Run the tool and return its outputs."""
    request = DetectChange(
        from_raster=str(one), to_raster=str(other), out_classified_raster=str(out), in_model_definition=model,
        processor_type="CPU", **parameters,
    )  # fmt: skip
    return run(request, job or Job())


def values_of(path):
    """Return the pixels of a result."""
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def pair(tmp_path, later_transform=None, **profile):
    """Write the scene as two rasters; return their paths and the truth."""
    base, later, truth = scene()
    one = write_raster(tmp_path / "a.tif", base, cell_size=2.0)
    other = write_raster(tmp_path / "b.tif", later, cell_size=2.0, transform=later_transform, **profile)
    return one, other, truth


def test_what_changed_is_written_with_names_and_colours(tmp_path, model):
    """On the first raster's grid; 0 is no change, nodata of either date is nodata, the manifest names both."""
    base, later, truth = scene()
    base[:, :20, 150:] = 65535
    later[:, 100:, :30] = 0
    one = write_raster(tmp_path / "a.tif", base, nodata=65535, cell_size=2.0)
    other = write_raster(tmp_path / "b.tif", later, nodata=0, cell_size=2.0)

    outputs = detect(
        model, one, other, tmp_path / "change.tif", out_confidence_raster=str(tmp_path / "sure.tif"),
        out_polygons=FeatureTarget(str(tmp_path / "areas.gpkg")),
    )  # fmt: skip

    expected = truth.copy()
    expected[:20, 150:] = expected[100:, :30] = 255
    with rasterio.open(outputs["out_classified_raster"]) as result, rasterio.open(one) as source:
        assert (result.read(1) == expected).all()
        assert (result.dtypes, result.nodata) == (("uint8",), 255)
        assert (result.transform, result.crs, result.shape) == (source.transform, source.crs, source.shape)
        assert result.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    found = class_raster(outputs["out_classified_raster"], job=Job())
    assert [(entry.value, entry.name) for entry in found.classes] == [(1, "gained"), (2, "lost")]
    assert found.unlabelled is None and "No change" in (tmp_path / "change.tif.aux.xml").read_text()
    assert np.isnan(values_of(tmp_path / "sure.tif")[:20, 150:]).all()
    areas = read_features(FeatureSource(outputs["out_polygons"]), job=Job())
    assert set(areas.fields["Class"]) >= {"gained", "lost"}
    manifest = json.loads((tmp_path / "change.tif.run.json").read_text())
    assert [entry["path"] for entry in manifest["inputs"]] == [one, other]


def test_rasters_on_other_grids_meet_on_that_of_the_first(tmp_path, model):
    """A shift of 0.4 cell, other cells, another CRS, part of the ground: pixels inside areas of change are right."""
    base, later, truth = scene()
    own = Affine(2, 0, LEFT, 0, -2, TOP)
    one = write_raster(tmp_path / "a.tif", base, transform=own)
    grids = {
        "shifted": (Affine(2, 0, LEFT + 0.8, 0, -2, TOP + 0.4), (150, 211), CRS),
        "finer": (Affine(1, 0, LEFT, 0, -1, TOP), (300, 422), CRS),
        "part": (Affine(2, 0, LEFT + 100.8, 0, -2, TOP - 60.6), (100, 100), CRS),
        "zone": (Affine(2, 0, *_corner("EPSG:32634")), (180, 250), "EPSG:32634"),
    }
    for name, (transform, shape, crs) in grids.items():
        stored = np.zeros((2, *shape), np.uint16)
        for band in range(2):
            reproject(
                later[band], stored[band], src_transform=own, src_crs=CRS, dst_transform=transform, dst_crs=crs,
                resampling=Resampling.nearest, init_dest_nodata=True,
            )  # fmt: skip
        other = write_raster(tmp_path / f"{name}.tif", stored, transform=transform, crs=crs, nodata=0)

        detect(model, one, other, tmp_path / f"{name}_out.tif")

        with rasterio.open(tmp_path / f"{name}_out.tif") as result:
            found, place = result.read(1), result.transform
            col, row = ~own @ (place.c, place.f)
            assert (col, row) == (round(col), round(row)) and result.crs == CRS, name
        there = truth[round(row) : round(row) + found.shape[0], round(col) : round(col) + found.shape[1]]
        inside = _inside(there) & (found != 255)
        assert inside.sum() > 0.2 * found.size, name
        assert (found[inside] == there[inside]).mean() > 0.999, name


def _corner(crs):
    """Return numbers for a transform that begins a little outside of the scene, in another CRS."""
    x, y = rasterio.warp.transform(CRS, crs, [LEFT - 20], [TOP + 40])
    return x[0], 0, -2, y[0]


def _inside(truth):
    """Return pixels whose neighbours are all of their class."""
    same = np.ones(truth.shape, bool)
    for row in (-1, 0, 1):
        for col in (-1, 0, 1):
            same &= np.roll(truth, (row, col), (0, 1)) == truth
    same[[0, -1]] = same[:, [0, -1]] = False
    return same


def test_a_threshold_leaves_what_is_unsure_unchanged(tmp_path, model):
    """Below it a pixel did not change; score_threshold is another name."""
    base, later, truth = scene()
    later[0, truth == 1] -= 12  # a change of 28: nearer to 40 than to 0, and less sure
    one, other = (
        write_raster(tmp_path / f"{name}.tif", image, cell_size=2.0) for name, image in (("a", base), ("b", later))
    )

    detect(model, one, other, tmp_path / "all.tif")
    detect(model, one, other, tmp_path / "sure.tif", arguments=(("score_threshold", "0.8"),))

    assert (values_of(tmp_path / "all.tif") == truth).all()
    assert (values_of(tmp_path / "sure.tif") == np.where(truth == 2, 2, 0)).all()


def test_resumed_and_sharded_runs_write_the_same_bytes(tmp_path, model):
    """A run that is stopped goes on behind its finished rows; two halves make the whole."""
    one, other, _ = pair(tmp_path, Affine(2, 0, LEFT + 0.8, 0, -2, TOP + 0.4))
    straight = tmp_path / "straight.tif"
    detect(model, one, other, straight, **ONE)

    resumed = tmp_path / "resumed.tif"
    with pytest.raises(Cancelled, match="the same request goes on behind them"):
        detect(model, one, other, resumed, Stopping(), **ONE)
    job = Job()
    detect(model, one, other, resumed, job, **ONE)
    assert any("going on behind" in line for line in job.messages)
    assert filecmp.cmp(straight, resumed, shallow=False)

    sharded = tmp_path / "sharded.tif"
    assert detect(model, one, other, sharded, shard="1/2", work_folder=str(tmp_path), **ONE) == {}
    detect(model, one, other, sharded, shard="2/2", work_folder=str(tmp_path), **ONE)
    assert filecmp.cmp(straight, sharded, shallow=False)


def test_work_of_other_rasters_is_not_gone_on_with(tmp_path, model):
    """The journal's key covers both files."""
    one, other, _ = pair(tmp_path)

    out = tmp_path / "out.tif"
    with pytest.raises(Cancelled):
        detect(model, one, other, out, Stopping(), **ONE)
    with rasterio.open(other, "r+") as file:
        file.write(file.read() + 1)
    with pytest.raises(OutputError, match="rasters"):
        detect(model, one, other, out, **ONE)


def test_extent_mask_and_output_crs_are_honoured(tmp_path, model):
    """As in Classify Pixels."""
    one, other, truth = pair(tmp_path)
    mask = write_boxes(tmp_path / "mask.gpkg", [(LEFT, TOP - 100, LEFT + 120, TOP)])
    detect(model, one, other, tmp_path / "a_out.tif", extent=Extent(LEFT + 20, TOP - 200, LEFT + 200, TOP), mask=mask)

    found = values_of(tmp_path / "a_out.tif")
    assert found.shape == (100, 90)
    assert (found[:50, :50] == truth[:50, 10:60]).all() and (found[50:] == 255).all() and (found[:, 50:] == 255).all()
    detect(model, one, other, tmp_path / "geo.tif", output_crs="EPSG:4326")
    with rasterio.open(tmp_path / "geo.tif") as result:
        assert result.crs == "EPSG:4326" and set(np.unique(result.read(1))) <= {0, 1, 2, 255}


def test_views_are_merged_alike_for_both_dates(tmp_path, model):
    """Turning a pair turns both dates: the answer of a network of single pixels stays the same."""
    one, other, truth = pair(tmp_path)
    detect(model, one, other, tmp_path / "out.tif", arguments=(("test_time_augmentation", "True"),))
    assert (values_of(tmp_path / "out.tif") == truth).all()


def test_what_cannot_be_compared_is_refused(tmp_path, model, monkeypatch):
    """Each with its sentence, before anything is written."""
    one, other, _ = pair(tmp_path)
    base, _, _ = scene()
    far = write_raster(tmp_path / "far.tif", base, left=900_000.0, cell_size=2.0)
    more = write_raster(tmp_path / "more.tif", np.concatenate([base, base[:1]]), cell_size=2.0)
    out = tmp_path / "out.tif"
    with pytest.raises(RasterError, match="share no ground: choose two rasters of the same place"):
        detect(model, one, far, out)
    with pytest.raises(RasterError, match=r"has 3 bands and .* 2: choose two rasters with the same bands"):
        detect(model, one, more, out)
    with pytest.raises(RasterError, match="does not exist"):
        detect(model, one, tmp_path / "nothing.tif", out)
    with pytest.raises(ParameterError, match="are both"):
        detect(model, one, one, out)
    with pytest.raises(ParameterError, match="is also to_raster"):
        detect(model, one, other, other)
    with pytest.raises(ParameterError, match="thinning"):
        detect(model, one, other, out, arguments=(("thinning", "True"),))
    pixels = level_model(tmp_path / "pixels", monkeypatch)
    with pytest.raises(ModelPackageError, match=r"model for pixel classification .*, not for change detection"):
        detect(pixels, one, other, out)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]
