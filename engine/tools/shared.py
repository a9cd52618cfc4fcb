"""Parameters that several tools share, each declared once."""

from __future__ import annotations

from typing import Any

from .declaration import param
from .kinds import CellSize, Choice, Crs, ExtentKind, Text

PROCESSING_MODES = ("PROCESS_AS_MOSAICKED_IMAGE", "PROCESS_ITEMS_SEPARATELY")


def processing_mode() -> Any:
    """How a folder of rasters is treated."""
    return param(
        Choice(
            "Processing mode",
            "One raster is one image in either mode; the rasters of a folder are always processed one by one.",
            choices=PROCESSING_MODES,
        ),
        PROCESSING_MODES[0],
        advanced=True,
    )


def cell_size(auto: str, empty: str) -> Any:
    """Cell size environment.

    Args:
        auto: What the word ``auto`` stands for in this tool.
        empty: What nothing given stands for.
    """
    text = f"Cell size at which the raster is read, in units of its CRS. auto: {auto}. Empty: {empty}."
    return param(CellSize("Cell size", text), "", advanced=True)


def extent(what: str = "Only this part of the raster is processed.") -> Any:
    """Extent environment."""
    return param(ExtentKind("Extent", what), None, advanced=True)


def output_crs() -> Any:
    """Output coordinate system environment."""
    return param(
        Crs("Output coordinate system", "CRS of the output; empty takes that of the input."), "", advanced=True
    )


def processor_type() -> Any:
    """Processor type environment."""
    return param(
        Choice("Processor type", "Empty takes a GPU when there is one.", choices=("", "CPU", "GPU")), "", advanced=True
    )


def gpu_id() -> Any:
    """GPU ID environment."""
    return param(Text("GPU ID", "Number of the GPU to use, counted from 0; empty takes the first."), "", advanced=True)


def precision() -> Any:
    """Arithmetic of the network."""
    text = "auto takes bfloat16 where the processor computes it natively and it was measured to agree with float32."
    return param(Choice("Precision", text, choices=("auto", "fp32", "bf16")), "auto", advanced=True)
