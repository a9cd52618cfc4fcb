"""Runs that end early, or are done in parts: the same bytes at the end, and at most one row of tiles done twice."""

from __future__ import annotations

import errno
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled, OutputError
from engine.inference import blending, classifying, journal, storing, work_file
from engine.inference.classifying import Products
from engine.inference.journal import FinishedRow, Record, RunFacts, read_journal, sound_rows
from engine.inference.locking import working_alone
from engine.inference.shards import merge_shards
from engine.inference.work_place import WorkPlace, shard_rows
from engine.job import Job
from tests.engine.inference.segmenting import Neighbourhood, Run, content, noise

ROOT = Path(__file__).resolve().parents[3]


class Killed(BaseException):
    """Stands for a process that is gone."""


def scene(folder, rows=130, cols=75, **settings):
    """A run whose blend matters: the network sees further than the padding."""
    image = noise(3, rows, cols, high=30)
    image[:, 40:70, :50] = 0
    products = Products(probabilities=True)
    return Run(folder, image, Neighbourhood(3, 4, 6), (32, 24), 4, nodata=0, products=products, **settings)


def dying(monkeypatch, at, error):
    """Let the write of number ``at`` put down half of its bytes and fail."""
    count = 0
    write = work_file.write_bytes

    def failing(stream, data):
        nonlocal count
        count += 1
        if count == at:
            view = memoryview(data).cast("B")
            write(stream, view[: len(view) // 2])
            raise error
        write(stream, data)

    for module in (work_file, journal):
        monkeypatch.setattr(module, "write_bytes", failing)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The bytes of an undisturbed run."""
    return content(scene(tmp_path_factory.mktemp("straight")).go().files)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("grouped", [True, False])
def test_a_run_that_dies_anywhere_and_is_run_again_gives_the_same_bytes(tmp_path, monkeypatch, straight, seed, grouped):
    """Whatever was being written, header, pixels or journal, and however rows are put on the disk."""
    if not grouped:
        monkeypatch.setattr(storing, "GROUP_SECONDS", 0.0)
    run, at = scene(tmp_path), random.Random(seed).randint(1, 40)
    with monkeypatch.context() as patch:
        dying(patch, at, Killed())
        with pytest.raises(Killed):
            run.go()
    made = run.go()
    assert content(made.files) == straight
    assert not list((tmp_path / "work").glob("carry*"))


def test_a_killed_process_loses_at_most_the_row_in_work(tmp_path, straight):
    """The real thing: the process ends without any farewell, in the middle of a write."""
    run = scene(tmp_path)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from engine.inference import journal, work_file\n"
        "from tests.engine.inference.test_resuming import scene\n"
        "write, lines = work_file.write_bytes, []\n"
        "def last(stream, data):\n"
        "    lines.append(b'row' in bytes(data[:8]))\n"
        "    if sum(lines) == 4:\n"
        "        os.write(stream.fileno(), bytes(data)[:20])\n"
        "        os._exit(9)\n"
        "    write(stream, data)\n"
        "work_file.write_bytes = journal.write_bytes = last\n"
        "scene(Path(sys.argv[1])).go()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert ended.returncode == 9
    made = run.go()
    assert made.resumed_from == 3  # three journal lines were whole, of the fourth row only the line is lost
    assert content(made.files) == straight


def test_the_second_run_computes_only_what_is_missing_and_one_row_more(tmp_path, monkeypatch, straight):
    """Finished rows are not computed again, but the one above the first missing row is, for the carry."""
    run = scene(tmp_path)
    with monkeypatch.context() as patch:
        dying(patch, 24, Killed())
        with pytest.raises(Killed):
            run.go()
    done = len(read_journal(tmp_path / "work" / "journal.jsonl").rows)
    assert done > 1
    looked = []
    look = blending.Blender.add
    monkeypatch.setattr(
        blending.Blender, "add", lambda self, tile, *rest: (looked.append(tile.row), look(self, tile, *rest))
    )
    made = run.go()
    assert made.resumed_from == done and min(looked) == done - 1
    assert content(made.files) == straight
    assert made.tiles == scene(tmp_path / "other").go().tiles


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_when_there_is_room(tmp_path, monkeypatch, straight):
    """What is finished is kept."""
    run = scene(tmp_path)
    with monkeypatch.context() as patch:
        dying(patch, 22, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(OutputError, match="full: free some space and run the same again"):
            run.go()
    made = run.go()
    assert made.resumed_from > 0 and content(made.files) == straight


def test_a_cancelled_run_goes_on(tmp_path, straight):
    """Rows that were finished before the cancel are kept."""

    class Impatient(Job):
        def progress(self, fraction, text=""):
            if fraction > 0.6:
                self.cancel()

    run = scene(tmp_path)
    with pytest.raises(Cancelled):
        run.go(job=Impatient())
    made = run.go()
    assert made.resumed_from >= 1 and content(made.files) == straight


def test_a_finished_run_is_not_done_again(tmp_path, straight):
    """The same request finds everything there."""
    run = scene(tmp_path)
    first = run.go()
    again = run.go()
    assert again.resumed_from == again.tile_rows == first.tile_rows
    assert again.tiles == first.tiles and again.seam == first.seam
    assert content(again.files) == straight


def test_a_torn_line_and_what_stands_behind_it_do_not_count(tmp_path, straight):
    """A power cut leaves anything at the end of a journal."""
    run = scene(tmp_path)
    run.go()
    path = tmp_path / "work" / "journal.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:4], lines[4][:17], b"\0\0\0"]))
    made = run.go()
    assert made.resumed_from == 2 and content(made.files) == straight


def test_rows_whose_pixels_did_not_reach_the_disk_are_done_again(tmp_path, straight):
    """The checksum tells; the user is told."""
    run = scene(tmp_path)
    made = run.go()
    data = bytearray(made.files["classes"].read_bytes())
    data[-256 * 256 + 256 * 127 + 3] ^= 1  # a pixel of the last row of tiles
    made.files["classes"].write_bytes(data)
    again = run.go()
    assert 0 < again.resumed_from < again.tile_rows and "done again" in run.job.warnings[-1]
    assert content(again.files) == straight


def test_rows_are_proven_behind_the_last_that_is_on_the_disk_for_certain():
    """And backwards from it where even that is not there."""
    record = Record(RunFacts("k", {}, {}), [FinishedRow(n, n, 1, 1, {}) for n in range(8)], synced=5)
    assert sound_rows(record, lambda row: True) == 8
    assert sound_rows(record, lambda row: row.row != 6) == 6
    assert sound_rows(record, lambda row: row.row < 3) == 3
    assert sound_rows(record, lambda row: False) == 0


def test_a_work_file_that_is_gone_or_another_starts_anew(tmp_path, straight):
    """A journal alone proves nothing."""
    run = scene(tmp_path)
    made = run.go()
    made.files["probabilities"].unlink()
    again = run.go()
    assert again.resumed_from == 0 and content(again.files) == straight


def test_a_different_request_in_the_same_place_is_refused_and_told_what_differs(tmp_path, straight):
    """Nothing of the unfinished work is touched."""
    run = scene(tmp_path)
    run.go(about=(("model", "a"),))
    before = content({path.name: path for path in (tmp_path / "work").iterdir()})
    with pytest.raises(OutputError, match=r"model a there, b here"):
        run.go(about=(("model", "b"),))
    with pytest.raises(OutputError, match=r"seams 8 pixels there, 0 pixels here"):
        scene(tmp_path, blend=False).go(about=(("model", "a"),))
    with pytest.raises(OutputError, match="what it was made from"):
        run.go(key="other", about=(("model", "a"),))
    assert content({path.name: path for path in (tmp_path / "work").iterdir()}) == before


def test_the_carry_on_disk_gives_the_same_bytes(tmp_path, straight):
    """Past the budget; its file is gone afterwards."""
    run = scene(tmp_path)
    assert content(run.go(budget=0).files) == straight
    assert {path.suffix for path in (tmp_path / "work").iterdir()} == {"", ".tif", ".json", ".jsonl"}


def test_two_runs_do_not_write_into_the_same_files(tmp_path, straight):
    """The second is told to wait; other shards of the same run are not in its way."""
    run = scene(tmp_path)
    (tmp_path / "work").mkdir()
    with working_alone(tmp_path / "work" / "lock"):
        with pytest.raises(OutputError, match="another run is at work"):
            run.go()
        run.go(shard=(1, 2))
    assert content(run.go().files) == straight


@pytest.mark.parametrize("count", [2, 3, 9])
def test_shards_put_together_give_the_bytes_of_a_straight_run(tmp_path, straight, count):
    """In any order, more shards than rows of tiles included; each can be resumed by itself."""
    run = scene(tmp_path)
    parts = [run.go(shard=(number, count)) for number in reversed(range(count))]
    assert sum(part.tile_rows for part in parts) == len(run.grid.row_starts)
    assert all(part.seam is None for part in parts)
    place = WorkPlace(tmp_path / "work", "k", shard=(0, count))
    merged = merge_shards(run.plan, run.decision, run.products, place, run.reach, Job())
    assert content(merged.files) == straight
    assert merged.tiles == sum(part.tiles for part in parts)
    assert merged.seam == scene(tmp_path / "other").go().seam


def test_shards_that_are_missing_or_of_another_run_are_not_merged(tmp_path):
    """The sentence names the shard."""
    run = scene(tmp_path)
    run.go(shard=(0, 2))
    place = WorkPlace(tmp_path / "work", "k", shard=(0, 2))
    with pytest.raises(OutputError, match=r"journal.2of2.jsonl has 0 of"):
        merge_shards(run.plan, run.decision, run.products, place, None, Job())
    (tmp_path / "work" / "run.json").unlink()
    run.go(shard=(1, 2), about=(("model", "b"),))
    with pytest.raises(OutputError, match="not of one run"):
        merge_shards(run.plan, run.decision, run.products, place, None, Job())


@pytest.mark.parametrize("rows", [1, 2, 7, 100])
def test_shards_part_the_rows_of_tiles(rows):
    """Each row is in one shard."""
    for count in range(1, 12):
        parts = [list(shard_rows(rows, (number, count))) for number in range(count)]
        assert [row for part in parts for row in part] == list(range(rows))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_arithmetic_that_the_first_run_chose_is_kept(tmp_path, monkeypatch):
    """A resumed run, or another shard, does not try again."""
    tried = []

    def choose(self, tiles, job):
        tried.append(len(tiles))
        self.precision = "fp32"

    monkeypatch.setattr(classifying.PixelPredictor, "try_precisions", choose)
    run = scene(tmp_path, precision="auto")
    with monkeypatch.context() as patch:
        dying(patch, 20, Killed())
        with pytest.raises(Killed):
            run.go()
    made = run.go()
    assert tried == [4] and made.precision == "fp32" and made.resumed_from


def test_pixels_of_all_shards_are_computed_once(tmp_path):
    """A shard computes its rows and the one above, for the carry."""
    run = scene(tmp_path)
    total = [run.go(shard=(number, 2)).tiles for number in range(2)]
    assert sum(total) == scene(tmp_path / "other").go().tiles
    assert np.count_nonzero(total) == 2
