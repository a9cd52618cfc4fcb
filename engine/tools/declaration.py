"""``Tool``, the base of every declaration, and ``param``, which puts a parameter into one.

A tool is a frozen dataclass whose fields are its parameters. An instance is the *request*: every value is parsed by
its kind when the instance is made, rules between parameters are checked, equality is by value, and it travels as JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ..errors import ParameterError
from .kinds import Kind

REQUIRED = dataclasses.MISSING
ToolT = TypeVar("ToolT", bound="Tool")


@dataclass(frozen=True)
class When:
    """When a parameter applies: another one has one of some values, or any value at all, or none.

    Attributes:
        name: The other parameter.
        values: Its values, one of which is needed; without any it only has to be given.
        given: Whether it has to be given; False where the parameter applies without the other one only.
    """

    name: str
    values: tuple[Any, ...] = ()
    given: bool = True

    def met(self, values: Mapping[str, Any]) -> bool:
        """Return whether it is so among the values of all parameters; 0 and false are values that nobody gave."""
        value = values.get(self.name)
        if self.values:
            return any(str(value or "").casefold() == str(wanted or "").casefold() for wanted in self.values)
        return bool(value) is self.given

    def words(self) -> str:
        """Say it, for help and documents."""
        if self.values:
            words = [str(value).lower() if isinstance(value, bool) else value or "empty" for value in self.values]
            return f"{self.name} is {' or '.join([', '.join(words[:-1]), words[-1]] if words[1:] else words)}"
        return f"{self.name} is given" if self.given else f"{self.name} is not given"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool.

    Attributes:
        name: ArcGIS's name, or ours beyond ArcGIS's list.
        kind: What values it takes.
        default: Value when it is not given; ``REQUIRED`` when it must be.
        advanced: Folded away in the dialog.
        applies: What must be so for it to matter; dialogs hide it otherwise.
    """

    name: str
    kind: Kind
    default: Any
    advanced: bool
    applies: tuple[When, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Derived:
    """An output that follows from the parameters, so that a model chain can use it.

    Attributes:
        name: Key in the results.
        label: Label in the modeler.
        kind: ``file``, ``folder``, ``number`` or ``text``.
    """

    name: str
    label: str
    kind: str = "file"


def param(kind: Kind, default: Any = REQUIRED, *, advanced: bool = False, applies: tuple[When, ...] = ()) -> Any:
    """Declare one parameter; used as the default of a field of a ``Tool``."""
    return dataclasses.field(default=default, metadata={"kind": kind, "advanced": advanced, "applies": applies})


@dataclass(frozen=True)
class Tool:
    """Base of every tool; the subclass's docstring is the tool's summary.

    Attributes:
        name: Algorithm id in QGIS.
        title: Name in the toolbox, ArcGIS's own.
        group: Toolbox group: ``Training data``, ``Model``, ``Inference``, ``Accuracy`` or ``Engine``.
        derived: Outputs beside those that are parameters.
        example: Parameters of a worked example, for help and documents.
        about: Paragraphs of help beyond the summary.
        needs_engine: Whether it runs in the engine's environment; else in any Python, as it needs the standard library
            only.
        estimated: Whether what a run will take can be told without running it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    derived: ClassVar[tuple[Derived, ...]] = ()
    example: ClassVar[Mapping[str, str]] = {}
    about: ClassVar[str] = ""
    needs_engine: ClassVar[bool] = True
    estimated: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Parse every value by its kind and check the rules between them."""
        for parameter in self.parameters().values():
            object.__setattr__(self, parameter.name, _parsed(parameter, getattr(self, parameter.name)))
        self.check()

    def check(self) -> None:
        """Check rules between parameters; rules of one parameter belong to its kind.

        Raises:
            ParameterError: Two parameters do not go together.
        """

    @classmethod
    def offered(cls, values: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
        """Return which choices are left by the other values, by parameter; a dialog offers no others.

        Args:
            values: Values as they stand, which may be wrong.
        """
        return {}

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Return the parameters by name, in the order of their declaration."""
        return {
            entry.name: Parameter(entry.name, default=entry.default, **entry.metadata)
            for entry in dataclasses.fields(cls)
        }

    @classmethod
    def from_values(cls: type[ToolT], values: Mapping[str, Any]) -> ToolT:
        """Make the request from raw values; ``None`` and empty text stand for the default.

        Raises:
            ParameterError: A name is unknown, a required one is missing, or a value is refused.
        """
        parameters = cls.parameters()
        for name in values:
            if name not in parameters:
                raise ParameterError(f"{name} is not a parameter of {cls.title}: it has {', '.join(parameters)}")
        given = {name: value for name, value in values.items() if not _empty(value)}
        for name, parameter in parameters.items():
            if parameter.required and name not in given:
                raise ParameterError(f"{name} is missing: {cls.title} needs {parameter.kind.describe()}")
        return cls(**given)

    def to_plain(self) -> dict[str, Any]:
        """Return the request as plain data that JSON holds and ``from_values`` reads."""
        return dataclasses.asdict(self)


def _empty(value: Any) -> bool:
    """Return whether a raw value means that nothing was given."""
    return value is None or (isinstance(value, (str, list, tuple)) and len(value) == 0)


def _parsed(parameter: Parameter, value: Any) -> Any:
    """Parse one value; the default, and nothing given, pass as they are."""
    if parameter.required:
        if _empty(value):
            raise ParameterError(f"{parameter.name} is missing: give {parameter.kind.describe()}")
        return parameter.kind.parse(parameter.name, value)
    if _empty(value) or value == parameter.default:
        return parameter.default
    return parameter.kind.parse(parameter.name, value)
