"""Arguments of an architecture: name, kind, default and bounds, and how a text becomes a value.

Arguments come as texts (``scales`` = ``[1, 0.8, 0.63]``), as they stand in a value table or in a model package.
Lists become tuples, so that parsed values are hashable and equal by value.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError

YES = ("true", "yes", "1", "on")
NO = ("false", "no", "0", "off")

LONGEST = 10_000
"""Most characters of a value: more is no argument but an attack or an accident."""

KINDS = ("int", "float", "bool", "text", "list", "choice")


@dataclass(frozen=True)
class ArgumentSpec:
    """One argument that an architecture offers.

    Attributes:
        name: Name in the value table.
        default: Value when it is not given, as text; an empty text stays empty where ``default`` is empty.
        kind: One of ``KINDS``; a list holds numbers or lists of numbers.
        low: Smallest allowed number, also of each number in a list; None for no bound.
        high: Largest allowed number.
        choices: Allowed texts of a choice.
        whole: Whether the numbers of a list are whole.
        depth: 1 for a list of numbers, 2 for a list of pairs of numbers.
        help: One sentence for the dialog and the documentation.
        aliases: Other names under which it is accepted.
    """

    name: str
    default: str
    kind: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    whole: bool = False
    depth: int = 1
    help: str = ""
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a declaration that cannot work."""
        if self.kind not in KINDS:
            raise ValueError(f"argument {self.name} has the unknown kind {self.kind}")

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for.

        Args:
            text: The text of the value table; surrounding blanks and quotes are ignored.

        Returns:
            int, float, bool, str or a tuple; None for an empty text or list where the default is empty.

        Raises:
            ParameterError: The text is no value of the argument's kind or lies outside its bounds.
        """
        plain = _unquoted(text)
        if len(plain) > LONGEST:
            raise ParameterError(f"argument {self.name} has {len(plain)} characters; it must be {self.rule()}")
        if not self.default and (not plain or (self.kind == "list" and plain.replace(" ", "") in ("[]", "()"))):
            return None
        if self.kind == "text":
            return plain
        if self.kind == "choice":
            return self._choice(plain)
        if self.kind == "bool":
            return self._truth(plain)
        if self.kind == "list":
            return self._list(plain)
        return self._number(plain, text)

    def rule(self) -> str:
        """Return what values are allowed, as words for a message."""
        words = {
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "text": "a text",
            "list": ("a list of pairs of numbers", "a list of whole numbers", "a list of numbers")[
                0 if self.depth == 2 else 1 if self.whole else 2
            ],
            "choice": "one of " + ", ".join(self.choices),
        }[self.kind]
        if self.low is not None and self.high is not None:
            return f"{words} from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{words} of at least {self.low:g}"
        if self.high is not None:
            return f"{words} of at most {self.high:g}"
        return words

    def _refused(self, text: str) -> ParameterError:
        example = f", for example {self.default}" if self.default else ""
        return ParameterError(f"argument {self.name} is {text!r}; it must be {self.rule()}{example}")

    def _choice(self, plain: str) -> str:
        for choice in self.choices:
            if choice.lower() == plain.lower():
                return choice
        raise self._refused(plain)

    def _truth(self, plain: str) -> bool:
        if plain.lower() in YES:
            return True
        if plain.lower() in NO:
            return False
        raise self._refused(plain)

    def _number(self, plain: str, text: str) -> Any:
        try:
            number = float(plain)
        except ValueError:
            raise self._refused(text) from None
        return self._bounded(number, text)

    def _bounded(self, number: float, text: str) -> Any:
        too_low = self.low is not None and number < self.low
        too_high = self.high is not None and number > self.high
        whole = self.kind != "int" or float(number).is_integer()
        if not math.isfinite(number) or too_low or too_high or not whole:
            raise self._refused(text)
        return int(number) if self.kind == "int" else float(number)

    def _list(self, plain: str) -> tuple[Any, ...]:
        closed = plain if plain.startswith(("[", "(")) else f"[{plain}]"
        try:
            value = ast.literal_eval(closed)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise self._refused(plain) from None
        if not isinstance(value, (list, tuple)) or not value:
            raise self._refused(plain)
        if self.depth == 1:
            return tuple(self._item(entry, plain) for entry in value)
        if not all(isinstance(entry, (list, tuple)) and len(entry) == 2 for entry in value):
            raise self._refused(plain)
        return tuple(tuple(self._item(number, plain) for number in pair) for pair in value)

    def _item(self, entry: object, text: str) -> Any:
        if isinstance(entry, bool) or not isinstance(entry, (int, float)):
            raise self._refused(text)
        number = self._bounded(float(entry), text)
        if self.whole and not float(number).is_integer():
            raise self._refused(text)
        return int(number) if self.whole else float(number)


def parse_arguments(
    owner: str, specs: Iterable[ArgumentSpec], pairs: Iterable[tuple[str, str]], *, ignored: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the value of every declared argument, given or default.

    Args:
        owner: Whose arguments they are, for the message.
        specs: The declared arguments.
        pairs: Names and texts as given; names in any case.
        ignored: Names that belong to somebody else and are passed over.

    Returns:
        Argument name to value, in declared order.

    Raises:
        ParameterError: A name is unknown or given twice, or a value breaks its rule.
    """
    declared = {spec.name.lower(): spec for spec in specs}
    spoken = {alias.lower(): key for key, spec in declared.items() for alias in spec.aliases}
    passed_over = {name.lower() for name in ignored}
    given: dict[str, str] = {}
    for name, text in pairs:
        key = name.strip().lower()
        if key in passed_over:
            continue
        key = spoken.get(key, key)
        if key not in declared:
            known = ", ".join(spec.name for spec in declared.values()) or "none"
            raise ParameterError(f"argument {name!r} is unknown to {owner}; it has: {known}")
        if key in given:
            raise ParameterError(f"argument {name!r} is given twice; give it once")
        given[key] = str(text)
    return {spec.name: spec.parse(given.get(key, spec.default)) for key, spec in declared.items()}


def argument_pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return parsed values as texts that parse to the same values."""
    return tuple((name, _text(value)) for name, value in values.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "[" + ", ".join(_text(entry) for entry in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unquoted(text: str) -> str:
    plain = str(text).strip()
    while len(plain) >= 2 and plain[0] == plain[-1] and plain[0] in "'\"":
        plain = plain[1:-1].strip()
    return plain
