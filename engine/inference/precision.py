"""Whether bfloat16 may stand for float32: it must be native, faster, and find the same objects on real tiles."""

from __future__ import annotations

from collections.abc import Sequence

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

FASTER = 0.9
"""bfloat16 must take at most this share of the time of float32."""


class PrecisionTrial:
    """Compares the two arithmetics on the first tiles of a run."""

    def __init__(self, threshold: float) -> None:
        """Start with nothing compared.

        Args:
            threshold: Smallest confidence that the run writes.
        """
        self._clear = max(TRIAL_THRESHOLD, COMPARED_SHARE * threshold) + SCORE_TOLERANCE
        self._tiles = 0
        self._compared = 0
        self._agreed = 0
        self._exact_seconds = 0.0
        self._short_seconds = 0.0

    def add(
        self, exact: Sequence[Detections], short: Sequence[Detections], exact_seconds: float, short_seconds: float
    ) -> None:
        """Add what float32 and bfloat16 found in the same tiles, and how long each took."""
        first = self._tiles == 0
        for one, other in zip(exact, short, strict=True):
            self._tiles += 1
            for reference, tested in ((one, other), (other, one)):
                compared, agreed = _confirmed(reference, tested, self._clear)
                self._compared += compared
                self._agreed += agreed
        if not first:  # the first batch warms both up and says nothing of their speed
            self._exact_seconds += exact_seconds
            self._short_seconds += short_seconds

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
        if self._exact_seconds and self._short_seconds > FASTER * self._exact_seconds:
            return False, "bfloat16 is not faster here"
        gain = self._exact_seconds / self._short_seconds if self._short_seconds else 1.0
        return True, f"{gain:.1f} times as fast as float32, {share:.0%} of the detections of the first tiles agree"


def _confirmed(reference: Detections, tested: Detections, smallest: float) -> tuple[int, int]:
    """Return how many clear detections of one arithmetic there are, and how many of them the other found too."""
    clear = reference.take(reference.scores >= smallest)
    agreed = 0
    for box, score, label in zip(clear.boxes, clear.scores, clear.labels, strict=True):
        same = tested.take(tested.labels == label)
        near = abs(same.scores - score) <= SCORE_TOLERANCE
        agreed += bool((near & (box_overlap(box[None, :], same.boxes) >= SAME_OBJECT)).any())
    return len(clear), agreed
