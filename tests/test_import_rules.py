"""Who may import what: read off the syntax trees, so that a slow or crashing QGIS start cannot slip in.

QGIS side: standard library and ``qgis`` only. Engine: never ``qgis``. Declarations: standard library only.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QGIS_NAMES = {"qgis", "PyQt5", "PyQt6", "processing", "osgeo"}
LIGHT = [
    ROOT / "__init__.py",
    *ROOT.glob("provider/*.py"),
    *ROOT.glob("algorithms/*.py"),
    *ROOT.glob("gui/**/*.py"),
]
DECLARATIONS = [
    *ROOT.glob("engine/tools/*.py"),
    *ROOT.glob("engine/models/*.py"),
    *ROOT.glob("engine/installation/*.py"),
    *(ROOT / "engine" / "pipelines" / name for name in ("set_up_engine.py", "diagnose_engine.py", "build_bundle.py")),
    *(
        ROOT / "engine" / name
        for name in ("__init__.py", "classes.py", "docs.py", "errors.py", "files.py", "job.py", "run.py")
    ),
]
ENGINE = sorted((ROOT / "engine").rglob("*.py"))


def imports(path, whole):
    """Return the names of absolutely imported packages: of the whole file, or of its top level only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if whole else tree.body
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_qgis_side_imports_the_standard_library_and_qgis_only(path):
    """A library of the engine inside QGIS's process is a crash on somebody's computer."""
    assert imports(path, whole=True) <= set(sys.stdlib_module_names) | QGIS_NAMES


@pytest.mark.parametrize("path", DECLARATIONS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_qgis_imports_of_the_engine_needs_the_standard_library_only(path):
    """QGIS lists tools and architectures without an engine."""
    assert imports(path, whole=False) <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_engine_imports_no_qgis_and_nothing_above_itself(path):
    """The engine runs alone."""
    assert not imports(path, whole=True) & QGIS_NAMES
    depth = len(path.relative_to(ROOT / "engine").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.ImportFrom) and node.level > depth), f"line {node.lineno} leaves the engine"


def test_files_of_a_tool_share_their_name():
    """Declaration, pipeline and QGIS face are found by one name."""
    sys.path.insert(0, str(ROOT))
    from engine.tools import TOOLS

    for name in TOOLS:
        for folder in ("engine/tools", "engine/pipelines", "algorithms"):
            assert (ROOT / folder / f"{name}.py").is_file(), f"{folder}/{name}.py"
