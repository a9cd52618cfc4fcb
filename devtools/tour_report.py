"""Say what a GUI tour saw: the steps that went well, the faults; exit code 1 when there is one. Python 3.9."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(file: str) -> int:
    """Print the result of a tour."""
    said = json.loads(Path(file).read_text(encoding="utf-8"))
    print(f"GUI tour of QGIS {said['qgis']}: {len(said['steps'])} steps went well, {len(said['faults'])} faults")
    for fault in said["faults"]:
        print(f"  {fault['step']}: {fault['error'].strip()}")
    print(f"pictures: {Path(file).parent}")
    return int(bool(said["faults"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
