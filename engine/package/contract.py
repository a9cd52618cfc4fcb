"""What a model package promises: on its golden tile the network answers as it did when it was trained.

The tile holds raw pixels, so the promise covers normalisation, network and weights. The answers are the network's raw
outputs, thinned to a few values each: compared with a tolerance, because processors round differently.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import ModelPackageError
from ..networks.trainable import Trainable
from .normalisation import Normalisation

TOLERANCE = 0.02
"""Largest difference, as a share of the spread of the expected values."""

SMALLEST_SPREAD = 1e-3
"""Spread of outputs that are all alike."""

VALUES = 256
"""Most values kept of each output."""

LARGEST_TILE = 128
"""Longest side of a golden tile, pixels."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contract:
    """A golden tile and what the network says about it.

    Attributes:
        tile: (bands, rows, cols) raw pixels.
        answers: Thinned raw outputs, each (k,) float32.
    """

    tile: Tensor
    answers: tuple[Tensor, ...]


def make_contract(network: Trainable, normalisation: Normalisation, image: Tensor) -> Contract:
    """Return the contract of a trained network.

    Args:
        network: The network; its mode is left as it was.
        normalisation: How raw pixels become its input.
        image: (bands, rows, cols) raw pixels of a training chip; its middle becomes the golden tile.
    """
    rows, cols = image.shape[-2:]
    top, left = max(0, (rows - LARGEST_TILE) // 2), max(0, (cols - LARGEST_TILE) // 2)
    tile = image[:, top : top + LARGEST_TILE, left : left + LARGEST_TILE].detach().cpu().contiguous().clone()
    return Contract(tile, _answers(network, normalisation, tile))


def check_contract(contract: Contract, network: Trainable, normalisation: Normalisation, name: str) -> None:
    """Refuse a network that does not answer as promised.

    Args:
        contract: What was promised.
        network: The network as it was loaded; its mode is left as it was.
        normalisation: The normalisation of the package.
        name: What the package is called, for the message.

    Raises:
        ModelPackageError: An output differs by more than the tolerance.
    """
    answers = _answers(network, normalisation, contract.tile)
    if [answer.shape for answer in answers] != [answer.shape for answer in contract.answers]:
        raise ModelPackageError(f"{name} has a golden tile of another network: the package was put together from two")
    for answer, expected in zip(answers, contract.answers, strict=True):
        if len(expected) == 0:
            continue
        spread = max(float(expected.std(correction=0)), SMALLEST_SPREAD)
        worst = float((answer - expected).abs().max()) / spread
        if not worst <= TOLERANCE:
            raise ModelPackageError(
                f"{name} answers its golden tile differently from when it was trained (by {worst:.2f} of the spread, "
                f"{TOLERANCE} is allowed): weights or normalisation were changed; take the package as it was trained"
            )


def write_contract(contract: Contract, path: Path) -> None:
    """Write a contract as a safetensors file."""
    named = {f"answer_{index}": answer.contiguous() for index, answer in enumerate(contract.answers)}
    save_file({"tile": contract.tile, **named}, path)


def read_contract(path: Path) -> Contract:
    """Return the contract of a file.

    Raises:
        ModelPackageError: The file is damaged.
    """
    try:
        held = load_file(path, device="cpu")
        answers = tuple(held[f"answer_{index}"].float() for index in range(len(held) - 1))
        return Contract(held["tile"], answers)
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        log.warning("cannot read %s: %r", path, error)
        raise ModelPackageError(
            f"the golden tile {path.name} is damaged: copy or download the package again"
        ) from error


def _answers(network: Trainable, normalisation: Normalisation, tile: Tensor) -> tuple[Tensor, ...]:
    """Return the thinned raw outputs for one tile, on the processor."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        outputs = network.outputs(normalisation.apply(tile.to(device)[None]))
        thinned = tuple(_thinned(output) for output in outputs)
    network.train(was_training)
    return thinned


def _thinned(output: Tensor) -> Tensor:
    """Return at most ``VALUES`` values of an output, evenly taken."""
    flat = output.detach().float().cpu().flatten()
    step = max(1, -(-len(flat) // VALUES))
    return flat[::step].clone()
