"""The bench harness: ratios of neighbouring runs, what is owed, and the JSON that others read."""

from __future__ import annotations

import numpy as np
import pytest

from devtools.bench.harness import Case, Row, measured, table

KEYS = ["case", "size", "ours_s", "limit_s", "ratio", "ours_mb", "limit_mb", "owed", "ok", "rounds"]


def _row(ours, limit, owed=None, check=None):
    case = Case("sort", "10", owed, print, dict, dict, check=check)
    pack = [[{"seconds": s, "mb": 100.0} for s in side] for side in (ours, limit)]
    return Row(case, *pack)


def test_the_ratio_is_the_median_of_neighbouring_runs():
    """A slow moment of the machine hits both sides of a pair and leaves the ratio alone."""
    assert _row([1.0, 10.0, 1.2], [1.0, 10.0, 1.0]).ratio == pytest.approx(1.0)


def test_the_record_has_the_agreed_keys():
    """Those that the JSON is read by, in order."""
    assert list(_row([1.0], [1.0]).record()) == KEYS


@pytest.mark.parametrize(("ours", "ok"), [([1.05], True), ([1.2], False)])
def test_a_ratio_above_what_is_owed_is_not_ok(ours, ok):
    """The limit itself is allowed."""
    assert _row(ours, [1.0], owed=1.1).record()["ok"] is ok


def test_a_complaint_makes_a_row_not_ok():
    """What is owed besides the ratio counts as much, and stands in the table."""
    row = _row([1.0], [1.0], check=lambda ours, limit: "too much memory")
    assert not row.record()["ok"]
    assert "too much memory" in table([row])


def test_work_and_memory_are_measured():
    """Processor seconds pass, and the peak holds an array that is gone again."""
    with measured() as measure:
        np.sort(np.random.default_rng(0).random(4_000_000))
    assert measure.seconds > 0.01
    assert measure.extra_mb > 25
