"""Outputs appear whole or not at all, and leftovers of dead runs go."""

import os
import subprocess
import sys

import pytest

from engine.errors import OutputError
from engine.files import PREFIX, replaced, replaced_folder, room_for, sweep
from engine.job import Job


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """The target keeps its content and no temporary file stays."""
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), replaced(target, Job()) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.txt"]


def test_a_finished_write_takes_the_targets_place(tmp_path):
    """The temporary name has the same suffix, because drivers choose the format by it."""
    with replaced(tmp_path / "result.gpkg", Job()) as temporary:
        assert temporary.suffix == ".gpkg"
        temporary.write_text("new")
    assert (tmp_path / "result.gpkg").read_text() == "new"


def test_a_folder_with_something_in_it_is_never_replaced(tmp_path):
    """Somebody's data may be in it."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "thesis.doc").write_text("years of work")
    with pytest.raises(OutputError, match="not an empty folder"), replaced_folder(tmp_path / "models", Job()):
        pass
    assert (tmp_path / "models" / "thesis.doc").exists()


def test_leftovers_of_dead_processes_are_swept_and_those_of_living_ones_kept(tmp_path):
    """A run after a kill cleans up; a run beside another one does not disturb it."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    dead, living = tmp_path / f"{PREFIX}{child.pid}-a.tif", tmp_path / f"{PREFIX}{os.getpid()}-b.tif"
    dead.write_text("x")
    living.write_text("x")
    sweep(tmp_path)
    assert not dead.exists()
    assert living.exists()


def test_a_result_larger_than_the_disk_is_refused_before_it_is_begun(tmp_path):
    """The message gives what is needed, what is there, and where."""
    with pytest.raises(OutputError, match=r"chips need .* MB and .* has .* MB left"):
        room_for(tmp_path / "chips", 10**18, "chips")
