"""Change detection: a class of change for every pixel of a pair of images; 0 where nothing changed.

A chip holds the bands of both dates. All that concerns pixels is that of pixel classification: what is learnt of the
labels, how it is judged, what report and package say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..job import Job
from ..raster.class_output import NO_CHANGE
from ..samples.folder import SampleSet
from .pixel_classification import TASK as PIXELS
from .pixel_labels import PixelLabels, pixel_labels
from .registry import register


def change_labels(samples: SampleSet, values: Mapping[str, Any], job: Job) -> PixelLabels:
    """Return the labels of training data of pairs; see ``pixel_labels``. It is told when nothing says "no change"."""
    labels = replace(pixel_labels(samples, values, job), zero=NO_CHANGE)
    if not labels.background and samples.unlabelled is not None and values.get("background", "auto") == "auto":
        job.warn(
            "pixels of value 0 are not labelled, so that every pixel will be one of the labelled classes: if they did "
            "not change, give the model argument background the value class (background=class)"
        )
    return labels


def suggest(samples: SampleSet) -> tuple[str, str]:
    """Return the architecture that learns from pairs, and the reason."""
    return "CHANGEDETECTOR", "because every chip has a second date"


TASK = register(
    replace(
        PIXELS,
        name="change_detection",
        model_type="ChangeDetection",
        told=("F1_SCORE", "MIOU"),
        labels=change_labels,
        suggest=suggest,
        paired=True,
    )
)
