"""How the synthetic desert is painted: ground, roads, clutter and well pads, one function each.

An image is (bands, rows, cols) float32, 0..255, changed in place. Positions and sizes are in pixels, ``col`` to the
east, ``row`` to the south.
Every function takes the random generator from outside, so one seed gives one scene.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage, special

CALICHE = np.array([226, 208, 180], np.float32)  # crushed pale limestone that pads and roads are made of
Array = np.ndarray
Place = Callable[[float, float], tuple[float, float]]  # along and across an object -> (col, row)


def fractal_noise(
    rng: np.random.Generator, rows: int, cols: int, roughness: float, largest: float | None = None
) -> Array:
    """Return (rows, cols) float32 noise of mean 0 and deviation 1 whose spectrum falls with frequency.

    Args:
        rng: Random generator.
        rows: Height.
        cols: Width.
        roughness: Exponent of the fall: 1 is rough, 2 is smooth.
        largest: Largest wave length in pixels; None lets the longest waves be as long as the field.
    """
    spectrum = np.fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(cols)[None]).astype(np.float32)
    frequency[0, 0] = np.inf
    weight = frequency**-roughness
    if largest is not None:
        weight *= 1 / (1 + (1 / (largest * frequency)) ** 4)
    weight[0, 0] = 0
    field = np.fft.irfft2(spectrum * weight, s=(rows, cols)).astype(np.float32)
    return (field - field.mean()) / field.std()


class Canvas:
    """An image with the rough edges and the grain that everything painted on it shares."""

    def __init__(self, rng: np.random.Generator, rows: int, cols: int) -> None:
        """Paint the bare ground of a desert: soils, washes, shrubs."""
        self.rng = rng
        self.rows, self.cols = rows, cols
        self.wobble = fractal_noise(rng, rows, cols, 1.3, largest=24)  # bends every painted edge
        self.grain = fractal_noise(rng, rows, cols, 0.6, largest=40)
        self.image = self._ground()

    def _ground(self) -> Array:
        rng, shape = self.rng, (self.rows, self.cols)
        soil = fractal_noise(rng, *shape, 1.6, largest=900)
        relief = fractal_noise(rng, *shape, 1.2, largest=300)
        mix = 1 / (1 + np.exp(-2.2 * soil))
        sand, crust = np.array([190, 160, 122], np.float32), np.array([160, 128, 98], np.float32)
        image = sand[:, None, None] * mix + crust[:, None, None] * (1 - mix)
        image *= 1 + 0.055 * relief + 0.035 * self.grain
        wash = np.exp(-((fractal_noise(rng, *shape, 1.7, largest=1400) / 0.035) ** 2))  # dry stream beds
        image += wash * np.array([26, 24, 20], np.float32)[:, None, None]
        self._shrubs(image, soil)
        return image

    def _shrubs(self, image: Array, soil: Array) -> None:
        """Sprinkle dark dots, denser on the crust than on the sand."""
        density = np.clip(0.012 - 0.006 * soil, 0.001, 0.03)
        dots = (self.rng.random(soil.shape, dtype=np.float32) < density).astype(np.float32)
        cover = np.clip(ndimage.gaussian_filter(dots, 1.1) * 5, 0, 0.75)
        image += cover * (np.array([92, 88, 62], np.float32)[:, None, None] - image)

    def window(self, col: float, row: float, reach: float) -> tuple[slice, slice] | None:
        """Return the slices of a square around a place, cut at the image's edge, or None wholly outside."""
        top, bottom = max(0, int(row - reach)), min(self.rows, int(row + reach) + 1)
        left, right = max(0, int(col - reach)), min(self.cols, int(col + reach) + 1)
        return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None

    def local(self, window: tuple[slice, slice], col: float, row: float, angle: float) -> tuple[Array, Array]:
        """Return the coordinates of a window's pixels along and across an object at an angle (radians)."""
        y, x = np.mgrid[window]
        x, y = (x - col).astype(np.float32), (y - row).astype(np.float32)
        return x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)

    def blend(self, window: tuple[slice, slice], cover: Array, colour: Array) -> None:
        """Lay a colour over a window, ``cover`` 0..1 per pixel, with the ground's grain showing through."""
        part = self.image[(slice(None), *window)]
        tone = colour[:, None, None] * (1 + 0.03 * self.grain[window])
        part += cover * (tone - part)

    def rectangle(
        self,
        col: float,
        row: float,
        width: float,
        height: float,
        angle: float,
        colour: Array,
        cover: float,
        soft: float = 1.0,
        rough: float = 0.0,
    ) -> None:
        """Lay a turned rectangle over the image, with soft and bent edges as asked (pixels)."""
        window = self.window(col, row, 0.5 * np.hypot(width, height) + 4 * soft + 3 * rough + 2)
        if window is None:
            return
        u, v = self.local(window, col, row, angle)
        outside = np.maximum(np.abs(u) - width / 2, np.abs(v) - height / 2) + rough * self.wobble[window]
        self.blend(window, cover * np.clip(0.5 - outside / (2 * soft), 0, 1), colour)

    def disc(self, col: float, row: float, radius: float, colour: Array, cover: float) -> None:
        """Lay a disc over the image."""
        window = self.window(col, row, radius + 3)
        if window is None:
            return
        u, v = self.local(window, col, row, 0.0)
        self.blend(window, cover * np.clip(radius + 0.5 - np.hypot(u, v), 0, 1), colour)

    def road(self, path: Sequence[tuple[float, float]], width: float, colour: Array, cover: float) -> None:
        """Lay a road along a path of (col, row) points."""
        for (col1, row1), (col2, row2) in pairwise(path):
            length = float(np.hypot(col2 - col1, row2 - row1))
            angle = float(np.arctan2(row2 - row1, col2 - col1))
            self.rectangle(
                (col1 + col2) / 2, (row1 + row2) / 2, length + width * 0.7, width, angle, colour, cover, 0.9, 0.35
            )

    def shade(self, amount: float, share: float) -> None:
        """Let clouds throw soft shadows over a share of the ground."""
        cloud = fractal_noise(self.rng, self.rows, self.cols, 1.9, largest=700)
        limit = np.quantile(cloud[::8, ::8], 1 - share)
        self.image *= 1 - amount * special.expit((cloud - limit) / 0.15)

    def finished(self) -> Array:
        """Return the image as a sensor sees it: (bands, rows, cols) uint8, a little blurred, with noise."""
        image = ndimage.gaussian_filter(self.image, (0, 0.6, 0.6))
        image += self.rng.normal(0, 3.0, image.shape).astype(np.float32)
        return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def paint_bare_patch(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint a natural bright patch of irregular outline, as bright and as large as a pad."""
    rng = canvas.rng
    window = canvas.window(col, row, size)
    if window is None:
        return
    u, v = canvas.local(window, col, row, rng.uniform(0, np.pi))
    stretch = rng.uniform(1.0, 2.2)
    turn = np.arctan2(v, u)
    lobes = sum(rng.uniform(0.1, 0.3) / k**0.7 * np.cos(k * turn + rng.uniform(0, 6.28)) for k in (1, 2, 3, 4, 6, 9))
    distance = np.hypot(u * np.sqrt(stretch), v / np.sqrt(stretch)) - size / 2 * (0.85 + lobes)
    cover = np.clip(0.5 - (distance + (0.6 + size / 40) * canvas.wobble[window]) / rng.uniform(2.5, 8), 0, 1)
    canvas.blend(
        window, cover * rng.uniform(0.6, 1.0), CALICHE * rng.uniform(0.9, 1.06) + rng.normal(0, 2, 3).astype(np.float32)
    )


def paint_hardpan(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint a blunt patch of hard ground, which fills its box as a pad does but has no rim and no installations."""
    rng = canvas.rng
    window = canvas.window(col, row, size)
    if window is None:
        return
    u, v = canvas.local(window, col, row, rng.normal(0, 0.3))
    power, squeeze = rng.uniform(3.0, 5.0), rng.uniform(0.65, 1.0)
    reach = (np.abs(u) ** power + np.abs(v / squeeze) ** power) ** (1 / power)
    cover = special.expit((0.46 * size - reach - (1 + size / 30) * canvas.wobble[window]) / rng.uniform(1.5, 5))
    canvas.blend(window, cover * rng.uniform(0.6, 1.0), CALICHE * rng.uniform(0.9, 1.06))


def paint_strip(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint a straight bright strip without any installation: a landing strip, a cleared line, a spread of gravel."""
    rng = canvas.rng
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.3)
    canvas.rectangle(
        col,
        row,
        size * 1.2,
        max(9, size * rng.uniform(0.12, 0.22)),
        angle,
        CALICHE * rng.uniform(0.93, 1.05),
        rng.uniform(0.6, 0.95),
        2,
        1.2,
    )


def paint_farm(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint houses with roofs, shadows and a worn yard."""
    rng = canvas.rng
    canvas.disc(col, row, size * 0.4, np.array([178, 150, 118], np.float32), 0.5)
    roofs = ([206, 202, 198], [152, 74, 60], [120, 122, 128], [232, 230, 226])
    for _ in range(rng.integers(2, 6)):
        c, r = col + rng.uniform(-0.36, 0.36) * size, row + rng.uniform(-0.36, 0.36) * size
        width, height, angle = rng.uniform(8, 22), rng.uniform(7, 14), rng.normal(0, 0.2)
        canvas.rectangle(c - 3, r - 3, width, height, angle, np.array([52, 46, 42], np.float32), 0.7)
        canvas.rectangle(c, r, width, height, angle, np.array(roofs[rng.integers(4)], np.float32), 0.95)
    for _ in range(rng.integers(3, 9)):
        canvas.disc(
            col + rng.uniform(-0.5, 0.5) * size,
            row + rng.uniform(-0.5, 0.5) * size,
            rng.uniform(2, 4.5),
            np.array([64, 72, 44], np.float32),
            0.85,
        )


def paint_field(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint a round irrigated field: as sharp-edged as a pad, of another shape and colour."""
    rng = canvas.rng
    green = np.array([96, 116, 66], np.float32) if rng.random() < 0.6 else np.array([206, 186, 142], np.float32)
    canvas.disc(col, row, size / 2, green * rng.uniform(0.9, 1.1), 0.8)
    canvas.disc(col, row, size / 40 + 1, CALICHE, 0.6)


def paint_crossing(canvas: Canvas, col: float, row: float, size: float) -> None:
    """Paint a worn place where tracks meet: bright, star-shaped, crossed by ruts."""
    rng = canvas.rng
    canvas.disc(col, row, size * 0.22, CALICHE * rng.uniform(0.95, 1.05), 0.85)
    for _ in range(rng.integers(4, 7)):
        angle = rng.uniform(0, 2 * np.pi)
        end = (col + np.cos(angle) * size * 0.8, row + np.sin(angle) * size * 0.8)
        canvas.road([(col, row), end], rng.uniform(3, 7), CALICHE, 0.6)


def paint_pad(canvas: Canvas, col: float, row: float, width: float, height: float, angle: float, kind: str) -> None:
    """Paint a well pad: a cleared, levelled rectangle with its rim, well heads, tanks and pits.

    Args:
        canvas: Image.
        col: Centre.
        row: Centre.
        width: Extent along its own axis.
        height: Extent across.
        angle: Turn in radians.
        kind: ``clear``, ``faint`` (old, partly grown over) or ``covered`` (up to half of it under drifted sand).
    """
    rng = canvas.rng
    before = None
    window = canvas.window(col, row, 0.75 * np.hypot(width, height) + 8)
    assert window is not None, "pads lie inside the scene"
    if kind == "covered":
        before = canvas.image[(slice(None), *window)].copy()
    strength = rng.uniform(0.24, 0.42) if kind == "faint" else rng.uniform(0.62, 0.97)
    tone = CALICHE * rng.uniform(0.88, 1.06) + rng.normal(0, 2, 3).astype(np.float32)
    rim = np.array([150, 124, 96], np.float32)
    small = min(width, height)
    canvas.rectangle(
        col, row, width + 0.06 * small + 2, height + 0.06 * small + 2, angle, rim, 0.75 * strength, 1.5, 0.8
    )
    canvas.rectangle(col, row, width, height, angle, tone, strength, 1.0, 0.5)

    def place(u: float, v: float) -> tuple[float, float]:
        return col + u * np.cos(angle) - v * np.sin(angle), row + u * np.sin(angle) + v * np.cos(angle)

    shown = 0.5 + 0.5 * strength if kind == "faint" else 1.0
    _paint_installations(canvas, place, width, height, angle, shown)
    if before is not None:
        _drift_sand(canvas, window, before, col, row, small)


def _paint_installations(canvas: Canvas, place: Place, width: float, height: float, angle: float, shown: float) -> None:
    """Paint the well heads in a row, a battery of tanks, and on large pads a pit and a worn track."""
    rng = canvas.rng
    small = min(width, height)
    dark, steel, water = (np.array(c, np.float32) for c in ([50, 46, 44], [236, 234, 230], [70, 92, 98]))
    if small > 70 and rng.random() < 0.5:
        side = rng.choice([-1, 1])
        c, r = place(side * 0.24 * width, 0.27 * height)
        canvas.rectangle(c, r, 0.3 * width, 0.24 * height, angle, water, 0.85 * shown, 1.2, 0.3)
    wells = int(rng.integers(1, 2 + max(1, int(small // 45))))
    spacing = max(6.0, small * 0.12)
    radius = np.clip(small * 0.035, 1.4, 3.6)
    for number in range(wells):
        c, r = place((number - (wells - 1) / 2) * spacing, -0.08 * height)
        canvas.disc(c - radius, r - radius, radius * 1.2, dark, 0.8 * shown)
        canvas.disc(c, r, radius * 0.7, np.array([120, 70, 50], np.float32), 0.8 * shown)
    if small > 34:
        side = rng.choice([-1, 1])
        tank = np.clip(small * 0.045, 1.8, 5.5)
        for number in range(int(rng.integers(2, 6))):
            c, r = place(side * (0.36 * width) - side * number * tank * 2.3, -0.34 * height)
            canvas.disc(c - 0.7 * tank, r - 0.7 * tank, tank, dark, 0.7 * shown)
            canvas.disc(c, r, tank, steel, 0.95 * shown)


def _drift_sand(
    canvas: Canvas, window: tuple[slice, slice], before: Array, col: float, row: float, small: float
) -> None:
    """Put the old ground back over a third to a half of a pad, along a wavy front."""
    rng = canvas.rng
    u, _ = canvas.local(window, col, row, rng.uniform(0, 2 * np.pi))
    front = u - rng.uniform(0.0, 0.17) * small + 0.05 * small * canvas.wobble[window]
    cover = 0.93 / (1 + np.exp(-front / (0.03 * small + 1)))
    part = canvas.image[(slice(None), *window)]
    part += cover * (before * 1.02 - part)
