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


def test_an_engine_in_another_place_becomes_a_setting(provider, monkeypatch):
    """And one in the usual place forgets it."""
    kept = []
    monkeypatch.setattr("imagery_deep_learning.provider.settings.set_interpreter", kept.append)
    tool = provider.algorithm("setupdeeplearningengine").create()
    for folder in ("/somewhere", ""):
        tool.request = tool.tool(engine_folder=folder)
        tool.dress({"out_python": "/somewhere/python"}, None)

    assert kept == ["/somewhere/python", ""]


def test_defaults_of_fields_are_known_to_qgis(provider):
    """Else qgis_process asks for what nobody needs to give."""
    tool = provider.algorithm("comparedetections")

    assert tool.parameterDefinition("confidence_field").defaultValue() == "Confidence"
