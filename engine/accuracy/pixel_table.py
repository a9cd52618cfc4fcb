"""The table of a confusion matrix in ArcGIS's layout, and the fields of the compared points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .pixel_comparison import PixelComparison

Column = NDArray[np.generic]
Floats = NDArray[np.float64]


def confusion_table(comparison: PixelComparison) -> dict[str, Column]:
    """Return the columns of the table, ArcGIS's first.

    Rows are the classes, then ``Total``, ``P_Accuracy`` and ``Kappa``. In the row ``P_Accuracy`` the column
    ``U_Accuracy`` holds the overall accuracy, and so do ``U_SE`` and the two adjusted ones for theirs; in the row
    ``Total`` ``IoU`` and ``F1_Score`` are the means; in the row ``Kappa`` ``Kappa`` is kappa and ``U_SE`` its error.
    ``Map_Share`` and ``Area_Share`` are shares of the map's area; ``Adj_...`` are the estimates for the map.
    """
    matrix, found, errors = comparison.matrix, comparison.figures, comparison.errors
    classes = comparison.classes
    count = len(classes)
    columns: dict[str, Column] = {
        "ClassValue": np.array([*(f"C_{entry.value}" for entry in classes), "Total", "P_Accuracy", "Kappa"], object)
    }
    for place, entry in enumerate(classes):
        own = [*matrix[:, place], matrix[:, place].sum(), found.producers[place]]
        columns[f"C_{entry.value}"] = np.array([*own, np.nan], np.float64)
    columns["Total"] = np.array([*matrix.sum(axis=1), matrix.sum(), np.nan, np.nan], np.float64)
    columns["U_Accuracy"] = _column(found.users, producers=found.overall)
    columns["Kappa"] = _column(np.full(count, np.nan), kappa=found.kappa)
    columns["Class_Name"] = np.array([*(entry.name for entry in classes), None, None, None], object)
    columns["P_Accuracy"] = _column(found.producers)
    columns["F1_Score"] = _column(found.f1, total=found.mean_f1)
    columns["IoU"] = _column(found.iou, total=found.mean_iou)
    if errors is not None:
        columns["U_SE"] = _column(errors.users, producers=errors.overall, kappa=errors.kappa)
        columns["P_SE"] = _column(errors.producers)
    columns["Map_Share"] = _column(comparison.map_counts / comparison.map_counts.sum(), total=1.0)
    return columns | _adjusted(comparison)


def _adjusted(comparison: PixelComparison) -> dict[str, Column]:
    """Return the columns of the estimates for the map."""
    estimate = comparison.adjusted
    if estimate is None:
        return {}
    found = estimate.figures
    return {
        "Area_Share": _column(estimate.area, total=float(estimate.area.sum())),
        "Area_SE": _column(estimate.area_error),
        "Adj_U_Acc": _column(found.users, producers=found.overall),
        "Adj_U_SE": _column(estimate.users_error, producers=estimate.overall_error),
        "Adj_P_Acc": _column(found.producers),
        "Adj_P_SE": _column(estimate.producers_error),
        "Adj_F1": _column(found.f1, total=found.mean_f1),
        "Adj_IoU": _column(found.iou, total=found.mean_iou),
        "Adj_Kappa": _column(np.full(len(comparison.classes), np.nan), kappa=found.kappa),
    }


def point_fields(comparison: PixelComparison) -> dict[str, Column]:
    """Return the fields of the compared points, ArcGIS's two first; ``Right`` is 1 where the two agree."""
    places = comparison.places
    if places is None:
        return {}
    names = {entry.value: entry.name for entry in comparison.classes}
    return {
        "Classified": places.classified.astype(np.int32),
        "GrndTruth": places.truth.astype(np.int32),
        "Class": np.array([names[value] for value in places.classified.tolist()] or [], object),
        "TruthClass": np.array([names[value] for value in places.truth.tolist()] or [], object),
        "Right": (places.classified == places.truth).astype(np.int32),
    }


def _column(
    values: Floats, total: float = np.nan, producers: float = np.nan, kappa: float = np.nan
) -> NDArray[np.float64]:
    """Return a column: the classes' figures, then those of the three rows below."""
    return np.array([*values, total, producers, kappa], np.float64)
