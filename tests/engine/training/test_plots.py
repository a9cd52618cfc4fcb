"""Pictures of a training: vectors, equal for equal runs."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from engine.classes import ClassInfo
from engine.tasks.pixel_plots import confusion_graph
from engine.training import plots
from engine.training.state import EpochRecord


def history(count):
    """Return the records of some epochs."""
    return [
        EpochRecord(n, 10 * n, 1 / n, {"loss": 1 / n}, 1.1 / n, {}, {"AVERAGE_PRECISION": n / 10}, 1e-3, 5.0 * n)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [1, 2, 30])
def test_graphs_are_vectors_only(count):
    """Nothing in them is pixels, and the same run gives the same file."""
    for graph in (plots.loss_graph, plots.metric_graph):
        drawn = plots.svg(graph(history(count)))
        assert b"<image" not in drawn and drawn.startswith(b"<?xml")
        assert drawn == plots.svg(graph(history(count)))


def test_a_confusion_matrix_is_vectors_only():
    """Its cells and the bar of its colours too."""
    learnt = [ClassInfo(value, name, (200, 40, 40)) for value, name in ((1, "field"), (2, "forest"))]
    assert b"<image" not in plots.svg(confusion_graph(np.array([[5, 1], [2, 9]]), learnt))


def test_pictures_inside_a_figure_are_pixels():
    """A chip is what it is; the words beside it are vectors."""
    figure = Figure()
    figure.subplots().imshow(np.zeros((4, 4)))
    assert len(re.findall(b"<image", plots.svg(figure))) == 1
