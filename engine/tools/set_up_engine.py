"""What Set Up the Deep Learning Engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from ..installation.builds import AUTO, PROCESSORS
from ..installation.parts import TITLES
from . import network
from .declaration import Derived, Tool, When, param
from .kinds import Choice, Flag, Folder, Path

BUILT = (When("existing", given=False),)


@dataclass(frozen=True)
class SetUpEngine(Tool):
    """Install the deep learning engine beside QGIS, repair it, or take an environment that exists."""

    name: ClassVar[str] = "setupdeeplearningengine"
    title: ClassVar[str] = "Set Up the Deep Learning Engine"
    group: ClassVar[str] = "Engine"
    needs_engine: ClassVar[bool] = False
    derived: ClassVar[tuple[Derived, ...]] = (
        Derived("out_python", "Python of the engine"),
        Derived("out_device", "Processors that compute", "text"),
    )
    example: ClassVar[Mapping[str, str]] = {"engine_folder": "engine"}
    about: ClassVar[str] = (
        "Builds a Python environment of its own, outside QGIS's Python, with all packages at the versions that were "
        "tested, each checked by its hash. Takes 2 to 8 GB and some minutes. The new environment has to compute before "
        "it is used; a run that is cancelled or fails leaves the earlier one as it was. Running it again repairs what "
        "is broken and does nothing where all is well."
    )

    engine_folder: str = param(
        Folder("Folder of the engine", "Where it lies; empty takes the user's own data folder, which upgrades keep."),
        "",
    )
    processor: str = param(
        Choice(
            "Processor",
            "Which build of PyTorch: AUTO takes that for CUDA where an NVIDIA driver answers, else that for the CPU. "
            "What the package index does not have for this system comes from PyTorch's own index; a mirror, a bundle "
            "and pip have one build only.",
            choices=PROCESSORS,
        ),
        AUTO,
    )
    training: bool = param(
        Flag("Training and reports", "Also what training and the reports of accuracy need.", on="TRAINING", off="NONE"),
        True,
    )
    transformers: bool = param(
        Flag("Transformer models", "Also what models made of transformers need.", on="TRANSFORMERS", off="NONE"), True
    )
    existing: str = param(
        Path(
            "Python of an existing environment",
            "Take this environment instead of building one: one of conda, or a read-only folder that an office shares. "
            "It is proven, not changed.",
        ),
        "",
    )
    rebuild: bool = param(
        Flag("Build anew", "Build a new environment also when the one in use works.", on="REBUILD", off="KEEP"),
        False,
        applies=BUILT,
    )
    bundle: str = param(
        Folder("Offline bundle", "Install from this folder, which Build Offline Bundle wrote, without network."),
        "",
        applies=BUILT,
    )
    python: str = param(
        Path("Python to build on", "A Python 3.11 to 3.13; empty finds one, or fetches one where there is none."),
        "",
        advanced=True,
        applies=BUILT,
    )
    index_url: str = network.index_url()
    proxy: str = network.proxy()
    certificates: str = network.certificates()
    stall_seconds: float = network.stall_seconds()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts to install beside the one that runs models."""
        return tuple(name for name in TITLES if getattr(self, name))

    def check(self) -> None:
        """An environment is taken or built, not both."""
        if self.existing and (self.bundle or self.rebuild or self.python):
            raise ParameterError(
                "existing names an environment to take, and bundle, rebuild or python one to build: leave one of them "
                "empty"
            )
