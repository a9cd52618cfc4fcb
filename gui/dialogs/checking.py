"""The values of a dialog as the declaration sees them: what each parses to, and what is wrong with which."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...algorithms.parameters import Border, value
from ...engine.errors import EngineError


@dataclass
class Look:
    """What a dialog holds.

    Attributes:
        values: Parsed value by parameter; the default where nothing was given; without those that are wrong.
        faults: Sentence by parameter.
        missing: Required parameters without a value: no mistake before Run is pressed.
        general: Sentence about parameters together that names none of them first.
    """

    values: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)
    missing: list = field(default_factory=list)
    general: str = ""


def look_at(algorithm, raw, context, applying):
    """Return what values mean, with the declaration's own sentences where they are wrong.

    Args:
        algorithm: The tool's algorithm.
        raw: Values by parameter as QGIS's wrappers hold them.
        context: QGIS's context.
        applying: Tells of a parameter, given the values so far, whether it applies.
    """
    look, given = Look(), {}
    declared = algorithm.tool.parameters()
    border = Border(algorithm, raw, context, writing=False)
    for name, parameter in declared.items():
        try:
            plain = value(parameter.kind, parameter, border)
            if plain in (None, "", (), []):
                look.values[name] = None if parameter.required else parameter.default
                look.missing += [name] if parameter.required else []
            else:
                look.values[name] = parameter.kind.parse(name, plain)
                given[name] = plain
        except EngineError as error:
            look.faults[name] = str(error)
    for name in [name for name in look.faults if not applying(declared[name], look.values)]:
        del look.faults[name]
    if not look.faults and not look.missing:
        _check_together(algorithm.tool, given, look, applying)
    return look


def _check_together(tool, given, look, applying):
    """Check the rules between parameters; the sentence goes to the parameter that it names first."""
    declared = tool.parameters()
    try:
        tool.from_values({name: plain for name, plain in given.items() if applying(declared[name], look.values)})
    except EngineError as error:
        named = next((word for word in str(error).replace(",", " ").split() if word in declared), "")
        if named:
            look.faults[named] = str(error)
        else:
            look.general = str(error)
