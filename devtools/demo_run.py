"""What the demos share: tools run through qgis_process, the folder they write, pictures drawn by QGIS."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
MARK = ".made-by-dev-demo"
PICTURE_BYTES = 300_000
SWATCH_ROWS = 24


@dataclass
class Run:
    """The demo under way: where it writes and what it has run."""

    folder: Path
    commands: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def tool(self, step: str, name: str, **values: Any) -> None:
        """Run a tool through qgis_process; its log is shown as it comes.

        Raises:
            SystemExit: The tool failed.
        """
        given = [f"{key}={value}" for key, value in values.items() if value not in (None, "")]
        command = ["./dev", "qgis", "run", f"deeplearning:{name}", "--", *given]
        self.commands.append(shlex.join(command))
        print(f"\n== {step}\n$ {self.commands[-1]}", flush=True)
        start = time.monotonic()
        outcome = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
        if outcome.returncode:
            raise SystemExit(f"demo: {step} failed with exit code {outcome.returncode}")
        self.seconds[step] = round(time.monotonic() - start, 1)
        print(f"== {step}: {self.seconds[step]} s", flush=True)


def fresh_folder(folder: Path) -> None:
    """Empty the demo's folder; a folder that the demo did not make is refused."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise SystemExit(f"demo: {folder} holds something else: name another folder with --out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def with_qgis(program: str, task: dict[str, Any]) -> None:
    """Run a program of this folder that needs QGIS, in the Python that QGIS uses."""
    command = ["/usr/bin/python3", str(Path(__file__).with_name(program)), json.dumps(task)]
    surroundings = {"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    subprocess.run(command, check=True, env=surroundings, stderr=subprocess.DEVNULL)


def write_picture(detail: Path, target: Path, drawn: Sequence[str]) -> None:
    """Write a picture again with as many colours as fit into what a README may weigh, the drawn ones kept."""
    with Image.open(detail) as opened:
        image = opened.convert("RGB")
    swatches = Image.new("RGB", (image.width, image.height + SWATCH_ROWS * len(drawn)))
    swatches.paste(image)
    for number, colour in enumerate(drawn):
        top = image.height + SWATCH_ROWS * number
        swatches.paste(colour, (0, top, image.width, top + SWATCH_ROWS))
    for colours in (256, 128, 64, 48, 32, 24):
        palette = swatches.quantize(colours, dither=Image.Dither.NONE)
        image.quantize(palette=palette, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size <= PICTURE_BYTES:
            return
