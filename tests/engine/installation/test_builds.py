"""The build of PyTorch fits the processor, and only the chosen parts are installed."""

import json
import subprocess
import sys

import pytest

from engine.installation import builds
from engine.installation.building import CHOSEN, LOCKED, Recipe, build, fresh_environment
from engine.installation.builds import AUTO, CPU, CUDA, Build, driver_version, fit_build, usual_build
from engine.installation.network import Network
from engine.installation.parts import TITLES, entries, is_of_pytorch, name_of, part_of, pytorch_pair, write_chosen
from engine.job import Job
from engine.outcome import attempt
from tests.engine.installation.index import package_list, served
from tests.engine.installation.test_building import UV, recipe


class Told(Job):
    """Keeps what is told."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.steps = []

    def message(self, text):
        """Keep a message."""
        self.words.append(text)

    def progress(self, share, text=""):
        """Keep a step."""
        self.steps.append((share, text))


def pretend(monkeypatch, system, driver):
    """Be another computer."""
    monkeypatch.setattr(builds, "driver_version", lambda: driver)
    monkeypatch.setattr(builds.sys, "platform", system)
    monkeypatch.setattr(builds, "_IS_WINDOWS", system == "win32")


@pytest.mark.parametrize(
    ("system", "driver", "processor", "backend"),
    [
        ("linux", (580, 65), AUTO, ""),  # the package index has CUDA 13
        ("linux", (550, 54), AUTO, "auto"),  # an older driver needs an older CUDA
        ("linux", (), AUTO, "cpu"),
        ("linux", (580, 65), CPU, "cpu"),
        ("linux", (), CUDA, ""),  # for a computer that has no driver yet, such as a container that is being built
        ("win32", (580, 65), AUTO, "auto"),
        ("win32", (), AUTO, ""),
        ("win32", (580, 65), CPU, ""),
        ("darwin", (), AUTO, ""),
    ],
)
def test_the_build_fits_system_driver_and_wish(monkeypatch, system, driver, processor, backend):
    """PyTorch's own index is asked only for what the package index does not have."""
    pretend(monkeypatch, system, driver)

    assert fit_build(processor, Network(), True, Told()).backend == backend


@pytest.mark.parametrize(("network", "has_uv"), [(Network("https://mirror/simple"), True), (Network(), False)])
def test_a_mirror_has_one_build_and_its_size_is_said(monkeypatch, network, has_uv):
    """What is taken instead, and that it also computes."""
    pretend(monkeypatch, "linux", ())
    job = Told()

    assert fit_build(AUTO, network, has_uv, job) == usual_build()
    assert "no NVIDIA driver: PyTorch for the CPU" in job.words[0] and "CUDA 13, which also computes" in job.words[0]
    assert "about 6 GB" in job.words[0]


def test_the_driver_is_asked_for(monkeypatch, tmp_path):
    """As nvidia-smi says it; one that fails is none."""
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))
    for said, wanted in (("echo 580.65.06", (580, 65, 6)), ("echo no devices; exit 9", ()), ("echo hello", ())):
        program.write_text(f"#!/bin/sh\n{said}\n")
        program.chmod(0o755)
        assert driver_version() == wanted


def test_without_the_program_the_loaded_driver_is_read(monkeypatch, tmp_path):
    """Containers often lack nvidia-smi."""
    monkeypatch.setenv("PATH", str(tmp_path))
    version = tmp_path / "version"
    monkeypatch.setattr(builds, "_VERSION_FILE", version)
    assert driver_version() == ()

    version.write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu Jan 1\nGCC version: gcc 12.2.0\n"
    )
    assert driver_version() == (570, 86, 15)


