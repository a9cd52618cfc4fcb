"""What a split into training and validation would do to the chips: at random, and by ground as training does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import SampleFolderError
from ..job import Job
from ..training.split import leaking, split_chips
from .subject import Subject

PERCENTAGE = 10.0


@dataclass(frozen=True)
class Sides:
    """Two ways to split.

    Attributes:
        shared: Share of the validation chips that show ground which also trains, when drawn at random; None when the
            ground is not known.
        spatial: What the spatial split does, in one sentence.
    """

    shared: float | None
    spatial: str


def sides_of(subject: Subject, job: Job) -> Sides | None:
    """Try both splits with a tenth of the chips to validate; None when there are too few chips."""
    chips = replace(subject.ground, divisible=subject.counted == "Pixels")
    job.check()
    try:
        drawn = split_chips(chips, PERCENTAGE, "random", 0, Job())
        spatial = split_chips(chips, PERCENTAGE, "spatial", 0, Job())
    except SampleFolderError:
        return None
    found = leaking(chips, drawn)
    kept = leaking(chips, replace(spatial, training=np.setdiff1d(spatial.training, spatial.hidden)))
    sentence = f"{len(spatial.training)} chips train and {len(spatial.validation)} validate ({spatial.how})"
    if len(spatial.hidden):
        sentence += f"; {len(spatial.hidden)} of those that train do so without their labels on validation ground"
    if len(spatial.left_out):
        sentence += f"; {len(spatial.left_out)} are left out at the border"
    if kept is not None:
        sentence += "; no validation ground trains" if not kept else f"; {kept} validation chips share ground"
    return Sides(None if found is None else found / len(drawn.validation), sentence + ".")
