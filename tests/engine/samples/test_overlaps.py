"""Which features lie over an earlier one: insides must meet, of the same class or of another as asked."""

import numpy as np
import shapely

from engine.samples.overlaps import lying_over
from engine.vector.labels import Labels
from engine.vector.reading import FeatureTable


def over(shapes, values, *, alike):
    """Return the features that lie over an earlier one."""
    table = FeatureTable(np.array(shapes, object), {}, None, "shapes")
    labels = Labels(table, np.array(values), np.arange(len(values)), (), True)
    return lying_over(labels, alike=alike).tolist()


def test_insides_must_meet():
    """Boxes and polygons that share a border or a corner, or whose frames alone overlap, do not."""
    shapes = [
        shapely.box(0, 0, 4, 4),
        shapely.box(4, 0, 8, 4),
        shapely.box(8, 4, 9, 5),
        shapely.Polygon([(10, 0), (20, 0), (10, 10)]),
        shapely.Polygon([(20, 0), (20, 10), (10, 10)]),
        shapely.Point(15, 5).buffer(1),
        shapely.box(3, 3, 5, 5),
    ]
    assert over(shapes, [1] * 7, alike=True) == [5, 6]


def test_classes_count_as_asked():
    """Each later feature is named once, however many it lies over; the earlier one is not."""
    shapes = [shapely.box(0, 0, 9, 9), shapely.Point(4, 4).buffer(3), shapely.Point(5, 4).buffer(3)]
    assert over(shapes, [1, 2, 1], alike=True) == [2]
    assert over(shapes, [1, 2, 1], alike=False) == [1, 2]
    assert over(shapes[:1], [1], alike=True) == []


def test_a_hole_is_no_inside():
    """What lies in it lies over nothing."""
    ring = shapely.box(0, 0, 10, 10) - shapely.box(3, 3, 7, 7)
    assert over([ring, shapely.Point(5, 5).buffer(1), shapely.box(2, 2, 4, 4)], [1, 1, 1], alike=True) == [2]