def test_every_package_of_the_list_belongs_to_a_part(tmp_path):
    """And a part leaves out what only the others need."""
    every = set(entries(LOCKED))
    both = write_chosen(LOCKED, tuple(TITLES), tmp_path / "both.txt", lambda name: True)
    less = write_chosen(LOCKED, (), tmp_path / "less.txt", lambda name: True)

    assert both == len(every)
    names = {name_of(entry) for entry in entries(tmp_path / "less.txt")}
    assert less < both and "torch" in names and "rasterio" in names
    assert not names & {"lightning", "matplotlib", "transformers", "tensorboard"}
    text = (tmp_path / "less.txt").read_text()
    assert text.count("--hash=sha256:") > 2 * less


def test_pytorch_and_what_differs_with_it_can_be_told_apart():
    """A list without them needs none of NVIDIA's libraries."""
    names = {name_of(entry) for entry in entries(LOCKED)}

    assert {"torch", "torchvision", "triton", "nvidia-cublas", "cuda-toolkit"} <= set(filter(is_of_pytorch, names))
    assert not any(map(is_of_pytorch, ("torchmetrics", "numpy", "timm")))
    assert [pair.split("==")[0] for pair in pytorch_pair(LOCKED)] == ["torch", "torchvision"]


def test_a_tool_whose_part_is_missing_says_which():
    """The remedy is a check box."""

    def work():
        raise ModuleNotFoundError("No module named 'lightning'", name="lightning.pytorch")

    assert part_of("transformers") == "transformers" and part_of("numpy") == ""
    assert "run Set Up the Deep Learning Engine and check Training and reports" in attempt(work).error


def running(script):
    """Run Python in which the packages of the parts to choose cannot be imported."""
    blocked = [
        "lightning",
        "pytorch_lightning",
        "tensorboard",
        "torchmetrics",
        "matplotlib",
        "reportlab",
        "transformers",
    ]
    head = f"import sys\nfor name in {blocked!r}:\n    sys.modules[name] = None\n"
    return subprocess.run([sys.executable, "-c", head + script], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_proof_needs_no_part_to_choose():
    """Else an engine for running models could not be set up."""
    done = running("from engine import proof\nproof.main()\n")

    assert done.returncode == 0, done.stderr[-1500:]
    assert json.loads(done.stdout)["devices"][0]["right"]


@pytest.mark.slow
def test_a_build_that_cannot_be_had_is_replaced_unless_asked_for(tmp_path, monkeypatch):
    """PyTorch's own index is out of reach: AUTO takes what the package index has, CPU says why it cannot."""
    monkeypatch.setattr("engine.installation.building.usual_build", lambda: Build("", "what the mirror has", 1))
    monkeypatch.setattr("engine.installation.building.pytorch_pair", lambda packages: ["no-such-torch==1.0"])
    monkeypatch.setattr("engine.installation.building.is_of_pytorch", lambda name: name == "tinyland")
    wanted = Build("cpu", "the build for the CPU", 1)
    with served() as address:
        made_of = recipe(tmp_path, Network(index_url=address))
        made_of = Recipe(made_of.python, UV, package_list(tmp_path / "l.txt"), made_of.network, 20.0, (), wanted, AUTO)
        job = Told()
        with fresh_environment(tmp_path / "engine", job) as place:
            python = build(place, made_of, tmp_path / "engine" / "cache", job)
            assert "tinyland" in (place / CHOSEN).read_text()
    assert any("cannot be had, what the mirror has is taken instead" in text for text in job.words)
    assert subprocess.run([str(python), "-c", "import tinyland"], check=False).returncode == 0


@pytest.mark.slow
def test_progress_counts_packages_and_never_goes_back(tmp_path):
    """From an empty environment to the last package."""
    job = Told()
    with served() as address, fresh_environment(tmp_path / "engine", job) as place:
        build(place, recipe(tmp_path, Network(index_url=address)), tmp_path / "engine" / "cache", job)

    shares = [share for share, _ in job.steps]
    assert shares == sorted(shares)
    assert any(text.startswith("Installing packages, ") and " of 1 done" in text for _, text in job.steps)
