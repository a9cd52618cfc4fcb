"""Weights on disk: safetensors, and PyTorch state dicts of which nothing is ever run."""

from __future__ import annotations

import logging
import pickle  # nosec B403 # for its error only
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..errors import ModelPackageError

SAFETENSORS = ".safetensors"
TORCH = (".pth", ".pt", ".bin")
READABLE = (SAFETENSORS, *TORCH)
"""Suffixes of weight files we read."""

READ_ERRORS = (OSError, RuntimeError, ValueError, EOFError, KeyError, IndexError, struct.error, zipfile.BadZipFile)

log = logging.getLogger(__name__)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of a file, on the processor; nothing in it is run.

    Args:
        path: A safetensors file, a PyTorch state dict, or a checkpoint with a ``state_dict`` or ``model`` inside.

    Raises:
        ModelPackageError: The file is of another kind, damaged, or holds more than weights.
    """
    if path.suffix.lower() == SAFETENSORS:
        try:
            return dict(load_file(path, device="cpu"))
        except (SafetensorError, *READ_ERRORS) as error:
            raise _damaged(path, error) from error
    if path.suffix.lower() not in TORCH:
        raise ModelPackageError(
            f"{path.name} is no weight file that can be read: give {', '.join(READABLE)} (other formats come later)"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused(path, error) from error
    except READ_ERRORS as error:
        raise _damaged(path, error) from error
    return _state(content, path)


def write_weights(state: Mapping[str, Tensor], safetensors: Path, torch_file: Path) -> None:
    """Write weights twice: as safetensors, which we read, and as a state dict, as ArcGIS's users know it.

    Args:
        state: Parameter name to tensor, on any device.
        safetensors: File for the first.
        torch_file: File for the second; loads with ``weights_only=True``.
    """
    plain = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    save_file(plain, safetensors, metadata={"format": "pt"})
    torch.save(plain, torch_file)
    safetensors.chmod(torch_file.stat().st_mode)  # its library lets nobody but the owner read it


def load_weights(network: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Put weights into a network; every one must fit.

    Args:
        network: Changed in place.
        state: Parameter name to tensor.
        name: What the weights are called, for the message.

    Raises:
        ModelPackageError: Names or shapes differ, or a value is not finite.
    """
    own = network.state_dict()
    missing, unknown = [key for key in own if key not in state], [key for key in state if key not in own]
    if missing or unknown:
        told = f"lack {missing[0]}" if missing else f"hold {unknown[0]}, which the network has not"
        raise ModelPackageError(
            f"the weights {name} do not fit the network of the model definition: they {told} "
            f"({len(missing)} missing, {len(unknown)} unknown); the package was put together from two models"
        )
    for key, value in own.items():
        if state[key].shape != value.shape:
            raise ModelPackageError(
                f"the weights {name} do not fit the network of the model definition: {key} is "
                f"{tuple(state[key].shape)}, the network has {tuple(value.shape)}"
            )
        if state[key].is_floating_point() and not bool(state[key].isfinite().all()):
            raise ModelPackageError(f"the weights {name} are not all finite (see {key}): train the model again")
    network.load_state_dict(state)


def _state(content: object, path: Path) -> dict[str, Tensor]:
    """Return the state dict inside what a file held."""
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content:
        raise ModelPackageError(f"{path.name} holds no weights but {type(content).__name__}: give a state dict")
    if not all(isinstance(value, Tensor) for value in content.values()):
        raise ModelPackageError(f"{path.name} holds more than named tensors: give a state dict")
    return {str(key): value for key, value in content.items()}


def _refused(path: Path, error: Exception) -> ModelPackageError:
    """Return the refusal of a file that would run code, saying which."""
    log.warning("refused %s: %s", path, error)
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (*READ_ERRORS, pickle.UnpicklingError, AttributeError) as inner:
        log.info("cannot list what %s would run: %r", path, inner)
        names = []
    if names:
        return ModelPackageError(
            f"{path.name} would run code when loaded ({', '.join(sorted(names)[:5])}): weights must be plain tensors; "
            "ask its maker for safetensors or a state dict"
        )
    if not names and not _is_pickle(path):
        return _damaged(path, error)
    return ModelPackageError(
        f"{path.name} is no plain state dict and may run code when loaded: ask its maker for safetensors"
    )


def _is_pickle(path: Path) -> bool:
    """Return whether a file looks like an archive of PyTorch or a pickle."""
    with path.open("rb") as file:
        return file.read(2)[:1] in (b"P", b"\x80")


def _damaged(path: Path, error: Exception) -> ModelPackageError:
    log.warning("cannot read %s: %r", path, error)
    return ModelPackageError(f"the weight file {path.name} is damaged or cut short: copy or download it again")
