"""The engine as a child: protocol, exit codes, life line."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.job import PROTOCOL, JsonJob
from engine.outcome import CANCELLED, DONE, OUR_FAULT, USER_ERROR, attempt

ROOT = Path(__file__).resolve().parents[2]


def start(line):
    """Start a worker and hand it one line; its standard input stays open."""
    child = subprocess.Popen(
        [sys.executable, "-m", "engine", "worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    child.stdin.write(line + "\n")
    child.stdin.flush()
    return child


@pytest.mark.parametrize(
    ("request_line", "sentence"),
    [
        (json.dumps({"protocol": PROTOCOL + 1, "tool": "detect_objects", "parameters": {}}), "update the plugin"),
        (json.dumps({"protocol": PROTOCOL, "tool": "make_coffee", "parameters": {}}), "'make_coffee' is unknown"),
        (json.dumps({"protocol": PROTOCOL, "tool": "detect_objects", "parameters": {"in_raster": "a"}}), "is missing"),
    ],
)
def test_a_refused_request_ends_with_one_sentence(request_line, sentence):
    """Greeting, one error line, exit code 1; nothing else stands on standard output."""
    child = start(request_line)
    lines = [json.loads(line) for line in child.stdout]
    assert child.wait() == USER_ERROR
    assert [line["type"] for line in lines] == ["hello", "error"]
    assert sentence in lines[1]["text"]


def test_the_end_of_standard_input_ends_the_process():
    """QGIS may die at any moment: no orphan stays longer than two seconds."""
    program = (
        "import threading, time, engine.worker\nfrom engine.job import Job\n"
        "threading.Thread(target=engine.worker._hold_life_line, args=(Job(),)).start()\ntime.sleep(30)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE)
    time.sleep(1.0)
    begun = time.monotonic()
    child.stdin.close()
    assert child.wait(timeout=10) == CANCELLED
    assert time.monotonic() - begun < 2.5


def test_full_disks_and_locked_places_are_told_in_a_sentence():
    """Whatever library met them: the cause is looked for along the chain of exceptions."""

    def fail():
        try:
            raise OSError(28, "No space left on device", "/data/out.tif")
        except OSError as error:
            raise RuntimeError("writing failed") from error

    outcome = attempt(fail)
    assert outcome.code == USER_ERROR
    assert "/data/out.tif: the disk is full" in outcome.error


def test_our_own_faults_name_a_log_and_show_no_traceback():
    """The user reports the file; the sentence stays short."""
    outcome = attempt(lambda: {"a": [][1]})
    assert outcome.code == OUR_FAULT
    log = outcome.error.rpartition(" ")[2]
    assert "Traceback" in Path(log).read_text()
    assert "Traceback" not in outcome.error
    os.unlink(log)


def test_a_finished_run_returns_its_outputs():
    """The outputs pass unchanged."""
    assert attempt(lambda: {"out": "a.gpkg"}).outputs == {"out": "a.gpkg"}
    assert attempt(lambda: {}).code == DONE


def test_the_learning_curve_is_a_line_of_its_own():
    """One point a line; what is not finite is null, so that every reader of JSON takes it."""
    stream = io.StringIO()
    JsonJob(stream).curve({"epoch": 1, "loss": 0.5, "valid_loss": None, "metrics": {"AP": 0.25}})
    point = json.loads(stream.getvalue().splitlines()[-1])
    assert point == {"type": "curve", "epoch": 1, "loss": 0.5, "valid_loss": None, "metrics": {"AP": 0.25}}
