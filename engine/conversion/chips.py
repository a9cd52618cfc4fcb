"""The chips of a conversion as rasters to cut: all with the same bands, each with its own labels on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import rasterio
import shapely
from rasterio.io import MemoryFile

from ..classes import ClassInfo
from ..errors import RasterError, SampleFolderError
from ..job import Job
from ..raster.alignment import Overlay, on_grid
from ..raster.crs import crs_text
from ..raster.reading import RasterSource, raster_source
from ..samples.exporting import LabelledRaster
from ..samples.folder import SampleSet
from ..samples.panoptic_labels import PanopticLabels
from ..samples.placing import in_pixels
from ..samples.registry import LabelRequest, RunLabels, SampleFormat
from ..samples.samples import NO_LABEL, ChipSample, MaskSample, second_image
from ..tools.values import FeatureSource
from ..vector.labels import GivenLabels, Labels
from ..vector.reading import FeatureTable
from .objects import OUTLINES, areas_of, class_map

_BACKGROUND = ClassInfo(0, "Background")


@dataclass(frozen=True)
class LabelledChip:
    """A chip with its labels.

    Attributes:
        raster: What is cut.
        labels: What the format makes of the labels.
    """

    raster: LabelledRaster
    labels: RunLabels


class ChipRasters:
    """Makes rasters of the chips of some training data.

    Attributes:
        bands: Bands of all chips.
        dtype: Numpy name of their pixel type.
        widened: Chips of one band that are written with three so far.
    """

    def __init__(self, samples: SampleSet, form: SampleFormat) -> None:
        """Label chips for a format."""
        self._samples, self._form = samples, form
        counts = np.bincount([sample.shape[0] for sample in samples.samples if sample.shape is not None])
        self.bands = int(counts.argmax())
        self.dtype = samples.dtype
        self.widened = 0

    def source(self, sample: ChipSample) -> RasterSource:
        """Return a chip as a raster on the grid of its own pixels.

        Raises:
            SampleFolderError: It cannot be read, or has other bands or another type than the rest.
        """
        try:
            source = raster_source(str(sample.image), job=Job(), pixel_space=True)
        except RasterError as error:
            raise SampleFolderError(f"{error}; or remove this chip") from error
        if len(source.bands) == 1 and self.bands == 3 and source.dtype == self.dtype:
            self.widened += 1
            band = source.bands[0]
            source = replace(
                source, bands=(band,) * 3, band_names=("",) * 3, nodata_values=source.nodata_values[:1] * 3
            )
        if (len(source.bands), source.dtype) != (self.bands, self.dtype):
            raise SampleFolderError(
                f"{sample.image} has {len(source.bands)} bands of {source.dtype} and most chips have {self.bands} of "
                f"{self.dtype}: convert them one by one into folders of their own"
            )
        return source

    @contextmanager
    def labelled(self, number: int, source: RasterSource, second: RasterSource | None) -> Iterator[LabelledChip]:
        """Give a chip with its labels; class maps lie in memory as long as the block runs.

        Args:
            number: Of the chip.
            source: Its raster.
            second: Raster of the second chip of a pair, None without.

        Raises:
            SampleFolderError: A label cannot be read.
        """
        sample = self._samples.samples[number]
        overlay = None if second is None else _laid_over(second, source)
        title = self._samples.sources[number] or str(sample.image)
        maps = not self._form.statistics.features
        instances = None
        if self._form.takes_instances:
            instances = GivenLabels("", labels=self._labels(sample, source, False))
        if isinstance(sample, MaskSample) and maps:
            with _map_file(class_map(sample), source) as path:
                labels = self._made(FeatureSource(path), instances)
                placed = labels.on(source, Job())
                yield LabelledChip(LabelledRaster(source, placed, None, overlay, title), self._known(labels))
            return
        labels = self._made(GivenLabels("", labels=self._labels(sample, source, maps)), instances)
        yield LabelledChip(LabelledRaster(source, labels.on(source, Job()), None, overlay, title), labels)

    def _made(self, given: FeatureSource, instances: FeatureSource | None) -> RunLabels:
        """Return what the format makes of labels; what there is to tell was told by the folder."""
        images = self._form.drawn_from == "images"
        request = LabelRequest(None if images else given, "", 0.0, "", pixel_space=True, instances=instances)
        return self._form.labels(request, Job())

    def _known(self, labels: RunLabels) -> RunLabels:
        """Return labels made of the class map of one chip with the classes of all."""
        if isinstance(labels, PanopticLabels):
            return PanopticLabels(MappedLabels(labels.pixels, self._samples), labels.instances)
        return MappedLabels(labels, self._samples)

    def _labels(self, sample: ChipSample, source: RasterSource, maps: bool) -> Labels:
        """Return the areas of a chip on the map; maps of classes get the background under them."""
        size = source.rows, source.cols
        areas, values = areas_of(sample, size, self._form.drawn_from == OUTLINES)
        classes = self._samples.classes
        if maps:
            frame = np.empty(1, object)
            frame[:] = [_frame(source)]
            areas, values = np.concatenate([frame, areas]), np.concatenate([[0], values])
            classes = (_BACKGROUND, *classes)
        table = FeatureTable(in_pixels(areas, source.transform), {}, crs_text(source.crs), str(sample.image))
        return Labels(table, values.astype(np.int64), np.arange(len(values)), classes, True)


class MappedLabels:
    """The class map of one chip among those of a folder, which all have the same classes."""

    numbered = True

    def __init__(self, labels: RunLabels, samples: SampleSet) -> None:
        """Stand for the labels of a chip."""
        self._labels = labels
        self.classes, self.unlabelled = samples.classes, samples.unlabelled
        self.on, self.bounds, self.tell = labels.on, labels.bounds, labels.tell


def second_source(sample: ChipSample) -> RasterSource | None:
    """Return the second chip of a pair as a raster, None without.

    Raises:
        SampleFolderError: It cannot be read.
    """
    path = second_image(sample)
    if path is None:
        return None
    try:
        return raster_source(str(path), job=Job(), pixel_space=True)
    except RasterError as error:
        raise SampleFolderError(f"{error}; or remove this chip") from error


def _laid_over(second: RasterSource, source: RasterSource) -> Overlay:
    """Return the second chip on the grid of the first."""
    overlay = on_grid(second, source, Job())
    if overlay is None:
        raise SampleFolderError(f"{second.path} shows other ground than {source.path}: correct or remove the pair")
    return overlay


def _frame(source: RasterSource) -> shapely.Geometry:
    """Return the whole chip as a polygon in its pixels."""
    return shapely.box(0, 0, source.cols, source.rows)


@contextmanager
def _map_file(values: np.ndarray, source: RasterSource) -> Iterator[str]:
    """Give a class map as a raster in memory, on the grid of its chip."""
    void = 65535
    pixels = np.where(values == NO_LABEL, void, values).astype(np.uint16)
    profile = {"driver": "GTiff", "height": source.rows, "width": source.cols, "count": 1, "dtype": "uint16"}
    with MemoryFile(ext=".tif") as memory:
        with memory.open(**profile, crs=source.crs, transform=source.transform, nodata=void) as raster:
            raster.write(pixels, 1)
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="TRUE"):
            yield memory.name
