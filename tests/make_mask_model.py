"""A program for tests of the QGIS side: writes a package of a small network that draws masks, full ones everywhere."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

SIDE = 64
CLASSES = (ClassInfo(1, "roof", (200, 60, 40)),)


def main(folder: Path) -> None:
    """Write the package; its weights are random, but for the masks, which fill their frames."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    arguments = (("channels", "32"), ("convolutions", "1"), ("mask_convolutions", "1"))
    spec = get_architecture("CENTERMASK").spec("RESNET18", 3, len(CLASSES), arguments, (SIDE, SIDE))
    network = build_network(spec)
    with torch.no_grad():
        network.mask_head.logits.bias.fill_(20.0)
    normalisation = Normalisation.from_statistics([0] * 3, [255] * 3, [90] * 3, [60] * 3)
    emd = definition(
        spec, CLASSES, tile=(SIDE, SIDE), bands=(0, 1, 2), normalisation=normalisation, padding=8, threshold=0.05
    )
    folder.mkdir()
    write_package(folder, emd, network.state_dict(), [], Job())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
