"""The cell size a raster is read at, so that objects have the size in pixels that the model knows."""

from __future__ import annotations

import math

from rasterio.crs import CRS

from ..errors import EngineError, ParameterError
from ..job import Job
from ..raster.alignment import cell_size_on
from ..raster.crs import known_crs
from ..raster.reading import RasterSource

SAME = 0.05
"""Share by which two cell sizes may differ and count as the same."""

FAR = 4.0
"""Factor by which a raster is made finer for a model at most without being asked."""

FAR_COARSER = 64.0
"""The same where it is made coarser, which loses nothing that the model knows."""

MOST_TIMES = 1.95
"""Ratio of two cell sizes from which on one image shows much that the other cannot: doubled, give or take rounding."""

METRES_A_DEGREE = 111_320.0
"""Ground length of a degree of latitude."""


def working_cell_size(
    asked: str, model_cell: float | None, source: RasterSource, job: Job, *, fixed: bool = False
) -> float | None:
    """Return the cell size to read a raster at, or None for its own.

    Args:
        asked: A number in CRS units, ``auto`` for the model's, or empty for the model's unless that is far away.
        model_cell: Cell size the model was trained at, in units of the raster's CRS; None when not known.
        source: The raster with its own cells.
        job: Told what is done, warned of a mismatch.
        fixed: The raster's own cells must be kept (pixel space).

    Raises:
        ParameterError: ``auto`` was asked for and the model does not say its cell size, or a cell size in pixel space.
    """
    own = sum(source.cell_size) / 2
    if fixed:
        if asked:
            raise ParameterError(
                f"cell_size is {asked} and use_pixelspace keeps the raster's own: leave one of them out"
            )
        if model_cell is not None and _differs(own, model_cell):
            job.warn(_mismatch(source, own, model_cell) + "; in pixel space the raster is read as it is")
        return None
    if asked == "auto":
        if model_cell is None:
            raise ParameterError("cell_size is auto and the model does not say what it was trained at: give a number")
        return _told(model_cell, own, source, job)
    if asked:
        number = float(asked)
        if model_cell is not None and _differs(number, model_cell):
            job.warn(f"cell_size {number:g} is not the {model_cell:g} the model was trained at: objects may be missed")
        return _told(number, own, source, job)
    if model_cell is None:
        job.message(f"{source.path} is read at its cell size {own:g}; the model does not say at which it was trained")
        return None
    if not _differs(own, model_cell):
        job.message(f"cell size: model {model_cell:g}, raster {own:g}")
        return None
    if own / model_cell > FAR or model_cell / own > FAR_COARSER:
        job.warn(
            _mismatch(source, own, model_cell) + ", too far apart: the raster is read as it is; "
            "objects may be missed, give cell_size to change that"
        )
        return None
    job.warn(_mismatch(source, own, model_cell) + f": the raster is read at {model_cell:g}")
    return model_cell


def model_cell_size(cell_size: float | None, crs: str | None, source: RasterSource) -> float | None:
    """Return the model's cell size in units of a raster's CRS.

    Args:
        cell_size: The model's cell size in units of its own CRS.
        crs: That CRS; without it the units count as the raster's.
        source: The raster.
    """
    if cell_size is None or crs is None or source.crs is None:
        return cell_size
    try:
        own = known_crs(crs)
    except EngineError:
        return cell_size
    return cell_size if own is None else cell_size * _metres(own) / _metres(source.crs)


def warn_of_cells(first: RasterSource, second: RasterSource, job: Job) -> None:
    """Warn of two dates whose cells differ much in size: what only one of them resolves looks like a change.

    Args:
        first: The earlier raster, at its own cell size.
        second: The later one, at its own.
        job: Told.

    Raises:
        RasterError: Their CRSs cannot be related.
    """
    own, other = first.cell_size, cell_size_on(second, first)
    most = max(max(a / b, b / a) for a, b in zip(own, other, strict=True))
    if math.isfinite(most) and most >= MOST_TIMES:
        job.warn(
            f"the cells of {first.path} are {own[0]:.4g} x {own[1]:.4g} and those of {second.path} {other[0]:.4g} x "
            f"{other[1]:.4g} {unit_name(first.crs)}, {most:.1f} times apart: what only the finer image shows "
            "may count as change; choose images of about the same cell size"
        )


def unit_name(crs: CRS | None) -> str:
    """Return the unit of a CRS as it stands behind a number."""
    if crs is None:
        return "units"
    if crs.is_geographic:
        return "degrees"
    name = str(crs.linear_units or "units")
    return "m" if name.lower() in ("metre", "meter", "m") else name


def _metres(crs: CRS) -> float:
    """Return the length of a unit of a CRS in metres."""
    return METRES_A_DEGREE if crs.is_geographic else float(crs.linear_units_factor[1])


def _told(cell_size: float, own: float, source: RasterSource, job: Job) -> float:
    """Say that a raster is resampled."""
    job.message(f"{source.path} has cells of {own:g} and is read at {cell_size:g}")
    return cell_size


def _differs(one: float, other: float) -> bool:
    """Return whether two cell sizes are not the same for a model."""
    return max(one / other, other / one) > 1 + SAME


def _mismatch(source: RasterSource, own: float, model_cell: float) -> str:
    """Say which cell sizes do not fit."""
    return f"the model was trained at cell size {model_cell:.4g} and {source.path} has {own:.4g}"
