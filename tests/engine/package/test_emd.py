"""Opening model packages: every form, and every way in which one can be broken."""

import json
import tempfile
import zipfile
from pathlib import Path

import pytest
import torch

from engine.classes import ClassInfo
from engine.errors import ModelPackageError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.contract import make_contract
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation
from engine.package.schema import parse_definition
from engine.package.source import find_definition

torch.set_num_threads(1)

SPEC = get_architecture("FCOS").spec("RESNET18", 4, 2, (("channels", "32"), ("convolutions", "0")), (64, 96))
NORMALISATION = Normalisation.from_statistics([0] * 4, [100] * 4, [50] * 4, [20] * 4)


def described(**keys):
    """Return a definition with some keys changed."""
    emd = definition(
        SPEC,
        [ClassInfo(4, "pad", (1, 2, 3)), ClassInfo(9, "tank")],
        tile=(64, 96),
        bands=range(4),
        normalisation=NORMALISATION,
        padding=8,
        threshold=0.35,
        resize_to=(96, 144),
        cell_size=(0.5, 0.5),
        crs="EPSG:32633",
        metrics={"average_precision_score": {"pad": 0.9}, "monitored_valid_loss": 0.4},
    )
    return {**emd, **keys}


@pytest.fixture(scope="module")
def network():
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build_network(SPEC).eval()


@pytest.fixture(scope="module")
def master(tmp_path_factory, network):
    """Write one package for all tests to copy from."""
    folder = tmp_path_factory.mktemp("trained") / "pads"
    folder.mkdir()
    (folder / "model_metrics.html").write_text("report")
    (folder / "ModelCharacteristics").mkdir()
    (folder / "ModelCharacteristics" / "loss_graph.png").write_bytes(b"png")
    tile = torch.randint(0, 100, (4, 200, 300), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    write_package(
        folder,
        described(),
        network.state_dict(),
        [folder / "model_metrics.html", folder / "ModelCharacteristics"],
        Job(),
        contract=make_contract(network, NORMALISATION, tile),
    )
    return folder


@pytest.fixture
def folder(tmp_path, master):
    """Return a copy of the package whose files may be changed; weights are links to save time."""
    copy = tmp_path / "pads"
    copy.mkdir()
    for path in master.iterdir():
        if path.suffix == ".emd":
            (copy / path.name).write_bytes(path.read_bytes())
        elif path.suffix in (".safetensors", ".pth"):
            (copy / path.name).hardlink_to(path)
    return copy


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder where packages are unpacked."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def changed(folder, **keys):
    """Rewrite the definition with other keys; a value of None removes one."""
    path = folder / "pads.emd"
    emd = {**json.loads(path.read_text()), **keys}
    path.write_text(json.dumps({key: value for key, value in emd.items() if value is not None}))
    return str(path)


def test_a_package_says_all_that_inference_needs(master):
    """Read back from the definition alone."""
    with open_package(str(master / "pads.emd"), Job()) as package:
        assert package.task == "object_detection"
        assert package.architecture == "FCOS"
        assert package.spec == SPEC
        assert package.classes == (ClassInfo(4, "pad", (1, 2, 3)), ClassInfo(9, "tank", package.classes[1].color))
        assert min(package.classes[1].color) >= 0
        assert package.tile == (64, 96)
        assert package.resize_to == (96, 144)
        assert package.bands == (0, 1, 2, 3)
        assert package.normalisation == NORMALISATION
        assert (package.padding, package.threshold) == (8, 0.35)
        assert (package.cell_size, package.crs) == (0.5, "EPSG:32633")
        assert package.weights.name == "pads.safetensors"
        assert package.emd["average_precision_score"] == {"pad": 0.9}


def test_the_definition_has_the_keys_arcgis_writes(master):
    """With their types: LearningRate is a text, colours are lists."""
    emd = json.loads((master / "pads.emd").read_text())
    assert emd["ModelFile"] == "pads.pth"
    assert emd["ModelType"] == "ObjectDetection" and emd["Framework"] == "PyTorch"
    assert (emd["ImageHeight"], emd["ImageWidth"]) == (64, 96)
    assert emd["ExtractBands"] == [0, 1, 2, 3]
    assert emd["Classes"][0] == {"Value": 4, "Name": "pad", "Color": [1, 2, 3]}
    assert emd["MinCellSize"] == {"x": 0.5, "y": 0.5, "spatialReference": {"wkid": 32633, "latestWkid": 32633}}
    assert emd["LearningRate"] == "None" and emd["ImageSpaceUsed"] == "MAP_SPACE"
    assert emd["ModelParameters"]["backbone"] == "resnet18" and emd["ModelParameters"]["backend"] == "pytorch"
    assert "InferenceFunction" not in emd


@pytest.mark.parametrize("form", ["emd", "dlpk", "folder", "json", "nested"])
def test_every_form_of_a_definition_opens(form, folder, master, temporary):
    """Path, archive, folder, JSON text with absolute paths, and an archive with its payload in a folder."""
    given = {"emd": folder / "pads.emd", "dlpk": master / "pads.dlpk", "folder": folder}.get(form)
    if form == "json":
        ours = {**described()["ImageryDL"], "weights": str(folder / "pads.safetensors")}
        given = json.dumps(described(ModelFile=str(folder / "pads.pth"), ImageryDL=ours))
    if form == "nested":
        given = folder.parent / "nested.dlpk"
        with zipfile.ZipFile(given, "w") as made:
            made.writestr("esriinfo/item.pkinfo", "<x/>")
            for name in ("pads.emd", "pads.safetensors", "pads.pth"):
                made.write(folder / name, f"payload/{name}")
            made.write(master / "golden_tile.safetensors", "payload/golden_tile.safetensors")

    with open_package(str(given), Job()) as package:
        assert package.classes[0].name == "pad"
        assert not load_network(package).training

    assert list(temporary.iterdir()) == []


def test_an_unpacked_package_that_nobody_closes_goes_with_it(master, temporary):
    """Not every caller uses a with block."""
    package = open_package(str(master / "pads.dlpk"), Job())
    assert len(list(temporary.iterdir())) == 1
    del package
    assert list(temporary.iterdir()) == []


def test_the_archive_holds_everything_at_its_root(master):
    """Definition, weights twice, golden tile, report and pictures; never itself."""
    with zipfile.ZipFile(master / "pads.dlpk") as held:
        assert sorted(held.namelist()) == [
            "ModelCharacteristics/loss_graph.png",
            "golden_tile.safetensors",
            "model_metrics.html",
            "pads.emd",
            "pads.pth",
            "pads.safetensors",
        ]


def test_weights_of_the_pth_serve_when_the_safetensors_are_gone(folder, network):
    """Somebody passed on what ArcGIS knows."""
    (folder / "pads.safetensors").unlink()
    emd = changed(folder, ImageryDL={**described()["ImageryDL"], "weights": "pads.safetensors"})
    with open_package(emd, Job()) as package:
        assert package.weights.name == "pads.pth"
        loaded = load_network(package)
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in network.state_dict().items())


