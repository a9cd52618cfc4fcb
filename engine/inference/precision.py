"""Whether bfloat16 may stand for float32: it must be native, faster, and give the same results on real tiles."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .augmentation import SAME_OBJECT
from .detections import Detections, box_overlap

TRIAL_TILES = 4
"""Tiles that both arithmetics work on before one is chosen."""

LEAST_COMPARED = 20
"""Detections that are compared before one is chosen: the first tiles of a scene are often empty."""

MOST_TRIAL_TILES = 24
"""Tiles after which one is chosen whatever they hold."""

TRIAL_THRESHOLD = 0.1
"""Tiles on trial are searched down to this confidence at least, so that an object that one lacks is not just missed."""

COMPARED_SHARE = 0.5
"""Detections from this share of the run's threshold on are compared: weaker ones change places in any arithmetic."""

SCORE_TOLERANCE = 0.05
"""Largest difference of confidence between the two arithmetics."""

AGREEING_SHARE = 0.97
"""Share of the detections that the other arithmetic must find too."""

AGREEING_PIXELS = 0.995
"""Share of the pixels that must have the same class in both arithmetics."""

FASTER = 0.9
"""bfloat16 must take at most this share of the time of float32."""


class _Times:
    """How long both arithmetics took; the first batch warms both up and says nothing of their speed."""

    def __init__(self) -> None:
        self._added = 0
        self._exact = 0.0
        self._short = 0.0

    def add(self, exact_seconds: float, short_seconds: float) -> None:
        """Add what a batch took in float32 and in bfloat16."""
        if self._added:
            self._exact += exact_seconds
            self._short += short_seconds
        self._added += 1

    @property
    def faster(self) -> bool:
        """Whether bfloat16 is worth taking; taken for granted where nothing was measured."""
        return not (self._exact and self._short > FASTER * self._exact)

    @property
    def gain(self) -> float:
        """How many times as fast bfloat16 is."""
        return self._exact / self._short if self._short else 1.0


class PixelTrial:
    """Compares the classes of pixels, or of other things, that the two arithmetics give."""

    def __init__(self, things: str = "pixels") -> None:
        """Start with nothing compared.

        Args:
            things: What has a class, in words.
        """
        self._things = things
        self._pixels = 0
        self._agreed = 0
        self._times = _Times()

    def add(self, exact: torch.Tensor, short: torch.Tensor, exact_seconds: float, short_seconds: float) -> None:
        """Add the channels that float32 and bfloat16 chose in the same pixels, and how long each took."""
        self._pixels += exact.numel()
        self._agreed += int((exact == short).sum())
        self._times.add(exact_seconds, short_seconds)

    def verdict(self) -> tuple[bool, str]:
        """Return whether bfloat16 is taken, and why in words."""
        if not self._pixels:
            return False, f"there are no {self._things} to compare bfloat16 by"
        share = self._agreed / self._pixels
        if share < AGREEING_PIXELS:
            return False, f"bfloat16 gives the same class to {share:.1%} of the first {self._things} only"
        if not self._times.faster:
            return False, "bfloat16 is not faster here"
        return (
            True,
            f"{self._times.gain:.1f} times as fast as float32, {share:.2%} of the {self._things} have the same class",
        )


class PrecisionTrial:
    """Compares the detections that the two arithmetics give on the first tiles of a run."""

    def __init__(self, threshold: float) -> None:
        """Start with nothing compared.

        Args:
            threshold: Smallest confidence that the run writes.
        """
        self._clear = max(TRIAL_THRESHOLD, COMPARED_SHARE * threshold) + SCORE_TOLERANCE
        self._tiles = 0
        self._compared = 0
        self._agreed = 0
        self._times = _Times()

    def add(
        self, exact: Sequence[Detections], short: Sequence[Detections], exact_seconds: float, short_seconds: float
    ) -> None:
        """Add what float32 and bfloat16 found in the same tiles, and how long each took."""
        for one, other in zip(exact, short, strict=True):
            self._tiles += 1
            for reference, tested in ((one, other), (other, one)):
                compared, agreed = _confirmed(reference, tested, self._clear)
                self._compared += compared
                self._agreed += agreed
        self._times.add(exact_seconds, short_seconds)

    @property
    def done(self) -> bool:
        """Whether enough tiles were compared."""
        enough = self._tiles >= TRIAL_TILES and self._compared >= LEAST_COMPARED
        return enough or self._tiles >= MOST_TRIAL_TILES

    def verdict(self) -> tuple[bool, str]:
        """Return whether bfloat16 is taken, and why in words."""
        if not self._compared:
            return False, "the first tiles hold no object to compare bfloat16 by"
        share = self._agreed / self._compared
        if share < AGREEING_SHARE:
            return False, f"bfloat16 agrees with it in {share:.0%} of the detections of the first tiles only"
        if not self._times.faster:
            return False, "bfloat16 is not faster here"
        return (
            True,
            f"{self._times.gain:.1f} times as fast as float32, {share:.0%} of the detections of the first tiles agree",
        )


def _confirmed(reference: Detections, tested: Detections, smallest: float) -> tuple[int, int]:
    """Return how many clear detections of one arithmetic there are, and how many of them the other found too."""
    clear = reference.take(reference.scores >= smallest)
    agreed = 0
    for box, score, label in zip(clear.boxes, clear.scores, clear.labels, strict=True):
        same = tested.take(tested.labels == label)
        near = abs(same.scores - score) <= SCORE_TOLERANCE
        agreed += bool((near & (box_overlap(box[None, :], same.boxes) >= SAME_OBJECT)).any())
    return len(clear), agreed
