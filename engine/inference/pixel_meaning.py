"""What the scores of a model mean for the rasters of a run: which value each class has, what is written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..classes import ClassInfo, with_colors
from ..errors import ParameterError
from ..package.emd import ModelPackage
from ..raster.class_output import BACKGROUND, NO_CHANGE, class_band, class_pixels
from ..raster.vrt import Band
from ..tools.arguments import PixelArguments
from ..tools.pixel_runs import PixelRun
from .decision import CLASSES, CONFIDENCE, ENTROPY, PROBABILITIES, Decision, EdgeRule, Products
from .preparation import model_defaults

OUTPUTS = {
    "out_classified_raster": CLASSES,
    "out_probability_raster": PROBABILITIES,
    "out_confidence_raster": CONFIDENCE,
    "out_entropy_raster": ENTROPY,
}
"""Parameter of an output -> its product."""

ZERO = {"changes": NO_CHANGE}
"""Kind of a model's pixels -> what value 0 is called where it is a class, if not the background."""

NAN = float("nan")


@dataclass(frozen=True)
class Meaning:
    """What is made of the scores, and what its values mean.

    Attributes:
        decision: How scores become a class.
        products: Which work files are made.
        classes: Every value that the class raster may hold, in ascending order, with names and colours.
        edges: 1-based bands of edges among the probabilities; empty for models of classes.
        names: Name of each score channel.
    """

    decision: Decision
    products: Products
    classes: tuple[ClassInfo, ...]
    edges: tuple[int, ...]
    names: tuple[str, ...]

    def bands(self, product: str) -> tuple[Band, ...]:
        """Return the bands of the final raster of a product."""
        if product == CLASSES:
            return (class_band(self.decision.dtype, self.decision.nodata, self.classes),)
        if product != PROBABILITIES:
            return (Band("float32", 1, NAN, product.capitalize()),)
        return tuple(Band("float32", number, NAN, name) for number, name in enumerate(self.names, 1))


def meaning(request: PixelRun, package: ModelPackage, arguments: PixelArguments) -> Meaning:
    """Return what a run makes of a model's scores.

    Raises:
        ParameterError: Outputs are asked for that do not go together, or no class is left.
    """
    first, kind = int(package.spec.background), model_defaults(package).kind
    zero = ZERO.get(kind, BACKGROUND)
    channels = [zero] * first + list(with_colors(package.classes))
    edges = kind in ("edges", "roads")
    when_sure = edges or arguments.only_above
    left_out = set(package.ignored_channels) | (
        {0} if first and (when_sure or arguments.predict_background is False) else set()
    )
    written = [entry for channel, entry in enumerate(channels) if channel not in left_out]
    if when_sure and all(entry.value for entry in written):
        written = [zero, *written]
    dtype, nodata = class_pixels([entry.value for entry in (*written, *channels[first:])])
    decision = Decision(
        values=tuple(entry.value for entry in channels),
        excluded=tuple(sorted(left_out)),
        nodata=nodata,
        dtype=dtype,
        edges=EdgeRule(arguments.threshold, 0) if when_sure else None,
    )
    products = Products(
        probabilities=bool(request.out_probability_raster) or arguments.return_probability_raster,
        confidence=bool(request.out_confidence_raster),
        entropy=bool(request.out_entropy_raster),
    )
    bands = tuple(range(first + 1, len(channels) + 1)) if edges else ()
    _check_together(request, arguments, bands)
    names = tuple(entry.name for entry in channels)
    return Meaning(decision, products, tuple(sorted(written, key=lambda entry: entry.value)), bands, names)


def _check_together(request: PixelRun, arguments: PixelArguments, edges: Sequence[int]) -> None:
    """Refuse what cannot be had with a raster of probabilities."""
    if not arguments.return_probability_raster:
        return
    if request.out_polygons is not None:
        raise ParameterError(
            "out_polygons needs classes and return_probability_raster gives none: leave one of them out"
        )
    if arguments.thinning and len(edges) > 1:
        raise ParameterError(
            f"thinning with return_probability_raster needs a model with one class of edges and this has {len(edges)}: "
            "leave one of them out"
        )
