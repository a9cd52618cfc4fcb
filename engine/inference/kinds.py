"""The kinds of models that detect objects: what a network gives, and how it becomes objects of a raster, by task.

Reading, batching, precision and writing are the same for all and know nothing of these differences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from affine import Affine

from ..tools.arguments import DetectionArguments, InstanceArguments
from .augmentation import boxes_of_view
from .collecting import collect, collect_masks
from .detections import Array, Detections
from .features import box_polygons
from .mask_outlines import mask_polygons
from .mask_seams import resolve_mask_seams
from .mask_suppression import suppress_masks
from .masks import FrameMasks
from .reading import Tile
from .seams import resolve_seams
from .suppression import suppress_boxes
from .tiles import TileGrid

Outlines = Callable[[Detections, Affine], Array]
"""Detections and pixel to map to their polygons."""

BOX_OVERLAP = 0.5
"""Overlap of boxes that a network which draws masks leaves: of slanting neighbours boxes overlap, masks do not."""


@dataclass(frozen=True)
class Kind:
    """What models of one task need beside what all detectors do.

    Attributes:
        arguments: What they take.
        found: What the network says of an image, by name, to detections.
        turned_back: Detections of a view, the view and the image's rows and columns to detections of the image.
        network_overlap: The arguments to the IoU of boxes of a class that the network may leave.
        in_tile: Detections in pixels of the network's image, what scales them to the tile (None for 1), the tile's rows
            and columns, and the arguments, to detections in pixels of the tile.
        collect: As ``collecting.collect``.
        merge: Detections of all tiles, the tiles and the arguments to each object once.
        thinned: Detections and the IoU that two of a class may share to what is left.
        outlines: The arguments to what makes polygons of detections, given pixel to map.
        geometry_type: OGR's name of the polygons' type, given the arguments.
    """

    arguments: type[DetectionArguments]
    found: Callable[[Mapping[str, torch.Tensor]], Detections]
    turned_back: Callable[[Detections, int, tuple[int, int]], Detections]
    network_overlap: Callable[[DetectionArguments], float]
    in_tile: Callable[[Detections, Array | None, tuple[int, int], DetectionArguments], Detections]
    collect: Callable[[Sequence[Tile], Sequence[Detections], TileGrid, Array], Detections]
    merge: Callable[[Detections, TileGrid, DetectionArguments], Detections]
    thinned: Callable[[Detections, float], Detections]
    outlines: Callable[[Any], Outlines]
    geometry_type: Callable[[Any], str]


def _boxes(part: Mapping[str, torch.Tensor]) -> Detections:
    """Return a network's boxes of one image as arrays."""
    return Detections.of(*(part[name].float().cpu().numpy() for name in ("boxes", "scores", "labels")))


def _boxes_turned_back(found: Detections, view: int, size: tuple[int, int]) -> Detections:
    """Return boxes of a view in pixels of the image as it is."""
    return replace(found, boxes=boxes_of_view(found.boxes, view, size))


def _boxes_in_tile(
    found: Detections, scale: Array | None, size: tuple[int, int], arguments: DetectionArguments
) -> Detections:
    """Return boxes in pixels of the tile."""
    return found if scale is None else replace(found, boxes=found.boxes * scale)


def _merged_boxes(found: Detections, grid: TileGrid, arguments: DetectionArguments) -> Detections:
    """Return each object once: pieces put together, duplicates of overlapping tiles suppressed."""
    seen = resolve_seams(found, grid, arguments.exclude_pad_detections)
    kept = suppress_boxes(
        seen.found.boxes,
        seen.found.scores,
        seen.found.labels,
        arguments.nms_overlap,
        touches_border=seen.touches,
        edge_distance=seen.edge_distance,
    )
    return seen.found.take(kept)


def _thinned_boxes(found: Detections, max_overlap: float) -> Detections:
    """Return what suppression by boxes leaves."""
    return found.take(suppress_boxes(found.boxes, found.scores, found.labels, max_overlap))


def _masks(part: Mapping[str, torch.Tensor]) -> Detections:
    """Return a network's boxes and masks of one image as arrays."""
    frames, values = (part[name].float().cpu().numpy() for name in ("frames", "masks"))
    return replace(_boxes(part), masks=FrameMasks(frames.astype(float), values))


def _masks_turned_back(found: Detections, view: int, size: tuple[int, int]) -> Detections:
    """Return boxes and masks of a view in pixels of the image as it is."""
    framed = found.framed
    masks = framed.turned_back(boxes_of_view(framed.frames, view, size), view)
    return replace(found, boxes=boxes_of_view(found.boxes, view, size), masks=masks)


def _masks_in_tile(
    found: Detections, scale: Array | None, size: tuple[int, int], arguments: DetectionArguments
) -> Detections:
    """Return detections with their pixels in the tile; boxes are the masks' windows, one without a pixel is dropped."""
    framed = found.framed
    masks = FrameMasks(framed.frames if scale is None else framed.frames * scale, framed.values).drawn(size)
    drawn = Detections(masks.windows.astype(float), found.scores, found.labels, found.tiles, masks)
    drawn = drawn.take(masks.areas > 0)
    return drawn.take(suppress_masks(drawn, arguments.nms_overlap))


def _merged_masks(found: Detections, grid: TileGrid, arguments: DetectionArguments) -> Detections:
    """Return each instance once: pieces put together, duplicates of overlapping tiles suppressed."""
    seen = resolve_mask_seams(found, grid)
    return seen.found.take(suppress_masks(seen.found, arguments.nms_overlap, seen.touches, seen.edge_distance))


def _thinned_masks(found: Detections, max_overlap: float) -> Detections:
    """Return what suppression by masks leaves."""
    return found.take(suppress_masks(found, max_overlap))


def _box_outlines(arguments: DetectionArguments) -> Outlines:
    """Return what makes frames of detections."""
    return lambda found, transform: box_polygons(found.boxes, transform)


def _mask_outlines(arguments: InstanceArguments) -> Outlines:
    """Return what makes the outlines of masks, or their frames where these are asked for."""
    if arguments.return_bboxes:
        return _box_outlines(arguments)
    return lambda found, transform: mask_polygons(found.pixels, transform, arguments.simplify)


BOXES = Kind(
    arguments=DetectionArguments,
    found=_boxes,
    turned_back=_boxes_turned_back,
    network_overlap=lambda arguments: arguments.nms_overlap,
    in_tile=_boxes_in_tile,
    collect=collect,
    merge=_merged_boxes,
    thinned=_thinned_boxes,
    outlines=_box_outlines,
    geometry_type=lambda arguments: "Polygon",
)

MASKS = Kind(
    arguments=InstanceArguments,
    found=_masks,
    turned_back=_masks_turned_back,
    network_overlap=lambda arguments: max(arguments.nms_overlap, BOX_OVERLAP),
    in_tile=_masks_in_tile,
    collect=collect_masks,
    merge=_merged_masks,
    thinned=_thinned_masks,
    outlines=_mask_outlines,
    geometry_type=lambda arguments: "Polygon" if arguments.return_bboxes else "MultiPolygon",
)

KINDS = {"object_detection": BOXES, "instance_segmentation": MASKS}
"""Task -> kind of its models."""
