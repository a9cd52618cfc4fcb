"""A processor is right when it agrees with exact arithmetic, not with itself."""

import pytest
import torch

from engine import proof
from engine.networks.segmenter import LossSettings, Segmenter

torch.set_num_threads(1)


class Level(Segmenter):
    """Scores that are the image itself, or a number beside it."""

    def __init__(self, beside):
        """Keep the number; None breaks the driver."""
        super().__init__(None, 1, LossSettings())
        self.beside = beside

    def logits(self, images):
        """Return the image with the number added."""
        if self.beside is None:
            raise RuntimeError("driver is broken")
        return images + self.beside


@pytest.mark.parametrize(("beside", "right"), [(0.0, True), (1.0, False), (float("nan"), False), (None, False)])
def test_a_processor_that_is_wrong_in_the_same_way_each_time_is_found(beside, right):
    """Wrong numbers, none at all, and a driver that raises."""
    image = torch.rand(1, 3, 8, 8)

    said = proof._device("CPU", "", Level(beside), image, image.double())

    assert said["right"] is right
    assert ("error" in said) == (beside is None)
