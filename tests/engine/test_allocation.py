"""Freed memory stays with a process that computes on a CPU."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import torch
from engine.device import choose_device

if {kept}:
    choose_device("CPU", "")
torch.set_num_threads(1)
layers = [torch.nn.Conv2d(48, 48, 3, padding=1), torch.nn.ReLU()] * 3
network, image = torch.nn.Sequential(*layers), torch.zeros(1, 48, 512, 512)
with torch.inference_mode():
    network(image)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        network(image)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the C library of Linux is asked")
def test_the_arrays_of_the_next_tile_take_the_memory_of_the_last():
    """Layers whose results have 50 MB cost far fewer page faults once the CPU was chosen."""
    faults = [
        int(subprocess.run([sys.executable, "-c", PROGRAM.format(kept=kept)], capture_output=True, check=True).stdout)
        for kept in (False, True)
    ]

    assert faults[1] < faults[0] / 5
