"""Which chips train and which validate, so that no validation pixel was trained on.

Chips of one raster overlap (stride smaller than the tile) and neighbours look alike, so a random split flatters its
figures. Here validation takes whole rasters where there are four or more, else square blocks of ground; chips that
straddle the border of a block are left out of both, or train with the labels on the validation ground hidden where the
labels allow that. Images without georeference are split by source image.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely

from ..errors import SampleFolderError
from ..job import Job

WHOLE_RASTERS = 4
"""From this many rasters on, validation takes whole rasters."""
BLOCK_TILES = (2.0, 1.5, 1.0)
"""Sides of a block in tiles, in the order they are tried."""
FEWEST = 0.10
"""Smaller blocks are tried when less than this share (or the asked one, if smaller) would be left for validation."""
MOST_LEFT_OUT = 0.30
"""Smaller blocks are also tried when more than this share of the chips would be left out."""
MOST_VALIDATION = 1.5
"""Smaller blocks are tried, where chips on a border may train, while validation is more than this times the share."""
FEWEST_FREE = 0.02
"""A chip of which less shows other ground than validation chips teaches nothing."""
FEW_CHIPS = 200
"""Chips whose common ground is measured; of more, their share of all chips says as much."""
CANDIDATES = 64
"""Random choices that are compared."""


@dataclass(frozen=True)
class Split:
    """Indexes of the chips on each side.

    Attributes:
        training: (n,) int64, ascending.
        validation: (m,) int64, ascending.
        left_out: (k,) int64, chips that straddle a border.
        how: One sentence for the user.
        hidden: (h,) int64, chips among ``training`` whose labels on the ground of validation chips must be hidden.
    """

    training: np.ndarray
    validation: np.ndarray
    left_out: np.ndarray
    how: str
    hidden: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True)
class Chips:
    """What the split knows of the chips.

    Attributes:
        bounds: (n, 4) float64, left, bottom, right, top in map units; NaN rows without georeference.
        sources: (n,) texts, the raster each chip was cut from; empty when unknown.
        labels: (n, classes) int64, objects or pixels of each class in each chip.
        usable: (n,) bool, chips that can teach or judge anything; None for all.
        divisible: Whether part of a chip's labels can be hidden, so that a chip on a border may train.
    """

    bounds: np.ndarray
    sources: np.ndarray
    labels: np.ndarray
    usable: np.ndarray | None = None
    divisible: bool = False

    def __len__(self) -> int:
        return len(self.bounds)

    @property
    def georeferenced(self) -> bool:
        """Whether every chip knows its ground."""
        return bool(np.isfinite(self.bounds).all())

    @cached_property
    def overlap(self) -> float:
        """How many chips show a place in the mean."""
        boxes = shapely.box(*self.bounds.T)
        return float(shapely.area(boxes).sum() / shapely.area(shapely.union_all(boxes)))

    def share(self, indexes: np.ndarray) -> float:
        """Return the share of the ground that some chips show; of the chips, where these are many.

        Chips that overlap each other show more ground together than their number says.
        """
        if not self.divisible or len(indexes) > FEW_CHIPS:
            return len(indexes) / max(1, len(self))
        boxes = shapely.box(*self.bounds.T)
        everything = float(shapely.area(boxes).sum()) / self.overlap
        return float(shapely.area(shapely.union_all(boxes[indexes]))) / everything


def split_chips(chips: Chips, percentage: float, how: str, seed: int, job: Job) -> Split:
    """Divide the chips into training and validation.

    Args:
        chips: Ground, source and labels of each chip.
        percentage: Share wanted for validation, above 0 and below 100.
        how: ``spatial`` or ``random``.
        seed: The same seed gives the same split.
        job: Told how the split was made, what was left out and what leaks.

    Raises:
        SampleFolderError: There are fewer than two chips, or fewer than two with a label.
    """
    if chips.usable is not None and not chips.usable.all():
        return _split_usable(chips, chips.usable, percentage, how, seed, job)
    if len(chips) < 2:
        raise SampleFolderError(
            f"the training data holds {len(chips)} chip(s): at least 2 are needed, one of them to validate; export more"
        )
    share = percentage / 100
    random = np.random.default_rng(seed)
    if how == "random":
        split = _random_split(chips, share, random)
        job.warn(leakage(chips, split))
    else:
        split = _spatial_split(chips, share, random, job)
        if chips.divisible:
            split = _with_hidden(chips, split)
    job.message(
        f"Split: {len(split.training)} chips train, {len(split.validation)} validate"
        + (f", {len(split.hidden)} train without their labels on validation ground" if len(split.hidden) else "")
        + (f", {len(split.left_out)} left out because they straddle the border" if len(split.left_out) else "")
        + f" ({split.how})"
    )
    return split


def _with_hidden(chips: Chips, split: Split) -> Split:
    """Return a split in which chips on a border train as far as they show other ground than validation chips."""
    if not len(split.left_out):
        return split
    ground = shapely.union_all(shapely.box(*chips.bounds[split.validation].T))
    areas = shapely.box(*chips.bounds[split.left_out].T)
    free = shapely.area(shapely.difference(areas, ground)) > FEWEST_FREE * shapely.area(areas)
    hidden = split.left_out[free]
    training = np.sort(np.concatenate([split.training, hidden]))
    return replace(split, training=training, left_out=split.left_out[~free], hidden=hidden)


def _split_usable(chips: Chips, usable: np.ndarray, percentage: float, how: str, seed: int, job: Job) -> Split:
    """Divide the chips that can teach or judge anything; the others are on neither side."""
    known = np.flatnonzero(usable)
    job.message(f"{len(chips) - len(known)} of {len(chips)} chips hold no label: they are left out")
    if len(known) < 2:
        raise SampleFolderError(
            f"{len(known)} of {len(chips)} chips has a label: at least 2 are needed, one of them to "
            "validate; export with a smaller tile_size or stride, or label more"
        )
    part = Chips(chips.bounds[known], chips.sources[known], chips.labels[known], divisible=chips.divisible)
    found = split_chips(part, percentage, how, seed, job)
    return Split(known[found.training], known[found.validation], known[found.left_out], found.how, known[found.hidden])


def leakage(chips: Chips, split: Split) -> str:
    """Return a sentence that says how many validation chips show ground that also trains."""
    shared = leaking(chips, split)
    if shared is None:
        return "random split: without georeference nobody knows how many chips share ground; figures may flatter"
    return (
        f"random split leaks: {shared} of {len(split.validation)} validation chips show ground that also trains, "
        "so the figures flatter; split=spatial avoids this"
    )


def leaking(chips: Chips, split: Split) -> int | None:
    """Return how many validation chips show ground that also trains; None when the ground is not known."""
    if not chips.georeferenced:
        return None
    return len(np.unique(_touching(chips.bounds[split.validation], chips.bounds[split.training])))


def _random_split(chips: Chips, share: float, random: np.random.Generator) -> Split:
    """Draw single chips."""
    order = random.permutation(len(chips))
    count = min(len(chips) - 1, max(1, round(share * len(chips))))
    return Split(np.sort(order[count:]), np.sort(order[:count]), np.empty(0, np.int64), "chips drawn at random")


def _spatial_split(chips: Chips, share: float, random: np.random.Generator, job: Job) -> Split:
    """Choose whole rasters, source images or blocks of ground, whichever the data allows."""
    rasters = np.unique(chips.sources)
    known = "" not in rasters
    if known and len(rasters) >= WHOLE_RASTERS:
        groups = np.unique(chips.sources, return_inverse=True)[1]
        return _by_group(chips, groups, share, random, f"whole rasters of {len(rasters)}")
    if not chips.georeferenced:
        return _without_georeference(chips, share, random, job)
    split = _by_blocks(chips, share, random)
    if split is None:
        split = _random_split(chips, share, random)
        job.warn(
            "no border leaves chips on both sides, because they overlap each other: validation chips are drawn at "
            "random. " + leakage(chips, split)
        )
    return split


def _without_georeference(chips: Chips, share: float, random: np.random.Generator, job: Job) -> Split:
    """Split by source image; a chip of unknown source is an image of its own; one source is cut once."""
    names = np.array([name or f"\0{index}" for index, name in enumerate(chips.sources)])
    groups = np.unique(names, return_inverse=True)[1]
    if groups.max() > 0:
        return _by_group(chips, groups, share, random, f"by source image, {groups.max() + 1} images, no georeference")
    count = min(len(chips) - 1, max(1, round(share * len(chips))))
    order = np.arange(len(chips))
    job.warn(
        "the chips have no georeference and one source image: the last ones validate, and chips next to them may share "
        "pixels with training"
    )
    return Split(order[:-count], order[-count:], np.empty(0, np.int64), "last chips of the only image")


def _by_group(chips: Chips, groups: np.ndarray, share: float, random: np.random.Generator, how: str) -> Split:
    """Choose whole groups; training chips that show the ground of a validation chip are left out."""
    everything = np.arange(len(chips))
    ground = chips.georeferenced
    best: tuple[float, Split] | None = None
    for _ in range(CANDIDATES):
        order = random.permutation(int(groups.max()) + 1)
        sizes = np.cumsum(np.bincount(groups)[order])
        count = min(len(order) - 1, 1 + int(np.searchsorted(sizes, share * len(chips) * 0.999)))
        validates = np.isin(groups, order[:count])
        out = np.empty(0, np.int64)
        if ground:
            others = everything[~validates]
            out = others[np.unique(_touching(chips.bounds[others], chips.bounds[validates]))]
        split = Split(np.setdiff1d(everything[~validates], out), everything[validates], out, how)
        best = _better(best, chips, split, share)
    if best is None:
        raise SampleFolderError("all chips show the same ground: nothing would be left to train; export a larger area")
    return best[1]


def _by_blocks(chips: Chips, share: float, random: np.random.Generator) -> Split | None:
    """Choose square blocks of ground; None when no block size leaves chips on both sides."""
    tile = max(
        float((chips.bounds[:, 2] - chips.bounds[:, 0]).max()), float((chips.bounds[:, 3] - chips.bounds[:, 1]).max())
    )
    best: tuple[float, Split] | None = None
    for tiles in BLOCK_TILES:
        found = _blocks_of(chips, tiles * tile, f"blocks of {tiles:g} x {tiles:g} tiles", share, random)
        if found is None:
            continue
        if best is None or found[0] < best[0]:
            best = found
        kept = len(found[1].training) + len(found[1].validation)
        enough = len(found[1].validation) >= min(FEWEST, share) * kept
        if chips.divisible:
            enough = chips.share(found[1].validation) >= min(FEWEST, share)
            good = chips.share(found[1].validation) <= MOST_VALIDATION * share
        else:
            good = len(found[1].left_out) <= MOST_LEFT_OUT * len(chips)
        if enough and good:
            return found[1]
    return None if best is None else best[1]


def _blocks_of(
    chips: Chips, side: float, how: str, share: float, random: np.random.Generator
) -> tuple[float, Split] | None:
    """Return the best found choice of blocks of one size, with its cost."""
    corners, centres = _blocks_under(chips.bounds, side)
    everything = np.arange(len(chips))
    best: tuple[float, Split] | None = None
    for candidate in range(CANDIDATES):
        if candidate % 2:
            order = random.permutation(len(centres))
        else:
            start = centres[random.integers(len(centres))]
            order = np.argsort(((centres - start) ** 2).sum(axis=1), kind="stable")
        place = np.empty(len(centres), np.int64)
        place[order] = np.arange(len(centres))
        # a chip validates from the block on that is the last one under it
        sizes = np.cumsum(np.bincount(place[corners].max(axis=1), minlength=len(centres)))
        wanted = share * len(chips) * (random.uniform(1 / chips.overlap, 1) if chips.divisible else 0.999)  # nosec B311 # no secret
        under = place[corners] <= int(np.searchsorted(sizes, wanted))
        validates, trains = under.all(axis=1), ~under.any(axis=1)
        split = Split(everything[trains], everything[validates], everything[~trains & ~validates], how)
        best = _better(best, chips, split, share)
    return best


def _blocks_under(bounds: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the blocks under the four corners of each chip, (n, 4), and the centres of all blocks, (k, 2).

    Blocks are at least as large as a chip, so the corners touch every block that the chip touches.
    """
    slack = 1e-6 * side
    left, top = bounds[:, 0].min(), bounds[:, 3].max()
    columns = np.floor((bounds[:, [0, 2]] - left + [slack, -slack]) / side).astype(np.int64)
    rows = np.floor((top - bounds[:, [3, 1]] + [slack, -slack]) / side).astype(np.int64)
    pairs = np.stack([columns[:, [0, 1, 0, 1]], rows[:, [0, 0, 1, 1]]], axis=-1)
    blocks, index = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    return index.reshape(-1, 4), (blocks + 0.5) * side


