"""Records of runs: what is kept, how states are told, what must not be in them."""

import json
import os
import subprocess
import sys
import time

import pytest

from imagery_deep_learning.engine.errors import Cancelled, EngineError
from imagery_deep_learning.provider import run_records
from imagery_deep_learning.provider.run_list import RunList, read_run, remove
from imagery_deep_learning.provider.run_records import CANCELLED, DONE, FAILED, INTERRUPTED, RUNNING, Recorder

pytestmark = pytest.mark.qgis


@pytest.fixture(autouse=True)
def records(tmp_path, monkeypatch):
    """Keep the records of this test in a folder of its own."""
    place = tmp_path / "runs"
    for module in ("run_records", "run_list"):
        monkeypatch.setattr(f"imagery_deep_learning.provider.{module}.folder", lambda: str(place))
    return place


def recorder(**changes):
    """Return a recorder of a training."""
    values = {
        "tool": "train_model",
        "title": "Train Deep Learning Model",
        "parameters": {"out_folder": "/m"},
        "given": {},
        "subject": "pads",
    }
    return Recorder(**{**values, **changes})


def only():
    """Return the only run of the list."""
    (run,) = RunList().runs()
    return run


def test_a_run_that_ends_is_done():
    """With its outputs, log and curve."""
    with recorder() as record:
        record.heard({"type": "message", "text": "8 chips"})
        record.heard({"type": "warning", "text": "few chips"})
        record.heard({"type": "progress", "value": 40, "text": "Training"})
        record.heard({"type": "curve", "epoch": 1, "loss": 0.5})
        running = only()
        record.outputs = {"out_folder": "/m"}
    assert (running.state, running.progress, running.text) == (RUNNING, 40, "Training")
    run = only()
    assert (run.state, run.subject, run.outputs, run.progress) == (DONE, "pads", {"out_folder": "/m"}, 100)
    assert run.log == [("message", "8 chips"), ("warning", "few chips")]
    assert [point["loss"] for point in run.curve] == [0.5]


@pytest.mark.parametrize(
    ("error", "state"), [(EngineError("stride 300 is too large"), FAILED), (Cancelled("Cancelled"), CANCELLED)]
)
def test_a_run_that_fails_keeps_its_sentence(error, state):
    """A cancelled one is told from a failed one."""
    with pytest.raises(type(error)), recorder():
        raise error
    assert (only().state, only().error) == (state, str(error))


def test_a_run_whose_process_is_gone_is_interrupted(records):
    """As after a crash of QGIS."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    recorder()
    (file,) = records.iterdir()
    begin = json.loads(file.read_text())
    file.write_text(json.dumps({**begin, "pid": child.pid}) + "\n")
    assert only().state == INTERRUPTED


def test_a_run_without_a_sign_of_life_is_interrupted(records):
    """Its process number may have been given to another program since."""
    record = recorder()
    (file,) = records.iterdir()
    long_ago = time.time() - 600
    os.utime(file, (long_ago, long_ago))
    assert read_run(str(file)).state == INTERRUPTED
    record.beat()
    assert read_run(str(file)).state == RUNNING


def test_damaged_lines_are_passed_over(records):
    """A half line at the end, a line of rubbish in the middle, a file of nothing."""
    with recorder() as record:
        record.heard({"type": "message", "text": "kept"})
    (file,) = records.iterdir()
    begin, message, end = file.read_text().splitlines()
    file.write_text("\n".join([begin, "\x00\xff{", "[1, 2]", message, end[:20]]))
    (records / "00000000-empty.jsonl").write_text("")
    (records / "00000000-list.jsonl").write_text("[]\n")
    assert only().log == [("message", "kept")]


def test_a_resumed_training_draws_its_curve_once():
    """The engine tells the earlier epochs again when it goes on."""
    with recorder() as record:
        for epoch in (1, 2, 3, 1, 2, 3, 4):
            record.heard({"type": "curve", "epoch": epoch, "loss": 1 / epoch})
    assert [point["epoch"] for point in only().curve] == [1, 2, 3, 4]


def test_old_records_make_room(records, monkeypatch):
    """The newest stay."""
    monkeypatch.setattr(run_records, "MOST_RUNS", 3)
    for number in range(5):
        with recorder(subject=str(number)):
            pass
    assert [run.subject for run in RunList().runs()] == ["4", "3", "2"]


def test_a_chatty_run_is_cut_short(records, monkeypatch):
    """Its curve and its end are kept all the same."""
    monkeypatch.setattr(run_records, "MOST_BYTES", 2000)
    with recorder() as record:
        for number in range(200):
            record.heard({"type": "message", "text": f"line {number}"})
        record.heard({"type": "curve", "epoch": 1, "loss": 0.5})
    assert only().state == DONE and len(only().curve) == 1
    assert sum(file.stat().st_size for file in records.iterdir()) < 3000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("http://anna:Gehe1m@proxy:8080", "http://…@proxy:8080"),
        ("dbname='x' user='a' password='p w' table=t", "dbname='x' user='a' password=… table=t"),
        ("socks5://anna:p@ss@host", "socks5://…@host"),
        ("/data/a@b/field.tif", "/data/a@b/field.tif"),
    ],
)
def test_passwords_are_not_kept(records, text, kept):
    """Neither of proxies nor of databases."""
    with recorder(parameters={"proxy": text}, given={"layers": [text]}) as record:
        record.heard({"type": "message", "text": text})
    run = only()
    assert run.parameters["proxy"] == run.given["layers"][0] == run.log[0][1] == kept


def test_a_folder_that_cannot_be_written_to_spoils_no_run(tmp_path, monkeypatch):
    """There is no record, and nothing else happens."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(run_records, "folder", lambda: str(tmp_path / "file" / "runs"))
    with recorder() as record:
        record.heard({"type": "message", "text": "a"})
        record.beat()
    assert record.path == ""


def test_listeners_hear_the_beginning_and_the_end(monkeypatch):
    """So that a window can show it."""
    heard = []
    monkeypatch.setattr(run_records, "LISTENERS", [lambda path: heard.append(read_run(path).state)])
    with recorder():
        pass
    assert heard == [RUNNING, DONE]


def test_removing_takes_the_record_only(records):
    """The list is shorter by one."""
    with recorder():
        pass
    remove(only())
    assert RunList().runs() == []


def test_a_run_of_qgis_process_is_listed_too(scene, qgis_process, tmp_path, monkeypatch):
    """Every run of the profile, whoever started it."""
    process = qgis_process(
        "run", "deeplearning:nonmaximumsuppression", "--", f"in_featureclass={scene}/found.gpkg",
        "confidence_score_field=Confidence", f"out_featureclass={tmp_path}/thin.gpkg",
    )  # fmt: skip
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    (place,) = qgis_process.folder.rglob("imagery_deep_learning/runs")
    runs = [read_run(str(file)) for file in place.iterdir()]
    (run,) = [run for run in runs if run.outputs.get("out_featureclass", "").startswith(f"{tmp_path}/thin.gpkg")]
    assert (run.tool, run.state, run.subject) == ("non_maximum_suppression", DONE, "found")
