"""Holistically nested edge detection: every stage of the backbone says where edges are, and a mean of them is learnt.

Xie and Tu 2015, "Holistically-Nested Edge Detection" (arXiv 1504.06375): a 1 x 1 convolution on each stage gives a side
output, interpolated to the images' size; one more merges them; all of them are learnt (deep supervision) with the
balanced cross entropy of its equation 2. Channels are the background, then the edge: all classes together, under the
channel of the first.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from ..errors import ParameterError
from ..models.registry import ModelSpec
from .backbones import Body
from .encoder_decoder import SMALLEST
from .encoders import encoder_body
from .pixel_losses import UNLABELLED, LossSettings
from .segmenter import Segmenter, padded

NEVER = -30.0
"""Logit of the channels of further classes."""


class EdgeDetector(Segmenter):
    """Backbone, side outputs and what merges them."""

    body: Body

    local = True

    def __init__(self, body: Body, channels: int, settings: LossSettings) -> None:
        """Make a side output for each stage that has learnt features.

        Args:
            body: Backbone with maps from stride 1 or 2 on.
            channels: Number of score channels, the background first.
            settings: Not used: the loss is fixed.
        """
        super().__init__(body, channels, settings)
        own_features = body.channels[0] != body.bands
        self.levels = tuple(
            level for level, width in enumerate(body.channels) if width > 0 and (level > 0 or own_features)
        )
        self.sides = nn.ModuleList(nn.Conv2d(body.channels[level], 1, 1) for level in self.levels)
        self.fuse = nn.Conv2d(len(self.levels), 1, 1)
        nn.init.constant_(self.fuse.weight, 1.0 / len(self.levels))
        nn.init.zeros_(self.fuse.bias)  # type: ignore[arg-type]

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> EdgeDetector:
        """Return a network with random weights.

        Raises:
            ParameterError: There is no background for the edges to stand out from, or the backbone is unknown.
        """
        if not spec.background:
            raise ParameterError(
                f"{spec.architecture} tells edges from background, and the training data has no background; set the "
                "argument background to class, or choose another model type"
            )
        return cls(encoder_body(spec.backbone, spec.bands), spec.outputs, LossSettings.from_spec(spec))

    def side_outputs(self, images: Tensor) -> Tensor:
        """Return the logits of an edge: the fused ones first, then those of each stage.

        Args:
            images: (n, bands, rows, cols) float32.

        Returns:
            (n, 1 + stages, rows, cols) float32.
        """
        rows, cols = images.shape[-2:]
        shown = padded(images, 32, SMALLEST).contiguous(memory_format=self.memory_format)
        maps = self.body(shown)
        sides = [
            functional.interpolate(side(maps[level]), size=shown.shape[-2:], mode="bilinear", align_corners=False)
            for side, level in zip(self.sides, self.levels, strict=True)
        ]
        together = torch.cat(sides, dim=1)
        return torch.cat((self.fuse(together), together), dim=1).float()[..., :rows, :cols]

    def logits(self, images: Tensor) -> Tensor:
        """Return (0, x) of every pixel, so that their softmax is the sigmoid of x; see ``Segmenter``."""
        edge = self.side_outputs(images)[:, :1]
        others = [torch.full_like(edge, NEVER)] * (self.channels - 2)
        return torch.cat((torch.zeros_like(edge), edge, *others), dim=1)

    def losses(self, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the loss of the fused output and the summed loss of the side outputs."""
        outputs = self.side_outputs(images)
        each = [balanced_cross_entropy(outputs[:, index], targets) for index in range(outputs.shape[1])]
        return {"fused": each[0], "sides": torch.stack(each[1:]).sum()}

    def losses_of(self, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the loss of the fused output."""
        return {"fused": balanced_cross_entropy(logits[:, 1] - logits[:, 0], targets)}


def balanced_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross entropy in which edge and background weigh the same in the whole batch, a mean over pixels.

    Xie and Tu 2015, equation 2: a pixel of the edge is weighted by the share of the background, and the other way
    round. Where a batch has only one of them, its pixels weigh 1.

    Args:
        logits: (n, rows, cols) of an edge.
        targets: (n, rows, cols) int64, above 0 on an edge.
    """
    known, edge = targets != UNLABELLED, targets > 0
    total = known.sum().clamp(min=1)
    share = edge.sum() / total
    both = (share > 0) & (share < 1)
    weights = torch.where(both, torch.where(edge, 1.0 - share, share), torch.ones_like(share)) * known
    each = functional.binary_cross_entropy_with_logits(logits, edge.float(), reduction="none")
    return (each * weights).sum() / total
