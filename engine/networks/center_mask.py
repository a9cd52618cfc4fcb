"""CenterMask: FCOS finds the objects, and a head draws the mask of each inside its box.

Nothing is matched with anchors, so it learns from the first steps on, also from random weights. The mask head learns
from the objects' own boxes, moved a little, and looks with spatial attention (Lee and Park 2020) at a map of stride 4.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.ops import MultiScaleRoIAlign

from .backbones import Body
from .detector import Detections, Target
from .faster_rcnn import PROBE
from .fcos import FCOS
from .instances import MASK_CELLS, MASKS_AT_ONCE, mask_frames, mask_loss, wanted_masks
from .pyramid import FeaturePyramid

FINEST = 4
"""Pixels per cell of the finest map that masks are drawn from."""

LEVELS = 4
"""Levels of the pyramid that masks are drawn from."""

MASKS_LEARNT = 48
"""Most masks of an image that are learnt in a step."""

JITTER = 0.1
"""Share of a box's side that its corners move by at most while the masks are learnt."""


class MaskHead(nn.Module):
    """Convolutions, spatial attention, one doubling, and a logit for each cell; whatever the class."""

    def __init__(self, channels: int, convolutions: int) -> None:
        """Build the head.

        Args:
            channels: Channels of the pyramid; a multiple of 32.
            convolutions: Convolutions before the attention.
        """
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(convolutions):
            layers += [
                nn.Conv2d(channels, channels, 3, padding=1, bias=False),
                nn.GroupNorm(min(32, channels // 4), channels),
                nn.ReLU(inplace=True),
            ]
        self.tower = nn.Sequential(*layers)
        self.attention = nn.Conv2d(2, 1, 3, padding=1)
        self.doubled = nn.ConvTranspose2d(channels, channels, 2, stride=2)
        self.logits = nn.Conv2d(channels, 1, 1)

    def forward(self, cut: Tensor) -> Tensor:
        """Return (k, 2 * rows, 2 * cols) float32 logits of (k, channels, rows, cols)."""
        features = self.tower(cut)
        pooled = torch.cat((features.mean(dim=1, keepdim=True), features.amax(dim=1, keepdim=True)), dim=1)
        features = features * self.attention(pooled).sigmoid()
        return self.logits(self.doubled(features).relu())[:, 0].float()


class CenterMask(FCOS):
    """Detector without anchors, with masks."""

    def __init__(
        self,
        body: Body,
        classes: int,
        *,
        finest_stride: int = 8,
        channels: int = 128,
        mask_convolutions: int = 4,
        **options: float | str,
    ) -> None:
        """Build detector and mask head; see ``FCOS`` for what is not named here.

        Args:
            body: The backbone.
            classes: Number of classes.
            finest_stride: Pixels per cell of the finest level that finds objects, 4 or 8.
            channels: Channels of pyramid and heads.
            mask_convolutions: Convolutions of the mask head.
            options: Further arguments of ``FCOS``.
        """
        super().__init__(body, classes, finest_stride=finest_stride, channels=channels, **options)  # type: ignore[arg-type]
        self.pyramid = FeaturePyramid(body, channels, finest=FINEST)  # finer than what objects are found on
        self.mask_pool = MultiScaleRoIAlign(
            [str(level) for level in range(LEVELS)], output_size=MASK_CELLS // 2, sampling_ratio=2
        )
        self.mask_head = MaskHead(channels, mask_convolutions)

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return the losses of ``FCOS`` and that of the masks; targets are ``instances.InstanceTarget``."""
        maps = self._maps(images)
        losses = self._learnt(maps[-len(self.strides) :], targets)
        which = [torch.arange(len(target["boxes"]), device=images.device) for target in targets]
        if self.training:
            which = [part[torch.randperm(len(part), device=part.device)] for part in which]
        which = [part[:MASKS_LEARNT] for part in which]
        frames = [
            mask_frames(self._moved(target["boxes"].float()[part])) for target, part in zip(targets, which, strict=True)
        ]
        image = torch.cat([torch.full_like(part, number) for number, part in enumerate(which)])
        wanted = wanted_masks(targets, image, torch.cat(which), torch.cat(frames))
        return {**losses, "masks": mask_loss(self._masks(maps, frames, images), wanted)}

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image with ``frames`` (k, 4) and ``masks`` (k, cells, cells), 0..1."""
        maps = self._maps(images)
        size = (images.shape[-2], images.shape[-1])
        found = self._found(maps[-len(self.strides) :], size, threshold, nms_overlap, max_detections)
        for image, part in enumerate(found):
            part["frames"] = mask_frames(part["boxes"])
            of_image = [level[image : image + 1] for level in maps]
            drawn = [
                self._masks(of_image, [some], images[image : image + 1]).sigmoid()
                for some in part["frames"].split(MASKS_AT_ONCE)
                if len(some)
            ]
            part["masks"] = torch.cat([images.new_zeros((0, MASK_CELLS, MASK_CELLS), dtype=torch.float32), *drawn])
        return found

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs of ``FCOS`` and the mask logits of one region in the middle."""
        maps = self._maps(images)
        rows, cols = images.shape[-2:]
        low, high = 0.5 - PROBE / 2, 0.5 + PROBE / 2
        region = torch.tensor([[low * cols, low * rows, high * cols, high * rows]], device=images.device)
        masks = self._masks(maps, [region] * len(images), images)
        return (*self._predictions(maps[-len(self.strides) :])[0], masks)

    def _moved(self, boxes: Tensor) -> Tensor:
        """Return boxes as the detector might give them: a little off while learning."""
        if not self.training:
            return boxes
        size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
        return boxes + (2 * torch.rand_like(boxes) - 1) * JITTER * size

    def _masks(self, maps: list[Tensor], frames: list[Tensor], images: Tensor) -> Tensor:
        """Return the mask logits (k, cells, cells) float32 of the frames of all images."""
        rows, cols = (-(-side // self.pad_to) * self.pad_to for side in images.shape[-2:])
        named = {str(level): maps[level] for level in range(LEVELS)}
        cut = self.mask_pool(named, frames, [(rows, cols)] * len(frames))
        return self.mask_head(cut)
