"""Object classification: labels, metrics, thresholds and views, on sets of chips made by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.classes import ClassInfo
from engine.errors import ModelPackageError, ParameterError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.networks.feature_classifier import DRAWN, FREQUENCIES
from engine.samples.folder import SampleSet
from engine.samples.samples import LabelSample
from engine.tasks.chip_labels import chip_labels
from engine.tasks.object_classification import METRICS, TASK, judged, metrics, settle, transforms
from engine.tasks.registry import Evaluation, task_of
from engine.tasks.shrinkage import Shrinkage
from engine.training.augmentation import DEFAULT, draw_view, lighten
from engine.training.chips import ground
from engine.training.split import split_chips
from engine.training.views import whole_view
from tests.rasters import write_raster

NAMES = ("barn", "house", "shed")


def sample_set(folder, labels, *, boxes=None, bounds=None, mode="Fixed_Size", blackened=False, form="Labeled_Tiles"):
    """Return 16-bit chips of 18 x 24 pixels, 5 bands, that are 0 outside a rectangle."""
    samples = []
    random = np.random.default_rng(0)
    for number, own in enumerate(labels):
        pixels = np.zeros((5, 18, 24), np.uint16)
        pixels[:, 4:12, 6:20] = random.integers(1000, 60000, (5, 8, 14))
        path = write_raster(folder / f"{number}.tif", pixels)
        box = None if boxes is None else np.array(boxes[number], np.float32)
        samples.append(LabelSample(path, tuple(own), box, shape=(5, 18, 24)))
    places = [(30.0 * n, 0.0, 30.0 * n + 24, 18.0) for n in range(len(labels))] if bounds is None else bounds
    emd = {"CropTileMode": mode, "BlackenAroundFeature": blackened}
    classes = tuple(ClassInfo(value, name, (0, 0, 0)) for value, name in zip((1, 2, 5), NAMES, strict=True))
    return SampleSet(
        (folder,), form, samples, classes, 5, "uint16", 18, 24, (), (1.0, 1.0), None, np.array(places, np.float64),
        ["scene"] * len(labels), "MAP_SPACE", None, emd,
    )  # fmt: skip


def test_labels_say_classes_and_statistics(tmp_path):
    """Targets follow the order of class values; a view does not change the statistics."""
    samples = sample_set(tmp_path, [(5,), (1,), (2,), ()])
    labels = chip_labels(samples, {}, Job())
    pixels = np.full((5, 18, 24), 700, np.uint16)
    kept = labels.read(0, pixels)
    random = np.random.default_rng(0)
    plain, turned = (
        labels.shown(0, kept, view)
        for view in (whole_view((18, 24), (18, 24)), draw_view(DEFAULT, (18, 24), (18, 24), (1.0, 1.0), random))
    )

    assert task_of(samples) is TASK and not labels.multi
    assert labels.counts().tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert labels.usable().tolist() == [True, True, True, False]
    assert plain["labels"].tolist() == [0, 0, 1] and kept[0] == 700 and kept[1] == 0
    assert torch.equal(plain["statistics"], turned["statistics"])
    assert labels.stacked([plain, turned])["statistics"].shape == (2, len(kept))


def test_the_specification_holds_what_the_data_says(tmp_path):
    """Mean and deviation of the statistics, how frequent classes are, and whether there are several labels."""
    labels = chip_labels(sample_set(tmp_path, [(1,), (1,), (2,), (5,)]), {}, Job())
    for index in range(4):
        labels.read(index, np.full((5, 18, 24), 100 * (index + 1), np.uint16))
    spec = labels.fitted(get_architecture("FEATURE_CLASSIFIER").spec("FULLRES", 5, 3, (), (18, 24)), Job())
    network = build_network(spec)

    assert spec.values()["use_statistics"] == "true"
    assert network.centre[0] == 250 and network.spread[0] == pytest.approx(111.8, abs=0.1)
    assert torch.allclose(network.head.bias.detach().exp(), torch.tensor([0.5, 0.25, 0.25]), atol=1e-4)
    assert not network.multi and not network.framed


def test_frames_count_where_chips_show_more_than_the_object(tmp_path):
    """Not where chips are frames or black around objects."""
    boxes = [(6, 4, 20, 12)] * 2
    for name, options, framed in (
        ("a", {"boxes": boxes}, True),
        ("b", {"boxes": boxes, "blackened": True}, False),
        ("c", {"boxes": boxes, "mode": "Variable_Size"}, False),
        ("d", {}, False),
    ):
        (tmp_path / name).mkdir()
        labels = chip_labels(sample_set(tmp_path / name, [(1,), (2,)], **options), {}, Job())
        assert labels.framed == framed, name
        wide = np.ones((5, 18, 24), np.uint16)
        share = labels.read(0, wide)[-3]
        assert share == pytest.approx(14 * 8 / (18 * 24) if framed else 1.0)


def test_chips_with_the_same_labels_everywhere_teach_nothing(tmp_path):
    """One class, or always the same two."""
    with pytest.raises(ParameterError, match="is house, and nothing tells what is not"):
        chip_labels(sample_set(tmp_path, [(2,), (2,), ()]), {}, Job())
    with pytest.raises(ParameterError, match="has the same labels"):
        chip_labels(sample_set(tmp_path, [(1, 2), (1, 2)]), {}, Job())


def test_turned_chips_of_one_object_are_never_on_both_sides(tmp_path):
    """They show the same ground, a little larger, and neighbours whose frames overlap do not."""
    labels, bounds = [], []
    for number in range(24):
        left, bottom = 20.0 * (number % 6), 25.0 * (number // 6)  # frames of 24 x 18 overlap
        for turned in range(3):
            more = 2.0 * turned
            bounds.append((left - more, bottom - more, left + 24 + more, bottom + 18 + more))
            labels.append(((1, 2)[number % 2],))
    samples = sample_set(tmp_path, labels, bounds=bounds)
    split = split_chips(ground(samples, chip_labels(samples, {}, Job())), 25.0, "spatial", 42, Job())

    trains, validates = set((split.training // 3).tolist()), set((split.validation // 3).tolist())
    assert trains and validates and not trains & validates
    assert len(split.training) + len(split.validation) > 48


def evaluated(scores, wanted, multi):
    """Return an evaluation of scores."""
    scores, wanted = np.asarray(scores, np.float32), np.asarray(wanted, bool)
    found = scores >= 0.5 if multi else scores == scores.max(axis=1, keepdims=True)
    predictions = [{"scores": row, "labels": chosen} for row, chosen in zip(scores, found, strict=True)]
    references = [{"labels": row} for row in wanted]
    return judged(Evaluation(0.0, {}, predictions=predictions, references=references), NAMES, multi)


def test_single_labels_are_judged_by_a_matrix():
    """Predicted down and labelled across; means are over the classes that validate."""
    evaluation = evaluated([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], np.eye(3)[[0, 1, 1]], multi=False)

    assert evaluation.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert evaluation.metrics["ACCURACY"] == pytest.approx(2 / 3)
    assert evaluation.metrics["F1_SCORE"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert evaluation.metrics["RECALL"] == pytest.approx(0.75)
    assert settle(evaluation, NAMES) is evaluation


def test_scores_worse_than_the_most_frequent_class_are_drawn_to_it():
    """Never below it on the validation chips, whatever the scores; the frequencies are those of these chips."""
    random = np.random.default_rng(2)
    wanted = np.eye(3)[random.choice(3, 60, p=[0.5, 0.3, 0.2])]
    noise = random.dirichlet((1, 1, 1), 60)
    before, after = evaluated(noise, wanted, multi=False), settle(evaluated(noise, wanted, multi=False), NAMES)

    most = wanted.mean(0).max()
    assert before.metrics["ACCURACY"] < most <= after.metrics["ACCURACY"]
    assert 0.5 <= float(after.extra[DRAWN]) <= 1
    assert json.loads(after.extra[FREQUENCIES]) == pytest.approx(wanted.mean(0).tolist())
    assert sum(after.confusion.sum(0)) == 60 and after.metrics["ACCURACY"] == after.confusion.trace() / 60


def test_scores_that_are_sure_of_the_wrong_class_give_way_to_the_frequencies():
    """Nothing but the frequencies is left then."""
    wanted = np.eye(3)[[0, 0, 0, 1, 2]]
    wrong = np.eye(3)[[1, 2, 1, 2, 0]]
    after = settle(evaluated(wrong, wanted, multi=False), NAMES)

    assert after.metrics["ACCURACY"] == pytest.approx(0.6) and after.confusion[0].sum() == 5


def test_good_scores_and_weighed_classes_keep_their_scores():
    """Strength 0: the very evaluation comes back, though it names the most frequent class too often or too seldom."""
    wanted = np.eye(3)[[0, 0, 0, 1, 1, 2]]
    good = evaluated(np.clip(wanted * 0.2 + 0.3, 0, 1), wanted, multi=False)
    equal = evaluated(np.eye(3)[[0, 0, 1, 0, 1, 0]], wanted, multi=False)
    weighed = replace(evaluated(np.eye(3)[[1, 1, 1, 1, 2, 2]], wanted, multi=False), weighed=True)

    assert equal.metrics["ACCURACY"] == 0.5 and weighed.metrics["ACCURACY"] < 0.5
    for evaluation in (good, equal, weighed):
        assert settle(evaluation, NAMES) is evaluation


def test_a_network_gives_the_blend_that_its_description_holds():
    """The same numbers that the training judged; the weights know nothing of it."""
    spec = get_architecture("FEATURE_CLASSIFIER").spec("FULLRES", 4, 3, (), (16, 16))
    blend = Shrinkage(0.35, (0.5, 0.3, 0.2))
    torch.manual_seed(0)
    plain = build_network(spec).eval()
    drawn = build_network(replace(spec, extra=tuple(blend.extra().items()))).eval()
    drawn.load_state_dict(plain.state_dict())
    with torch.inference_mode():
        images = torch.randn(5, 4, 16, 16)
        assert np.allclose(drawn.scores(images), blend.drawn(plain.scores(images).numpy()), atol=1e-6)
    with pytest.raises(ModelPackageError, match="drawn_to_frequencies 7: give a number from 0 to 1"):
        build_network(replace(spec, extra=((FREQUENCIES, "[1, 0, 0]"), (DRAWN, "7"))))


def test_f2_is_that_of_scikit_learn():
    """All decisions together, recall counting more; and so are the means of the rest."""
    sklearn = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    found, wanted = random.random((40, 3)) > 0.4, random.random((40, 3)) > 0.6
    ours = metrics(found, wanted, multi=True)

    assert set(ours) == set(METRICS)
    assert ours["MULTI_LABEL_FBETA"] == pytest.approx(sklearn.fbeta_score(wanted, found, beta=2, average="micro"))
    assert ours["F1_SCORE"] == pytest.approx(sklearn.f1_score(wanted, found, average="macro"))
    assert ours["PRECISION"] == pytest.approx(sklearn.precision_score(wanted, found, average="macro"))
    assert ours["ACCURACY"] == pytest.approx((found == wanted).mean())


def test_each_of_several_labels_gets_its_threshold():
    """The one with the best F1; a class that hardly validates keeps the usual one."""
    wanted = np.zeros((30, 3), bool)
    wanted[:10, 0], wanted[:10, 1], wanted[0, 2] = True, True, True
    scores = np.where(wanted, [0.35, 0.9, 0.9], [0.1, 0.7, 0.1])
    evaluation = settle(evaluated(scores, wanted, multi=True), NAMES)

    assert 0.1 < evaluation.proposals["barn"] <= 0.35 and 0.7 <= evaluation.proposals["house"] <= 0.9
    assert evaluation.proposals["shed"] == 0.5
    assert evaluation.metrics["F1_SCORE"] == evaluation.metrics["ACCURACY"] == 1.0
    assert evaluation.threshold == pytest.approx(np.mean(list(evaluation.proposals.values())))


def test_views_keep_objects_in_the_middle_and_black_ground_black():
    """No shift, little zoom; light and contrast leave pixels without data at 0."""
    spec = get_architecture("FEATURE_CLASSIFIER")
    small, large = (
        transforms(DEFAULT, build_network(spec.spec(backbone, 3, 2, (), (32, 32))))
        for backbone in ("FULLRES", "RESNET18")
    )
    assert small.brightness is None and large.brightness is not None
    for seed in range(20):
        view = draw_view(large, (32, 40), (32, 40), (1.0, 1.0), np.random.default_rng(seed))
        assert view.centre.tolist() == [20, 16]
    chip = torch.zeros(3, 8, 8)
    chip[:, 2:5, 2:5] = 90
    low, high = torch.full((3, 1, 1), 10.0), torch.full((3, 1, 1), 250.0)
    for seed in range(10):
        shown = lighten(chip, large, low, high, np.random.default_rng(seed))
        assert torch.equal(shown.ne(0).any(0), chip.ne(0).any(0))
