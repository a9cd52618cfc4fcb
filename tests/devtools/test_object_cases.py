"""What the demo says of objects that were held out."""

import numpy as np
import pytest

from devtools.object_cases import CASES, figures


def test_figures_of_held_out_objects():
    """Objects without a label are wrong, and classes that were never given are named."""
    truth = np.array(["forest", "forest", "forest", "meadow", "town"], object)
    found = np.array(["forest", "forest", "meadow", "meadow", None], object)
    said = figures(truth, found)

    assert (said.objects, said.unlabelled, said.never) == (5, 1, ["town"])
    assert said.accuracy == pytest.approx(0.6) and said.majority == pytest.approx(0.6)
    assert said.f1 == {"forest": 0.8, "meadow": 0.667, "town": 0.0}
    assert said.mean_f1 == pytest.approx((0.8 + 2 / 3) / 3)


def test_cases_name_what_is_owed():
    """Land-use polygons and crowns."""
    assert set(CASES) == {"landcover_s2_slovenia", "crowns_species"}