def test_paths_with_backslashes_are_understood(folder):
    """Packages come from Windows."""
    (folder / "weights").mkdir()
    (folder / "pads.safetensors").rename(folder / "weights" / "w.safetensors")
    ours = {**described()["ImageryDL"], "weights": ".\\weights\\w.safetensors"}
    with open_package(changed(folder, ImageryDL=ours), Job()) as package:
        assert package.weights == folder / "weights" / "w.safetensors"


def test_unknown_keys_are_kept_when_a_package_is_written_again(folder, tmp_path, network):
    """Custom functions of others read them."""
    emd = changed(folder, DataMean=[1, 2], Custom={"a": None}, ImageryDL={**described()["ImageryDL"], "note": "kept"})
    with open_package(emd, Job()) as package:
        target = tmp_path / "again"
        target.mkdir()
        paths = write_package(target, package.emd, network.state_dict(), [], Job())
    again = json.loads(paths["emd"].read_text())

    assert again["DataMean"] == [1, 2] and again["Custom"] == {"a": None}
    assert again["ImageryDL"]["note"] == "kept"
    assert again["ModelFile"] == "again.pth" and again["ImageryDL"]["weights"] == "again.safetensors"
    tuned = definition(
        SPEC, [ClassInfo(1, "x")], tile=(64, 64), bands=range(4), normalisation=NORMALISATION, base=package.emd
    )
    assert tuned["DataMean"] == [1, 2] and tuned["Classes"][0]["Name"] == "x"


