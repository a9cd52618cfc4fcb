"""Statistics of the bands inside one object: what few objects teach better than the pixels themselves.

Made of raw pixels, of the chip as it was cut and before any resizing to the network's size, by training and inference
alike. Every value is finite and none depends on how the object is turned. The order is: of each band the mean, the
deviation, the quantiles ``QUANTILES`` and the share of the band in the object's mean over all bands; then the share of
the chip that the object takes, its elongation and how full its frame is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

QUANTILES = (0.1, 0.5, 0.9)
OF_A_BAND = 3 + len(QUANTILES)
OF_THE_SHAPE = 3

PLENTY = 4096
"""Pixels of a chip that are looked at, about; of larger ones every second or third row and column is."""
FEW = 64
"""An object of which fewer pixels would be looked at is looked at whole."""
TINY = 1e-6


def statistics_count(bands: int) -> int:
    """Return how many statistics an object of some bands has."""
    return OF_A_BAND * bands + OF_THE_SHAPE


def object_statistics(pixels: Tensor, inside: Tensor | None = None) -> Tensor:
    """Return the statistics of the object of each chip.

    Args:
        pixels: (n, bands, rows, cols) raw values of any type; what is not finite counts as 0.
        inside: (n, rows, cols) bool, the pixels of the object; by default those that are not 0 in every band. See
            ``inside_frames`` for objects that are not blackened around.

    Returns:
        (n, ``statistics_count(bands)``) float32; all 0 for an object without a pixel.
    """
    if inside is None:
        inside = pixels.ne(0).any(dim=1)
    rows, cols = pixels.shape[-2:]
    step = max(1, round((rows * cols / PLENTY) ** 0.5))
    if step == 1:
        return _whole(pixels, inside)
    first = step // 2
    thinned, there = pixels[..., first::step, first::step], inside[..., first::step, first::step]
    found = _whole(thinned, there)
    few = there.flatten(1).sum(dim=1) < FEW
    if bool(few.any()):
        found[few] = _whole(pixels[few], inside[few])
    return found


def inside_frames(pixels: Tensor, frames: Tensor) -> Tensor:
    """Return the pixels of chips that lie in the frames of their objects and are not 0 in every band.

    Args:
        pixels: (n, bands, rows, cols) raw values.
        frames: (n, 4) ``col_min, row_min, col_max, row_max`` in pixels of the chips; of a frame at least the pixel of
            its centre counts.

    Returns:
        (n, rows, cols) bool.
    """
    rows, cols = pixels.shape[-2:]
    frames = frames.to(device=pixels.device, dtype=torch.float64)
    across = _within(frames[:, 0], frames[:, 2], cols)
    down = _within(frames[:, 1], frames[:, 3], rows)
    return down[:, :, None] & across[:, None, :] & pixels.ne(0).any(dim=1)


def _within(low: Tensor, high: Tensor, count: int) -> Tensor:
    """Return which pixels of a line have their centre between two places, (n, count) bool; one at least."""
    centres = torch.arange(count, dtype=torch.float64, device=low.device) + 0.5
    middle = ((low + high) / 2).floor().clamp(0, count - 1) + 0.5
    between = (centres >= low[:, None]) & (centres <= high[:, None])
    return between | (centres == middle[:, None])


def _whole(pixels: Tensor, inside: Tensor) -> Tensor:
    """Return the statistics from every pixel given."""
    values = torch.nan_to_num(pixels.to(torch.float32), nan=0.0, posinf=0.0, neginf=0.0).flatten(2)
    there = inside.flatten(1)[:, None]
    count = there.sum(dim=2)
    known = count.clamp(min=1)
    mean = (values * there).sum(dim=2) / known
    spread = ((((values - mean[..., None]) * there) ** 2).sum(dim=2) / known).sqrt()
    total = mean.abs().mean(dim=1, keepdim=True)
    of_bands = [mean, spread, *_quantiles(values, there, count), mean / total.clamp(min=TINY)]
    found = torch.cat([torch.stack(of_bands, dim=2).flatten(1), _shape(inside)], dim=1)
    return found * (count > 0)


def _quantiles(values: Tensor, there: Tensor, count: Tensor) -> list[Tensor]:
    """Return quantiles of the values that count, each (n, bands), interpolated between neighbours.

    Args:
        values: (n, bands, pixels) float32.
        there: (n, 1, pixels) bool.
        count: (n, 1) how many count.
    """
    ordered = _ascending(values.masked_fill(~there, torch.inf))
    last = (count - 1).clamp(min=0)
    found = []
    for share in QUANTILES:
        place = (last * share)[..., None]
        low = place.floor().long()
        high = torch.minimum(low + 1, last[..., None])
        bands = (-1, values.shape[1], -1)
        below, above = ordered.gather(2, low.expand(bands)), ordered.gather(2, high.expand(bands))
        found.append(torch.nan_to_num(torch.lerp(below, above, place - low), posinf=0.0)[..., 0])
    return found


def _ascending(values: Tensor) -> Tensor:
    """Return the values in ascending order along the last axis; numpy does it without the places that torch returns."""
    if values.device.type != "cpu":
        return values.sort(dim=-1).values
    return torch.from_numpy(np.sort(values.detach().numpy(), axis=-1))


def _shape(inside: Tensor) -> Tensor:
    """Return share of the chip, elongation 0..1 and fill of the frame of the longer axis, (n, 3) float32."""
    rows, cols = inside.shape[-2:]
    there = inside.to(torch.float32)
    area = there.sum(dim=(1, 2)).clamp(min=1.0)
    down, across = (torch.arange(size, dtype=torch.float32, device=inside.device) for size in (rows, cols))
    by_row, by_col = there.sum(dim=2), there.sum(dim=1)
    row, col = by_row @ down / area, by_col @ across / area
    # a pixel is a square with a variance of its own, so that one pixel is round
    high = (by_row * (down - row[:, None]) ** 2).sum(dim=1) / area + 1 / 12
    wide = (by_col * (across - col[:, None]) ** 2).sum(dim=1) / area + 1 / 12
    both = torch.einsum("nrc,nr,nc->n", there, down - row[:, None], across - col[:, None]) / area
    middle, half = (high + wide) / 2, (((high - wide) / 2) ** 2 + both**2).sqrt()
    long, short = (middle + half).sqrt(), (middle - half).clamp(min=TINY).sqrt()
    full = area / (12 * long * short)  # 1 for a rectangle, less for what is hollow or ragged
    return torch.stack([area / (rows * cols), 1 - short / long, full], dim=1)
