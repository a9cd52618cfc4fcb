"""A network that sees what changed between two images: one encoder for both, attention over both, and their difference.

After Chen and Shi 2020, "A Spatial-Temporal Attention-Based Method and a New Dataset for Remote Sensing Image Change
Detection" (Remote Sensing 12(10), 1662; STANet): the feature maps of a siamese backbone are fused at a quarter of the
resolution, every place attends to all places of both dates (BAM), or of the sub-regions of a pyramid (PAM), and where
one class is told from a background the distance of the features learns with the published batch-balanced contrastive
loss. Three things differ. Scores are logits of classes, so that several kinds of change can be told; they come from
the features of both dates and their difference. A siamese branch at full resolution stands beside, for what a quarter
of the resolution blurs and what few chips can teach. Regions of more than ``MOST_SIDE`` places are averaged before
they attend, so that memory does not grow with the tile.

Images are (n, 2 * bands, rows, cols): all bands of the first date, then those of the second.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from ..models.registry import ModelSpec
from .backbones import Body
from .encoder_decoder import SMALLEST, convolution, fitted
from .encoders import encoder_body
from .full_resolution import Residual
from .pixel_losses import UNLABELLED, LossSettings
from .segmenter import Segmenter, padded

DATES = 2
CONTEXT, DETAIL, HEAD = 64, 32, 48
"""Channels of the features at a quarter of the resolution, of those at full resolution, and of the head."""
KEYS = CONTEXT // 8
"""Channels in which places are compared; the paper's share."""
REGIONS = {"BAM": (1,), "PAM": (1, 2, 4, 8)}
"""Sub-regions down and across in which places attend to each other, one branch each."""
STEP = 32
"""Sides are padded to a multiple of it: the smallest sub-regions are whole places then."""
MOST_SIDE = 32
"""Places down or across that attend to each other at most."""
MARGIN = 2.0
"""Distance from which on changed places cost nothing; the paper's."""
METRIC_SHARE = 0.1
"""Weight of the contrastive loss beside those of the scores."""
RARE = 2.0
"""By how much the score of no change is higher before anything is learnt: change is rare."""


