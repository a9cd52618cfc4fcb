"""Masks of instances as networks learn and give them: a small square of probabilities in a frame around each box.

A frame reaches a little beyond its box, so that a box that is too small does not cut its object. What is learnt is
sampled from label maps, whose pixels number the instances, so that no stack of masks is ever held.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from .detector import Target

MASK_CELLS = 28
"""Cells along a side of a mask."""

MARGIN = 0.1
"""Share of a box's side that its frame reaches beyond it, on each side."""

SAMPLES = 2
"""Places along a side of a cell at which a label map is looked up."""

MASKS_AT_ONCE = 256
"""Masks that a network computes at once."""

InstanceTarget = Target
"""``boxes`` (k, 4) float32 and ``labels`` (k,) int64 of one image; ``maps`` (m, rows, cols) int32, each numbering
instances that do not cover each other, 0 where there is none; ``places`` (k, 2) int64, map and number of each box."""


def mask_frames(boxes: Tensor) -> Tensor:
    """Return the frames (k, 4) of boxes (k, 4)."""
    reach = MARGIN * (boxes[:, 2:] - boxes[:, :2])
    return torch.cat((boxes[:, :2] - reach, boxes[:, 2:] + reach), dim=1)


def wanted_masks(targets: list[InstanceTarget], image: Tensor, which: Tensor, frames: Tensor) -> Tensor:
    """Return how much of each cell of a frame the object covers.

    Args:
        targets: Objects of each image; maps of one size.
        image: (k,) index of the image of each asked object.
        which: (k,) index of the object in its image.
        frames: (k, 4) float32 in pixels of the image.

    Returns:
        (k, MASK_CELLS, MASK_CELLS) float32, 0..1.
    """
    device = frames.device
    maps = torch.cat([target["maps"] for target in targets]).to(device)
    places = torch.cat([target["places"] for target in targets]).to(device)
    objects = torch.tensor([0, *(len(target["boxes"]) for target in targets[:-1])], device=device).cumsum(0)
    planes = torch.tensor([0, *(len(target["maps"]) for target in targets[:-1])], device=device).cumsum(0)
    if not len(image):
        return frames.new_zeros((0, MASK_CELLS, MASK_CELLS))
    chosen = places[objects[image] + which]
    plane, number = planes[image] + chosen[:, 0], chosen[:, 1]
    steps = (torch.arange(MASK_CELLS * SAMPLES, device=device) + 0.5) / (MASK_CELLS * SAMPLES)
    size = frames[:, 2:] - frames[:, :2]
    cols = (frames[:, :1] + steps * size[:, :1]).floor().long()
    rows = (frames[:, 1:2] + steps * size[:, 1:]).floor().long()
    height, width = maps.shape[-2:]
    seen = ((rows >= 0) & (rows < height))[:, :, None] & ((cols >= 0) & (cols < width))[:, None]
    found = maps[plane[:, None, None], rows.clamp(0, height - 1)[:, :, None], cols.clamp(0, width - 1)[:, None]]
    inside = (found == number[:, None, None]) & seen
    return functional.avg_pool2d(inside.float()[:, None], SAMPLES)[:, 0]


def mask_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return cross entropy plus Dice loss, the mean over masks; 0 without any.

    Args:
        logits: (k, cells, cells) float32.
        wanted: (k, cells, cells) float32, 0..1.
    """
    if not len(logits):
        return logits.sum()
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted)
    shares = logits.sigmoid()
    common = (shares * wanted).sum(dim=(1, 2))
    dice = 1 - (2 * common + 1) / (shares.square().sum(dim=(1, 2)) + wanted.square().sum(dim=(1, 2)) + 1)
    return entropy + dice.mean()
