"""Which chips a page shows, and what it shows of each: worst first, then some of every class, then some at random."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..errors import SampleFolderError
from ..job import Job
from .drawing import Stretch, legend_colors, overlay_of, picture_of
from .evidence import Finding
from .subject import Subject, class_name

PER_CLASS, MOST_BY_CLASS, AT_RANDOM = 6, 72, 18
_THREADS = 4


@dataclass(frozen=True)
class Shown:
    """One chip of a page.

    Attributes:
        pictures: Addresses of the chip, and of the second one of a pair.
        overlay: Address of its labels, empty where they cannot be read.
        caption: Its file name.
        holds: What it holds, in words.
    """

    pictures: tuple[str, ...]
    overlay: str
    caption: str
    holds: str


@dataclass(frozen=True)
class Gallery:
    """The chips of a page.

    Attributes:
        chips: What is shown of each, by number.
        by_class: Class place and its chips.
        at_random: Chips drawn from all.
    """

    chips: dict[int, Shown]
    by_class: list[tuple[int, list[int]]]
    at_random: list[int]


def gallery_of(
    subject: Subject, findings: Sequence[Finding], stretch: Stretch, job: Job, span: tuple[float, float]
) -> Gallery:
    """Choose and draw the chips of a page.

    Args:
        subject: The training data.
        findings: Their examples are drawn.
        stretch: How pixels become brightness.
        job: Progress, and a check at each chip.
        span: Progress before and after, 0..1.
    """
    random = np.random.default_rng(0)
    by_class = [(place, chips) for place, chips in _by_class(subject, random) if chips]
    drawn = random.permutation(len(subject))[:AT_RANDOM]
    at_random = sorted(drawn.tolist())
    wanted = sorted(
        {*(c for f in findings for c in f.examples), *(c for _, chips in by_class for c in chips), *at_random}
    )
    shown = dict(zip(wanted, job.track(_drawn(subject, wanted, stretch), "Drawing", len(wanted), *span), strict=True))
    known = {chip: entry for chip, entry in shown.items() if entry is not None}
    return Gallery(
        known,
        [(place, [chip for chip in chips if chip in known]) for place, chips in by_class],
        [chip for chip in at_random if chip in known],
    )


def _by_class(subject: Subject, random: np.random.Generator) -> Iterator[tuple[int, list[int]]]:
    """Yield some chips of each class, rare classes first; half hold much of it, half are drawn."""
    classes = subject.counts.shape[1]
    count = max(2, min(PER_CLASS, MOST_BY_CLASS // max(1, classes)))
    totals = subject.counts.sum(axis=0)
    for place in np.argsort(totals, kind="stable")[: MOST_BY_CLASS // 2].tolist():
        held = subject.counts[:, place]
        chips = np.flatnonzero(held)
        most = chips[np.argsort(-held[chips], kind="stable")][: count // 2]
        others = random.permutation(np.setdiff1d(chips, most))[: count - len(most)]
        yield place, [*most.tolist(), *others.tolist()]


def _drawn(subject: Subject, chips: Sequence[int], stretch: Stretch) -> Iterable[Shown | None]:
    """Yield what is shown of each chip; None where it cannot be read."""
    colors = legend_colors(subject.samples.classes)

    def drawn(chip: int) -> Shown | None:
        sample = subject.samples.samples[chip]
        try:
            pictures = picture_of(sample, stretch)
        except SampleFolderError:
            return None
        try:
            size = (int(subject.shapes[chip, 1]), int(subject.shapes[chip, 2]))
            overlay = _address("png", overlay_of(sample, size, colors))
        except SampleFolderError:
            overlay = ""
        addresses = tuple(_address("jpeg", picture) for picture in pictures)
        return Shown(addresses, overlay, subject.name(chip), _holds(subject, chip))

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pictures") as threads:
        yield from threads.map(drawn, chips)


def _holds(subject: Subject, chip: int) -> str:
    """Return what a chip holds, most first."""
    counts = subject.counts[chip]
    order = [place for place in np.argsort(-counts, kind="stable").tolist() if counts[place]]
    if not order:
        return "no label" if len(subject.samples.classes) else ""
    names = [class_name(subject.samples.classes[place]) for place in order]
    if subject.counted == "Chips":
        return ", ".join(names)
    total = int(subject.shapes[chip, 1] * subject.shapes[chip, 2])
    shares = counts / total
    numbers = [
        str(int(counts[place]))
        if subject.counted != "Pixels"
        else f"{shares[place]:.0%}"
        if shares[place] >= 0.005
        else "< 1%"
        for place in order
    ]
    parts = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
    return ", ".join(parts[:4]) + (" …" if len(parts) > 4 else "")


def _address(kind: str, content: bytes) -> str:
    """Return a picture as an address that a page can hold in itself."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode("ascii")
