"""Check metadata.txt as the QGIS plugin repository does, and that its version, icon and changelog agree with the tree.

Addresses that do not exist yet may be the placeholder of ``PLACEHOLDER``; then all of them are.
"""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIRED = (
    "name",
    "qgisMinimumVersion",
    "description",
    "about",
    "version",
    "author",
    "email",
    "repository",
    "tracker",
    "homepage",
)
BOOLEANS = ("hasProcessingProvider", "experimental", "deprecated", "server", "supportsQt6")
CATEGORIES = ("Raster", "Vector", "Database", "Mesh", "Web", "Plugins", "Analysis")
PLACEHOLDER = "https://example.org/imagery-deep-learning"
ICON_BYTES = 100_000


def read_metadata(root: Path = ROOT) -> dict[str, str]:
    """Return the entries of metadata.txt under their own spelling.

    Raises:
        configparser.Error: The file is no valid INI file.
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # keys keep their case, as in QGIS
    with (root / "metadata.txt").open(encoding="utf-8") as file:
        parser.read_file(file)
    return dict(parser["general"])


def complaints(entries: dict[str, str], root: Path = ROOT) -> list[str]:
    """Return what the repository would refuse or what does not agree with the tree, one sentence each."""
    found = [f"{key} is missing or empty" for key in REQUIRED if not entries.get(key, "").strip()]
    found += [
        f"{key}={entries.get(key)} is neither True nor False"
        for key in BOOLEANS
        if entries.get(key, "").lower() not in ("true", "false", "yes", "no")
    ]
    if entries.get("hasProcessingProvider", "").lower() not in ("yes", "true"):
        found.append("hasProcessingProvider must be yes: qgis_process loads the plugin only then")
    if entries.get("qgisMinimumVersion") != "3.22":
        found.append("qgisMinimumVersion must be 3.22, the oldest QGIS that the tests run on")
    version = entries.get("version", "")
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        found.append(f"version {version} is not of the form 1.2.3")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", entries.get("email", "")):
        found.append("email is no address")
    addresses = [entries.get(key, "") for key in ("homepage", "tracker", "repository")]
    found += [
        f"{address} is no https address" for address in addresses if not re.fullmatch(r"https://[\w./~-]+", address)
    ]
    if len({address == PLACEHOLDER for address in addresses}) == 2:
        found.append("some addresses are real and some still the placeholder")
    if entries.get("category") not in CATEGORIES:
        found.append(f"category is none of {', '.join(CATEGORIES)}")
    if len(entries.get("description", "")) > 500 or "\n" in entries.get("description", "").strip():
        found.append("description must be one short line; the long text belongs to about")
    if "<" in entries.get("about", "") + entries.get("description", ""):
        found.append("about and description take no HTML")
    if "/" in entries.get("author", ""):
        found.append("author takes no slash")
    found += [f"{key} holds a percent sign, which the repository cannot read" for key in entries if "%" in entries[key]]
    if any(not tag.strip() for tag in entries.get("tags", "").split(",")):
        found.append("tags holds an empty tag")
    icon = root / entries.get("icon", "")
    if not icon.is_file():
        found.append(f"icon {entries.get('icon')} does not exist")
    elif icon.suffix not in (".svg", ".png", ".jpg", ".jpeg") or icon.stat().st_size > ICON_BYTES:
        found.append("icon must be an SVG, PNG or JPEG of at most 100 kB")
    if not entries.get("changelog", "").strip().startswith(version):
        found.append(f"changelog does not begin with the version {version}")
    if f"## {version}" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        found.append(f"CHANGELOG.md has no section {version}")
    return found


def placeholder_copies(root: Path = ROOT) -> list[str]:
    """Return files other than metadata.txt and this one that repeat the placeholder address."""
    suffixes = (".py", ".md", ".txt", ".svg", ".model3", ".toml")
    files = [
        file
        for folder in ("provider", "algorithms", "engine", "gui", "docs")
        for file in sorted((root / folder).rglob("*"))
    ]
    files += sorted(file for file in root.glob("*") if file.name != "metadata.txt")
    return [
        str(file.relative_to(root))
        for file in files
        if file.is_file() and file.suffix in suffixes and PLACEHOLDER in file.read_text(encoding="utf-8")
    ]


def main() -> int:
    """Print every complaint; exit code 1 when there is one."""
    found = complaints(read_metadata())
    found += [
        f"{name} repeats the placeholder address, which stands in metadata.txt only" for name in placeholder_copies()
    ]
    for complaint in found:
        print(f"metadata.txt: {complaint}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
