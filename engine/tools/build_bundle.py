"""What Build Offline Bundle takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import network
from .declaration import Derived, Tool, param
from .kinds import Choice, NewFolder

SYSTEMS = ("this computer", "Linux x86_64", "Windows x86_64", "macOS arm64")
PYTHONS = ("3.11", "3.12", "3.13")


@dataclass(frozen=True)
class BuildBundle(Tool):
    """Fetch all packages of the engine into a folder, for computers without network."""

    name: ClassVar[str] = "buildofflinebundle"
    title: ClassVar[str] = "Build Offline Bundle"
    group: ClassVar[str] = "Engine"
    needs_engine: ClassVar[bool] = False
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_packages", "Number of packages", "number"),)
    example: ClassVar[Mapping[str, str]] = {
        "out_bundle": "bundle",
        "system": "Windows x86_64",
        "python_version": "3.12",
    }
    about: ClassVar[str] = (
        "Run it on a connected computer, carry the folder over, and give it to Set Up the Deep Learning Engine there "
        "(parameter bundle). Every package is checked by its hash twice: here and there. The other computer needs a "
        "Python of the version named here."
    )

    out_bundle: str = param(NewFolder("Bundle", "New folder to write; 1 to 4 GB."))
    system: str = param(Choice("System", "Where it will be installed.", choices=SYSTEMS), SYSTEMS[0])
    python_version: str = param(
        Choice("Version of Python", "That of the Python over there; for this computer that of the engine's Python.",
               choices=("", *PYTHONS)), "",
    )  # fmt: skip
    index_url: str = network.index_url()
    proxy: str = network.proxy()
    certificates: str = network.certificates()
    stall_seconds: float = network.stall_seconds()
