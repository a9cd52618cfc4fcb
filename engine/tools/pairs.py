"""Value tables as text: ``padding 64; batch_size 4`` or ``grids '[4, 2, 1]'; zooms '[0.7, 1.0]'``.

Pairs are parted by semicolons, the value from the name by blanks or ``=``; a value that holds blanks, semicolons or
brackets may stand in single or double quotes. A semicolon inside quotes or brackets belongs to the value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ParameterError

_CLOSING = {"[": "]", "(": ")", "{": "}"}


def pairs_from_text(name: str, text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a value table.

    Args:
        name: The parameter, for the message.
        text: The table as text.

    Raises:
        ParameterError: A pair has no value, a quote is left open, or a name stands twice.
    """
    return _distinct(name, [_pair(name, part) for part in _split(name, text) if part.strip()])


def pairs_from_items(name: str, items: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a value table given as (name, value) items or as a flat list of names and values."""
    rows = list(items)
    if rows and all(not isinstance(row, (list, tuple)) for row in rows):
        if len(rows) % 2:
            raise ParameterError(f"{name} has {len(rows)} cells: names and values must come in pairs")
        rows = list(zip(rows[::2], rows[1::2]))
    for row in rows:
        if len(row) != 2:
            raise ParameterError(f"{name} has a row of {len(row)} cells: give a name and a value in each row")
    return _distinct(name, [(str(key).strip(), str(value).strip()) for key, value in rows])


def text_from_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Return pairs as the text that ``pairs_from_text`` reads."""
    return "; ".join(f"{key} {_quoted(value)}" for key, value in pairs)


def _quoted(value: str) -> str:
    """Put a value in quotes where its text would be split or stripped."""
    if value and not any(mark in value for mark in " ;'\"=[](){}"):
        return value
    return f'"{value}"' if "'" in value else f"'{value}'"


def _split(name: str, text: str) -> list[str]:
    """Cut the table at semicolons that stand outside quotes and brackets."""
    parts, quote, closing = [""], "", []
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _CLOSING:
            closing.append(_CLOSING[letter])
        elif closing and letter == closing[-1]:
            closing.pop()
        elif letter == ";" and not closing:
            parts.append("")
            continue
        parts[-1] += letter
    if quote or closing:
        raise ParameterError(f"{name} '{text}' leaves {quote or closing[-1]} open: close the quote or bracket")
    return parts


def _pair(name: str, part: str) -> tuple[str, str]:
    """Part one name from its value."""
    part = part.strip()
    end = next((index for index, letter in enumerate(part) if letter in " \t="), len(part))
    key, value = part[:end], part[end:].lstrip(" \t=").strip()
    if not value:
        raise ParameterError(f"{name} '{part}' has no value: write a name and a value, such as padding 64")
    if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]:
        value = value[1:-1]
    return key, value


def _distinct(name: str, pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Refuse a name that stands twice."""
    keys = [key.lower() for key, _ in pairs]
    double = next((key for key in keys if keys.count(key) > 1), None)
    if double:
        raise ParameterError(f"{name} gives {double} twice: give it once")
    return tuple(pairs)
