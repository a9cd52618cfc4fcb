"""``EngineAlgorithm``: dialog, checks, request, run and outputs of every tool, from its declaration."""

from __future__ import annotations

from typing import ClassVar

from qgis.core import QgsProcessingAlgorithm, QgsProcessingException
from qgis.PyQt.QtGui import QIcon

from ..engine.errors import EngineError
from ..engine.tools import TOOLS
from ..engine.tools.declaration import Tool
from ..provider.engine_environment import any_interpreter
from ..provider.engine_process import run_engine
from ..provider.icons import icon_path
from ..provider.run_records import Recorder
from ..provider.words import tr
from .arrivals import arrange
from .given_values import plain_values, subject_of
from .help_panel import help_text
from .parameters import Border, definition, output_definition, value


class EngineAlgorithm(QgsProcessingAlgorithm):
    """A tool of the engine in the toolbox; a subclass names its tool and adds what only QGIS can do.

    Attributes:
        tool: The declaration.
    """

    tool: ClassVar[type[Tool]]

    def __init__(self):
        """Start without a request."""
        super().__init__()
        self.request = None
        self.registered, self.noted = {}, {}
        self.given, self.subject = {}, ""

    def createInstance(self):
        """Return a fresh algorithm."""
        return type(self)()

    def name(self):
        """Return the id behind the provider's colon."""
        return self.tool.name

    def displayName(self):
        """Return the name in the toolbox."""
        return tr(self.tool.title)

    def group(self):
        """Return the toolbox group."""
        return tr(self.tool.group)

    def groupId(self):
        """Return the id of the toolbox group."""
        return self.tool.group.lower().replace(" ", "")

    def icon(self):
        """Return the group's icon."""
        return QIcon(icon_path(self.tool.group))

    def svgIconPath(self):
        """Return the group's icon as a file."""
        return icon_path(self.tool.group)

    def shortDescription(self):
        """Return one sentence for the tool tip."""
        return tr(self.tool.__doc__)

    def shortHelpString(self):
        """Return the help panel: what it does, a picture, parameters, an example command."""
        return help_text(next(name for name, tool in TOOLS.items() if tool is self.tool), self.tool)

    def initAlgorithm(self, configuration=None):
        """Declare parameters and derived outputs."""
        for parameter in self.tool.parameters().values():
            self.addParameter(definition(parameter.kind, parameter))
        for output in self.tool.derived:
            self.addOutput(output_definition(output))

    def checkParameterValues(self, parameters, context):
        """Check with the declaration's own rules; QGIS's stock types refuse folders and JSON text."""
        try:
            self._request(Border(self, parameters, context, writing=False))
        except EngineError as error:
            return False, str(error)
        return True, ""

    def validateInputCrs(self, parameters, context):
        """Accept layers in different CRSs: the engine reprojects, and QGIS's look would open folders as rasters."""
        return True

    def prepareAlgorithm(self, parameters, context, feedback):
        """Turn layers into files the engine can open; in the main thread, where layers may be touched."""
        try:
            border = Border(self, parameters, context, feedback=feedback)
            self.request = self._request(border)
            self.registered = border.outputs
            self.noted = {
                place: details
                for place, details in context.layersToLoadOnCompletion().items()
                if place in border.outputs.values()
            }
            self.given, self.subject = plain_values(parameters, context), subject_of(self.tool, parameters, context)
        except EngineError as error:
            raise QgsProcessingException(str(error)) from error
        return True

    def processAlgorithm(self, parameters, context, feedback):
        """Run the engine, keep a record of it, and dress what it wrote."""
        name, plain = next(name for name, tool in TOOLS.items() if tool is self.tool), self.request.to_plain()
        try:
            with Recorder(name, self.tool.title, plain, self.given, self.subject) as record:
                interpreter = "" if self.tool.needs_engine else any_interpreter()
                outputs = run_engine(name, plain, feedback, interpreter, record)
                record.outputs = outputs
        except EngineError as error:
            raise QgsProcessingException(str(error)) from error
        self.dress(outputs, feedback)
        self._load_what_was_written(outputs, context)
        places = {output: outputs.get(output, noted) for output, noted in self.registered.items()}
        arrange(self, name, places, record, context)
        known = {output.name() for output in self.outputDefinitions()}
        return {key: path for key, path in outputs.items() if key in known}

    def _load_what_was_written(self, outputs, context):
        """Let QGIS load the layer that was written: its name stands in the path when the file holds others.

        In the background QGIS hands over a context that does not know yet what was noted while preparing.
        """
        loading = {**self.noted, **context.layersToLoadOnCompletion()}
        for name, noted in self.registered.items():
            if noted in loading and outputs.get(name, noted) != noted:
                loading[outputs[name]] = loading.pop(noted)
        context.setLayersToLoadOnCompletion(loading)

    def dress(self, outputs, feedback):
        """Style the outputs; a subclass does what its outputs need.

        Args:
            outputs: What the engine returned: output name to path or value.
            feedback: For messages.
        """

    def createCustomParametersWidget(self, parent=None):
        """Return the dialog of the tool."""
        from ..gui.dialogs.dialog import ToolDialog  # QGIS without a window has no dialogs

        return ToolDialog(self.create(), parent)

    def request_of(self, parameters, context) -> Tool:
        """Return the checked request of values as QGIS holds them, for an estimate.

        Raises:
            EngineError: A value is wrong.
        """
        return self._request(Border(self, parameters, context))

    def _request(self, border) -> Tool:
        """Return the checked request that the parameter values describe."""
        declared = self.tool.parameters()
        values = {name: value(parameter.kind, parameter, border) for name, parameter in declared.items()}
        unknown = {name: given for name, given in border.parameters.items() if name not in declared}
        return self.tool.from_values({**values, **unknown})
