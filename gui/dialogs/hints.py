"""What dialogs know of a value: of a model package, a raster, a training folder; and whether they go together."""

from __future__ import annotations

from qgis.core import QgsProcessingUtils, QgsRasterLayer

from ...engine.errors import ModelPackageError
from ...engine.models.registry import architectures
from ...engine.tools import kinds
from ...engine.tools.model_offers import read_model
from ...engine.tools.training_offers import read_training
from ...provider.words import tr


class Knowledge:
    """Sentences about the values of a dialog.

    Attributes:
        hints: Sentence by parameter about what it is.
        faults: Sentence by parameter about what is wrong.
        suggestions: Text by parameter that an empty field stands for.
    """

    def __init__(self, tool, values, raw, context):
        """Look at the values.

        Args:
            tool: The declaration.
            values: Parsed values by parameter.
            raw: Values as QGIS's wrappers hold them.
            context: QGIS's context, which knows the layers.
        """
        self.hints, self.faults, self.suggestions = {}, {}, {}
        self.model = None
        declared = tool.parameters()
        for name, parameter in declared.items():
            if isinstance(parameter.kind, kinds.ModelPackage) and values.get(name):
                self._model(name, parameter.kind, declared, values[name])
            elif isinstance(parameter.kind, kinds.Folders) and values.get(name):
                self._training(name, values[name])
        for name, parameter in declared.items():
            rasters = isinstance(parameter.kind, kinds.Raster) or getattr(parameter.kind, "rasters", False)
            if rasters and values.get(name):
                self._raster(name, raster_layer(raw.get(name), context))
        if "model_type" in declared:
            self._model_type(values)

    def _model(self, name, kind, declared, definition):
        """Tell what a model package is, and whether it is one for this tool."""
        try:
            model = read_model(definition)
        except ModelPackageError as error:
            self.faults[name] = str(error)
            return
        named = ", ".join(row[0] for row in model.classes[:6]) + (" …" if len(model.classes) > 6 else "")
        rows, cols = model.defaults.tile
        cell = tr("cells of {}").format(f"{model.cell_size:.3g}") if model.cell_size else ""
        tile = tr("tiles of {} x {} pixels").format(cols, rows)
        bands = tr("{} bands").format(model.bands) if model.bands else ""
        self.hints[name] = " · ".join(part for part in (model.title, named, tile, cell, bands) if part)
        tasks = [each.kind.task for each in declared.values() if isinstance(each.kind, kinds.Arguments)]
        wanted = next((task for task in tasks if task), kind.task)
        if wanted and model.task not in wanted.split(" or "):
            self.faults[name] = tr("{} is a model for {}, not for {}: choose another model or another tool").format(
                model.name, model.task.replace("_", " "), wanted.replace("_", " ")
            )
            return
        self.model = model
        if model.cell_size and "cell_size" in declared:
            self.suggestions["cell_size"] = tr("{} (the model's)").format(f"{model.cell_size:.4g}")

    def _raster(self, name, layer):
        """Tell what a raster is, and whether it has enough bands for the model."""
        if layer is None or not layer.isValid():
            return
        size = layer.rasterUnitsPerPixelX()
        self.hints[name] = " · ".join(
            (
                tr("{} bands").format(layer.bandCount()),
                tr("cells of {}").format(f"{size:.4g}"),
                tr("{} x {} pixels").format(layer.width(), layer.height()),
                layer.crs().authid() or tr("no CRS"),
            )
        )
        imagery = name in ("in_raster", "from_raster", "to_raster")
        if imagery and self.model is not None and 0 < layer.bandCount() < self.model.bands:
            self.faults[name] = tr(
                "{} has only {} of the {} bands that the model needs: choose a raster with the bands it was trained on"
            ).format(layer.name(), layer.bandCount(), self.model.bands)

    def _training(self, name, folders):
        """Tell what training folders hold."""
        data = read_training(folders)
        if not data.form:
            return
        named = ", ".join(data.classes[:6]) + (" …" if len(data.classes) > 6 else "")
        chips = tr("{} chips").format(data.chips) if data.chips else ""
        size = tr("{} x {} pixels").format(*data.size) if data.size[0] else ""
        bands = tr("{} bands").format(data.bands) if data.bands else ""
        self.hints[name] = " · ".join(part for part in (data.form, chips, size, bands, named) if part)
        if not data.model_types:
            self.faults[name] = tr("no model type learns from {}: convert the data or choose another folder").format(
                data.form
            )

    def _model_type(self, values):
        """Tell what a model type is, and whether it learns from the folder."""
        entry = architectures().get(str(values.get("model_type") or "").upper())
        if entry is None:
            return
        self.hints["model_type"] = f"{entry.title}. {tr(entry.help)}"
        data = read_training(values.get("in_folder") or ())
        if not data.allows(entry):
            left = ", ".join(data.model_types)
            self.faults["model_type"] = tr("{} does not learn from {}: choose {}").format(entry.code, data.form, left)


def raster_layer(given, context):
    """Return the raster layer that a raw value stands for, None when it is none."""
    if isinstance(given, QgsRasterLayer):
        return given
    if not isinstance(given, str) or not given.strip():
        return None
    layer = QgsProcessingUtils.mapLayerFromString(given, context)
    return layer if isinstance(layer, QgsRasterLayer) else None
