"""The kind of all kinds, and plain values: texts, words, names, yes or no, numbers.

A kind knows what its values are, which are allowed, and how one is read from text, from JSON and from the plain values
of QGIS. ``parse`` takes the parameter's name, for the message, and a raw value, and raises ``ParameterError``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .pairs import pairs_from_items, pairs_from_text
from .values import Pairs

TRUE_WORDS = ("true", "1", "yes")
FALSE_WORDS = ("false", "0", "no")


@dataclass(frozen=True)
class Kind:
    """A text.

    Attributes:
        label: Label in dialogs, ArcGIS's own where it has one.
        help: What the parameter does, in a sentence or two.
    """

    label: str
    help: str = ""

    def parse(self, name: str, value: Any) -> Any:
        """Return the raw value in its own type, or raise ``ParameterError``."""
        if not isinstance(value, str):
            raise ParameterError(f"{name} is {value!r}: give a text")
        return value.strip()

    def describe(self) -> str:
        """Return type and range in words, for help and documents."""
        return "text"


@dataclass(frozen=True)
class Text(Kind):
    """A text without rules of its own."""


@dataclass(frozen=True)
class Number(Kind):
    """A number within a range, both ends allowed unless ``above`` is set.

    Attributes:
        low: Smallest value; with ``above`` the value must be larger.
        high: Largest value.
        whole: Only whole numbers.
        unit: Unit of the value, for the documents.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    above: bool = False
    unit: str = ""

    def parse(self, name: str, value: Any) -> float:
        """Return a float, or an int where only whole numbers are allowed."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number) or (self.whole and number != int(number)):
            raise ParameterError(f"{name} is {value!r}: give {self.describe()}")
        if number < self.low or number > self.high or (self.above and number <= self.low):
            raise ParameterError(f"{name} is {value}: give {self.describe()}")
        return int(number) if self.whole else number

    def describe(self) -> str:
        """Return type, range and unit."""
        noun = "a whole number" if self.whole else "a number"
        if math.isfinite(self.low) and math.isfinite(self.high):
            span = f" from {self.low:g} to {self.high:g}"
        elif math.isfinite(self.low):
            span = f" above {self.low:g}" if self.above else f" of at least {self.low:g}"
        else:
            span = ""
        return noun + span + (f" ({self.unit})" if self.unit else "")


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no: true, false, or ArcGIS's two words.

    Attributes:
        on: ArcGIS's word for true.
        off: ArcGIS's word for false.
    """

    on: str = ""
    off: str = ""

    def parse(self, name: str, value: Any) -> bool:
        """Return the truth value; a word that is none of the four is refused."""
        word = str(value).strip().lower()
        if word in (*TRUE_WORDS, self.on.lower()) and word:
            return True
        if word in (*FALSE_WORDS, self.off.lower()) and word:
            return False
        raise ParameterError(f"{name} is {value!r}: give {self.describe()}")

    def describe(self) -> str:
        """Name the allowed words."""
        return f"true or false ({self.on} or {self.off})" if self.on else "true or false"


@dataclass(frozen=True)
class Choice(Kind):
    """One of fixed words, in any case.

    Attributes:
        choices: The words as they are written.
        prefix: A prefix behind which any text is allowed, such as ``timm:``.
    """

    choices: tuple[str, ...] = ()
    prefix: str = ""

    def parse(self, name: str, value: Any) -> str:
        """Return the word as the declaration writes it."""
        word = str(value).strip()
        if self.prefix and word.lower().startswith(self.prefix) and len(word) > len(self.prefix):
            return self.prefix + word[len(self.prefix) :]
        for choice in self.choices:
            if word.lower() == choice.lower():
                return choice
        raise ParameterError(f"{name} is '{word}': choose one of {self.describe()}")

    def describe(self) -> str:
        """List the words."""
        words = ", ".join(choice or "(empty)" for choice in self.choices)
        return f"{words} or {self.prefix}<name>" if self.prefix else words


@dataclass(frozen=True)
class Names(Kind):
    """A list of names, as text parted by semicolons.

    Attributes:
        of: The parameter with the model whose classes may be named; empty where any name will do.
    """

    of: str = ""

    def parse(self, name: str, value: Any) -> tuple[str, ...]:
        """Return the names."""
        parts = value.split(";") if isinstance(value, str) else value
        return tuple(str(part).strip().strip("'\"") for part in parts if str(part).strip())

    def describe(self) -> str:
        """Show the form."""
        return "names, parted by ;"


@dataclass(frozen=True)
class Arguments(Kind):
    """A value table: ``padding 64; batch_size 4``. Which names are allowed depends on the model or architecture.

    Attributes:
        task: The task of the models that take them; empty where an architecture takes them.
        of: The parameter with the model package or the model type that says which names there are.
    """

    task: str = ""
    of: str = ""

    def parse(self, name: str, value: Any) -> Pairs:
        """Return names and values as texts."""
        if isinstance(value, str):
            return pairs_from_text(name, value)
        if isinstance(value, Mapping):
            return pairs_from_items(name, value.items())
        return pairs_from_items(name, value)

    def describe(self) -> str:
        """Show the form."""
        return "value table, such as padding 64; batch_size 4"


@dataclass(frozen=True)
class Cores(Kind):
    """A number of processor cores, or a percentage of those of this computer; empty is one core."""

    def parse(self, name: str, value: Any) -> str:
        """Return the text of a whole number from 0 to 256, or of a percentage from 1 to 100."""
        text = str(value).strip()
        number = text[:-1].strip() if text.endswith("%") else text
        low, high = (1, 100) if text.endswith("%") else (0, 256)
        if text and not (number.isascii() and number.isdigit() and low <= int(number) <= high):
            raise ParameterError(
                f"{name} is {text}: give a number of cores up to 256 or a percentage, such as 4 or 80%"
            )
        return text

    def describe(self) -> str:
        """Name the forms."""
        return "a number of cores or a percentage, such as 4 or 80%"


@dataclass(frozen=True)
class LearningRate(Kind):
    """A rate, or ``slice(low, high)`` for backbone and head; empty is found from the data."""

    def parse(self, name: str, value: Any) -> str:
        """Return the rate or the two rates as text."""
        text = str(value).strip()
        inner = re.fullmatch(r"slice\(([^,]+),([^,]+)\)", text.replace(" ", ""))
        rates = inner.groups() if inner else (text,)
        kind = Number(self.label, low=0.0, high=1.0, above=True)
        values = [kind.parse(name, rate) for rate in rates]
        if len(values) == 2 and values[0] > values[1]:
            raise ParameterError(f"{name} is {text}: the first rate is the backbone's and must not exceed the second")
        return f"slice({values[0]:g}, {values[1]:g})" if len(values) == 2 else f"{values[0]:g}"

    def describe(self) -> str:
        """Name the forms."""
        return "a number above 0, or slice(low, high)"
