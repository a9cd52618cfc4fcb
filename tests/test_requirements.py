"""What the engine imports is what its environment is made of: a forgotten library breaks every new install."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTIONS = {
    "PIL": "pillow",
    "faster_coco_eval": "faster-coco-eval",
    "segmentation_models_pytorch": "segmentation-models-pytorch",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}
"""Packages that are installed under another name than they are imported by."""

FOLLOW = {"affine": "rasterio"}
"""Packages that come with another one and are part of its interface."""


def listed(name):
    """Return the names of the distributions that a requirements file lists."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=!~\[; ]", line)[0].lower() for line in lines if line and not line.startswith(("#", "-"))}


def imported(folder):
    """Return the distributions that the modules of a folder import, anywhere in them."""
    names = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.split(".")[0])
    foreign = names - set(sys.stdlib_module_names) - {"engine", "tests", "devtools", "qgis", "processing"}
    return {DISTRIBUTIONS.get(name, FOLLOW.get(name, name)).lower() for name in foreign}


def test_every_library_of_the_engine_is_required():
    """Also those that other libraries happen to bring along today."""
    assert imported("engine") <= listed("engine.txt")


def test_every_required_library_is_used():
    """Each of them is a download, and something that may break."""
    indirect = {"tensorboard"}  # written by Lightning's logger
    assert listed("engine.txt") - indirect <= imported("engine")


def test_every_requirement_is_pinned():
    """Everybody gets the versions that were tested."""
    assert listed("engine.txt") | listed("dev.txt") <= listed("constraints.txt")