def _better(best: tuple[float, Split] | None, chips: Chips, split: Split, share: float) -> tuple[float, Split] | None:
    """Return the cheaper of the best choice so far and a new one; a choice with an empty side is no choice."""
    if not len(split.validation) or not (len(split.training) or (chips.divisible and len(split.left_out))):
        return best
    kept = len(split.training) + len(split.validation)
    if chips.divisible:
        cost = abs(chips.share(split.validation) - share)
    else:
        cost = abs(len(split.validation) / kept - share) + len(split.left_out) / len(chips)
    present = chips.labels.sum(axis=0) > 0
    if present.any():
        trains = np.concatenate([split.training, split.left_out]) if chips.divisible else split.training
        trained = chips.labels[trains].sum(axis=0)[present]
        validated = chips.labels[split.validation].sum(axis=0)[present]
        cost += float((trained == 0).mean()) + 0.3 * float((validated == 0).mean())
        cost += 0.5 * abs(float(validated.sum()) / max(1.0, float(validated.sum() + trained.sum())) - share)
    return (cost, split) if best is None or cost < best[0] else best


def _touching(bounds: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return indexes of the bounds that share ground with any of the others; a common edge is not shared ground."""
    if not len(bounds) or not len(others):
        return np.empty(0, np.int64)
    slack = 1e-6 * (bounds[:, 2:] - bounds[:, :2])
    inner = shapely.box(*np.concatenate([bounds[:, :2] + slack, bounds[:, 2:] - slack], axis=1).T)
    return np.unique(shapely.STRtree(shapely.box(*others.T)).query(inner, predicate="intersects")[0])
