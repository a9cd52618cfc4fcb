"""Kinds of parameters <-> QGIS's parameters: the only file that knows both.

Each kind has a pair: ``definition`` makes what the dialog shows, ``value`` turns what QGIS holds into what the kind
parses. A new kind is a class beside those that ``engine/tools/kinds.py`` lists, and one pair here.
"""

from __future__ import annotations

import os
from functools import singledispatch

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProcessingUtils,
    QgsProperty,
)
from qgis.PyQt.QtCore import QVariant

from ..engine.errors import ParameterError
from ..engine.tools import kinds
from ..engine.tools.pairs import text_from_pairs
from ..provider.words import tr
from .sources import feature_source, layer_source, raster_path

OUTPUTS = {
    "file": QgsProcessingOutputFile,
    "folder": QgsProcessingOutputFolder,
    "number": QgsProcessingOutputNumber,
    "text": QgsProcessingOutputString,
}
GEOMETRIES = {
    "polygon": QgsProcessing.TypeVectorPolygon,
    "point": QgsProcessing.TypeVectorPoint,
    "any": QgsProcessing.TypeVectorAnyGeometry,
    "none": QgsProcessing.TypeVector,
}


class Border:
    """Where values of QGIS become plain values of the engine.

    Attributes:
        algorithm: The algorithm whose values they are.
        parameters: Raw values by name, as QGIS handed them over.
        context: QGIS's context.
        feedback: For messages; None while only checking.
        outputs: Output layers by parameter, as QGIS knows them.
        writing: Whether layers that live in QGIS only are written to files; False while only checking.
    """

    def __init__(self, algorithm, parameters, context: QgsProcessingContext, feedback=None, writing=True):
        """Keep what is needed to look at a value."""
        self.algorithm = algorithm
        self.parameters = parameters
        self.context = context
        self.feedback = feedback
        self.writing = writing
        self.outputs = {}

    def output_context(self):
        """Return where outputs are resolved: QGIS notes each as a layer to load, so a mere check has its own place."""
        if self.writing:
            return self.context
        self.scratch = QgsProcessingContext()
        self.scratch.setProject(self.context.project())
        self.scratch.setExpressionContext(self.context.expressionContext())
        return self.scratch

    def raw(self, name):
        """Return a value as it was given: QGIS's own reading would take ``NO_NMS`` for true."""
        given = self.parameters.get(name)
        if isinstance(given, QgsProperty):
            given = given.value(self.context.expressionContext())[0]
        empty = isinstance(given, QVariant) and given.isNull()  # what a field box that was left empty hands over
        return None if empty else given


def output_definition(output):
    """Return QGIS's declaration of a derived output."""
    return OUTPUTS[output.kind](output.name, tr(output.label))


@singledispatch
def _declared(kind, parameter):
    """Return QGIS's parameter for a kind; text, unless the kind says otherwise."""
    return QgsProcessingParameterString(parameter.name, kind.label, _default(parameter), optional=_optional(parameter))


@singledispatch
def value(kind, parameter, border):
    """Return the plain value that the kind parses; the raw one, unless the kind says otherwise."""
    return border.raw(parameter.name)


