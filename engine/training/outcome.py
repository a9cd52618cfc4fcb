"""What a training leaves: the model package and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rasterio.crs import CRS

from ..job import Job
from ..package.contract import make_contract
from ..package.emd import definition, write_package
from ..samples.folder import SampleSet
from .learning_rate import Rates
from .report import CHARACTERISTICS, REPORT, ReportContent, write_report
from .trained import Findings, Trained


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
    findings = trained.plan.task.findings(trained, job)
    job.message(findings.summary)
    write_report(folder, _content(name, findings, trained, job))
    network = trained.start.network.to("cpu").to(memory_format=torch.contiguous_format)
    chip = trained.material.store.chip(int(trained.material.split.training[0]))
    paths = write_package(
        folder,
        _definition(trained, findings),
        network.state_dict(),
        [folder / REPORT, folder / CHARACTERISTICS],
        job,
        name=name,
        contract=make_contract(network, trained.start.normalisation, torch.from_numpy(chip.astype(np.float32))),
    )
    return {"out_model_file": paths["dlpk"].name, "out_report": REPORT}


def _definition(trained: Trained, findings: Findings) -> dict[str, Any]:
    """Return the model definition."""
    samples, state, frame = trained.samples, trained.state, findings.frame
    spec = trained.start.spec
    best = None if state.best_value is None else abs(state.best_value)
    package = trained.choices.package
    return definition(
        replace(spec, extra=(*spec.extra, *trained.evaluation.extra.items())),
        samples.classes,
        tile=frame.tile,
        bands=tuple(range(samples.date_bands)),
        normalisation=trained.start.normalisation.first(samples.date_bands),
        padding=frame.padding,
        threshold=round(findings.threshold, 3),
        resize_to=frame.resize_to,
        cell_size=samples.cell_size,
        crs=_crs(samples.crs_wkt),
        learning_rate=Rates(*state.rates).text() if state.rates else "None",
        metrics={**findings.keys, "monitored_" + trained.plan.monitor.lower(): best},
        image_space=samples.image_space or "MAP_SPACE",
        metadata_mode=samples.metadata_format,
        band_names=samples.band_names[: samples.date_bands],
        description=findings.summary,
        tile_stats=[
            {"BandName": name, "Min": low, "Max": high, "Mean": mean, "StdDev": std}
            for name, low, high, mean, std in zip(
                _band_names(samples),
                *(values[: samples.date_bands].tolist() for values in trained.statistics.lists()),
                strict=True,
            )
        ],
        training={"training": _training(trained)},
        base=None if package is None else package.emd,
    )


def _training(trained: Trained) -> dict[str, Any]:
    """Return what the package keeps of the training for people."""
    state, split = trained.state, trained.material.split
    return {
        "epochs": state.epoch,
        "best_epoch": state.best_epoch,
        "steps": state.step,
        "minutes": round(state.seconds / 60, 2),
        "chips": len(split.training),
        "validation_chips": len(split.validation),
        "seed": trained.request.seed,
        "torch": torch.__version__,
        "weights_from": trained.start.origin,
        "metrics": {name: round(value, 4) for name, value in trained.evaluation.metrics.items()},
    }


def _band_names(samples: SampleSet) -> Sequence[str]:
    """Return a name for each band."""
    known, bands = list(samples.band_names), range(samples.date_bands)
    return [known[band] if band < len(known) and known[band] else f"Band_{band + 1}" for band in bands]


def _crs(wkt: str | None) -> str | None:
    """Return a reference system as an authority code where it has one."""
    if not wkt:
        return None
    code = CRS.from_wkt(wkt).to_epsg()
    return f"EPSG:{code}" if code else wkt


def _content(name: str, findings: Findings, trained: Trained, job: Job) -> ReportContent:
    """Return what the report shows."""
    return ReportContent(
        name=name,
        notes=list(job.warnings),
        settings=[*_settings(trained), *findings.settings],
        data=_data(trained),
        findings=findings,
        state=trained.state,
    )


def _settings(trained: Trained) -> list[tuple[str, str]]:
    """Return the settings by name."""
    plan, state, start, scale = trained.plan, trained.state, trained.start, trained.material.scale
    time = f"{plan.max_minutes:g} minutes" if plan.max_minutes is not None else f"{plan.max_epochs} epochs at most"
    return [
        ("Model type", f"{trained.choices.architecture.title} ({trained.choices.architecture.code})"),
        ("Backbone", f"{start.spec.backbone}, {start.origin}{', frozen' if start.frozen else ''}"),
        ("Model arguments", "; ".join(f"{key} {text}" for key, text in start.spec.arguments if text) or "defaults"),
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


def _data(trained: Trained) -> list[tuple[str, str]]:
    """Return what is known of the training data by name."""
    samples, split = trained.samples, trained.material.split
    cell = samples.cell_size
    return [
        ("Folders", ", ".join(str(folder) for folder in samples.folders)),
        ("Format", samples.metadata_format),
        (
            "Chips",
            f"{len(samples.samples)} of {samples.tile_rows} x {samples.tile_cols} pixels, "
            f"{samples.date_bands} bands {samples.dtype}" + (f", {samples.dates} dates" if samples.dates > 1 else ""),
        ),
        ("Cell size", f"{cell[0]:g} x {cell[1]:g}" if cell else "unknown"),
        (
            "Split",
            f"{len(split.training)} train, {len(split.validation)} validate, "
            f"{len(split.left_out)} left out"
            + (f", {len(split.hidden)} train without their labels on validation ground" if len(split.hidden) else "")
            + f" ({split.how})",
        ),
    ]
