"""What became of each object between two dates: new, gone, changed or confirmed; the rows of the compared layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..errors import FeatureError
from ..inference.overlaps import Floats, Integers
from ..job import Job
from ..vector.reading import FeatureTable
from .two_dates import Pairs

NEW, GONE, CHANGED, CONFIRMED = "new", "gone", "changed", "confirmed"
STATUSES = (NEW, GONE, CHANGED, CONFIRMED)

NUMBER = "feature number"
"""Column with the numbers of features in their layer, while they are compared."""

OWN_FIELDS = (
    "Status", "Change", "old_id", "new_id", "old_class", "new_class", "old_confidence", "new_confidence", "IoU",
    "Distance",
)  # fmt: skip
"""Fields that the comparison writes."""

_KINDS = {"polygon": (3, 6), "point": (0, 4)}


@dataclass(frozen=True)
class Objects:
    """The objects of one date.

    Attributes:
        table: Their features; the column ``NUMBER`` among the fields.
        ids: (n,) identifiers: whole numbers or texts.
        classes: (n,) class as text, None where it is not known.
        confidence: (n,) float64, 0..1; NaN where it is not known.
        counts: (n,) bool: sure enough to be new or gone by itself.
        seen: (n,) bool: on ground that was seen at the other date too.
    """

    table: FeatureTable
    ids: NDArray[np.generic]
    classes: NDArray[np.object_]
    confidence: Floats
    counts: NDArray[np.bool_]
    seen: NDArray[np.bool_]


@dataclass(frozen=True)
class Changes:
    """The rows of the compared layer: numbers of objects, -1 where there is none at that date.

    Attributes:
        status: (k,) one of ``STATUSES``.
        change: (k,) what changed: ``class``, ``outline``, ``class and outline``; empty else.
        old: (k,) int64.
        new: (k,) int64.
        value: (k,) float64 IoU or distance of matched objects, else NaN.
        unseen: Objects of each date, older first, that are left out because the other date did not see their ground.
    """

    status: NDArray[np.object_]
    change: NDArray[np.object_]
    old: Integers
    new: Integers
    value: Floats
    unseen: tuple[int, int]


def kind_of(old: FeatureTable, new: FeatureTable) -> str:
    """Return ``polygon`` or ``point``: what both layers hold; an empty layer holds whatever the other does.

    Raises:
        FeatureError: A layer holds lines, several kinds, or another kind than the other layer.
    """
    kinds = []
    for table in (old, new):
        found = {int(kind) for kind in np.unique(shapely.get_type_id(table.geometry))}
        names = [name for name, types in _KINDS.items() if found <= set(types)]
        if not names:
            raise FeatureError(f"{table.name} does not hold polygons only or points only: choose a layer of one kind")
        kinds.append(names)
    both = [name for name in kinds[0] if name in kinds[1]]
    if not both:
        raise FeatureError(
            f"{old.name} holds {kinds[0][0]}s and {new.name} {kinds[1][0]}s: choose two layers of one kind, or buffer "
            "the points first"
        )
    return both[0]


def changes_of(old: Objects, new: Objects, matched: Pairs, same_outline: float) -> Changes:
    """Return what became of each object: those of the newer date in their order, then what is gone.

    Args:
        old: Objects of the earlier date.
        new: Objects of the later date.
        matched: Which are one object; values are IoU of polygons.
        same_outline: IoU below which an outline is changed; 0 for points, or to leave outlines aside.
    """
    partner = np.full(len(new.table), -1, np.int64)
    value = np.full(len(new.table), np.nan)
    told = old.counts[matched.old] | new.counts[matched.new]
    partner[matched.new], value[matched.new] = matched.old, matched.value
    other_class = np.zeros(len(new.table), bool)
    other_class[matched.new] = ~same_classes(old, new, matched)
    other_outline = (partner >= 0) & (value < same_outline)
    fresh = (partner < 0) & new.counts
    kept = fresh & new.seen
    kept[matched.new[told]] = True
    lost = old.counts.copy()
    lost[matched.old] = False
    gone = np.flatnonzero(lost & old.seen)
    changed = other_class | other_outline
    status = np.where(partner < 0, NEW, np.where(changed, CHANGED, CONFIRMED)).astype(object)
    words = np.where(other_class & other_outline, "class and outline", np.where(other_class, "class", "outline"))
    change = np.where(changed & (partner >= 0), words, "").astype(object)
    here = np.flatnonzero(kept)
    nothing = np.full(len(gone), -1, np.int64)
    return Changes(
        status=np.concatenate([status[here], np.full(len(gone), GONE, object)]),
        change=np.concatenate([change[here], np.full(len(gone), "", object)]),
        old=np.concatenate([partner[here], gone]),
        new=np.concatenate([here, nothing]),
        value=np.concatenate([value[here], np.full(len(gone), np.nan)]),
        unseen=(int((lost & ~old.seen).sum()), int((fresh & ~new.seen).sum())),
    )


def same_classes(old: Objects, new: Objects, pairs: Pairs) -> NDArray[np.bool_]:
    """Return which pairs are of one class, (p,) bool; unknown classes are one class."""
    return np.asarray(old.classes[pairs.old] == new.classes[pairs.new], bool)


def compared_table(old: Objects, new: Objects, changes: Changes, kind: str, job: Job) -> FeatureTable:
    """Return the compared layer: attributes of the newer date, of the older for what is gone, and our own fields.

    Args:
        old: Objects of the earlier date.
        new: Objects of the later date, in the same CRS.
        changes: What became of them.
        kind: ``polygon`` or ``point``.
        job: Told which attributes give way to fields of the comparison.
    """
    late = changes.new >= 0
    here, gone = changes.new[late], changes.old[~late]
    geometry = np.concatenate([new.table.geometry[here], old.table.geometry[gone]])
    fields, types = {}, {}
    ours = {name.casefold() for name in OWN_FIELDS}
    hidden = [name for name in new.table.fields if name.casefold() in ours]
    if hidden:
        job.warn(f"{', '.join(hidden)} of {new.table.name} give way to fields of the comparison of the same name")
    for name, column in new.table.fields.items():
        if name in (NUMBER, *hidden):
            continue
        same = old.table.find_field(name)
        earlier = None if same is None else old.table.fields[same]
        fields[name] = _joined(column[here], None if earlier is None else earlier[gone], len(gone))
        if name in new.table.types:
            types[name] = new.table.types[name]
    fields |= {"Status": changes.status, "Change": changes.change}
    for prefix, objects, places in (("old", old, changes.old), ("new", new, changes.new)):
        fields[f"{prefix}_id"], kind_of_id = _picked(objects.ids, places)
        fields[f"{prefix}_class"] = _picked(objects.classes, places)[0]
        fields[f"{prefix}_confidence"] = _picked(objects.confidence, places)[0]
        if kind_of_id:
            types[f"{prefix}_id"] = kind_of_id
    fields["IoU" if kind == "polygon" else "Distance"] = changes.value
    return FeatureTable(geometry, fields, new.table.crs, "comparison", types)


def counted(old: Objects, new: Objects, changes: Changes) -> dict[str, NDArray[np.generic]]:
    """Return the columns of the table of counts: one row per class, of the later date where there is one, and all."""
    late = changes.new >= 0
    classes = np.empty(len(changes.status), object)
    classes[late], classes[~late] = new.classes[changes.new[late]], old.classes[changes.old[~late]]
    names = sorted({str(name) for name in classes if name is not None})
    rows = [*names, *([None] if any(name is None for name in classes) and names else [])]
    chosen = [np.array([entry == name for entry in classes], bool) for name in rows]
    chosen.append(np.ones(len(classes), bool))
    columns: dict[str, NDArray[np.generic]] = {
        "Class": np.array([*("unknown" if name is None else name for name in rows), "all"], object)
    }
    for status in STATUSES:
        columns[status.capitalize()] = np.array(
            [int((changes.status[row] == status).sum()) for row in chosen], np.int64
        )
    return columns


def _picked(values: NDArray[np.generic], places: Integers) -> tuple[NDArray[np.generic], str]:
    """Return values at some places, null where the place is -1, and the declared type of whole numbers."""
    there = places >= 0
    if values.dtype.kind == "O":
        texts = np.full(len(places), None, object)
        texts[there] = values[places[there]]
        return texts, ""
    numbers = np.full(len(places), np.nan)
    numbers[there] = values[places[there]].astype(np.float64)
    return numbers, "int64" if values.dtype.kind in "iu" else ""


def _joined(here: NDArray[np.generic], gone: NDArray[np.generic] | None, count: int) -> NDArray[np.generic]:
    """Return a column of the newer layer, continued with that of the older where both hold the same kind of value."""
    numeric = "iuf"
    alike = gone is not None and (
        gone.dtype.kind == here.dtype.kind or (gone.dtype.kind in numeric and here.dtype.kind in numeric)
    )
    if gone is not None and alike:
        return np.concatenate([here, gone])
    if not count:
        return here
    if here.dtype.kind == "M":
        return np.concatenate([here, np.full(count, "NaT", here.dtype)])
    if here.dtype.kind in "iufb":
        return np.concatenate([here.astype(np.float64), np.full(count, np.nan)])
    return np.concatenate([here.astype(object), np.full(count, None, object)])
