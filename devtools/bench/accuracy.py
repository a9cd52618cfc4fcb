"""Bench ``accuracy``: AP of one scene of 1e5 detections against 1e5 references, against faster-coco-eval.

The scene is made of square images, and no box crosses an image's border, so COCO's tool can judge it image by image,
while ours matches the whole scene at once and knows nothing of the images. Timed are matching and AP at IoU 0.5; the
limit's data set is built beforehand. Owed: AP equal to 1e-9, at least 5 times faster, under 400 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.accuracy.matching import match_boxes
from engine.accuracy.scores import average_precision

from .harness import Case, Result, measured

_IMAGE = 1000.0
_FILE = "scene.npz"


def make_scene(count: int, per_image: int = 100, seed: int = 3) -> dict[str, np.ndarray]:
    """Return boxes, scores and images of as many detections as references; detections in order of their images."""
    random = np.random.default_rng(seed)
    images = count // per_image
    along = int(np.ceil(np.sqrt(images)))
    corner = np.stack([np.arange(images) % along, np.arange(images) // along], axis=1) * _IMAGE

    size = 12 * 8 ** random.random((count, 1)) * np.exp(random.uniform(-0.3, 0.3, (count, 2)))
    image = np.arange(count) // per_image
    low = random.uniform(0, 1, (count, 2)) * (_IMAGE - size)
    references = np.concatenate([low, low + size], axis=1)

    copied = random.random(count) < 0.7
    boxes = references[random.permutation(per_image)[np.arange(count) % per_image] + image * per_image]
    boxes = boxes + random.normal(0, 0.08, (count, 4)) * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    low = random.uniform(0, 1, (count, 2)) * (_IMAGE - size)
    boxes = np.where(copied[:, None], boxes, np.concatenate([low, low + size], axis=1))
    boxes = np.clip(
        np.concatenate([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], 1), 0, _IMAGE
    )
    # sixteenths of a pixel: COCO's tool keeps width and height, and the sums are the same numbers for both
    boxes, references = (np.round(each * 16) / 16 for each in (boxes, references))
    scores = np.round(np.where(copied, random.beta(4, 2, count), random.beta(2, 3, count)), 3)
    offset = np.tile(corner[image], 2)
    return {
        "boxes": boxes + offset,
        "references": references + offset,
        "offset": offset,
        "scores": scores,
        "image": image,
    }


def _prepare(count: int) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        np.savez(folder / _FILE, **make_scene(count))

    return prepare


def _ours(folder: Path) -> Result:
    with np.load(folder / _FILE) as data:
        boxes, scores, references = data["boxes"], data["scores"], data["references"]
    with measured() as work:
        matched = match_boxes(boxes, scores, references, 0.5)
        value = average_precision(matched >= 0, scores, len(references))
    return work.result(ap=value, numpy_only=int("torch" not in sys.modules))


def _limit(folder: Path) -> Result:
    from faster_coco_eval import COCO, COCOeval_faster

    with np.load(folder / _FILE) as data:
        scene = dict(data)
    image = scene["image"]

    def coco_boxes(boxes: np.ndarray) -> list[list[float]]:
        local = boxes - scene["offset"]
        return np.concatenate([local[:, :2], local[:, 2:] - local[:, :2]], axis=1).tolist()

    annotations = [
        {"id": number + 1, "image_id": int(where), "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for number, (box, where) in enumerate(zip(coco_boxes(scene["references"]), image, strict=True))
    ]
    found = [
        {"image_id": int(where), "category_id": 1, "bbox": box, "score": float(score)}
        for box, where, score in zip(coco_boxes(scene["boxes"]), image, scene["scores"], strict=True)
    ]
    images = [{"id": int(number)} for number in np.unique(image)]
    truth = COCO({"images": images, "categories": [{"id": 1, "name": "object"}], "annotations": annotations})
    judge = COCOeval_faster(truth, truth.loadRes(found), iouType="bbox")
    judge.params.iouThrs = np.array([0.5])
    judge.params.areaRng, judge.params.areaRngLbl, judge.params.maxDets = [[0, 1e10]], ["all"], [10**6]
    with measured() as work:
        judge.evaluate()
        judge.accumulate()
    return work.result(ap=float(judge.eval["precision"][0, :, 0, 0, 0].mean()))


def _check(ours: Result, limit: Result) -> str | None:
    """Return what is owed beside the ratio and not met."""
    if abs(ours["ap"] - limit["ap"]) > 1e-9:
        return f"AP {ours['ap']:.12f} and COCO's {limit['ap']:.12f} differ"
    if ours["mb"] > 400:
        return f"takes {ours['mb']:.0f} MB, 400 are owed"
    return None


CASES = (
    Case("ap-1e4", "1e4 against 1e4", None, _prepare(10_000), _ours, _limit, quick=True, check=_check),
    Case("ap-1e5", "1e5 against 1e5", 1 / 5, _prepare(100_000), _ours, _limit, quick=True, check=_check),
)