class ChangeDetector(Segmenter):
    """See the module.

    Attributes:
        metric: Whether the distance of the features is learnt too: where one class is told from a background.
    """

    body: Body

    def __init__(self, body: Body, channels: int, settings: LossSettings, attention: str, metric: bool) -> None:
        """Make the layers.

        Args:
            body: Backbone for the bands of one date.
            channels: Number of score channels.
            settings: Losses of the scores.
            attention: ``PAM`` or ``BAM``.
            metric: See the class.
        """
        super().__init__(body, channels, settings)
        self.metric = metric
        self.levels = tuple(
            level for level, stride in enumerate(body.strides) if stride >= 4 and body.channels[level] > 0
        )
        self.reduce = nn.ModuleList(convolution(body.channels[level], CONTEXT, 1) for level in self.levels)
        self.fuse = convolution(CONTEXT * len(self.levels), CONTEXT)
        self.attention = Attention(REGIONS[attention])
        self.detail = nn.Sequential(convolution(body.bands, DETAIL, 1), Residual(DETAIL), Residual(DETAIL))
        self.compare = convolution(3 * CONTEXT, CONTEXT)
        self.head = nn.Sequential(
            convolution(CONTEXT + 3 * DETAIL, HEAD, 1), convolution(HEAD, HEAD), nn.Conv2d(HEAD, channels, 1)
        )

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> ChangeDetector:
        """Return a network with random weights.

        Raises:
            ParameterError: The backbone is unknown or has no feature maps at strides 4 to 32.
        """
        body = encoder_body(spec.backbone, spec.bands // DATES)
        metric = spec.background and spec.classes == 1
        attention = spec.values()["attention_type"]
        network = cls(body, spec.outputs, LossSettings.from_spec(spec), attention, metric)
        if spec.background:
            nn.init.constant_(network.head[-1].bias[:1], RARE)  # type: ignore[index]
        return network

    @property
    def bands(self) -> int:
        """Number of bands of the images: those of both dates."""
        return DATES * self.body.bands

    def logits(self, images: Tensor) -> Tensor:
        """Return unnormalised scores; see ``Segmenter``."""
        return self._seen(images)[0]

    def losses(self, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the named losses of a batch; see ``Segmenter``. Blended pairs of chips have no distances."""
        if not self.metric or (self.settings.mixup and self.training):
            return super().losses(images, targets)
        logits, distances = self._seen(images)
        return self.losses_of(logits, targets) | {"distance": METRIC_SHARE * contrastive_loss(distances, targets)}

    def _seen(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores, and (n, rows, cols) float32 how far apart the features of the dates are."""
        rows, cols = images.shape[-2:]
        shown = padded(images, STEP, SMALLEST)
        dates = torch.cat(shown.chunk(DATES, 1)).contiguous(memory_format=self.memory_format)
        context = self.attention(self._context(dates))
        coarse = functional.interpolate(
            self.compare(_side_by_side(context)), size=shown.shape[-2:], mode="bilinear", align_corners=False
        )
        scores: Tensor = self.head(torch.cat((coarse, _side_by_side(self.detail(dates))), 1))
        first, second = context.float().chunk(DATES)
        squared = (first - second).square().sum(1, keepdim=True)
        return fitted(scores, shown, rows, cols), fitted((squared + 1e-6).sqrt(), shown, rows, cols)[:, 0]

    def _context(self, dates: Tensor) -> Tensor:
        """Return the backbone's maps fused at the finest of their strides, (2n, CONTEXT, rows, cols)."""
        maps = self.body(dates)
        reduced = [reduce(maps[level]) for reduce, level in zip(self.reduce, self.levels, strict=True)]
        size = reduced[0].shape[-2:]
        same = [reduced[0]]
        same += [
            functional.interpolate(level, size=size, mode="bilinear", align_corners=False) for level in reduced[1:]
        ]
        fused: Tensor = self.fuse(torch.cat(same, 1))
        return fused


class Attention(nn.Module):
    """Every place attends to the places of both dates: of the whole image, and of sub-regions of a pyramid."""

    def __init__(self, regions: tuple[int, ...]) -> None:
        """Make the branches.

        Args:
            regions: Sub-regions down and across, one branch each.
        """
        super().__init__()
        self.branches = nn.ModuleList(Branch(count) for count in regions)
        self.merge = nn.Conv2d(CONTEXT * len(regions), CONTEXT, 1, bias=False) if len(regions) > 1 else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape, (2n, CONTEXT, rows, cols), first dates first."""
        found = torch.cat([branch(features) for branch in self.branches], 1)
        attended: Tensor = features + self.merge(found)
        return attended


class Branch(nn.Module):
    """Attention among the places of both dates inside each sub-region."""

    def __init__(self, regions: int) -> None:
        """Make keys, queries and values of one kind of sub-regions."""
        super().__init__()
        self.regions = regions
        self.query, self.key = nn.Conv2d(CONTEXT, KEYS, 1), nn.Conv2d(CONTEXT, KEYS, 1)
        self.value = nn.Conv2d(CONTEXT, CONTEXT, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return what each place found, (2n, CONTEXT, rows, cols)."""
        size = features.shape[-2:]
        rows, cols = (self.regions * min(MOST_SIDE, side // self.regions) for side in size)
        whole = (rows, cols) == size
        small = features if whole else functional.adaptive_avg_pool2d(features, (rows, cols))
        # keys are widened by zeros to the width of the values: so the kernel that keeps no table of all pairs serves
        widen = (0, CONTEXT - KEYS)
        query, key = (functional.pad(self._places(made(small)), widen) for made in (self.query, self.key))
        found = functional.scaled_dot_product_attention(query, key, self._places(self.value(small)), scale=KEYS**-0.5)
        back = self._images(found, small.shape)
        return back if whole else functional.interpolate(back, size=size, mode="bilinear", align_corners=False)

    def _places(self, maps: Tensor) -> Tensor:
        """Return the places of both dates by sub-region, (n * regions * regions, 1, places, channels)."""
        count, parts = len(maps) // DATES, self.regions
        channels, rows, cols = maps.shape[1:]
        cut = maps.reshape(DATES, count, channels, parts, rows // parts, parts, cols // parts)
        return cut.permute(1, 3, 5, 0, 4, 6, 2).reshape(count * parts**2, 1, -1, channels).contiguous()

    def _images(self, places: Tensor, shape: torch.Size) -> Tensor:
        """Return places as maps again; the way back from ``_places``."""
        total, channels, rows, cols = shape[0], places.shape[-1], shape[-2], shape[-1]
        count, parts = total // DATES, self.regions
        cut = places.reshape(count, parts, parts, DATES, rows // parts, cols // parts, channels)
        return cut.permute(3, 0, 6, 1, 4, 2, 5).reshape(total, channels, rows, cols)


def contrastive_loss(distances: Tensor, targets: Tensor) -> Tensor:
    """Return the batch-balanced contrastive loss: unchanged places draw together, changed ones keep a margin.

    Chen and Shi 2020, section 3.4: changed and unchanged pixels weigh the same in a batch, however rare one of them is.

    Args:
        distances: (n, rows, cols) float32.
        targets: (n, rows, cols) int64: 0 unchanged, above 0 changed, ``UNLABELLED`` not known.
    """
    same, changed = targets == 0, (targets != UNLABELLED) & (targets > 0)
    near = (distances.square() * same).sum() / same.sum().clamp(min=1)
    far = ((MARGIN - distances).clamp(min=0).square() * changed).sum() / changed.sum().clamp(min=1)
    return 0.5 * (near + far)


def _side_by_side(maps: Tensor) -> Tensor:
    """Return the maps of first dates and second dates beside their absolute difference, (n, 3 * channels, ...)."""
    first, second = maps.chunk(DATES)
    return torch.cat((first, second, (first - second).abs()), 1)