@pytest.mark.parametrize(
    ("model_type", "task"),
    [
        ("ObjectDetection", "object_detection"),
        ("ObjectionDetection", "object_detection"),
        ("objectdetection", "object_detection"),
        ("ImageClassification", "pixel_classification"),
        ("ClassifyPixels", "pixel_classification"),
        ("ObjectClassification", "object_classification"),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_model_types_are_tasks_with_all_their_spellings(model_type, task):
    """The misspelling stands in Esri's own help."""
    text = json.dumps({"ModelType": model_type, "Framework": "PyTorch", "ModelFile": "a.pth"})
    assert parse_definition(text, "x")[1].task == task


def test_a_package_of_another_task_is_refused(folder):
    """The message names both."""
    emd = changed(folder, ModelType="ImageClassification")
    with pytest.raises(ModelPackageError, match=r"pixel classification .*not for object detection"):
        open_package(emd, Job(), task="object_detection")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"ModelType": None}, "lacks ModelType"),
        ({"Framework": None, "ModelFile": None}, "lacks Framework, ModelFile"),
        ({"Classes": None}, "lacks Classes"),
        ({"ImageHeight": None, "ImageWidth": None}, "lacks ImageHeight, ImageWidth"),
        ({"ImageHeight": "e.g. 256"}, "ImageHeight = 'e.g. 256'"),
        ({"ImageHeight": -1}, "ImageHeight = -1"),
        ({"Classes": [{"Value": "one", "Name": "a"}]}, r"Classes\.0\.Value = 'one'"),
        ({"Classes": [{"Value": 1, "Name": "a"}]}, "lists 1 classes and 4 bands"),
        ({"ExtractBands": [0, 1, 2]}, "2 classes and 3 bands"),
        ({"Threshold": 7}, "Threshold = 7"),
        ({"ModelFile": "gone.pth", "ImageryDL": "no weights"}, "gone.pth', but there is no file"),
        ({"ImageryDL": {"version": 99}}, "another version"),
        ({"ImageryDL": {"version": 1}}, "incomplete or broken"),
        ({"ImageryDL": {"architecture": "NOVEL"}}, "cannot be built: model type 'NOVEL' is unknown"),
        ({"ImageryDL": {"backbone": "RESNET1"}}, "cannot be built: backbone 'RESNET1' is unknown"),
        ({"ImageryDL": {"arguments": {"channels": "1e9"}}}, "cannot be built: argument channels"),
        ({"ImageryDL": {"bands": 10**9}}, "no size of a network"),
        ({"ImageryDL": {"contract": "gone.safetensors"}}, "golden tile 'gone.safetensors', but there is no file"),
        ({"NormalizationStats": None}, "4 bands"),
        ({"ImageryDL": None}, "made by other software"),
        ({"ImageryDL": None, "InferenceFunction": "Evil.py"}, "'Evil.py' would have run"),
    ],
)
def test_a_broken_definition_is_refused(folder, keys, told):
    """One sentence each: what it says, what it must say, what to do."""
    ours = keys.get("ImageryDL", {})
    if ours == "no weights":
        ours = {"weights": "gone.safetensors"}
    if isinstance(ours, dict) and set(ours) != {"version"}:
        keys = {**keys, "ImageryDL": {**described()["ImageryDL"], "weights": "pads.safetensors", **ours}}
    with pytest.raises(ModelPackageError, match=told) as refusal:
        open_package(changed(folder, **keys), Job())
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b"[1, 2]", "JSON list"),
        (b"\xff\xfe{\x00}\x00", "no UTF-8"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_what_is_not_json_is_refused(tmp_path, content, told):
    """A definition is one JSON object in UTF-8."""
    (tmp_path / "a.emd").write_bytes(content)
    with pytest.raises(ModelPackageError, match=told):
        open_package(str(tmp_path / "a.emd"), Job())


def test_a_byte_order_mark_is_passed_over(folder):
    """Editors on Windows write one."""
    path = folder / "pads.emd"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert open_package(str(path), Job()).name == "pads.emd"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "no model definition was given"),
        ("missing.emd", "there is no model definition"),
        ("n" * 5000, "there is no model definition"),
        ("a\0b", "there is no model definition"),
        ("notes.txt", "notes.txt is no model definition"),
        (".", "holds no .emd and no .dlpk"),
    ],
)
def test_what_is_no_definition_is_refused(tmp_path, given, told):
    """Wrong files, missing files, empty folders."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "notes.txt").write_text("x")
    with pytest.raises(ModelPackageError, match=told):
        open_package(str(folder / given) if given else given, Job())


def test_a_folder_with_two_definitions_is_refused(tmp_path):
    """Nobody can know which was meant."""
    for name in ("a.emd", "b.emd"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelPackageError, match=r"2 \.emd files"):
        open_package(str(tmp_path), Job())


def test_json_text_needs_absolute_paths():
    """There is no folder they could be relative to."""
    with pytest.raises(ModelPackageError, match="needs absolute paths"):
        open_package(json.dumps(described(ModelFile="pads.pth")), Job())


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"a.txt": b"x"}, "holds no .emd file"),
        ({"a.emd": b"{}", "b.emd": b"{}"}, "holds 2 .emd files"),
        ({"a.emd": b"nonsense"}, "a.emd in bad.dlpk is not JSON"),
        ({"../a.emd": b"{}"}, "stay inside"),
    ],
)
def test_a_broken_archive_is_refused_and_leaves_nothing(tmp_path, temporary, entries, told):
    """Also after it was unpacked."""
    with zipfile.ZipFile(tmp_path / "bad.dlpk", "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    with pytest.raises(ModelPackageError, match=told):
        open_package(str(tmp_path / "bad.dlpk"), Job())
    assert list(temporary.iterdir()) == []


def test_a_file_that_is_no_zip_is_refused(tmp_path, temporary):
    """Whatever its name says."""
    (tmp_path / "bad.dlpk").write_bytes(b"not a zip")
    with pytest.raises(ModelPackageError, match=r"bad\.dlpk is no readable zip archive"):
        open_package(str(tmp_path / "bad.dlpk"), Job())


@pytest.mark.parametrize(
    "model_file", ["/etc/hostname", "../../secret.pth", "C:\\secret.pth", "\\\\server\\share\\a.pth"]
)
def test_an_archive_cannot_point_outside_itself(tmp_path, temporary, model_file):
    """Neither to files of this computer nor to servers."""
    with zipfile.ZipFile(tmp_path / "bad.dlpk", "w") as made:
        made.writestr("a.emd", json.dumps(described(ModelFile=model_file)))
    with pytest.raises(ModelPackageError, match="outside of its package"):
        open_package(str(tmp_path / "bad.dlpk"), Job())
    assert list(temporary.iterdir()) == []


def test_a_malicious_pickle_in_an_archive_is_refused(tmp_path, temporary, folder):
    """Weights are data."""
    trap = tmp_path / "trap"

    class Bomb:
        def __reduce__(self):
            return open, (str(trap), "w")

    torch.save({"a": Bomb()}, tmp_path / "bad.pth")
    with zipfile.ZipFile(tmp_path / "bad.dlpk", "w") as made:
        made.writestr("a.emd", json.dumps(described(ModelFile="bad.pth")))
        made.write(tmp_path / "bad.pth", "bad.pth")
    with (
        open_package(str(tmp_path / "bad.dlpk"), Job()) as package,
        pytest.raises(ModelPackageError, match="would run code when loaded"),
    ):
        load_network(package)
    assert not trap.exists() and list(temporary.iterdir()) == []


def test_weights_of_another_network_are_refused(folder):
    """A package put together from two models."""
    ours = {**described()["ImageryDL"], "weights": "pads.safetensors", "arguments": {"channels": "64"}}
    with (
        open_package(changed(folder, ImageryDL=ours), Job()) as package,
        pytest.raises(ModelPackageError, match="do not fit"),
    ):
        load_network(package)


def test_third_party_definitions_can_be_read(tmp_path):
    """Running them is for a later issue, reading them is not."""
    (tmp_path / "cranes.emd").write_text(
        json.dumps(
            {
                "Framework": "PyTorch",
                "ModelConfiguration": {"Name": "X", "Config": "c.py"},
                "ModelType": "ObjectionDetection",
                "ModelFile": ".\\cranes.pt",
                "InferenceFunction": "[Functions]System\\DeepLearning\\ArcGISLearn\\ArcGISObjectDetector.py",
                "ImageHeight": "320",
                "ImageWidth": 320,
                "resize_to": 400,
            }
        )
    )
    source = find_definition(str(tmp_path / "cranes.emd"), Job())
    assert source.definition.task == "object_detection" and source.definition.ImageHeight == 320
    with pytest.raises(ModelPackageError, match="there is no file"):
        source.file(".\\cranes.pt", "ModelFile")
    assert source.folder == Path(tmp_path)
