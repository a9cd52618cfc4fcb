"""What a training leaves: the model package and its report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rasterio.crs import CRS

from ..job import Job
from ..package.contract import make_contract
from ..package.emd import definition, write_package
from ..samples.folder import SampleSet
from ..tasks.object_detection import MIN_IOU
from ..tasks.registry import Evaluation
from ..tools.train_model import TrainModel
from .augmentation import show, whole_view
from .chips import BandStatistics, object_sizes, package_padding
from .learning_rate import Rates
from .plan import Plan
from .plots import Picture
from .report import CHARACTERISTICS, REPORT, ReportContent, write_report
from .session import Material
from .start import Choices, Start
from .state import RunState

THRESHOLDS = (0.05, 0.95)
"""Range of a proposed threshold."""
USUAL_THRESHOLD = 0.5
MOST_PICTURES = 5


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        request: What was asked for.
        samples: The training data.
        statistics: Its bands.
        choices: What was chosen about the network.
        start: What it started from; its network holds the best weights now.
        plan: How it was trained.
        material: The data as it was shown.
        state: The run.
        evaluation: The best weights on the validation chips.
    """

    request: TrainModel
    samples: SampleSet
    statistics: BandStatistics
    choices: Choices
    start: Start
    plan: Plan
    material: Material
    state: RunState
    evaluation: Evaluation

    @property
    def threshold(self) -> float:
        """Score from which on detections should be kept."""
        found = self.evaluation.threshold
        return USUAL_THRESHOLD if math.isnan(found) else float(np.clip(found, *THRESHOLDS))

    @property
    def padding(self) -> int:
        """Padding that the package proposes, raster pixels."""
        return package_padding(object_sizes(self.samples, self.material.split.training), self.material.scale.tile)


def write_model(folder: Path, name: str, trained: Trained, job: Job) -> dict[str, str]:
    """Write package and report into an empty folder.

    Args:
        folder: The folder, perhaps under a temporary name.
        name: Name of the model.
        trained: The finished training.
        job: Told the result; its warnings go into the report.

    Returns:
        Names of the files inside ``folder``: ``out_model_file`` and ``out_report``.
    """
    summary = _summary(trained)
    job.message(summary)
    write_report(folder, _content(name, summary, trained, job))
    network = trained.start.network.to("cpu").to(memory_format=torch.contiguous_format)
    chip = trained.material.store.chip(int(trained.material.split.training[0]))
    paths = write_package(
        folder,
        _definition(trained),
        network.state_dict(),
        [folder / REPORT, folder / CHARACTERISTICS],
        job,
        name=name,
        contract=make_contract(network, trained.start.normalisation, torch.from_numpy(chip.astype(np.float32))),
    )
    return {"out_model_file": paths["dlpk"].name, "out_report": REPORT}


def _definition(trained: Trained) -> dict[str, Any]:
    """Return the model definition."""
    samples, state, scale = trained.samples, trained.state, trained.material.scale
    by_class = {entry.name: round(entry.average_precision, 4) for entry in trained.evaluation.classes[:-1]}
    finite = {name: value for name, value in by_class.items() if math.isfinite(value)}
    space = samples.image_space or "MAP_SPACE"
    package = trained.choices.package
    return definition(
        trained.start.spec,
        samples.classes,
        tile=scale.tile,
        bands=tuple(range(samples.bands)),
        normalisation=trained.start.normalisation,
        padding=trained.padding,
        threshold=round(trained.threshold, 3),
        resize_to=scale.resize_to,
        cell_size=samples.cell_size,
        crs=_crs(samples.crs_wkt),
        learning_rate=Rates(*state.rates).text() if state.rates else "None",
        metrics={
            "average_precision_score": finite,
            **trained.evaluation.proposals,
            "monitored_" + trained.plan.monitor.lower(): abs(state.best_value)
            if state.best_value is not None
            else None,
        },
        image_space=space,
        metadata_mode=samples.metadata_format,
        band_names=samples.band_names,
        description=_summary(trained),
        tile_stats=[
            {"BandName": name, "Min": low, "Max": high, "Mean": mean, "StdDev": std}
            for name, low, high, mean, std in zip(
                _band_names(samples), *(values.tolist() for values in trained.statistics.lists()), strict=True
            )
        ],
        training={
            "training": {
                "epochs": state.epoch,
                "best_epoch": state.best_epoch,
                "steps": state.step,
                "minutes": round(state.seconds / 60, 2),
                "chips": len(trained.material.split.training),
                "validation_chips": len(trained.material.split.validation),
                "seed": trained.request.seed,
                "torch": torch.__version__,
                "weights_from": trained.start.origin,
                "metrics": {name: round(value, 4) for name, value in trained.evaluation.metrics.items()},
            }
        },
        base=None if package is None else package.emd,
    )


def _band_names(samples: SampleSet) -> Sequence[str]:
    """Return a name for each band."""
    known = list(samples.band_names)
    return [known[band] if band < len(known) and known[band] else f"Band_{band + 1}" for band in range(samples.bands)]


def _crs(wkt: str | None) -> str | None:
    """Return a reference system as an authority code where it has one."""
    if not wkt:
        return None
    code = CRS.from_wkt(wkt).to_epsg()
    return f"EPSG:{code}" if code else wkt


