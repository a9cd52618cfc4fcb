"""What Diagnose the Engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .declaration import Derived, Tool, param
from .kinds import Folder, NewFile, Path, Text


@dataclass(frozen=True)
class DiagnoseEngine(Tool):
    """Write down what is needed to help when the engine does not work, as Markdown that can be pasted into an issue."""

    name: ClassVar[str] = "diagnosedeeplearningengine"
    title: ClassVar[str] = "Diagnose the Engine"
    group: ClassVar[str] = "Engine"
    needs_engine: ClassVar[bool] = False
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_state", "State in one sentence", "text"),)
    example: ClassVar[Mapping[str, str]] = {"out_report": "engine.md"}
    about: ClassVar[str] = (
        "System, Python, packages, processors, driver, disk and the last errors. The engine has to compute, on every "
        "processor it finds. User names in paths are left out."
    )

    out_report: str = param(NewFile("Report", "Markdown file to write.", suffix=".md", filter="Markdown (*.md)"))
    python: str = param(Path("Python of the engine", "What to look at; empty takes the one in use."), "", advanced=True)
    engine_folder: str = param(
        Folder("Folder of the engine", "Where it was set up; empty takes the user's own data folder."),
        "",
        advanced=True,
    )
    host: str = param(
        Text("Host", "Program and version that asks, such as QGIS 3.40; QGIS fills it in."), "", advanced=True
    )
