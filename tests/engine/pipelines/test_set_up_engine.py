"""Setting the engine up and looking at it, with an environment that works already."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import InstallationError, ParameterError
from engine.installation.building import LOCKED, list_hash
from engine.installation.places import ENVIRONMENTS, Environment, current, engine_folder, use
from engine.job import Job
from engine.pipelines import set_up_engine
from engine.pipelines.diagnose_engine import run as diagnose
from engine.pipelines.set_up_engine import run
from engine.tools.diagnose_engine import DiagnoseEngine
from engine.tools.set_up_engine import SetUpEngine

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Tests share the machine, and so do the environments that prove themselves."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.mark.slow
def test_an_existing_environment_is_proven_and_taken(tmp_path):
    """It has to compute; the earlier ones of the folder go."""
    (tmp_path / "engine" / ENVIRONMENTS / "1").mkdir(parents=True)
    job = Job()

    outputs = run(SetUpEngine(engine_folder=str(tmp_path / "engine"), existing=sys.executable), job)

    assert outputs["out_python"] == sys.executable
    assert "computes rightly" in outputs["out_device"]
    assert current(tmp_path / "engine").packages["torch"]
    assert list((tmp_path / "engine" / ENVIRONMENTS).iterdir()) == []


def test_an_environment_without_the_packages_is_refused(tmp_path):
    """What was in use stays in use."""
    folder = tmp_path / "engine"
    use(folder, Environment(sys.executable, "", {}, "CPU"), Job())

    with pytest.raises(InstallationError, match=r"No module named|ended with code 1"):
        run(SetUpEngine(engine_folder=str(folder), existing=sys.base_prefix + "/bin/python3"), Job())

    assert current(folder).python == sys.executable


def test_an_environment_is_taken_or_built():
    """Both at once contradict each other."""
    with pytest.raises(ParameterError, match="leave one of them empty"):
        SetUpEngine(existing=sys.executable, rebuild=True)


@pytest.mark.parametrize(
    ("parameters", "built"),
    [
        ({}, False),
        ({"training": True}, True),
        ({"transformers": False, "training": False}, False),
        ({"processor": "CUDA"}, True),
        ({"processor": "CPU"}, False),
        ({"rebuild": True}, True),
    ],
)
def test_an_engine_that_has_what_is_wanted_is_kept(tmp_path, monkeypatch, parameters, built):
    """Another part or another processor builds it anew; less than is there does not."""
    folder, proof = (
        tmp_path / "engine",
        {"packages": {}, "devices": [{"name": "CPU", "right": True, "tiles_a_second": 1}]},
    )
    use(folder, Environment(sys.executable, list_hash(LOCKED), {}, "CPU", ("transformers",), "CPU"), Job())
    monkeypatch.setattr(set_up_engine, "prove", lambda python, job: proof)
    made = []

    def pretended(request, network, place, job):
        made.append(request)
        return sys.executable, proof, request.parts, request.processor

    monkeypatch.setattr(set_up_engine, "_built", pretended)

    run(SetUpEngine(**{"engine_folder": str(folder), "training": False, **parameters}), Job())

    assert bool(made) == built
    if built:
        assert current(folder).parts == made[0].parts and current(folder).processor == made[0].processor


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"existing": "/nowhere/python"}, r"does not exist"),
        ({"python": "/nowhere/python"}, r"no Python that starts"),
        ({"index_url": "packages"}, r"is no address"),
        ({"certificates": "/nowhere.pem"}, r"does not exist"),
        ({"bundle": "/nowhere"}, r"no folder wheels"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_done(tmp_path, parameters, sentence):
    """One sentence each."""
    with pytest.raises(ParameterError, match=sentence):
        run(SetUpEngine(engine_folder=str(tmp_path / "engine"), **parameters), Job())

    assert not (tmp_path / "engine").exists()


@pytest.mark.slow
def test_the_report_tells_whether_the_engine_works(tmp_path, monkeypatch):
    """Without the user's name in its paths."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / "engine"
    use(folder, Environment(sys.executable, "", {}, "CPU"), Job())

    request = DiagnoseEngine(str(tmp_path / "report.md"), engine_folder=str(folder), host="QGIS 3.40")
    outputs = diagnose(request, Job())

    text = (tmp_path / "report.md").read_text()
    assert outputs["out_state"] == "the engine works"
    assert "| torch | 2" in text
    assert "QGIS 3.40" in text
    assert str(tmp_path) not in text


def test_without_an_engine_the_report_says_how_to_get_one(tmp_path):
    """And names nothing that is not there."""
    outputs = diagnose(DiagnoseEngine(str(tmp_path / "report.md"), engine_folder=str(tmp_path / "none")), Job())

    assert "run Set Up the Deep Learning Engine" in outputs["out_state"]
    assert "| Engine's Python | none" in (tmp_path / "report.md").read_text()


def test_the_tools_run_in_a_bare_python(tmp_path):
    """They need the standard library only, as they run before there is an engine."""
    request = {"tool": "diagnose_engine", "parameters": {"out_report": str(tmp_path / "report.md")}}
    (tmp_path / "request.json").write_text(json.dumps(request))

    done = subprocess.run(
        [sys.base_prefix + "/bin/python3", "-I", "-S", "-c",
         "import sys; sys.path.insert(0, sys.argv[1]); from engine.cli import main; sys.exit(main(sys.argv[2:]))",
         str(ROOT), "run", str(tmp_path / "request.json")],
        capture_output=True, text=True, env={"IMAGERY_DL_HOME": str(tmp_path / "none")},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.md").is_file()


def test_the_folder_may_be_named_by_the_environment(tmp_path, monkeypatch):
    """For offices that keep it elsewhere."""
    monkeypatch.setenv("IMAGERY_DL_HOME", str(tmp_path))

    assert engine_folder() == tmp_path
    assert engine_folder(str(tmp_path / "other")) == tmp_path / "other"
