"""What an inspection finds, in plain sentences: worst first, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..samples.registry import get_sample_format
from .evidence import (
    ERROR,
    MOST_EXAMPLES,
    NOTE,
    SEVERITIES,
    WARNING,
    Evidence,
    Finding,
    chips_in_words,
    first_of,
    many,
    named,
    share,
)
from .object_findings import placed, sized
from .subject import class_name

FEW_OBJECTS = 10
FEW_CHIPS = 50
IMBALANCE = 20
"""A class with as many times less than the most frequent one is rare."""
VOID = 0.5


def findings_of(evidence: Evidence) -> list[Finding]:
    """Return what is found, errors first, then warnings, then notes."""
    found = [
        *_broken(evidence),
        *_twice(evidence),
        *_unlike(evidence),
        *_told(evidence),
        *_classes(evidence),
        *sized(evidence),
        *placed(evidence),
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
            f"{chips_in_words(len(broken))} cannot be read; the first: {broken[0][1].partition(': ')[0]}.",
            "Remove them or export them again: training stops at the first.",
        )


def _twice(evidence: Evidence) -> Iterator[Finding]:
    """Chips that are there twice."""
    likeness = evidence.likeness
    if groups := likeness.contradicting:
        chips = sum(map(len, groups))
        yield Finding(
            ERROR,
            f"{chips_in_words(chips)} have the pixels of another one and different labels.",
            "Keep one label of each: a network cannot learn both, and its figures cannot be good.",
            first_of(groups),
        )
    if groups := likeness.equal:
        yield Finding(
            WARNING,
            many(sum(map(len, groups)) - len(groups), "chip is a copy of another", "chips are copies of others")
            + ", labels included.",
            "Remove the copies: they count twice in training, and flatter the figures if one of them validates.",
            first_of(groups),
        )
    if pairs := likeness.near:
        yield Finding(
            NOTE,
            many(len(pairs), "pair of chips looks", "pairs of chips look") + " nearly the same, on different ground.",
            "Look at them: saved twice with small changes, they are copies and one of each should go.",
            first_of([list(pair) for pair in pairs]),
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
            f"{chips_in_words(len(odd))} have another size or number of bands than {usual[2]} x {usual[1]} pixels and "
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
            f"Declared and never labelled: {named(absent)}.",
            "Label some, or leave the class out: it would never be predicted.",
        )
    chips = (subject.counts > 0).sum(axis=0)
    held = chips if what == "pixels" else totals
    few = [place for place in range(len(names)) if 0 < held[place] < FEW_OBJECTS]
    if few:
        unit = "chip" if what == "pixels" else what[:-1]
        numbers = [f"{names[place]} ({many(held[place], unit, unit + 's')})" for place in few]
        yield Finding(
            WARNING,
            f"Fewer than {FEW_OBJECTS} {unit}s: {named(numbers)}.",
            "Label more of them, or join them with another class: so few are not learnt.",
            tuple(np.flatnonzero(subject.counts[:, few].any(axis=1))[:MOST_EXAMPLES].tolist()),
        )
    rare = [p for p in range(len(names)) if totals[p] and totals[p] * IMBALANCE < totals.max() and p not in few]
    if rare:
        yield Finding(
            WARNING,
            f"More than {IMBALANCE} times rarer than {names[int(totals.argmax())]}: "
            f"{named([names[place] for place in rare])}.",
            "Label more of them, or use class weights in training (class_balancing where the model has it).",
        )


def _chips(evidence: Evidence) -> Iterator[Finding]:
    """Chips that are few, empty or void."""
    subject = evidence.subject
    if len(subject) < FEW_CHIPS:
        yield Finding(
            WARNING,
            many(len(subject), "chip is", "chips are") + " little to learn from.",
            "Label more ground, or export with a smaller stride: some hundred chips make a useful model.",
        )
    void = evidence.looks.void() > VOID
    if void.mean() > 0.05:
        yield Finding(
            WARNING,
            f"{share(void)} of the chips are more than half void (0 in every band).",
            "Export within the imagery (extent or in_mask_polygons): void ground costs time and teaches nothing.",
            tuple(np.flatnonzero(void)[:MOST_EXAMPLES].tolist()),
        )
    if not len(subject.samples.classes):
        return
    if subject.empty.mean() > 0.8:
        yield Finding(
            WARNING,
            f"{share(subject.empty)} of the chips have no label.",
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
