"""A finished training, and what its task says of it in report and package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..classes import ClassInfo
from ..raster.bands import rgb_bands
from ..samples.folder import SampleSet
from ..tasks.registry import Evaluation, Labels
from ..tools.train_model import TrainModel
from .chips import BandStatistics
from .plan import Plan
from .session import Material
from .start import Choices, Start
from .state import RunState


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
    def labels(self) -> Labels:
        """What the labels of the training data mean."""
        return self.choices.labels

    @property
    def title(self) -> str:
        """Architecture and backbone, for people."""
        title, backbone = self.choices.architecture.title, self.start.spec.backbone
        return f"{title} with {backbone}" if self.start.network.body is not None else title

    @property
    def length(self) -> str:
        """Which epoch was kept and how long training took, for people."""
        state = self.state
        return f"epoch {state.best_epoch} kept, {state.step} steps in {state.seconds / 60:.1f} minutes"

    def visible(self, pixels: np.ndarray) -> np.ndarray:
        """Return a chip, or one date of it, as a picture: red, green and blue where they are known, and stretched.

        Args:
            pixels: (bands, rows, cols) float32 in the data's units.

        Returns:
            (rows, cols, 3) or, of fewer than three bands, (rows, cols) float32, 0..1.
        """
        bands = list(rgb_bands(self.samples.band_names, len(pixels)))
        if self.samples.dtype == "uint8":
            scaled = pixels[bands] / 255
        else:
            mean, std = self.statistics.mean[bands, None, None], self.statistics.std[bands, None, None]
            scaled = (pixels[bands] - mean) / np.maximum(4 * std, 1e-9) + 0.5
        picture = np.clip(scaled, 0, 1)
        return picture[0] if len(bands) == 1 else np.moveaxis(picture, 0, 2)


@dataclass(frozen=True)
class Frame:
    """How inference cuts a raster into tiles.

    Attributes:
        tile: Rows and columns of a tile, raster pixels.
        resize_to: Rows and columns that a tile is resized to before the network; None when it is shown as it is.
        padding: Border of a tile that its neighbours see too, raster pixels.
    """

    tile: tuple[int, int]
    resize_to: tuple[int, int] | None
    padding: int


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        columns: Their heads; the first column holds names, the others numbers.
        rows: Texts, one a column.
        colors: Colour of the name of each row, None for none; shorter than the rows where the last ones have none.
        caption: A sentence above it, perhaps empty.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    colors: Sequence[tuple[int, int, int]] = ()
    caption: str = ""


@dataclass(frozen=True)
class Drawing:
    """A picture of the report.

    Attributes:
        name: Stem of its file in ``ModelCharacteristics``.
        title: What it shows.
        figure: The picture.
    """

    name: str
    title: str
    figure: Figure


@dataclass(frozen=True)
class Findings:
    """What a task says of a finished training.

    Attributes:
        summary: The result in one sentence.
        frame: How inference cuts a raster.
        threshold: Score from which on predictions should be kept, 0..1.
        keys: Further keys of the model definition.
        counted: What is counted of a class, such as ``Objects``.
        learnt: The classes, and the background where it is learnt, in the order of ``counts``.
        counts: (learnt, 2) int64, to train and to validate.
        explanation: How the figures are made, for the report.
        tables: Figures on the validation chips.
        drawings: Pictures of these figures.
        results: Validation chips with labels and predictions, the file ``show_results``.
        results_note: What is seen there.
        settings: Further names and values of the report's settings.
    """

    summary: str
    frame: Frame
    threshold: float
    keys: Mapping[str, Any]
    counted: str
    learnt: Sequence[ClassInfo]
    counts: np.ndarray
    explanation: str
    tables: Sequence[Table]
    drawings: Sequence[Drawing]
    results: Figure
    results_note: str
    settings: Sequence[tuple[str, str]] = field(default=())
