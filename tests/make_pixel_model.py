"""A program for tests of the QGIS side: writes a package of a small network that tells bright from dark pixels."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import ModelSpec, build_network
from engine.networks.segmenter import Segmenter
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

CLASSES = (ClassInfo(1, "ground", (190, 160, 120)), ClassInfo(4, "pad & shed", (200, 40, 40)))
STEPS = 60


def main(folder: Path) -> None:
    """Write the package after a moment of training on brightness."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    spec = ModelSpec("FULLRES", "", 3, len(CLASSES), (("channels", "8"), ("blocks", "1")), tile=(64, 64))
    network: Segmenter = build_network(spec)
    normalisation = Normalisation.from_statistics([0] * 3, [255] * 3, [90] * 3, [60] * 3)
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    network.train()
    for _ in range(STEPS):
        coarse = torch.rand(4, 1, 8, 8) > 0.5
        truth = coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)
        images = torch.where(truth, 220.0, 55.0).repeat(1, 3, 1, 1) + 30 * torch.rand(4, 3, 32, 32)
        losses = network.losses(normalisation.apply(images), truth[:, 0].long())
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
    emd = definition(
        spec, CLASSES, tile=(64, 64), bands=(0, 1, 2), normalisation=normalisation, padding=8,
        metadata_mode="Classified_Tiles",
    )  # fmt: skip
    folder.mkdir()
    write_package(folder, emd, network.state_dict(), [], Job())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
