"""Matching of two dates against the plain definition: every pair looked at, the surest taken first."""

import numpy as np
import shapely

from engine.accuracy.two_dates import matched_pairs, near_pairs, overlapping_pairs
from engine.job import Job


def hexagons(random, count):
    """Return regular hexagons of many sizes, crowded."""
    centres = random.uniform(0, 60, (count, 2))
    return shapely.buffer(shapely.points(centres), random.choice([0.5, 3.0, 8.0], count), quad_segs=2)


def test_pairs_and_matches_are_those_of_the_definition():
    """The grid finds every pair that reaches the limit, and the greedy choice is that over the sorted pairs."""
    random = np.random.default_rng(3)
    old, new = hexagons(random, 90), hexagons(random, 110)
    common = shapely.area(shapely.intersection(old[:, None], new[None]))
    iou = common / (shapely.area(old)[:, None] + shapely.area(new)[None] - common)
    wanted = {(i, j) for i, j in zip(*np.nonzero(iou >= 0.2), strict=True)}
    classes = random.integers(0, 2, 90), random.integers(0, 2, 110)

    pairs = overlapping_pairs(old, new, 0.2, Job())
    matched = matched_pairs(pairs, classes[0][pairs.old] == classes[1][pairs.new])

    assert set(zip(pairs.old.tolist(), pairs.new.tolist(), strict=True)) == wanted and len(wanted) > 40
    assert np.allclose(pairs.value, iou[pairs.old, pairs.new])
    order = sorted(wanted, key=lambda pair: (classes[0][pair[0]] != classes[1][pair[1]], -iou[pair], *pair))
    taken: set[tuple[str, int]] = set()
    expected = []
    for one, other in order:
        if ("old", one) not in taken and ("new", other) not in taken:
            taken |= {("old", one), ("new", other)}
            expected.append((one, other))
    assert set(zip(matched.old.tolist(), matched.new.tolist(), strict=True)) == set(expected)


def test_nothing_matches_nothing():
    """Empty layers have no pairs."""
    nothing, square = np.zeros(0, object), np.array([shapely.box(0, 0, 1, 1)])
    for one, other in ((nothing, square), (square, nothing), (nothing, nothing)):
        assert not len(overlapping_pairs(one, other, 0.3, Job()).old)
        assert not len(near_pairs(shapely.centroid(one), shapely.centroid(other), 2.0).old)
