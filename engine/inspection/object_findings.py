"""Findings about the objects in chips: too small, too large, cut, or there twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .evidence import NOTE, WARNING, Evidence, Finding, many, most_of, share

EDGE = 0.5
"""Boxes as near to the edge of their chip, in pixels, were cut by it."""
MANY_CUT = 0.4
WHOLE_CHIP = 0.95


def sized(evidence: Evidence) -> Iterator[Finding]:
    """Objects that networks see badly because of their size."""
    subject, seen = evidence.subject, evidence.seen
    if seen is None or not len(subject.boxes):
        return
    sizes = np.sqrt(subject.sizes.prod(axis=1))
    small = sizes < seen.smallest
    if small.mean() > 0.05:
        yield Finding(
            WARNING,
            f"{share(small)} of the objects are smaller than {seen.smallest:.0f} pixels, which networks see badly.",
            "Export with a smaller cell_size (auto chooses one) if the imagery allows it.",
            most_of(subject, small),
        )
    large = np.asarray(subject.sizes.max(axis=1) > 0.7 * subject.limits.min(axis=1))
    full = np.asarray((subject.sizes / subject.limits).prod(axis=1) > WHOLE_CHIP)
    if full.any():
        yield Finding(
            WARNING,
            many(int(full.sum()), "object fills its whole chip.", "objects fill their whole chips."),
            "Check them: such boxes often label the image, not an object; else export with larger tiles.",
            most_of(subject, full),
        )
    elif large.mean() > 0.1:
        yield Finding(
            WARNING,
            f"{share(large)} of the objects are larger than two thirds of their chip.",
            "Export with larger tiles or a coarser cell_size, so that whole objects fit.",
            most_of(subject, large),
        )


def placed(evidence: Evidence) -> Iterator[Finding]:
    """Objects that are cut, tiny, or there twice."""
    subject = evidence.subject
    if not len(subject.boxes):
        return
    left = (subject.boxes[:, :2] <= EDGE).any(axis=1)
    cut = np.asarray(left | (subject.boxes[:, 2:] >= subject.limits - EDGE).any(axis=1))
    if cut.mean() > MANY_CUT:
        yield Finding(
            WARNING,
            f"{share(cut)} of the objects are cut by the edge of their chip.",
            "Export with larger tiles and a stride of half a tile, so that most objects are whole in one chip.",
            most_of(subject, cut),
        )
    thin = np.asarray(subject.sizes.min(axis=1) < 2)
    if thin.any():
        yield Finding(
            NOTE,
            many(int(thin.sum()), "object is", "objects are")
            + f" less than 2 pixels wide or high, {int((thin & cut).sum())} of them at the edge of a chip.",
            "Export with min_polygon_overlap_ratio (0.2, say) to leave slivers out.",
            most_of(subject, thin),
        )
    keys = np.column_stack([subject.owners, subject.values, np.round(subject.boxes).astype(np.int64)])
    _, first, count = np.unique(keys, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        twice = np.zeros(len(keys), bool)
        twice[first[count > 1]] = True
        yield Finding(
            WARNING,
            many(int((count - 1).sum()), "object is", "objects are")
            + " labelled twice: the same class at the same place.",
            "Remove one of each: the second counts as missed.",
            most_of(subject, twice),
        )
