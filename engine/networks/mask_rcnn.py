"""Mask R-CNN: Faster R-CNN with a third head that draws the mask of each object inside its box.

Heads are torchvision's; images come as they are. A mask is computed in the frame of a box (``instances``), one for each
class, and that of the object's class counts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

from .backbones import Body
from .detector import Detections, Target
from .faster_rcnn import CHANNELS, PROBE, FasterRCNN
from .instances import MASK_CELLS, MASKS_AT_ONCE, mask_frames, mask_loss, wanted_masks

LAYERS = (256, 256, 256, 256)
"""Channels of the mask head's convolutions."""

MASKS_LEARNT = 32
"""Most masks of an image that are learnt in a step: they cost more than all the rest."""


class MaskRCNN(FasterRCNN):
    """Two-stage detector with masks."""

    def __init__(self, body: Body, classes: int, **options: Any) -> None:
        """Build the detector and the mask head; see ``FasterRCNN``."""
        super().__init__(body, classes, **options)
        self.mask_pool = MultiScaleRoIAlign(
            [str(level) for level in range(4)], output_size=MASK_CELLS // 2, sampling_ratio=2
        )
        self.mask_head = MaskRCNNHeads(CHANNELS, LAYERS, dilation=1)
        self.mask_predictor = MaskRCNNPredictor(LAYERS[-1], LAYERS[-1], classes)

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return the losses of ``FasterRCNN`` and that of the masks; targets are ``instances.InstanceTarget``."""
        features, sizes = self._features(images)
        losses, regions, objects, labels = self._learnt(features, sizes, targets)
        chosen = [torch.nonzero(label > 0).flatten()[:MASKS_LEARNT] for label in labels]
        frames = [mask_frames(region[part]) for region, part in zip(regions, chosen, strict=True)]
        image = torch.repeat_interleave(
            torch.arange(len(chosen), device=images.device),
            torch.tensor([len(part) for part in chosen], device=images.device),
        )
        which = torch.cat([one[part] for one, part in zip(objects, chosen, strict=True)])
        label = torch.cat([one[part] for one, part in zip(labels, chosen, strict=True)])
        wanted = wanted_masks(targets, image, which, torch.cat(frames))
        return {**losses, "masks": mask_loss(self._masks(features, frames, label, sizes), wanted)}

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image with ``frames`` (k, 4) and ``masks`` (k, cells, cells), 0..1."""
        features, sizes = self._features(images)
        size = (images.shape[-2], images.shape[-1])
        found = self._found(features, sizes, size, threshold, nms_overlap, max_detections)
        for image, part in enumerate(found):
            part["frames"] = mask_frames(part["boxes"])
            of_image = [level[image : image + 1] for level in features]
            drawn = [
                self._masks(of_image, [part["frames"][some]], part["labels"][some], sizes[:1]).sigmoid()
                for some in torch.arange(len(part["boxes"]), device=images.device).split(MASKS_AT_ONCE)
                if len(some)
            ]
            part["masks"] = torch.cat([images.new_zeros((0, MASK_CELLS, MASK_CELLS), dtype=torch.float32), *drawn])
        return found

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs of ``FasterRCNN`` and the mask logits of one region in the middle."""
        features, sizes = self._features(images)
        rows, cols = images.shape[-2:]
        low, high = 0.5 - PROBE / 2, 0.5 + PROBE / 2
        region = torch.tensor([[low * cols, low * rows, high * cols, high * rows]], device=images.device)
        label = torch.ones(len(images), dtype=torch.int64, device=images.device)
        masks = self._masks(features, [region] * len(images), label, sizes)
        return (*super().outputs(images), masks)

    def _masks(
        self, features: list[Tensor], frames: list[Tensor], labels: Tensor, sizes: list[tuple[int, int]]
    ) -> Tensor:
        """Return the mask logits (k, cells, cells) float32 of the frames of all images, for one label each."""
        named = {str(level): features[level] for level in range(4)}
        cut = self.mask_pool(named, frames, sizes)
        logits = self.mask_predictor(self.mask_head(cut)).float()
        return logits[torch.arange(len(logits), device=logits.device), labels - 1]
