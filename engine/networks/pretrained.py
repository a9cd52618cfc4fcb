"""ImageNet weights: fetched in one explicit step, never by a constructor."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import torch
from torch import Tensor
from torchvision import models

from ..errors import ModelPackageError
from ..job import Job
from ..models.backbones import NO_BACKBONE, TIMM_PREFIX, backbone_name
from ..package.weights import read_weights
from .torchvision_bodies import torchvision_name

OFFLINE = "IMAGERY_DL_OFFLINE"
"""Environment variable; ``1`` forbids every fetch."""

CONNECT_SECONDS = 10.0
"""Longest wait for the source to answer, and for each piece of data."""

HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")
"""torchvision's way to name a file after the beginning of its SHA-256."""

PIECE = 1 << 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Where the weights of a backbone come from.

    Attributes:
        url: Address of the file.
        megabytes: Size where it is known, else 0.
        sha256: Beginning of the file's hash where it is known.
    """

    url: str
    megabytes: float = 0.0
    sha256: str = ""

    @property
    def file_name(self) -> str:
        """Name in the cache: distinct for each address."""
        stem = Path(urlsplit(self.url).path).name
        if HASH_IN_NAME.search(stem):
            return stem
        return hashlib.sha256(self.url.encode()).hexdigest()[:12] + "-" + stem


def fetch_weights(
    backbone: str,
    job: Job,
    *,
    source: Source | None = None,
    cache: Path | None = None,
    seconds: float = CONNECT_SECONDS,
) -> dict[str, Tensor] | None:
    """Return the ImageNet weights of a backbone, from the cache or from the network.

    Anything that keeps them away is told as one warning: training then starts from random weights. ``NO_BACKBONE`` has
    none, which goes without saying.

    Args:
        backbone: Name of the backbone.
        job: Told size and source before the fetch, and the warning.
        source: Where to fetch from, instead of the library's own address.
        cache: Folder for the files; by default torch's hub folder.
        seconds: Longest wait for the source to answer.

    Returns:
        Weights of the whole library model for three bands, or None.

    Raises:
        ParameterError: The backbone is unknown.
        Cancelled: The user cancelled.
    """
    if backbone == NO_BACKBONE:
        return None
    backbone = backbone_name(backbone)
    source = source or weight_source(backbone)
    if source is None:
        job.warn(f"no ImageNet weights are known for {backbone}: training starts from random weights")
        return None
    folder = cache or Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / source.file_name
    if not path.exists():
        if os.environ.get(OFFLINE) == "1":
            job.warn(f"{OFFLINE}=1 forbids fetching the weights of {backbone}: training starts from random weights")
            return None
        size = f"{source.megabytes:.0f} MB" if source.megabytes else "size unknown"
        job.message(f"fetching ImageNet weights of {backbone} ({size}) from {source.url}")
        try:
            _download(source, path, job, seconds)
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            job.warn(f"ImageNet weights of {backbone} not fetched ({reason}): training starts from random weights")
            return None
    try:
        return _library_names(read_weights(path))
    except ModelPackageError as error:
        log.warning("%s", error)
        path.unlink(missing_ok=True)
        job.warn(
            f"the cached ImageNet weights {path} are damaged and were deleted: training starts from random weights; "
            "the next run fetches them again"
        )
        return None


def weight_source(backbone: str) -> Source | None:
    """Return where the ImageNet weights of a backbone are, or None when none are known.

    Args:
        backbone: Name as ``backbone_name`` writes it.
    """
    if backbone.startswith(TIMM_PREFIX):
        from .timm_bodies import timm_address  # a second of processor time that other backbones need not pay

        address, megabytes = timm_address(backbone[len(TIMM_PREFIX) :]), 0.0
    else:
        weights = models.get_model_weights(torchvision_name(backbone))["IMAGENET1K_V1"]
        address, megabytes = weights.url, float(weights.meta.get("_file_size", 0.0))
    found = HASH_IN_NAME.search(address)
    return Source(address, megabytes, found.group(1) if found else "") if address else None


def _download(source: Source, path: Path, job: Job, seconds: float) -> None:
    """Fetch a file into its place, whole and checked, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    request = urllib.request.Request(source.url, headers={"User-Agent": "imagery-deep-learning"})
    digest = hashlib.sha256()
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # nosec B310 # our address, hash checked
        expected = source.sha256 or _announced_hash(answer.headers)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            temporary = job.temporary(part.name)
            try:
                while piece := answer.read(PIECE):
                    job.check()
                    digest.update(piece)
                    part.write(piece)
                part.close()
                _check_size(answer.headers, temporary)
                if expected and not digest.hexdigest().startswith(expected):
                    raise ValueError(f"the SHA-256 of the file does not begin with {expected}")
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)


def _announced_hash(headers: Mapping[str, str]) -> str:
    """Return the SHA-256 that a large-file server names, or an empty text."""
    tag = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip('"')
    return tag if re.fullmatch(r"[0-9a-f]{64}", tag) else ""


def _check_size(headers: Mapping[str, str], path: Path) -> None:
    length = headers.get("Content-Length")
    if length is not None and length.isdigit() and int(length) != path.stat().st_size:
        raise ValueError(f"the connection broke after {path.stat().st_size} of {length} bytes")


def _library_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of today's library: old DenseNets have a dot inside two names of a layer."""
    pattern = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$")
    return {pattern.sub(r"\1\2", key): value for key, value in state.items()}
