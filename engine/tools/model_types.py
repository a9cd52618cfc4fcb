"""Tasks of models, as model definitions call them and as we do."""

from __future__ import annotations

TASKS = {
    "objectdetection": "object_detection",
    "objectiondetection": "object_detection",
    "imageclassification": "pixel_classification",
    "classifypixels": "pixel_classification",
    "objectclassification": "object_classification",
    "instancedetection": "instance_segmentation",
    "changedetection": "change_detection",
    "superresolution": "super_resolution",
    "cyclegan": "image_translation",
    "pix2pix": "image_translation",
    "pix2pixhd": "image_translation",
    "imagecaptioner": "image_captioning",
    "panopticsegmenter": "panoptic_segmentation",
}
"""``ModelType`` in small letters to the name of a task; the misspelling stands in Esri's own help."""

MODEL_TYPES = {
    "object_detection": "ObjectDetection",
    "pixel_classification": "ImageClassification",
    "object_classification": "ObjectClassification",
    "instance_segmentation": "InstanceDetection",
    "change_detection": "ChangeDetection",
}
"""Name of a task that we train to its ``ModelType``."""


def task_of(model_type: str) -> str:
    """Return the task of a ``ModelType``, or the model type itself when we know none for it."""
    return TASKS.get(model_type.replace(" ", "").replace("_", "").lower(), model_type)
