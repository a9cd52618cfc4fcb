"""What every object detector of ours can do: give its losses, and detect.

Images are float32, normalised, (batch, bands, rows, cols), used as they are: nothing is resized or normalised inside,
and a size that the feature pyramid cannot halve is padded with zeros at the right and at the bottom.
Boxes are ``col_min, row_min, col_max, row_max`` in pixels of the image; labels are 1..classes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor
from torchvision.ops import batched_nms

from .backbones import Body
from .trainable import Trainable

Target = dict[str, Tensor]
"""``boxes`` (k, 4) float32 and ``labels`` (k,) int64 of one image; k may be 0."""

Detections = dict[str, Tensor]
"""``boxes`` (k, 4) float32, ``scores`` (k,) float32 and ``labels`` (k,) int64 of one image, best score first."""

Decode = Callable[[int, Tensor], Tensor]
"""Image index and indexes of its cells or anchors (k,) to boxes (k, 4)."""

CANDIDATES_PER_DETECTION = 4
"""Boxes a suppression looks at for each that may be kept; bounds its time on crowded images."""

SMALLEST_SIDE = 1e-2
"""Boxes with a shorter side (pixels) are dropped."""


class Detector(Trainable):
    """Base of every object detector; see the module for what images, boxes and labels are.

    Attributes:
        body: The backbone.
        classes: Number of classes, background not counted.
        pad_to: Image sides are padded to a multiple of this.
    """

    pad_to = 32
    body: Body

    def __init__(self, body: Body, classes: int) -> None:
        """Keep the backbone; children add their heads.

        Args:
            body: The backbone.
            classes: Number of classes, background not counted.
        """
        super().__init__(body)
        self.classes = classes

    @abstractmethod
    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return the named losses of a batch; see ``Trainable.losses``.

        Args:
            images: (n, bands, rows, cols) float32.
            targets: One for each image.
        """

    @abstractmethod
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image; the network must be in evaluation mode.

        Args:
            images: (n, bands, rows, cols) float32.
            threshold: Smallest score that is kept, 0..1.
            nms_overlap: Largest IoU that two kept boxes of one class may share, 0..1.
            max_detections: Largest number of boxes for an image.
        """

    def prepared(self, images: Tensor) -> Tensor:
        """Return the images in the network's layout, padded with zeros to a size the network can halve."""
        rows, cols = images.shape[-2:]
        missing_rows, missing_cols = -rows % self.pad_to, -cols % self.pad_to
        if missing_rows or missing_cols:
            images = functional.pad(images, (0, missing_cols, 0, missing_rows))
        return images.contiguous(memory_format=self.memory_format)


def best_boxes(
    scores: Tensor,
    decode: Decode,
    size: tuple[int, int],
    threshold: float,
    nms_overlap: float,
    max_detections: int,
) -> list[Detections]:
    """Threshold, decode and suppress the scores of a batch.

    Args:
        scores: (n, cells, classes) float32, 0..1; a cell is whatever predicts one box.
        decode: Gives the boxes of some cells of an image; only cells with a score that passes are decoded.
        size: Rows and columns of the images; boxes are cut there.
        threshold: Smallest score that is kept.
        nms_overlap: Largest IoU of two kept boxes of one class.
        max_detections: Largest number of boxes for an image.

    Returns:
        The detections of each image.
    """
    classes = scores.shape[-1]
    limit = CANDIDATES_PER_DETECTION * max_detections
    found: list[Detections] = []
    for image, image_scores in enumerate(scores.flatten(1)):
        index = torch.nonzero(image_scores >= threshold).flatten()
        kept_scores = image_scores[index]
        if len(index) > limit:
            kept_scores, order = kept_scores.topk(limit)
            index = index[order]
        cells = index if classes == 1 else torch.div(index, classes, rounding_mode="floor")
        labels = torch.zeros_like(index) if classes == 1 else index % classes
        found.append(suppressed(decode(image, cells), kept_scores, labels + 1, size, nms_overlap, max_detections))
    return found


def suppressed(
    boxes: Tensor, scores: Tensor, labels: Tensor, size: tuple[int, int], nms_overlap: float, max_detections: int
) -> Detections:
    """Cut boxes to the image, drop empty ones, and keep the best of those that overlap within a class.

    Args:
        boxes: (k, 4) float32.
        scores: (k,) float32.
        labels: (k,) int64.
        size: Rows and columns of the image.
        nms_overlap: Largest IoU of two kept boxes of one class.
        max_detections: Largest number of boxes.

    Returns:
        The detections, best score first.
    """
    rows, cols = size
    cut = torch.stack(
        (
            boxes[:, 0].clamp(0, cols),
            boxes[:, 1].clamp(0, rows),
            boxes[:, 2].clamp(0, cols),
            boxes[:, 3].clamp(0, rows),
        ),
        dim=1,
    )
    solid = torch.nonzero((cut[:, 2:] - cut[:, :2]).amin(dim=1) >= SMALLEST_SIDE).flatten()
    if len(solid) < len(cut):
        cut, scores, labels = cut[solid], scores[solid], labels[solid]
    keep = batched_nms(cut, scores, labels, nms_overlap)[:max_detections]
    return {"boxes": cut[keep], "scores": scores[keep], "labels": labels[keep]}


def of_objects(targets: list[Target], image: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
    """Return box and label of objects in a batch.

    Args:
        targets: Objects of each image.
        image: (k,) index of the image of each asked object.
        which: (k,) index of the object in its image.

    Returns:
        (k, 4) float32 boxes and (k,) int64 labels; empty when no image has an object.
    """
    boxes = torch.cat([target["boxes"] for target in targets]).float().reshape(-1, 4).to(image.device)
    labels = torch.cat([target["labels"] for target in targets]).to(image.device)
    counts = torch.tensor([0, *(len(target["boxes"]) for target in targets[:-1])], device=image.device)
    place = counts.cumsum(0)[image] + which
    return boxes[place], labels[place]
