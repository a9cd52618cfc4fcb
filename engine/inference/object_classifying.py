"""All objects through the network: read ahead in raster order, batched; looked for again where no pixel was valid."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..job import Job
from ..package.emd import ModelPackage
from .object_findings import Findings
from .object_outlines import Outlines
from .object_places import NOWHERE, Again, Cut, Places
from .object_predictor import ObjectPredictor, batches
from .object_reading import Objects, read_chips
from .object_subjects import Subject
from .pace import Pace
from .stages import MERGING, NETWORK, Stopwatch


@dataclass(frozen=True)
class ObjectRun:
    """What runs.

    Attributes:
        subject: What is classified.
        cut: How objects are cut.
        blacken: Whether chips are 0 outside their objects.
        predictor: The network.
        readers: Threads that read.
        folder: For files that end with the run.
    """

    subject: Subject
    cut: Cut
    blacken: bool
    predictor: ObjectPredictor
    readers: int
    folder: Path


def cut_of(package: ModelPackage, subject: Subject) -> Cut:
    """Return how objects are cut: as ``CropSizeFixed`` says; a point has no frame, an image is seen whole."""
    fixed = bool(package.emd.get("CropSizeFixed", 1)) or are_points(subject)
    return Cut(package.tile, fixed=fixed and not subject.whole, whole=subject.whole)


def are_points(subject: Subject) -> bool:
    """Return whether objects are points."""
    return (subject.geometry_type or "").replace("2.5D ", "").startswith("Point") and not subject.whole


def blackens(package: ModelPackage, subject: Subject) -> bool:
    """Return whether a model wants pixels outside the object to be 0: ``BlackenAroundFeature``."""
    return bool(package.emd.get("BlackenAroundFeature", 0)) and not subject.whole


def classify_objects(run: ObjectRun, watch: Stopwatch, job: Job) -> Findings:
    """Return what was found of each object; those outside every raster, or without a valid pixel, have no label.

    Args:
        run: What runs.
        watch: Told what takes how long.
        job: Told progress, asked for a cancel.

    Raises:
        RasterError: A raster is damaged.
        Cancelled: The user cancelled the run.
    """
    subject, predictor = run.subject, run.predictor
    scores = run.folder / "scores" if predictor.multi or subject.needs_scores else None
    findings = Findings(subject.count, predictor.classes, scores)
    with ExitStack() as stack:
        outlines = None
        if run.blacken:
            outlines = stack.enter_context(Outlines(run.folder / "outlines", subject.count))
        with watch.stage(MERGING):
            places = subject.places(run.cut, outlines, job)
        pace = Pace(int((places.raster != NOWHERE).sum()), watch, job, "Classifying objects", "object")
        again: Again | None = None
        while (places.raster != NOWHERE).any():
            _look(run, places, outlines, findings, watch, pace, job)
            again = _unseen(places, findings, again, len(subject.sources))
            if again is None:
                break
            places = subject.places(run.cut, outlines, job, again)
    return findings


def _look(
    run: ObjectRun,
    places: Places,
    outlines: Outlines | None,
    findings: Findings,
    watch: Stopwatch,
    pace: Pace,
    job: Job,
) -> None:
    """Run the network on the objects where they lie."""
    objects = Objects(run.subject.sources, places, run.cut, outlines)
    with closing(read_chips(objects, watch, run.readers)) as parts:
        for chips in batches(parts, run.predictor.at_once):
            job.check()
            if len(chips):
                with watch.stage(NETWORK):
                    scores = run.predictor.scores(chips, job)
                findings.add(chips.objects, scores, places.raster[chips.objects])
            pace.passed(chips.passed)


def _unseen(places: Places, findings: Findings, before: Again | None, rasters: int) -> Again | None:
    """Return the objects that lie in a raster but had no valid pixel there, None where there is nothing left to try."""
    objects = np.flatnonzero((places.raster != NOWHERE) & ~findings.seen)
    if rasters < 2 or not len(objects):
        return None
    tried = np.zeros((len(objects), rasters), bool)
    if before is not None:
        tried = before.tried[np.searchsorted(before.objects, objects)].copy()
    tried[np.arange(len(objects)), places.raster[objects]] = True
    return Again(objects, tried)