def _summary(trained: Trained) -> str:
    """Return the result in one sentence."""
    metrics, state = trained.evaluation.metrics, trained.state
    overlaps = "".join(f", {key} {value:g}" for key, value in trained.evaluation.proposals.items())
    proposed = f"threshold {trained.threshold:.2f}{overlaps} proposed"
    chips = len(trained.evaluation.predictions)
    return (
        f"{trained.choices.architecture.title} with {trained.start.spec.backbone}: average precision "
        f"{metrics.get('AVERAGE_PRECISION', 0.0):.3f} at IoU {MIN_IOU:g} and best F1 "
        f"{metrics.get('F1_SCORE', 0.0):.3f} on {chips} validation chips, {proposed}, epoch {state.best_epoch} kept, "
        f"{state.step} steps in {state.seconds / 60:.1f} minutes"
    )


def _content(name: str, summary: str, trained: Trained, job: Job) -> ReportContent:
    """Return what the report shows."""
    samples, split, scale = trained.samples, trained.material.split, trained.material.scale
    plan, state, start = trained.plan, trained.state, trained.start
    values = np.array([entry.value for entry in samples.classes])
    counts = [
        sum((samples.samples[int(index)].classes[:, None] == values).sum(axis=0) for index in part)
        for part in (split.training, split.validation)
    ]
    time = f"{plan.max_minutes:g} minutes" if plan.max_minutes is not None else f"{plan.max_epochs} epochs at most"
    settings = [
        ("Model type", f"{trained.choices.architecture.title} ({trained.choices.architecture.code})"),
        ("Backbone", f"{start.spec.backbone}, {start.origin}{', frozen' if start.frozen else ''}"),
        ("Model arguments", "; ".join(f"{key} {text}" for key, text in start.spec.arguments) or "defaults"),
        ("Length", f"{time}; {state.epoch} epochs and {state.step} steps done in {state.seconds / 60:.1f} minutes"),
        ("Batch size", str(state.batch_size)),
        ("Learning rate", Rates(*state.rates).text() if state.rates else "-"),
        ("Monitored metric", plan.monitor.lower().replace("_", " ")),
        ("Early stopping", "on" if plan.stop_early else "off"),
        ("Augmentation", trained.material.augmentation.described()),
        (
            "Shown to the network",
            f"{scale.view[0]} x {scale.view[1]} pixels for {scale.tile[0]} x {scale.tile[1]} of the raster",
        ),
        ("Arithmetic", f"{'bfloat16' if plan.arithmetic.autocast else 'float32'} on {plan.arithmetic.device.type}"),
        ("Seed", str(plan.seed)),
        ("torch", torch.__version__),
    ]
    cell = samples.cell_size
    data = [
        ("Folders", ", ".join(str(folder) for folder in samples.folders)),
        ("Format", samples.metadata_format),
        (
            "Chips",
            f"{len(samples.samples)} of {samples.tile_rows} x {samples.tile_cols} pixels, "
            f"{samples.bands} bands {samples.dtype}",
        ),
        ("Cell size", f"{cell[0]:g} x {cell[1]:g}" if cell else "unknown"),
        (
            "Split",
            f"{len(split.training)} train, {len(split.validation)} validate, "
            f"{len(split.left_out)} left out ({split.how})",
        ),
    ]
    return ReportContent(
        name=name,
        summary=summary,
        notes=list(job.warnings),
        settings=settings,
        data=data,
        classes=samples.classes,
        objects=np.stack([np.broadcast_to(count, len(values)) for count in counts], axis=1),
        state=state,
        evaluation=trained.evaluation,
        pictures=_pictures(trained),
        min_iou=MIN_IOU,
        threshold=trained.threshold,
    )


def _pictures(trained: Trained) -> list[Picture]:
    """Return validation chips with labels, spread over the split."""
    store, scale = trained.material.store, trained.material.scale
    indexes = trained.material.split.validation
    labelled = np.array(
        [place for place, index in enumerate(indexes) if len(store.samples[int(index)].boxes)], np.int64
    )
    places = labelled if len(labelled) else np.arange(len(indexes))
    count = min(MOST_PICTURES, len(places))
    pictures = []
    for place in places[np.linspace(0, len(places) - 1, count).round().astype(int)]:
        index = int(indexes[place])
        view = whole_view(scale.chip, scale.whole)
        targets = store.targets(index, view)
        found = trained.evaluation.predictions[place]
        kept = found["scores"] >= trained.threshold
        pictures.append(
            Picture(
                _visible(show(store.chip(index), view).numpy(), trained),
                targets["boxes"].numpy(),
                targets["labels"].numpy(),
                found["boxes"][kept],
                found["labels"][kept],
                found["scores"][kept],
            )
        )
    return pictures


def _visible(pixels: np.ndarray, trained: Trained) -> np.ndarray:
    """Return a chip as a picture: red, green and blue where they are known, stretched to mean and deviation."""
    plain = [name.strip().lower() for name in trained.samples.band_names]
    bands = [plain.index(color) for color in ("red", "green", "blue") if color in plain]
    if len(bands) < 3:
        bands = [0, 1, 2] if trained.samples.bands >= 3 else [0]
    if trained.samples.dtype == "uint8":
        scaled = pixels[bands] / 255
    else:
        mean, std = trained.statistics.mean[bands, None, None], trained.statistics.std[bands, None, None]
        scaled = (pixels[bands] - mean) / np.maximum(4 * std, 1e-9) + 0.5
    picture = np.clip(scaled, 0, 1)
    return picture[0] if len(bands) == 1 else np.moveaxis(picture, 0, 2)
