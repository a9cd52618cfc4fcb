"""Make dist/imagery_deep_learning-<version>.zip, the file that QGIS's plugin manager installs.

Only what runs goes in: no tests, no data, no developer's tools. The same tree gives the same bytes.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .check_metadata import ROOT, complaints, read_metadata

NAME = "imagery_deep_learning"
FILES = (
    *("__init__.py", "metadata.txt", "LICENSE", "README.md", "CHANGELOG.md"),
    *("docs/tools.md", "docs/tutorials/sample_data.py"),
)
FOLDERS = ("algorithms", "engine", "gui", "i18n", "icons", "provider", "requirements")
LEFT_OUT = ("__pycache__", ".pyc", ".DS_Store", "~")
LIMIT_BYTES = 20_000_000  # the plugin repository takes no larger file
MOMENT = (2025, 1, 1, 0, 0, 0)


def plugin_files(root: Path = ROOT) -> Iterator[Path]:
    """Yield the plugin's files in a fixed order."""
    for name in FILES:
        yield root / name
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and not any(mark in str(file.relative_to(root)) for mark in LEFT_OUT):
                yield file


def make_zip(folder: Path, root: Path = ROOT) -> Path:
    """Write the zip into ``folder`` and return its path.

    Raises:
        FileNotFoundError: A file of the plugin is missing.
        ValueError: The zip is larger than the plugin repository takes.
    """
    target = folder / f"{NAME}-{read_metadata(root)['version']}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in plugin_files(root):
            entry = zipfile.ZipInfo(f"{NAME}/{file.relative_to(root).as_posix()}", MOMENT)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    if target.stat().st_size > LIMIT_BYTES:
        raise ValueError(
            f"{target.name} has {target.stat().st_size} bytes: the plugin repository takes at most {LIMIT_BYTES}"
        )
    return target


def main() -> int:
    """Make the zip unless metadata.txt is wrong; print where it lies."""
    for complaint in complaints(read_metadata()):
        print(f"metadata.txt: {complaint}", file=sys.stderr)
        return 1
    target = make_zip(ROOT / "dist")
    print(f"{target.relative_to(ROOT)} ({target.stat().st_size / 1e3:.0f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
