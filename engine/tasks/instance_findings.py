"""What report and package say of a trained network that draws masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
import torch
from affine import Affine
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from ..accuracy.scores import ClassScores
from ..inference.kinds import BOX_OVERLAP, MASKS
from ..inference.mask_outlines import mask_polygons
from ..job import Job
from ..package.emd import OVERLAP_KEY
from ..tools.arguments import InstanceArguments
from ..training.report import rounded
from ..training.trained import Findings, Table, Trained
from ..training.views import whole_view
from .instance_scores import box_scores, reference_masks
from .object_findings import Color, Picture, Wording, object_findings, proposed_threshold, shown_places, write_score
from .object_scores import MIN_IOU


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained network that draws masks."""
    boxes = box_scores(trained.evaluation, trained.labels.names)
    wording = Wording(
        counted="Instances",
        explanation=f"A detection is right when its mask shares an IoU of at least {MIN_IOU:g} with that of a label "
        "that no better detection took; beside it stands the same by boxes. Average precision is COCO's (101 recalls). "
        "Instances that the edge of a chip cuts are not judged where enough whole ones remain.",
        curves="Precision over recall, by masks",
        what=" of masks",
        beside=f" (of boxes {float(np.nan_to_num(boxes[-1].average_precision)):.3f})",
    )
    return object_findings(trained, wording, _table(trained.evaluation.classes, boxes), _pictures(trained), _draw)


def _table(masks: Sequence[ClassScores], boxes: Sequence[ClassScores]) -> Table:
    """Return the scores of each class, by masks and by boxes."""
    columns = (
        "Class", f"Mask AP at {MIN_IOU:g}", "Mask AP at 0.50:0.95", "Best F1", "at threshold",
        f"Box AP at {MIN_IOU:g}", "Box AP at 0.50:0.95",
    )  # fmt: skip
    rows = []
    for by_mask, by_box in zip(masks, boxes, strict=True):
        values = (
            by_mask.average_precision, by_mask.mean_average_precision, by_mask.best_f1, by_mask.best_threshold,
            by_box.average_precision, by_box.mean_average_precision,
        )  # fmt: skip
        rows.append([by_mask.name, *(rounded(value) for value in values)])
    return Table(columns, rows)


@torch.inference_mode()
def _pictures(trained: Trained) -> list[Picture]:
    """Return validation chips with labels, seen once more by the network."""
    scale, threshold = trained.material.scale, proposed_threshold(trained)
    view = whole_view(scale.chip, scale.whole)
    network = trained.start.network.eval()
    device = next(network.parameters()).device
    arguments = InstanceArguments(0, nms_overlap=trained.evaluation.proposals.get(OVERLAP_KEY, BOX_OVERLAP))
    pictures = []
    for place in shown_places(trained):
        pixels, target = trained.material.store.shown(int(trained.material.split.validation[place]), view)
        images = trained.start.normalisation.apply(pixels[None].to(device))
        (part,) = network.detect(images, threshold, MASKS.network_overlap(arguments))  # type: ignore[operator]
        found = MASKS.in_tile(MASKS.found(part), None, (view.rows, view.cols), arguments)
        pictures.append(
            Picture(
                trained.visible(pixels.numpy()),
                mask_polygons(reference_masks(target), Affine.identity(), True),
                target["labels"].numpy(),
                mask_polygons(found.pixels, Affine.identity(), True),
                found.labels.astype(np.int64),
                found.scores,
            )
        )
    return pictures


def _draw(area: Axes, outlines: np.ndarray, colors: Sequence[Color], texts: Sequence[str]) -> None:
    """Draw outlines, lightly filled."""
    for outline, color, text in zip(outlines, colors, texts, strict=True):
        rings = [ring for part in outline.geoms for ring in (part.exterior, *part.interiors)]
        path = Path.make_compound_path(*(Path(shapely.get_coordinates(ring) - 0.5, closed=True) for ring in rings))
        area.add_patch(PathPatch(path, facecolor=(*color, 0.25), edgecolor=color, linewidth=1.2))
        left, top, _, _ = outline.bounds
        write_score(area, left, top, text, color)
