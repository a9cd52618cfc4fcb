"""Environments are built from a package index as it is, or not at all."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.errors import Cancelled, InstallationError, OutputError
from engine.installation import building
from engine.installation.building import Recipe, build, fresh_environment
from engine.installation.interpreters import asked
from engine.installation.network import Network
from engine.installation.places import COMPLETE, ENVIRONMENTS
from engine.job import Job
from tests.engine.installation.index import WHEEL, package_list, served, wheel

pytestmark = pytest.mark.slow

UV = Path(sys.executable).with_name("uv")


def recipe(tmp_path, network, uv=UV, stall=20.0):
    """Return what the tiny environment is built from."""
    packages = package_list(tmp_path / "locked.txt")
    return Recipe(asked(sys.base_prefix + "/bin/python3"), uv, packages, network, stall)


def built(tmp_path, made_of, job=None):
    """Build in a folder with a blank and an accent in its name; return its Python."""
    folder, job = tmp_path / "the engine é", job or Job()
    with fresh_environment(folder, job) as place:
        return build(place, made_of, folder / "cache", job)


def environments(tmp_path):
    """Return the names of the environments that stayed."""
    place = tmp_path / "the engine é" / ENVIRONMENTS
    return sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_an_environment_is_built_outside_our_own(tmp_path, uv):
    """Its Python has the package, and what it holds is complete."""
    with served() as address:
        python = built(tmp_path, recipe(tmp_path, Network(index_url=address), uv))

    said = subprocess.run(
        [str(python), "-c", "import tinyland; print(tinyland.ANSWER)"], capture_output=True, text=True
    )
    assert said.stdout.strip() == "42"
    assert (tmp_path / "the engine é" / ENVIRONMENTS / "1" / COMPLETE).is_file()


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("forbidden", "refuses access|does not have a package"),
        ("broken", "line to the package index broke|damaged|hash differs"),
    ],
)
def test_a_broken_server_is_told_in_one_sentence_and_leaves_nothing(tmp_path, uv, fault, sentence):
    """What the installer printed is recognised."""
    with served(fault) as address, pytest.raises(InstallationError, match=sentence) as told:
        built(tmp_path, recipe(tmp_path, Network(index_url=address), uv, stall=60.0))

    assert "\n" not in str(told.value)
    assert environments(tmp_path) == []


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_a_package_that_is_not_the_tested_one_is_refused(tmp_path, uv):
    """Its hash differs."""
    made_of = recipe(tmp_path, Network(), uv)
    package_list(made_of.packages, b"another one")
    with served() as address, pytest.raises(InstallationError, match=r"not the one that was tested"):
        built(tmp_path, Recipe(made_of.python, uv, made_of.packages, Network(index_url=address), 20.0))

    assert environments(tmp_path) == []


def test_a_silent_line_is_given_up(tmp_path):
    """No byte for a while is the sign, not the time that all takes."""
    with (
        served("silent") as address,
        pytest.raises(InstallationError, match=r"nothing came through the line for 2 sec"),
    ):
        built(tmp_path, recipe(tmp_path, Network(index_url=address), stall=2.0))

    assert environments(tmp_path) == []


def test_no_network_is_told(tmp_path):
    """A name that does not exist."""
    with pytest.raises(InstallationError, match=r"package index is not found|line to the package index broke"):
        built(tmp_path, recipe(tmp_path, Network(index_url="http://nowhere.invalid/simple"), stall=60.0))


def test_a_proxy_that_wants_a_password_is_told(tmp_path):
    """The remedy is where the password goes."""
    with served("proxy") as address:
        proxy = address.removesuffix("/simple")
        network = Network(index_url="http://packages.invalid/simple", proxy=proxy)
        with pytest.raises(InstallationError, match=r"the proxy asks for a user and a password"):
            built(tmp_path, recipe(tmp_path, network, stall=60.0))


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_an_opened_tls_line_is_told_and_its_certificate_helps(tmp_path):
    """As behind a virus scanner or a company's proxy."""
    with served(tls=tmp_path) as address:
        with pytest.raises(InstallationError, match=r"certificate of the package index is not trusted"):
            built(tmp_path, recipe(tmp_path, Network(index_url=address), stall=60.0))

        python = built(tmp_path, recipe(tmp_path, Network(address, certificates=str(tmp_path / "authority.pem"))))

    assert python.is_file()


def test_a_bundle_needs_no_network(tmp_path):
    """Its wheels are all there is."""
    wheels = tmp_path / "bundle" / "wheels"
    wheels.mkdir(parents=True)
    (wheels / WHEEL).write_bytes(wheel())

    assert built(tmp_path, recipe(tmp_path, Network(bundle=str(tmp_path / "bundle")))).is_file()


def test_a_cancel_leaves_nothing(tmp_path):
    """Also in the middle of a fetch."""
    job = Job()
    with served("silent") as address:
        threading.Timer(3.0, job.cancel).start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            built(tmp_path, recipe(tmp_path, Network(index_url=address), stall=60.0), job)

    assert time.monotonic() - started < 15
    assert environments(tmp_path) == []


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path, monkeypatch):
    """Room for the largest build is asked for."""
    monkeypatch.setattr(building, "NEEDED", 10**18)

    with pytest.raises(OutputError, match=r"GB left: free some space or choose another engine_folder"):
        built(tmp_path, recipe(tmp_path, Network()))


def test_what_a_killed_run_left_is_removed(tmp_path):
    """An environment without its mark is a leftover; a complete one stays until another is in use."""
    left = tmp_path / "the engine é" / ENVIRONMENTS / "3"
    left.mkdir(parents=True)
    with served() as address:
        python = built(tmp_path, recipe(tmp_path, Network(index_url=address)))

    assert environments(tmp_path) == [python.parents[1].name]
