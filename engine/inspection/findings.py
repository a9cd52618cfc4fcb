"""What an inspection finds, in plain sentences: worst first, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ..samples.registry import get_sample_format
from .likeness import Likeness
from .looks import Looks
from .sides import Sides
from .subject import Subject, class_name
from .worth import Seen

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)

FEW_OBJECTS = 10
FEW_CHIPS = 50
IMBALANCE = 20
"""A class with as many times less than the most frequent one is rare."""
EDGE = 0.5
"""Boxes as near to the edge of their chip, in pixels, were cut by it."""
MANY_CUT = 0.4
WHOLE_CHIP = 0.95
VOID = 0.5
MOST_EXAMPLES = 6


@dataclass(frozen=True)
class Finding:
    """Something that was found.

    Attributes:
        severity: ``error``, ``warning`` or ``note``.
        text: What was found.
        remedy: What to do about it.
        examples: Chips that show it.
    """

    severity: str
    text: str
    remedy: str
    examples: tuple[int, ...] = field(default=())


@dataclass(frozen=True)
class Evidence:
    """All that findings are drawn from.

    Attributes:
        subject: The training data.
        looks: What the chips look like.
        likeness: Chips that are there twice.
        sides: What splits into training and validation do.
        seen: Sizes of objects that networks see well; None where there is no such rule.
        told: Warnings of the reading.
    """

    subject: Subject
    looks: Looks
    likeness: Likeness
    sides: Sides | None
    seen: Seen | None
    told: tuple[str, ...] = ()


def findings_of(evidence: Evidence) -> list[Finding]:
    """Return what is found, errors first, then warnings, then notes."""
    found = [
        *_broken(evidence),
        *_twice(evidence),
        *_unlike(evidence),
        *_told(evidence),
        *_classes(evidence),
        *_sizes(evidence),
        *_places(evidence),
        *_chips(evidence),
        *_leaks(evidence),
    ]
    told = [replace(finding, text=finding.text[0].upper() + finding.text[1:]) for finding in found]
    return sorted(told, key=lambda finding: SEVERITIES.index(finding.severity))


def _broken(evidence: Evidence) -> Iterator[Finding]:
    """Chips that cannot be read."""
    if broken := evidence.looks.broken:
        yield Finding(
            ERROR,
            f"{_chips_in_words(len(broken))} cannot be read; the first: {broken[0][1].split(':')[0]}.",
            "Remove them or export them again: training stops at the first.",
        )


def _twice(evidence: Evidence) -> Iterator[Finding]:
    """Chips that are there twice."""
    likeness = evidence.likeness
    if groups := likeness.contradicting:
        chips = sum(map(len, groups))
        yield Finding(
            ERROR,
            f"{_chips_in_words(chips)} have the pixels of another one and different labels.",
            "Keep one label of each: a network cannot learn both, and its figures cannot be good.",
            _flat(groups),
        )
    if groups := likeness.equal:
        yield Finding(
            WARNING,
            _many(sum(map(len, groups)) - len(groups), "chip is a copy of another", "chips are copies of others")
            + ", labels included.",
            "Remove the copies: they count twice in training, and flatter the figures if one of them validates.",
            _flat(groups),
        )
    if pairs := likeness.near:
        yield Finding(
            NOTE,
            _many(len(pairs), "pair of chips looks", "pairs of chips look") + " nearly the same, on different ground.",
            "Look at them: saved twice with small changes, they are copies and one of each should go.",
            _flat([list(pair) for pair in pairs]),
        )


def _unlike(evidence: Evidence) -> Iterator[Finding]:
    """Chips that cannot be trained together."""
    subject = evidence.subject
    told = subject.shapes[:, :1] if get_sample_format(subject.samples.metadata_format).any_size else subject.shapes
    shapes, counts = np.unique(told, axis=0, return_counts=True)
    if len(shapes) > 1:
        odd = np.flatnonzero((told != shapes[counts.argmax()]).any(axis=1))
        usual = subject.shapes[np.setdiff1d(np.arange(len(subject)), odd)[0]]
        yield Finding(
            ERROR,
            f"{_chips_in_words(len(odd))} have another size or number of bands than {usual[2]} x {usual[1]} pixels and "
            f"{usual[0]} bands.",
            "Bring them to one size with Convert Training Data (tile_size): chips of one training are alike.",
            tuple(odd[:MOST_EXAMPLES].tolist()),
        )


def _told(evidence: Evidence) -> Iterator[Finding]:
    """What was mended while the folder was read."""
    for text in evidence.told:
        yield Finding(WARNING, text + ".", "Check the label files; what is left out teaches nothing.")


def _classes(evidence: Evidence) -> Iterator[Finding]:
    """Classes with too little of them."""
    subject = evidence.subject
    totals, what = subject.counts.sum(axis=0), subject.counted.lower()
    names = [class_name(entry) for entry in subject.samples.classes]
    absent = [name for name, total in zip(names, totals, strict=True) if not total]
    if absent:
        yield Finding(
            WARNING,
            f"Declared and never labelled: {_named(absent)}.",
            "Label some, or leave the class out: it would never be predicted.",
        )
    chips = (subject.counts > 0).sum(axis=0)
    held = chips if what == "pixels" else totals
    few = [place for place in range(len(names)) if 0 < held[place] < FEW_OBJECTS]
    if few:
        unit = "chip" if what == "pixels" else what[:-1]
        numbers = [f"{names[place]} ({_many(held[place], unit, unit + 's')})" for place in few]
        yield Finding(
            WARNING,
            f"Fewer than {FEW_OBJECTS} {unit}s: {_named(numbers)}.",
            "Label more of them, or join them with another class: so few are not learnt.",
            tuple(np.flatnonzero(subject.counts[:, few].any(axis=1))[:MOST_EXAMPLES].tolist()),
        )
    rare = [p for p in range(len(names)) if totals[p] and totals[p] * IMBALANCE < totals.max() and p not in few]
    if rare:
        yield Finding(
            WARNING,
            f"More than {IMBALANCE} times rarer than {names[int(totals.argmax())]}: "
            f"{_named([names[place] for place in rare])}.",
            "Label more of them, or use class weights in training (class_balancing where the model has it).",
        )


def _sizes(evidence: Evidence) -> Iterator[Finding]:
    """Objects that networks see badly because of their size."""
    subject, seen = evidence.subject, evidence.seen
    if seen is None or not len(subject.boxes):
        return
    sizes = np.sqrt(subject.sizes.prod(axis=1))
    small = sizes < seen.smallest
    if small.mean() > 0.05:
        yield Finding(
            WARNING,
            f"{_share(small)} of the objects are smaller than {seen.smallest:.0f} pixels, which networks see badly.",
            "Export with a smaller cell_size (auto chooses one) if the imagery allows it.",
            _owners(subject, small),
        )
    large = np.asarray(subject.sizes.max(axis=1) > 0.7 * subject.limits.min(axis=1))
    full = np.asarray((subject.sizes / subject.limits).prod(axis=1) > WHOLE_CHIP)
    if full.any():
        yield Finding(
            WARNING,
            _many(int(full.sum()), "object fills its whole chip.", "objects fill their whole chips."),
            "Check them: such boxes often label the image, not an object; else export with larger tiles.",
            _owners(subject, full),
        )
    elif large.mean() > 0.1:
        yield Finding(
            WARNING,
            f"{_share(large)} of the objects are larger than two thirds of their chip.",
            "Export with larger tiles or a coarser cell_size, so that whole objects fit.",
            _owners(subject, large),
        )


def _places(evidence: Evidence) -> Iterator[Finding]:
    """Objects that are cut, tiny, or there twice."""
    subject = evidence.subject
    if not len(subject.boxes):
        return
    left = (subject.boxes[:, :2] <= EDGE).any(axis=1)
    cut = np.asarray(left | (subject.boxes[:, 2:] >= subject.limits - EDGE).any(axis=1))
    if cut.mean() > MANY_CUT:
        yield Finding(
            WARNING,
            f"{_share(cut)} of the objects are cut by the edge of their chip.",
            "Export with larger tiles and a stride of half a tile, so that most objects are whole in one chip.",
            _owners(subject, cut),
        )
    thin = np.asarray(subject.sizes.min(axis=1) < 2)
    if thin.any():
        yield Finding(
            NOTE,
            _many(int(thin.sum()), "object is", "objects are")
            + f" less than 2 pixels wide or high, {int((thin & cut).sum())} of them at the edge of a chip.",
            "Export with min_polygon_overlap_ratio (0.2, say) to leave slivers out.",
            _owners(subject, thin),
        )
    keys = np.column_stack([subject.owners, subject.values, np.round(subject.boxes).astype(np.int64)])
    _, first, count = np.unique(keys, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        twice = np.zeros(len(keys), bool)
        twice[first[count > 1]] = True
        yield Finding(
            WARNING,
            _many(int((count - 1).sum()), "object is", "objects are")
            + " labelled twice: the same class at the same place.",
            "Remove one of each: the second counts as missed.",
            _owners(subject, twice),
        )


def _chips(evidence: Evidence) -> Iterator[Finding]:
    """Chips that are few, empty or void."""
    subject = evidence.subject
    if len(subject) < FEW_CHIPS:
        yield Finding(
            WARNING,
            _many(len(subject), "chip is", "chips are") + " little to learn from.",
            "Label more ground, or export with a smaller stride: some hundred chips make a useful model.",
        )
    void = evidence.looks.void() > VOID
    if void.mean() > 0.05:
        yield Finding(
            WARNING,
            f"{_share(void)} of the chips are more than half void (0 in every band).",
            "Export within the imagery (extent or in_mask_polygons): void ground costs time and teaches nothing.",
            tuple(np.flatnonzero(void)[:MOST_EXAMPLES].tolist()),
        )
    if not len(subject.samples.classes):
        return
    if subject.empty.mean() > 0.8:
        yield Finding(
            WARNING,
            f"{_share(subject.empty)} of the chips have no label.",
            "Leave most of them out (ONLY_TILES_WITH_FEATURES): training sees little else.",
            tuple(np.flatnonzero(subject.empty)[:MOST_EXAMPLES].tolist()),
        )
    elif len(subject.boxes) and not subject.empty.any():
        yield Finding(
            NOTE,
            "Every chip has an object.",
            "Add some chips without any (output_nofeature_tiles): they teach what is none, and lower false alarms.",
        )


def _leaks(evidence: Evidence) -> Iterator[Finding]:
    """Validation that would flatter."""
    sides = evidence.sides
    if sides is None:
        return
    if sides.shared is None:
        yield Finding(
            NOTE,
            "The chips have no georeference: nobody knows which of them show the same ground.",
            "Keep chips of one image or flight on one side of the split; names of source images would help.",
        )
    elif sides.shared > 0:
        yield Finding(
            WARNING if sides.shared > 0.05 else NOTE,
            f"Split at random, {sides.shared:.0%} of the validation chips show ground that also trains.",
            f"Train with the spatial split, which is the default here: {sides.spatial}",
        )


def _owners(subject: Subject, which: np.ndarray) -> tuple[int, ...]:
    """Return the chips that hold most of some objects."""
    counts = np.bincount(subject.owners[which], minlength=len(subject))
    order = np.argsort(-counts, kind="stable")[:MOST_EXAMPLES]
    return tuple(int(chip) for chip in order if counts[chip])


def _flat(groups: list[list[int]]) -> tuple[int, ...]:
    """Return the chips of the first groups."""
    return tuple([chip for group in groups for chip in group[:2]][:MOST_EXAMPLES])


def _share(which: np.ndarray) -> str:
    """Return a share in words."""
    return f"{int(which.sum())} ({which.mean():.0%})"


def _many(count: int, one: str, several: str) -> str:
    """Return a number with the words for one or for several."""
    return f"{count:,} {one if count == 1 else several}"


def _chips_in_words(count: int) -> str:
    """Return a number of chips in words."""
    return _many(count, "chip", "chips")


def _named(names: list[str]) -> str:
    """Return some names, the first eight."""
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
