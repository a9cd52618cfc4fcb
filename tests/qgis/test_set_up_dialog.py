"""The dialogs of the tools that look after the engine."""

import pytest
from qgis.core import QgsProcessingParameterFile

pytestmark = pytest.mark.qgis


def test_files_and_folders_are_browsed_for(provider):
    """A Python, a certificate and a folder have a button, and none of them is an output to be skipped."""
    tool = provider.algorithm("setupdeeplearningengine")
    behaviours = {name: tool.parameterDefinition(name).behavior() for name in ("existing", "certificates")}

    assert set(behaviours.values()) == {QgsProcessingParameterFile.File}
    assert tool.parameterDefinition("engine_folder").behavior() == QgsProcessingParameterFile.Folder
