"""What a model takes beside the tool's own parameters: the *Arguments* table of the inference tools, per task.

Each task's arguments lie in a file of their own, ``detection_arguments.py``, ``pixel_arguments.py`` and
``object_arguments.py``; all others import them from here.
"""

from __future__ import annotations

from .detection_arguments import (
    DETECT_OBJECTS_ARGUMENTS,
    DETECTION_ARGUMENTS,
    INSTANCE_ARGUMENTS,
    DetectionArguments,
    InstanceArguments,
)
from .model_defaults import ModelDefaults, largest_padding
from .object_arguments import OBJECT_ARGUMENTS, ObjectArguments
from .pixel_arguments import CHANGE_ARGUMENTS, PIXEL_ARGUMENTS, PixelArguments

__all__ = [
    "ARGUMENTS",
    "CHANGE_ARGUMENTS",
    "DETECT_OBJECTS",
    "DetectionArguments",
    "InstanceArguments",
    "ModelDefaults",
    "ObjectArguments",
    "PixelArguments",
    "largest_padding",
]

DETECT_OBJECTS = "object_detection or instance_segmentation"
"""Stands for all models that Detect Objects runs."""

ARGUMENTS = {
    "object_detection": DETECTION_ARGUMENTS,
    "instance_segmentation": INSTANCE_ARGUMENTS,
    DETECT_OBJECTS: DETECT_OBJECTS_ARGUMENTS,
    "pixel_classification": PIXEL_ARGUMENTS,
    "object_classification": OBJECT_ARGUMENTS,
    "change_detection": CHANGE_ARGUMENTS,
}
"""Task -> what its models take."""
