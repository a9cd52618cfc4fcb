"""The provider in QGIS: every tool listed, declared, helped; nothing heavy loaded; fast."""

import subprocess
import sys
from pathlib import Path

import pytest

from imagery_deep_learning.engine.tools import TOOLS
from imagery_deep_learning.engine.tools.kinds import Choice

ROOT = Path(__file__).resolve().parents[2]
HEAVY = "torch torchvision rasterio shapely pyogrio lightning pydantic scipy skimage timm matplotlib"


def test_every_tool_is_an_algorithm(provider):
    """The toolbox shows what the engine can do."""
    assert [alg.name() for alg in provider.algorithms()] == sorted(tool.name for tool in TOOLS.values())


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_parameters_are_those_of_the_declaration(provider, tool):
    """Names, order, labels, optional and advanced ones."""
    algorithm = provider.algorithm(tool.name).create()
    definitions = algorithm.parameterDefinitions()
    declared = tool.parameters()
    assert [definition.name() for definition in definitions] == list(declared)
    for definition in definitions:
        parameter = declared[definition.name()]
        assert definition.description() == parameter.kind.label
        assert bool(definition.flags() & definition.FlagAdvanced) is parameter.advanced
        if isinstance(parameter.kind, Choice):
            assert definition.options() == [choice for choice in parameter.kind.choices if choice]


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_help_names_every_parameter_and_shows_an_example(provider, tool):
    """The help panel is made of the declaration."""
    text = provider.algorithm(tool.name).create().shortHelpString()
    assert all(f"({name})" in text for name in tool.parameters())
    assert f"deeplearning:{tool.name}" in text


def test_icons_are_there(provider):
    """A missing icon shows as a blank."""
    assert all(Path(alg.svgIconPath()).is_file() for alg in [provider, *provider.algorithms()])


def test_loading_the_provider_is_fast_and_imports_nothing_heavy(tmp_path):
    """Under 0.3 s of processor time, without an engine, in a Python of its own."""
    program = f"""
import importlib.util, sys, time
from qgis.core import QgsApplication
app = QgsApplication([], False)
sys.path.insert(0, "/usr/share/qgis/python/plugins")
from processing.core.ProcessingConfig import ProcessingConfig
root = {str(ROOT)!r}
spec = importlib.util.spec_from_file_location("plugin", root + "/__init__.py", submodule_search_locations=[root])
module = importlib.util.module_from_spec(spec); sys.modules["plugin"] = module; spec.loader.exec_module(module)
before = time.process_time()
from plugin.provider.provider import Provider
provider = Provider(); provider.load()
seconds = time.process_time() - before
heavy = set({HEAVY!r}.split()) & set(sys.modules)
print(len(provider.algorithms()), f"{{seconds:.3f}}", sorted(heavy))
assert len(provider.algorithms()) == {len(TOOLS)} and seconds < 0.3 and not heavy
import os; sys.stdout.flush(); os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
