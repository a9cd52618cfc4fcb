"""The command line that users script: results, exit codes, and what is left after every kind of interruption.

A clash of native libraries shows only inside ``qgis_process`` itself, so these tests start the program.
"""

import json
import os
import signal
import time
from pathlib import Path

import pytest

LONG = {"tile_size_x": 64, "tile_size_y": 64, "stride_x": 1, "stride_y": 1, "output_nofeature_tiles": "ALL_TILES"}


def words(parameters):
    """Return parameters as the program takes them."""
    return [f"{name}={value}" for name, value in parameters.items()]


@pytest.fixture
def long_export(qgis_process, scene, tmp_path):
    """Start an export of fifty thousand chips and return the program, its worker's number and the output folder."""
    out = tmp_path / "out" / "chips"
    out.parent.mkdir()
    parameters = {"in_raster": scene / "scene.tif", "in_class_data": scene / "labels.gpkg", "out_folder": out, **LONG}
    program = qgis_process("run", "deeplearning:exporttrainingdatafordeeplearning", "--", *words(parameters))
    worker = wait_for(lambda: worker_of(program.pid), 20)
    wait_for(lambda: len(list(out.parent.rglob("*.tif"))) > 20, 30)
    yield program, worker, out
    if program.poll() is None:
        program.kill()
    program.communicate()


def wait_for(look, seconds):
    """Return the first true answer of ``look``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = look()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"nothing happened in {seconds} s")


def worker_of(parent):
    """Return the process number of the engine that a program started, or None."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(status[1]) == parent and b"worker" in command:
                return int(entry.name)
    return None


def gone(process):
    """Return whether a process has ended, its parent having read its end or not."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def leftovers(folder):
    """Return every file below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_run_ends_with_its_results_as_json(qgis_process, scene, tmp_path):
    """Exit code 0 and the output's path."""
    parameters = {
        "in_featureclass": scene / "found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": tmp_path / "unique.gpkg",
    }
    program = qgis_process("--json", "run", "deeplearning:nonmaximumsuppression", "--", *words(parameters))
    out, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert json.loads(out)["results"]["out_featureclass"] == str(tmp_path / "unique.gpkg")


def test_relative_paths_belong_to_where_they_were_typed(qgis_process, scene):
    """The engine's own folder is somewhere else."""
    parameters = {
        "in_featureclass": os.path.relpath(scene / "found.gpkg", qgis_process.folder),
        "confidence_score_field": "Confidence",
        "out_featureclass": "relative.gpkg",
    }
    program = qgis_process("run", "deeplearning:nonmaximumsuppression", "--", *words(parameters))
    _, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert (qgis_process.folder / "relative.gpkg").is_file()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"max_overlap_ratio": "1.5"}, "max_overlap_ratio is 1.5: give a number from 0 to 1"),
        ({"confidence_score_field": "Sureness"}, "Sureness"),
        ({"in_featureclass": "none.gpkg"}, "'none.gpkg' is not found"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(qgis_process, scene, tmp_path, parameters, sentence):
    """No traceback, nothing written."""
    good = {
        "in_featureclass": scene / "found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": tmp_path / "unique.gpkg",
    }
    program = qgis_process("run", "deeplearning:nonmaximumsuppression", "--", *words({**good, **parameters}))
    out, err = program.communicate(timeout=60)
    assert program.returncode == 1
    assert sentence in out + err
    assert "Traceback" not in out + err
    assert not leftovers(tmp_path)


def test_without_an_engine_the_sentence_says_what_to_do(qgis_process, scene, tmp_path):
    """The interpreter named by the variable does not exist."""
    parameters = {
        "in_featureclass": scene / "found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": tmp_path / "unique.gpkg",
    }
    program = qgis_process(
        "run", "deeplearning:nonmaximumsuppression", "--", *words(parameters), IMAGERY_DL_PYTHON="/nowhere/python"
    )
    out, err = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "/nowhere/python (IMAGERY_DL_PYTHON) does not exist" in out + err


@pytest.mark.parametrize("layer", ["classes.tif", "folder"])
def test_class_rasters_and_folders_are_labels(qgis_process, scene, tmp_path, layer):
    """A raster, or a folder of them, where features could stand as well."""
    labels = scene / "classes.tif"
    if layer == "folder":
        labels = tmp_path / "labels"
        labels.mkdir()
        (labels / "any.tif").write_bytes((scene / "classes.tif").read_bytes())
    parameters = {
        "in_raster": scene / "scene.tif",
        "in_class_data": labels,
        "out_folder": tmp_path / "chips",
        "metadata_format": "Classified_Tiles",
        "tile_size_x": 128,
        "tile_size_y": 128,
        "stride_x": 128,
        "stride_y": 128,
    }
    program = qgis_process("--json", "run", "deeplearning:exporttrainingdatafordeeplearning", "--", *words(parameters))
    out, err = program.communicate(timeout=60)
    assert program.returncode == 0, out + err
    assert json.loads(out)["results"]["out_chips"] == "6"
    assert len(list((tmp_path / "chips" / "labels").glob("*.tif"))) == 6


def test_ctrl_c_ends_program_and_worker_and_leaves_nothing(long_export):
    """The exit code is that of a failure: a script must not go on with chips that are not there."""
    program, worker, out = long_export
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=20)
    assert program.returncode == 1
    assert gone(worker)
    assert not leftovers(out.parent)


def test_a_killed_worker_is_told_as_such_and_leaves_nothing(long_export):
    """The usual cause is memory, and the sentence says so."""
    program, worker, out = long_export
    os.kill(worker, signal.SIGKILL)
    stdout, stderr = program.communicate(timeout=20)
    assert program.returncode == 1
    assert "probably because memory ran out" in stdout + stderr
    assert not leftovers(out.parent)


def test_a_killed_qgis_takes_the_worker_with_it_and_the_next_run_sweeps(long_export, qgis_process, scene):
    """The life line breaks: no orphan after two seconds, and no litter after the next run."""
    program, worker, out = long_export
    program.kill()
    wait_for(lambda: gone(worker), 2.5)
    parameters = {"in_raster": scene / "scene.tif", "in_class_data": scene / "labels.gpkg", "out_folder": out}
    again = qgis_process("run", "deeplearning:exporttrainingdatafordeeplearning", "--", *words(parameters))
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert [entry.name for entry in out.parent.iterdir()] == ["chips"]
