"""Parameters that several tools share, each declared once."""

from __future__ import annotations

import os
from typing import Any

from .declaration import When, param
from .kinds import CellSize, Choice, Cores, Crs, ExtentKind, Features, Flag, Raster, Text

PROCESSING_MODES = ("PROCESS_AS_MOSAICKED_IMAGE", "PROCESS_ITEMS_SEPARATELY")


def processing_mode(
    text: str = "One raster is one image in either mode; the rasters of a folder are always processed one by one.",
) -> Any:
    """How a folder of rasters is treated; the text says what the modes mean in this tool."""
    return param(Choice("Processing mode", text, choices=PROCESSING_MODES), PROCESSING_MODES[0], advanced=True)


def use_pixelspace(text: str) -> Any:
    """Whether images are worked on as they are stored; the text says what that means in this tool."""
    return param(Flag("Use pixel space", text, on="PIXELSPACE", off="NO_PIXELSPACE"), False, advanced=True)


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


def mask(text: str) -> Any:
    """Mask environment; the text says what happens outside."""
    return param(Features("Mask", text, geometry="polygon"), None, advanced=True)


def snap_raster() -> Any:
    """Snap raster environment."""
    text = (
        "Raster whose cell edges the output keeps to; it must be in the CRS of the output. Its cell size is not taken."
    )
    return param(Raster("Snap raster", text, folder=False), "", advanced=True)


def output_crs() -> Any:
    """Output coordinate system environment."""
    return param(
        Crs("Output coordinate system", "CRS of the output; empty takes that of the input."), "", advanced=True
    )


def parallel_processing_factor(text: str) -> Any:
    """Parallel processing factor environment; the text says what is done by several processes."""
    return param(Cores("Parallel processing factor", text), "", advanced=True)


def core_count(factor: str) -> int:
    """Return how many cores a parallel processing factor stands for on this computer, at least one."""
    if not factor.endswith("%"):
        return max(1, int(factor or 1))
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, known * int(factor[:-1]) // 100)


def processor_type() -> Any:
    """Processor type environment."""
    return param(
        Choice("Processor type", "Empty takes a GPU when there is one.", choices=("", "CPU", "GPU")), "", advanced=True
    )


def gpu_id() -> Any:
    """GPU ID environment."""
    text = "Number of the GPU to use, counted from 0; empty takes the first."
    return param(Text("GPU ID", text), "", advanced=True, applies=(When("processor_type", ("", "GPU")),))


def precision(choices: tuple[str, ...] = ("auto", "fp32", "bf16")) -> Any:
    """Arithmetic of the network."""
    text = "auto takes bfloat16 where the processor computes it natively and it was measured to agree with float32."
    return param(Choice("Precision", text, choices=choices), "auto", advanced=True)
