"""Starting, following and stopping the engine: each way it can fail is told in a sentence."""

import os
import stat
import threading
import time

import pytest
from qgis.core import QgsProcessingFeedback

from imagery_deep_learning.engine.errors import Cancelled
from imagery_deep_learning.engine.job import PROTOCOL
from imagery_deep_learning.provider import engine_environment
from imagery_deep_learning.provider.engine_environment import EngineMissing, clean_environment, find_interpreter
from imagery_deep_learning.provider.engine_process import EngineFailed, run_engine

HELLO = f'{{"type": "hello", "protocol": {PROTOCOL}, "pid": 1}}'


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Return a function that puts a shell script in the engine's place."""

    def place(script):
        path = tmp_path / "python"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv(engine_environment.VARIABLE, str(path))
        return path

    return place


def test_without_an_engine_the_message_says_how_to_set_it_up(qgis_processing, tmp_path, monkeypatch):
    """A person who has just installed the plugin meets this first."""
    monkeypatch.delenv(engine_environment.VARIABLE, raising=False)
    monkeypatch.setattr(engine_environment, "PLUGIN_ROOT", str(tmp_path))
    with pytest.raises(EngineMissing, match=r"not set up.*IMAGERY_DL_PYTHON"):
        find_interpreter()


def test_a_chosen_interpreter_that_is_gone_is_named(qgis_processing, monkeypatch):
    """Falling back to another one would hide the mistake."""
    monkeypatch.setenv(engine_environment.VARIABLE, "/nowhere/python")
    with pytest.raises(EngineMissing, match=r"/nowhere/python \(IMAGERY_DL_PYTHON\) does not exist"):
        find_interpreter()


def test_an_interpreter_without_the_engines_packages_is_told(qgis_processing, monkeypatch):
    """QGIS's own Python lacks them: the sentence names the module and the remedy."""
    monkeypatch.setenv(engine_environment.VARIABLE, "/usr/bin/python3")
    parameters = {"in_featureclass": "a.gpkg", "confidence_score_field": "C", "out_featureclass": "/tmp/none/b.gpkg"}
    with pytest.raises(EngineFailed, match=r"/usr/bin/python3 lacks the module \w+"):
        run_engine("non_maximum_suppression", parameters, QgsProcessingFeedback())


@pytest.mark.parametrize(
    ("script", "error", "sentence"),
    [
        ("echo 'no such encoding' >&2; exit 1", EngineMissing, r"does not run the engine \(no such encoding\)"),
        (f"echo '{HELLO}'; kill -9 $$", EngineFailed, "probably because memory ran out"),
        (f"echo '{HELLO}'; kill -11 $$", EngineFailed, r"crashed \(signal 11\)"),
        (
            f"echo '{HELLO}'; echo 'bad library' >&2; exit 4",
            EngineFailed,
            r"exit code 4\); its last words: bad library",
        ),
        ('echo \'{"type": "hello", "protocol": 999}\'; cat', EngineMissing, "speaks protocol 999"),
        (f'echo \'{HELLO}\'; echo \'{{"type": "error", "text": "no labels"}}\'', EngineFailed, "^no labels$"),
    ],
)
def test_every_death_is_told_in_a_sentence(qgis_processing, engine, script, error, sentence):
    """The message is for a person, whatever happened."""
    engine(script)
    with pytest.raises(error, match=sentence):
        run_engine("detect_objects", {}, QgsProcessingFeedback())


def test_a_file_that_is_no_program_is_told(qgis_processing, engine):
    """The setting may name anything."""
    engine("exit 0").chmod(0o644)
    with pytest.raises(EngineMissing, match="cannot be started"):
        run_engine("detect_objects", {}, QgsProcessingFeedback())


def test_lines_become_feedback_and_prints_of_libraries_do_no_harm(qgis_processing, engine):
    """Messages, warnings and progress arrive; the result is returned."""
    lines = [
        HELLO,
        "Downloading something...",
        '{"type": "message", "text": "tiles: 12"}',
        '{"type": "warning", "text": "cell sizes differ"}',
        '{"type": "progress", "value": 42.5, "text": "Detecting"}',
        '{"type": "result", "outputs": {"out": "a.gpkg"}}',
    ]
    engine("\n".join(f"echo '{line}'" for line in lines))
    feedback = QgsProcessingFeedback()
    assert run_engine("detect_objects", {}, feedback) == {"out": "a.gpkg"}
    assert "tiles: 12" in feedback.textLog()
    assert "cell sizes differ" in feedback.textLog()
    assert feedback.progress() == 42.5


def test_cancel_stops_an_engine_that_does_not_listen_and_sweeps(qgis_processing, engine, tmp_path):
    """The child ignores the end of its input: it is killed, and its announced files are removed."""
    leftover = tmp_path / "half.tif"
    leftover.write_text("x")
    pid = tmp_path / "pid"
    engine(
        f"""echo $$ > {pid}; echo '{HELLO}'; echo '{{"type": "temporary", "path": "{leftover}"}}'; sleep 60 & wait"""
    )
    feedback = QgsProcessingFeedback()
    threading.Timer(1.0, feedback.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        run_engine("detect_objects", {}, feedback)
    assert time.monotonic() - begun < 4
    assert not leftover.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_variables_of_qgis_do_not_reach_the_engine(monkeypatch):
    """A foreign PROJ_LIB or PYTHONHOME breaks rasterio or Python itself."""
    for name in ("PYTHONHOME", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "/qgis")
    assert not {"PYTHONHOME", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH"} & set(clean_environment())
    assert clean_environment()["PYTHONNOUSERSITE"] == "1"
