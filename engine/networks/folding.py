"""Making a trained network fast: batch norms folded into the convolutions before them, channels last.

Which norm follows which convolution is seen by running the network once; the folded copy is kept only where it answers
as the original does.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .backbones import Body
from .segmenter import Segmenter
from .trainable import Trainable

PROBE_SIDE = 64
"""Side of the image the network is run on."""

TOLERANCE = 1e-3
"""Largest difference of a folded feature map, as a share of the largest value in it."""

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)

Network = TypeVar("Network", bound=Trainable)
Part = TypeVar("Part", bound=nn.Module)
Run = Callable[[Tensor], Sequence[Tensor]]

log = logging.getLogger(__name__)


def prepare_for_inference(model: Network, channels_last: bool = True) -> Network:
    """Return a copy of a network that gives the same answers faster, in evaluation mode.

    Args:
        model: The network; left as it is. Of a segmentation network all batch norms are folded, of others those of the
            backbone.
        channels_last: Whether weights and images are laid out with the channels last.
    """
    folded = copy.deepcopy(model).eval()
    for parameter in folded.parameters():
        parameter.requires_grad_(False)
    if isinstance(folded, Segmenter):
        folded = _folded(folded, folded.bands, lambda network: network.outputs)
    elif isinstance(folded.body, Body):
        folded.body = _folded(folded.body, folded.body.bands, lambda body: body)
    if channels_last:
        folded = folded.to(memory_format=torch.channels_last)
        folded.memory_format = torch.channels_last
    return folded


def _folded(network: Part, bands: int, run: Callable[[Part], Run]) -> Part:
    """Return a network with its batch norms folded, or as it was where that changes its answers.

    Args:
        network: The network or a part of it; changed.
        bands: Bands of the images it takes.
        run: Gives what answers for it.
    """
    original = copy.deepcopy(network)
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(0)
    probe = torch.randn((1, bands, PROBE_SIDE, PROBE_SIDE), generator=generator).to(device)
    with torch.inference_mode():
        before = run(network)(probe)
    with torch.no_grad():
        for convolution, norm in _pairs(network, run(network), probe):
            _fold(network, convolution, norm)
    with torch.inference_mode():
        after = run(network)(probe)
    if _alike(before, after):
        return network
    log.warning(
        "folding the batch norms of a %s changes its answers; left as they are",
        getattr(network, "name", type(network).__name__),
    )
    return original


def _pairs(network: nn.Module, run: Run, probe: Tensor) -> list[tuple[str, str]]:
    """Return names of convolutions and of the batch norms that take what they give, each run once."""
    names = {id(module): name for name, module in network.named_modules()}
    made: dict[int, tuple[str, Tensor]] = {}
    runs: dict[str, int] = {}
    pairs: list[tuple[str, str]] = []

    def after_convolution(module: nn.Module, _: object, output: Tensor) -> None:
        name = names[id(module)]
        runs[name] = runs.get(name, 0) + 1
        made[id(output)] = (name, output)  # the tensor is kept: its number must not be given to another one

    def before_norm(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        name = names[id(module)]
        runs[name] = runs.get(name, 0) + 1
        if id(inputs[0]) in made:
            pairs.append((made[id(inputs[0])][0], name))

    hooks = [module.register_forward_hook(after_convolution) for module in _of_kind(network, CONVOLUTIONS)]
    hooks += [module.register_forward_pre_hook(before_norm) for module in _of_kind(network, nn.BatchNorm2d)]
    run(probe)
    for hook in hooks:
        hook.remove()
    return [(convolution, norm) for convolution, norm in pairs if runs[convolution] == 1 and runs[norm] == 1]


def _of_kind(network: nn.Module, kind: type[nn.Module] | tuple[type[nn.Module], ...]) -> Iterator[nn.Module]:
    return (module for module in network.modules() if isinstance(module, kind))


def _fold(network: nn.Module, convolution: str, norm: str) -> None:
    """Put a batch norm into the convolution before it; what the norm does beside stays in its place."""
    first, second = network.get_submodule(convolution), network.get_submodule(norm)
    if not isinstance(first, CONVOLUTIONS) or not isinstance(second, nn.BatchNorm2d) or second.running_mean is None:
        return
    # timm's norms carry dropout and activation
    carried = (getattr(second, "drop", None), getattr(second, "act", None))
    rest = [part for part in carried if isinstance(part, nn.Module)]
    fused = fuse_conv_bn_eval(first, second, transpose=isinstance(first, nn.ConvTranspose2d))
    network.set_submodule(convolution, fused)
    network.set_submodule(norm, nn.Sequential(*rest) if rest else nn.Identity())


def _alike(before: Sequence[Tensor], after: Sequence[Tensor]) -> bool:
    return all(
        float((old - new).abs().max()) <= TOLERANCE * max(1e-6, float(old.abs().max()))
        for old, new in zip(before, after, strict=True)
    )
