"""Chips of two dates in training: one statistic for a band at any date, light that changes date by date."""

import numpy as np
import torch

from engine.job import Job
from engine.samples.dates import of_dates
from engine.samples.folder import read_chip, read_samples
from engine.tasks.change_detection import change_labels
from engine.tools.arguments import ModelDefaults, PixelArguments
from engine.training.augmentation import Augmentation, Draw, lighten
from engine.training.chips import look_at_chips
from tests.engine.training.pairs import write_pairs


def test_a_band_has_the_same_statistics_at_both_dates(tmp_path):
    """Those of all its pixels: so a brighter date stays brighter to the network."""
    pairs = of_dates(read_samples((write_pairs(tmp_path / "chips", count=4),), Job()), 2, "it", Job())
    _, statistics = look_at_chips(pairs, change_labels(pairs, {}, Job()), Job(), (0.0, 1.0))

    chips = np.stack([read_chip(sample) for sample in pairs.samples]).astype(np.float64)
    bands = chips.reshape(4, 2, 2, -1).transpose(2, 0, 1, 3).reshape(2, -1)
    expected = bands.min(1), bands.max(1), bands.mean(1), bands.std(1)
    for found, wanted in zip(statistics.lists(), expected, strict=True):
        assert np.allclose(found, np.tile(wanted, 2))


def test_light_changes_at_each_date_by_itself():
    """What a single date would become, drawn one after the other."""
    chosen = Augmentation(brightness=Draw(0.3, 0.7), contrast=Draw(0.6, 1.6))
    pixels, low, high = torch.rand(4, 8, 9) * 200, torch.zeros(4, 1, 1), torch.full((4, 1, 1), 255.0)
    both = lighten(pixels, chosen, low, high, np.random.default_rng(1), dates=2)

    random = np.random.default_rng(1)
    alone = [lighten(part, chosen, low[:2], high[:2], random) for part in pixels.chunk(2)]
    assert torch.equal(both, torch.cat(alone))
    ratios = both.mean((1, 2)) / pixels.mean((1, 2))
    assert abs(float(ratios[0] - ratios[2])) > 0.01


def test_zero_that_is_not_labelled_is_warned_of(tmp_path):
    """Polygons of several kinds of change leave the rest unlabelled: then nothing can stay unchanged."""
    samples = read_samples((write_pairs(tmp_path / "chips", count=4),), Job())
    job = Job()
    samples.unlabelled = 0
    samples.classes = (*samples.classes, samples.classes[0].__class__(2, "other"))
    labels = change_labels(of_dates(samples, 2, "it", Job()), {"background": "class"}, job)
    assert not job.warnings and labels.names[0] == "No change"
    for sample in samples.samples:
        sample.values, sample.counts = np.array([0, 1, 2]), np.array([90, 5, 5])
    change_labels(of_dates(samples, 2, "it", Job()), {}, job)
    assert any("give the model argument background the value class" in text for text in job.warnings)


def test_a_threshold_of_change_counts_only_where_it_is_given():
    """Else the likeliest class is written; what edges and roads take is not known."""
    model = ModelDefaults((64, 64), 8, kind="changes", background=True)
    assert not PixelArguments.from_pairs((), model, Job()).only_above
    given = PixelArguments.from_pairs((("score_threshold", "0.7"),), model, Job())
    assert given.only_above and given.threshold == 0.7
