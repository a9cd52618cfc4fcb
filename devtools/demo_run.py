"""What the demos share: tools run through qgis_process, what they leave, pictures drawn by QGIS."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
MARK = ".made-by-dev-demo"
PICTURE_BYTES, PICTURE_SIDE = 300_000, 1400
SWATCH_ROWS = 24
LOWEST_CONFIDENCE = 0.05  # average precision wants the unsure objects too
DRAWN_COLOURS = ("#ffd21f", "#ff2d2d", "#1fe0ff", "#ffffff", "#14191f")  # render_map.py draws with them


@dataclass
class Run:
    """The demo under way: where it writes and what it has run."""

    folder: Path
    commands: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def minutes(self) -> float:
        """How long the demo has been under way."""
        return round((time.monotonic() - self.began) / 60, 2)

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

    def train(self, step: str, chips: Path | str, target: Path, **values: Any) -> Path:
        """Train on folders of chips, parted by semicolons, and return the model's folder."""
        self.tool(step, "traindeeplearningmodel", in_folder=chips, out_folder=target, **values)
        return target

    def compare_pixels(self, step: str, raster: Path, reference: Path) -> Path:
        """Compare every pixel of a class raster with a reference; return the confusion matrix beside the reference."""
        table = reference.with_name("confusion_matrix.csv")
        self.tool(
            step,
            "computeaccuracyforpixelclassification",
            in_raster=raster,
            in_ground_truth_data=reference,
            out_confusion_matrix=table,
            num_random_points=0,
            out_report=table.with_name("accuracy.pdf"),
        )
        return table

    def write_summary(self, figures: dict[str, Any]) -> None:
        """Write summary.json: the figures, then the commands."""
        text = json.dumps({**figures, "commands": self.commands}, indent=2)
        (self.folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def begun(asked: Path) -> Run:
    """Return a demo that writes into a folder, which is emptied; one that no demo made is refused."""
    folder = asked.resolve()
    fresh_folder(folder)
    return Run(folder)


def model_package(folder: Path) -> Path:
    """Return the package in a model's folder."""
    return next(folder.glob("*.dlpk"))


def model_definition(folder: Path) -> dict[str, Any]:
    """Return the definition in a model's folder."""
    definition: dict[str, Any] = json.loads(next(folder.glob("*.emd")).read_text(encoding="utf-8"))
    return definition


def last_row(table: Path) -> dict[str, str]:
    """Return the last row of a table, which stands for all classes."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[-1]


def hex_colors(colors: Iterable[tuple[int, int, int]]) -> list[str]:
    """Return colours as ``#rrggbb``."""
    return ["#{:02x}{:02x}{:02x}".format(*color) for color in colors]


def draw_detections(folder: Path, raster: Path, area: str, title: str) -> Path:
    """Render a raster with the hits, false alarms and misses of a folder; QGIS draws it. Return the picture.

    Args:
        folder: Holds the layers that the accuracy tool wrote, receives map.png and detail.png.
        raster: What is drawn below.
        area: The extent as QGIS writes it.
        title: Stands above it.
    """
    layers = {"hits": "true_positives", "false_alarms": "false_positives", "misses": "false_negatives"}
    task = {
        "raster": str(raster),
        "area": area.split(" [")[0],
        **{name: str(folder / f"{layer}.gpkg") for name, layer in layers.items()},
        "title": title,
        "target": str(folder / "map.png"),
        "detail": str(folder / "detail.png"),
    }
    with_qgis("render_map.py", task)
    return folder / "map.png"


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
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
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
