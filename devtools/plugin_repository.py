"""Make a plugin repository: plugins.xml beside the zips of plugins, for any web server or a share of an office.

QGIS reads it after *Plugins > Manage and Install Plugins > Settings > Add*, with the address of plugins.xml.
Standard library only; the address is where the folder will be found: ``https://gis.example/plugins``.
"""

from __future__ import annotations

import argparse
import configparser
import io
import re
import sys
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from .make_zip import make_zip

LISTING = "plugins.xml"
ELEMENTS = {
    "description": "description",
    "about": "about",
    "qgis_minimum_version": "qgisMinimumVersion",
    "qgis_maximum_version": "qgisMaximumVersion",
    "author_name": "author",
    "author_email": "email",
    "homepage": "homepage",
    "tracker": "tracker",
    "repository": "repository",
    "tags": "tags",
    "category": "category",
    "changelog": "changelog",
    "experimental": "experimental",
    "deprecated": "deprecated",
    "server": "server",
}
"""Elements of plugins.xml and the keys of metadata.txt that they come from."""


def metadata_of(archive: Path) -> dict[str, str]:
    """Return the metadata of a plugin's zip.

    Raises:
        ValueError: It is none: damaged, or without ``metadata.txt`` in one folder.
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # keys keep their case, as in QGIS
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = next(name for name in opened.namelist() if re.fullmatch(r"[^/]+/metadata\.txt", name))
            parser.read_file(io.StringIO(opened.read(inside).decode("utf-8")))
        return {**parser["general"], "package": inside.split("/")[0]}
    except (StopIteration, KeyError, UnicodeDecodeError, configparser.Error, zipfile.BadZipFile) as error:
        raise ValueError(f"{archive} is no plugin's zip: take it out of the folder") from error


def version_key(version: str) -> tuple[int, ...]:
    """Return what orders versions."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def newest(folder: Path) -> dict[str, tuple[Path, dict[str, str]]]:
    """Return the newest zip of each plugin in a folder, with its metadata, by package."""
    found: dict[str, tuple[Path, dict[str, str]]] = {}
    for archive in sorted(folder.glob("*.zip")):
        said = metadata_of(archive)
        known = found.get(said["package"])
        if known is None or version_key(known[1]["version"]) < version_key(said["version"]):
            found[said["package"]] = archive, said
    return found


def write_listing(folder: Path, address: str) -> Path:
    """Write plugins.xml for the zips of a folder and return its path.

    Args:
        folder: Where the zips lie.
        address: Where the folder is found, such as ``https://gis.example/plugins``.

    Raises:
        ValueError: A zip is no plugin, or there is none.
    """
    root = ElementTree.Element("plugins")
    for package, (archive, said) in newest(folder).items():
        plugin = ElementTree.SubElement(root, "pyqgis_plugin", name=said["name"], version=said["version"])
        changed = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(archive.stat().st_mtime))
        texts = {element: said.get(key, "").strip() for element, key in ELEMENTS.items()}
        texts |= {
            "version": said["version"],
            # QGIS takes what stands before the first dot for the plugin's name
            "file_name": f"{package}.{said['version']}.zip",
            "download_url": f"{address.rstrip('/')}/{archive.name}",
            "create_date": changed,
            "update_date": changed,
            "trusted": "False",
        }
        for name, text in texts.items():
            if text:
                ElementTree.SubElement(plugin, name).text = text
    if not len(root):
        raise ValueError(f"{folder} holds no plugin's zip: put them there first")
    ElementTree.indent(root)
    target = folder / LISTING
    ElementTree.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return target


def main(arguments: list[str]) -> int:
    """Make the zip, write the list and say what to give to QGIS."""
    parser = argparse.ArgumentParser(prog="dev repository", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the zips lie and plugins.xml goes; our own zip is made there")
    parser.add_argument("address", help="where the folder is found: https://gis.example/plugins")
    parser.add_argument("--as-it-is", action="store_true", help="only list the zips that are there")
    asked = parser.parse_args(arguments)
    if "://" not in asked.address:
        parser.error(f"{asked.address} is no address: it begins with https://, http:// or file://")
    try:
        if not asked.as_it_is:
            make_zip(asked.folder)
        write_listing(asked.folder, asked.address)
    except (ValueError, OSError) as error:
        print(f"dev repository: {error}", file=sys.stderr)
        return 1
    print(f"{asked.address.rstrip('/')}/{LISTING} is the address for Plugins > Manage and Install Plugins > Settings")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
