"""Which bands of a raster are data: an alpha band is the mask, a palette stands for red, green and blue.

Programs mark the fourth band of a GeoTIFF as alpha even where it is near infrared. The band's name is believed then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp

from ..errors import RasterError

_NAMED = {
    ColorInterp.red: "Red",
    ColorInterp.green: "Green",
    ColorInterp.blue: "Blue",
}
_RGB = ("Red", "Green", "Blue")
_VISIBLE = (("red", "green", "blue"), ("b04", "b03", "b02"))
"""Names of the bands that are shown as red, green and blue: plain ones, and those of Sentinel-2."""


_MEASURED = re.compile(
    r"infra[ _-]?red|red[ _-]?edge|thermal|elevation|"
    r"(?<![a-z])(v?nir|[slm]wir|mir|tir|ir|pan|dem|dsm|dtm|chm|ndsm|ndvi|height|depth|coastal|aerosol|b0?[5-9]a?|b1[0-2])"
    r"(?![a-z])",
    re.IGNORECASE,
)
"""Names of bands that hold a measurement; no mask is called so."""


def alpha_band(dataset: Any) -> int:
    """Return the 1-based number of an open dataset's alpha band, 0 without one.

    A band that is marked as alpha and named after a measurement, such as near infrared, is none.
    """
    return next((band for band in _marked(dataset) if not _is_measured(dataset, band)), 0)


def measured_alpha(dataset: Any) -> int:
    """Return the 1-based number of the band that is marked as alpha and that its name says to be data, 0 without."""
    return next((band for band in _marked(dataset) if _is_measured(dataset, band)), 0)


def _marked(dataset: Any) -> list[int]:
    """Return the 1-based numbers of the bands that are marked as alpha; the only band of a raster is none."""
    roles = dataset.colorinterp
    return [band for band, role in enumerate(roles, 1) if role == ColorInterp.alpha and len(roles) > 1]


def _is_measured(dataset: Any, band: int) -> bool:
    """Return whether a band is named after a measurement."""
    return bool(_MEASURED.search(dataset.descriptions[band - 1] or ""))


def palette_of(dataset: Any) -> bytes:
    """Return the palette of an open dataset as RGBA bytes, one quadruple a value; empty without a palette."""
    roles = [role for role in dataset.colorinterp if role != ColorInterp.alpha]
    if roles != [ColorInterp.palette] or dataset.dtypes[0] not in ("uint8", "uint16"):
        return b""
    table = np.zeros((256 if dataset.dtypes[0] == "uint8" else 65536, 4), np.uint8)
    for value, color in dataset.colormap(1).items():
        if 0 <= value < len(table):
            table[value] = color
    return table.tobytes()


def names_of(dataset: Any, alpha: int, palette: bytes) -> tuple[str, ...]:
    """Return the names of the data bands: description, else red, green or blue, else an empty text."""
    if palette:
        return _RGB
    return tuple(
        dataset.descriptions[band - 1] or _NAMED.get(dataset.colorinterp[band - 1], "")
        for band in range(1, dataset.count + 1)
        if band != alpha
    )


def rgb_bands(names: Sequence[str], bands: int) -> tuple[int, ...]:
    """Return the 0-based bands that are shown as red, green and blue; the first when there are fewer than three.

    Args:
        names: Names of the bands, empty texts where not known.
        bands: How many there are.
    """
    plain = [name.strip().lower() for name in names[:bands]]
    for colors in _VISIBLE:
        if all(color in plain for color in colors):
            return tuple(plain.index(color) for color in colors)
    return (0, 1, 2) if bands >= 3 else (0,)


def chosen(asked: Sequence[int | str] | None, names: Sequence[str], path: str) -> tuple[int, ...]:
    """Return the 0-based data bands that were asked for by number or name; all without a wish.

    Args:
        asked: 0-based numbers, or band names in any case.
        names: Names of the data bands.
        path: The raster, for messages.

    Raises:
        RasterError: A band is not there.
    """
    if asked is None:
        return tuple(range(len(names)))
    if not asked:
        raise RasterError(f"no band of {path} is asked for: name at least one")
    lookup = {name.casefold(): index for index, name in reversed(list(enumerate(names))) if name}
    found = []
    for band in asked:
        index = lookup.get(band.casefold(), -1) if isinstance(band, str) else band
        if isinstance(band, str) and index < 0 and band.strip().isdigit():
            index = int(band)
        if not 0 <= index < len(names):
            known = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names))
            raise RasterError(
                f"band {band} is needed and {path} has {len(names)} (counted from 0: {known}): choose another raster"
            )
        found.append(index)
    return tuple(found)