def definition(kind, parameter):
    """Return QGIS's parameter, folded away when advanced, with its help as tool tip."""
    made = _declared(kind, parameter)
    made.setHelp(tr(kind.help))
    made.setDescription(tr(kind.label))
    if parameter.advanced:
        made.setFlags(made.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
    return made


def _edited_by(made, wrapper):
    """Name the editor of a parameter by its path: it is imported where there is a window."""
    package = __package__.rpartition(".")[0]
    made.setMetadata({"widget_wrapper": {"class": f"{package}.gui.dialogs.{wrapper}"}})
    return made


def _default(parameter):
    """Return the default as QGIS takes it: empty where there is none."""
    return None if parameter.required or parameter.default in (None, "", ()) else parameter.default


def _optional(parameter):
    """Return whether the dialog may leave it empty: a default that is a value is simply there."""
    return not parameter.required and _default(parameter) is None


def _file(parameter, kind, behavior=QgsProcessingParameterFile.File, **options):
    """Return a parameter for an existing file or folder."""
    return QgsProcessingParameterFile(
        parameter.name, kind.label, behavior=behavior, optional=_optional(parameter), **options
    )


def _absolute(path):
    """Return a path made absolute where it was typed; other texts as they are."""
    return os.path.abspath(os.path.expanduser(path)) if isinstance(path, str) and path.strip() else path


@_declared.register(kinds.Raster)
def _(kind, parameter):
    return QgsProcessingParameterMapLayer(
        parameter.name, kind.label, optional=_optional(parameter), types=[QgsProcessing.TypeRaster]
    )


@value.register(kinds.Raster)
def _(kind, parameter, border):
    return raster_path(parameter.name, border.raw(parameter.name), border)


@_declared.register(kinds.Features)
def _(kind, parameter):
    if kind.rasters:
        types = [QgsProcessing.TypeRaster, GEOMETRIES["none" if kind.tables else kind.geometry]]
        return QgsProcessingParameterMapLayer(parameter.name, kind.label, optional=_optional(parameter), types=types)
    return QgsProcessingParameterFeatureSource(
        parameter.name, kind.label, types=[GEOMETRIES[kind.geometry]], optional=_optional(parameter)
    )


@value.register(kinds.Features)
def _(kind, parameter, border):
    read = layer_source if kind.rasters else feature_source
    return read(parameter.name, border.raw(parameter.name), border)


@_declared.register(kinds.Folder)
@_declared.register(kinds.Folders)
def _(kind, parameter):
    return _file(parameter, kind, QgsProcessingParameterFile.Folder)


@value.register(kinds.Folders)
def _(kind, parameter, border):
    given = border.raw(parameter.name)
    return tuple(_absolute(path) for path in kind.parse(parameter.name, given)) if given else given


@value.register(kinds.Folder)
@value.register(kinds.Path)
def _(kind, parameter, border):
    return _absolute(border.raw(parameter.name))


@_declared.register(kinds.Path)
def _(kind, parameter):
    return _file(parameter, kind)


@_declared.register(kinds.ModelPackage)
def _(kind, parameter):
    return _file(parameter, kind, fileFilter="Model definition (*.emd *.dlpk *.EMD *.DLPK);;All files (*)")


@value.register(kinds.ModelPackage)
def _(kind, parameter, border):
    given = border.raw(parameter.name)
    return given if isinstance(given, str) and given.lstrip().startswith("{") else _absolute(given)


@_declared.register(kinds.NewFolder)
def _(kind, parameter):
    return QgsProcessingParameterFolderDestination(
        parameter.name, kind.label, optional=_optional(parameter), createByDefault=parameter.required
    )


@_declared.register(kinds.NewFile)
def _(kind, parameter):
    return QgsProcessingParameterFileDestination(
        parameter.name, kind.label, kind.filter, optional=_optional(parameter), createByDefault=parameter.required
    )


@value.register(kinds.NewFolder)
@value.register(kinds.NewFile)
def _(kind, parameter, border):
    if border.raw(parameter.name) in (None, ""):
        return None
    return _absolute(border.algorithm.parameterAsFileOutput(border.parameters, parameter.name, border.context))


@_declared.register(kinds.NewFeatures)
def _(kind, parameter):
    return QgsProcessingParameterVectorDestination(
        parameter.name,
        kind.label,
        GEOMETRIES[kind.geometry],
        optional=_optional(parameter),
        createByDefault=parameter.required,
    )


@value.register(kinds.NewFeatures)
def _(kind, parameter, border):
    if border.raw(parameter.name) in (None, ""):
        return None
    text = border.algorithm.parameterAsOutputLayer(border.parameters, parameter.name, border.output_context())
    if text.startswith("memory:"):
        text = QgsProcessingUtils.generateTempFilename(f"{parameter.name}.gpkg")
    border.outputs[parameter.name] = text
    target = kind.parse(parameter.name, text)
    return {"path": _absolute(target.path), "layer": target.layer}


@_declared.register(kinds.NewRaster)
def _(kind, parameter):
    return QgsProcessingParameterRasterDestination(
        parameter.name, kind.label, optional=_optional(parameter), createByDefault=parameter.required
    )


@value.register(kinds.NewRaster)
def _(kind, parameter, border):
    if border.raw(parameter.name) in (None, ""):
        return None
    path = border.algorithm.parameterAsOutputLayer(border.parameters, parameter.name, border.output_context())
    border.outputs[parameter.name] = path
    return _absolute(kind.parse(parameter.name, path))


@_declared.register(kinds.FieldName)
def _(kind, parameter):
    if not kind.parent:
        return QgsProcessingParameterString(
            parameter.name, kind.label, _default(parameter), optional=_optional(parameter)
        )
    types = {"number": QgsProcessingParameterField.Numeric, "text": QgsProcessingParameterField.String}
    made = QgsProcessingParameterField(
        parameter.name,
        kind.label,
        defaultValue=_default(parameter),
        parentLayerParameterName=kind.parent,
        type=types.get(kind.types, QgsProcessingParameterField.Any),
        optional=_optional(parameter),
    )
    return _edited_by(made, "field_box.FieldWrapper")


@_declared.register(kinds.Number)
def _(kind, parameter):
    number = QgsProcessingParameterNumber
    made = number(
        parameter.name,
        kind.label,
        number.Integer if kind.whole else number.Double,
        _default(parameter),
        optional=_optional(parameter),
    )
    if kind.low > float("-inf"):
        made.setMinimum(kind.low)
    if kind.high < float("inf"):
        made.setMaximum(kind.high)
    return made


@_declared.register(kinds.Flag)
def _(kind, parameter):
    return QgsProcessingParameterBoolean(parameter.name, kind.label, parameter.default)


@_declared.register(kinds.Choice)
def _(kind, parameter):
    choices = [choice for choice in kind.choices if choice]
    return QgsProcessingParameterEnum(
        parameter.name,
        kind.label,
        choices,
        False,
        _default(parameter),
        optional=_optional(parameter),
        usesStaticStrings=True,
    )


@value.register(kinds.Choice)
def _(kind, parameter, border):
    given = border.raw(parameter.name)
    if isinstance(given, (list, tuple)):
        given = given[0] if given else None
    choices = [choice for choice in kind.choices if choice]
    if isinstance(given, int) and not isinstance(given, bool):
        if not 0 <= given < len(choices):
            raise ParameterError(f"{parameter.name} is {given}: choose one of {kind.describe()}")
        return choices[given]
    return given


@_declared.register(kinds.Arguments)
def _(kind, parameter):
    default = text_from_pairs(parameter.default) if parameter.default else None
    made = QgsProcessingParameterString(
        parameter.name, kind.label, default, multiLine=False, optional=_optional(parameter)
    )
    return _edited_by(made, "wrappers.ArgumentsWrapper") if kind.of else made


@_declared.register(kinds.Names)
def _(kind, parameter):
    made = QgsProcessingParameterString(parameter.name, kind.label, _default(parameter), optional=_optional(parameter))
    return _edited_by(made, "wrappers.ClassesWrapper") if kind.of else made


@_declared.register(kinds.ExtentKind)
def _(kind, parameter):
    return QgsProcessingParameterExtent(parameter.name, kind.label, optional=_optional(parameter))


@value.register(kinds.ExtentKind)
def _(kind, parameter, border):
    given = border.raw(parameter.name)
    if given in (None, "") or (isinstance(given, str) and given.count(",") == 3 and not os.path.exists(given)):
        return given
    rectangle = border.algorithm.parameterAsExtent(border.parameters, parameter.name, border.context)
    if rectangle.isNull():
        raise ParameterError(f"{parameter.name} is '{given}': give {kind.describe()} or a layer")
    crs = border.algorithm.parameterAsExtentCrs(border.parameters, parameter.name, border.context)
    return {
        "left": rectangle.xMinimum(),
        "bottom": rectangle.yMinimum(),
        "right": rectangle.xMaximum(),
        "top": rectangle.yMaximum(),
        "crs": _crs_text(crs),
    }


@_declared.register(kinds.Crs)
def _(kind, parameter):
    return QgsProcessingParameterCrs(parameter.name, kind.label, optional=_optional(parameter))


@value.register(kinds.Crs)
def _(kind, parameter, border):
    given = border.raw(parameter.name)
    if given in (None, ""):
        return given
    crs = border.algorithm.parameterAsCrs(border.parameters, parameter.name, border.context)
    if not crs.isValid():
        raise ParameterError(f"{parameter.name} is '{given}': give {kind.describe()}")
    return _crs_text(crs)


def _crs_text(crs) -> str:
    """Return an authority code, else WKT, else an empty text."""
    return (crs.authid() or crs.toWkt()) if crs.isValid() else ""
