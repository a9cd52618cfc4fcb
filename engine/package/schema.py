"""The keys of a model definition (.emd) that we read, checked; every other key is kept untouched.

A definition is one JSON object in UTF-8. Numbers written as texts are accepted, as older software writes them.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ModelPackageError
from ..tools.model_types import MODEL_TYPES, task_of

__all__ = ["MODEL_TYPES", "Definition", "parse_definition"]

LARGEST_TEXT = 64 * 1024**2
"""Most bytes a definition may have."""

OUR_KEY = "ImageryDL"
"""Key of a definition that describes a network of ours."""

OUR_VERSION = 1
"""Version of what stands under it."""

DEFAULT_THRESHOLD = 0.5
"""Threshold of a definition that says none."""


class ClassEntry(BaseModel):
    """One entry of ``Classes``."""

    model_config = ConfigDict(extra="allow")

    Value: int
    Name: str
    Color: tuple[int, int, int] = (-1, -1, -1)


class CellSize(BaseModel):
    """``MinCellSize`` or ``MaxCellSize``."""

    model_config = ConfigDict(extra="allow")

    x: float = Field(gt=0)
    y: float = Field(gt=0)
    spatialReference: dict[str, Any] | None = None


class Definition(BaseModel):
    """The keys of a definition that any model may have."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    ModelType: str
    Framework: str | None = None
    ModelConfiguration: str | dict[str, Any] | None = None
    ModelFile: str | None = None
    ModelFiles: list[str] | None = None
    InferenceFunction: str | None = None
    ImageHeight: int | None = Field(default=None, ge=1, le=65536)
    ImageWidth: int | None = Field(default=None, ge=1, le=65536)
    ExtractBands: list[int | str] | None = None
    Classes: list[ClassEntry] | None = None
    Padding: int | None = Field(default=None, ge=0)
    Threshold: float | None = Field(default=None, ge=0, le=1)
    LabelThresholds: list[Annotated[float, Field(ge=0, le=1)]] | None = None
    MinCellSize: CellSize | None = None
    MaxCellSize: CellSize | None = None
    resize_to: int | tuple[int, int] | None = None
    ImageryDL: dict[str, Any] | None = None

    @property
    def task(self) -> str:
        """Name of the task, or the model type itself when we know none for it."""
        return task_of(self.ModelType)


def parse_definition(text: str, name: str) -> tuple[dict[str, Any], Definition]:
    """Return a definition as it was written and as we read it.

    Args:
        text: The JSON text.
        name: What the definition is called, for messages.

    Raises:
        ModelPackageError: No JSON object, keys missing, or a value of the wrong kind.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelPackageError(
            f"{name} is not JSON ({error}): a model definition is one JSON object; mend the text or export it again"
        ) from error
    if not isinstance(raw, dict):
        raise ModelPackageError(f"{name} holds a JSON {type(raw).__name__}: a model definition is one JSON object")
    missing = _missing(raw)
    if missing:
        raise ModelPackageError(
            f"{name} lacks {', '.join(missing)}: a model definition needs ModelType, Framework and ModelFile; "
            "export the model again or add what is missing"
        )
    try:
        return raw, Definition.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][:3])
        raise ModelPackageError(
            f"{name} says {key} = {first.get('input')!r:.60}: {first['msg'].lower()}; mend this key (the template of a "
            "training folder is no model)"
        ) from error


def _missing(raw: dict[str, Any]) -> list[str]:
    """Return the keys that a definition cannot do without."""
    missing = [] if raw.get("ModelType") else ["ModelType"]
    if not raw.get("Framework") and not raw.get("InferenceFunction"):
        missing.append("Framework")
    if not raw.get("ModelFile") and not raw.get("ModelFiles"):
        missing.append("ModelFile")
    return missing
