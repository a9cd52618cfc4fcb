"""The names of classes in YOLO's ``data.yaml``: a list or numbered entries under ``names``, in one line or more."""

from __future__ import annotations

import re

_ITEM = re.compile(r"""(?:\s*(\d+)\s*:)?\s*("[^"]*"|'[^']*'|[^,]+)\s*(?:,|$)""")


def yaml_names(text: str) -> dict[int, str]:
    """Return number to name, empty when the text has no list of names."""
    found = re.search(r"^names[ \t]*:(.*(?:\n(?:[ \t]+.*|-.*|[ \t]*))*)", text.replace("\r\n", "\n"), re.MULTILINE)
    if found is None:
        return {}
    lines = [_without_comment(line) for line in found.group(1).split("\n")]
    whole = " ".join(line.strip() for line in lines).strip()
    if whole[:1] in ("[", "{"):
        end = max(whole.rfind("]"), whole.rfind("}"))
        items = [match.groups() for match in _ITEM.finditer(whole[1:end].strip().rstrip(","))]
        return {int(key) if key else place: _bare(name) for place, (key, name) in enumerate(items)}
    names: dict[int, str] = {}
    for line in lines:
        entry = re.fullmatch(r"\s*(?:-|(\d+)\s*:)\s*(.+?)\s*", line)
        if entry:
            names[int(entry.group(1)) if entry.group(1) else len(names)] = _bare(entry.group(2))
    return names


def _without_comment(line: str) -> str:
    """Return a line without what follows a hash mark after a blank."""
    return re.sub(r"(?:^|\s)#.*$", "", line)


def _bare(name: str) -> str:
    """Return a name without quotes."""
    name = name.strip()
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"" else name
