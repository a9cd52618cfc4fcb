"""JSON in the way Esri's export tool writes it: two blanks a level, a blank on both sides of the colon, 17 digits."""

from __future__ import annotations

import json
import math
from typing import Any


def esri_json(value: Any, level: int = 0) -> str:
    """Return a value as JSON text without a final line end.

    Args:
        value: Dictionaries, lists, texts, numbers, booleans, None.
        level: How deep the value lies; 0 for a document.
    """
    inner, outer = "  " * (level + 1), "  " * level
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(str(key))} : {esri_json(entry, level + 1)}" for key, entry in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}" if rows else "{}"
    if isinstance(value, (list, tuple)):
        rows = [f"{inner}{esri_json(entry, level + 1)}" for entry in value]
        return "[\n" + ",\n".join(rows) + f"\n{outer}]" if rows else "[]"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "null"
        text = format(value, ".17g")
        return text if set(text) & set(".e") else text + ".0"
    return json.dumps(value)
