"""What of the engine is installed: its parts, and the lines of the list of packages that they need.

Standard library only, Python 3.9: this runs before there is an engine, in whatever Python there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

PARTS_LIST = Path(__file__).resolve().parents[2] / "requirements" / "parts.txt"
"""The packages of each part."""

RUN = "run"
"""The part that is always installed."""

TITLES = {"training": "Training and reports", "transformers": "Transformer models"}
"""Parts to choose, and what people call them."""

_PACKAGE = re.compile(r"([A-Za-z0-9][\w.-]*)==(\S+)")
_OF_PYTORCH = re.compile(r"(torch|torchvision|triton|nvidia-.*|cuda-.*)$")


def packages_of_parts() -> dict[str, frozenset[str]]:
    """Return the packages by part."""
    lines = PARTS_LIST.read_text(encoding="utf-8").splitlines()
    rows = (line.split(": ", 1) for line in lines if not line.startswith("#"))
    return {name: frozenset(packages.split()) for name, packages in rows}


def part_of(module: str) -> str:
    """Return the part that a module comes with; empty when it comes with none that is chosen."""
    package = module.split(".")[0].replace("_", "-").lower()
    return next((name for name, packages in packages_of_parts().items() if package in packages and name != RUN), "")


def entries(packages: Path) -> dict[str, str]:
    """Return the entries of a list of packages, with their hashes, by ``name==version ; marker``."""
    found: dict[str, str] = {}
    key = ""
    for line in packages.read_text(encoding="utf-8").splitlines():
        if _PACKAGE.match(line):
            key = line.split("--hash")[0].rstrip(" \\")
            found[key] = line + "\n"
        elif key and line.strip() and not line.startswith("#"):
            found[key] += line + "\n"
    return found


def name_of(entry: str) -> str:
    """Return the package of an entry's key."""
    found = _PACKAGE.match(entry)
    return found.group(1).lower() if found else ""


def chosen_entries(packages: Path, parts: Collection[str]) -> dict[str, str]:
    """Return the entries of some parts beside ``run``; packages that no part names stay, as in lists of one's own."""
    known = packages_of_parts()
    wanted = known[RUN].union(*(known[part] for part in parts))
    left_out = frozenset().union(*known.values()) - wanted
    return {entry: text for entry, text in entries(packages).items() if name_of(entry) not in left_out}


def write_chosen(packages: Path, parts: Collection[str], target: Path, keep: Callable[[str], bool]) -> int:
    """Write the entries of some parts and return how many they are.

    Args:
        packages: The whole list.
        parts: Chosen parts beside ``run``.
        target: File to write.
        keep: Says of a package whether it is wanted.
    """
    kept = [text for entry, text in chosen_entries(packages, parts).items() if keep(name_of(entry))]
    target.write_text("".join(kept), encoding="utf-8")
    return len(kept)


def is_of_pytorch(package: str) -> bool:
    """Return whether a package differs between PyTorch's builds."""
    return bool(_OF_PYTORCH.match(package))


def pytorch_pair(packages: Path) -> list[str]:
    """Return PyTorch and torchvision with their versions, as the list has them."""
    keys = [entry.split(" ")[0] for entry in entries(packages) if name_of(entry) in ("torch", "torchvision")]
    return sorted(set(keys))
