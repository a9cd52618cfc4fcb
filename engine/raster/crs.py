"""Coordinate reference systems: known ones, compared and written down in one way."""

from __future__ import annotations

import re

from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError

from ..errors import EngineError, ParameterError

GDAL_ERRORS = (RasterioError, CRSError, CPLE_BaseError, OSError)
"""What rasterio raises when GDAL or PROJ refuses; some of GDAL's own errors come through unwrapped."""

_NOWHERE = re.compile(
    r"\s*((LOCAL_CS|ENGCRS|ENGINEERINGCRS)\s*\[|(GEOGCS|GEOGCRS)\s*\[\s*\"Undefined geographic SRS\")", re.IGNORECASE
)
"""How GDAL writes "undefined Cartesian" and other systems that have no place on the ground.

QGIS gives a layer without CRS the "undefined geographic" one when it writes a GeoPackage."""


def known_crs(crs: str | CRS | None, what: str = "the layer", kind: type[EngineError] = EngineError) -> CRS | None:
    """Return a CRS that has a place on the ground, None for an empty or undefined one.

    Args:
        crs: Authority code, WKT, or CRS.
        what: Whose it is, for the message.
        kind: The error to raise.

    Raises:
        EngineError: Of the asked kind; the text is no CRS.
    """
    if crs is None or (isinstance(crs, str) and not crs.strip()):
        return None
    try:
        found = CRS.from_user_input(crs)
        text = found.to_wkt() if found else ""
    except GDAL_ERRORS as error:
        raise kind(f"the CRS of {what} is not known ({str(crs)[:60]}): give it one with an authority code") from error
    return None if not text or _NOWHERE.match(text) else found


def asked_crs(output_crs: str) -> CRS | None:
    """Return the CRS that an output is asked for in, None where none is.

    Raises:
        ParameterError: It is no CRS, or none of a map: geocentric, or of heights only.
    """
    found = known_crs(output_crs, "output_crs", ParameterError)
    if found is not None and not (found.is_geographic or found.is_projected):
        raise ParameterError(
            f"output_crs {crs_text(found)} is no map's: it has no longitude and latitude, and no easting and northing; "
            "choose a geographic or projected one, such as EPSG:4326"
        )
    return found


def crs_text(crs: CRS | None) -> str | None:
    """Return an authority code, or WKT where there is none."""
    if crs is None:
        return None
    authority = crs.to_authority(confidence_threshold=100)
    return ":".join(authority) if authority else str(crs.to_wkt())
