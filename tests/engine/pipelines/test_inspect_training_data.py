"""Inspect Training Data: what is found in folders with known faults, and the page."""

import re
import shutil

import numpy as np
import pytest
import rasterio
import shapely

from engine.errors import Cancelled, OutputError, SampleFolderError
from engine.inspection.evidence import ERROR, NOTE, WARNING, Evidence
from engine.inspection.findings import findings_of
from engine.inspection.likeness import likeness_of
from engine.inspection.looks import look_at
from engine.inspection.sides import sides_of
from engine.inspection.subject import subject_of
from engine.inspection.worth import seen_sizes
from engine.job import Job
from engine.pipelines.inspect_training_data import run
from engine.samples.folder import read_samples
from engine.tools.inspect_training_data import InspectTrainingData
from tests.engine.pipelines.exporting import export, on_map, scene
from tests.engine.samples.foreign_folders import image, text
from tests.rasters import write_boxes, write_features, write_raster

BOXES = [(4, 4, 24, 24), (40, 40, 60, 62), (70, 10, 90, 26), (100, 60, 126, 90), (10, 70, 28, 88)]


def inspect(tmp_path, *folders, job=None):
    """Inspect folders; return the page, the outputs and the job."""
    job = job or Job()
    request = InspectTrainingData(
        in_folder=tuple(map(str, folders)), out_report=str(tmp_path / "report" / "found.html")
    )
    outputs = run(request, job)
    return (tmp_path / "report" / "found.html").read_text("utf-8"), outputs, job


def found_in(folder):
    """Return the findings of a folder."""
    job = Job()
    subject = subject_of(read_samples([str(folder)], job, alike=False))
    looks = look_at(subject, job, (0, 1))
    likeness = likeness_of(subject, looks)
    return findings_of(
        Evidence(subject, looks, likeness, sides_of(subject, job), seen_sizes(subject), tuple(job.warnings))
    )


def texts(findings, severity):
    """Return the sentences of one severity."""
    return [finding.text for finding in findings if finding.severity == severity]


def exported(tmp_path, dtype=np.uint16, bands=5, rows=96, cols=160, **options):
    """Export a scene of several bands with boxes."""
    raster = write_raster(tmp_path / "scene.tif", scene(bands, rows, cols, dtype))
    classes = ["crane", "barge", "crane", "barge", "barge"]
    layer = write_boxes(tmp_path / "labels.gpkg", on_map(*BOXES), kind=classes)
    return export(tmp_path, raster, layer, class_value_field="kind", **options)[0]


def test_the_page_holds_everything_in_one_file(tmp_path):
    """Findings first, then counts, then chips; pictures inside, nothing from elsewhere."""
    page, outputs, job = inspect(tmp_path, exported(tmp_path))
    assert "<h2>Findings</h2>" in page and page.index("Findings") < page.index("Classes")
    assert "crane" in page and "barge" in page
    assert not re.search(r'(src|href)="(?!data:image/)', page)
    assert page.count("data:image/jpeg") > 5 and page.count("data:image/png") > 5
    assert int(outputs["out_findings"]) == sum(line.split(":")[0] in (WARNING, NOTE) for line in job.messages)
    assert outputs["out_errors"] == "0"
    assert not [entry for entry in (tmp_path / "report").iterdir() if entry.name != "found.html"]


def test_class_maps_pairs_and_turned_chips_are_drawn(tmp_path):
    """Of every kind of sample, with an odd number of rows."""
    raster = write_raster(tmp_path / "scene.tif", scene(4, 97, 131, np.uint16))
    second = write_raster(tmp_path / "later.tif", scene(4, 97, 131, np.uint16, seed=3))
    shapes = [shapely.box(*box) for box in on_map((5, 5, 50, 60), (60, 20, 120, 90))]
    layer = write_features(tmp_path / "cover.gpkg", shapes, kind=["reed", "lake"])
    folder, _ = export(
        tmp_path, raster, layer, class_value_field="kind", metadata_format="Classified_Tiles", in_raster2=second
    )
    page, _, _ = inspect(tmp_path, folder)
    assert 'class="pair"' in page and "% reed" in page and "Pixels" in page


def yolo(folder, *labels):
    """Write chips with a YOLO file each."""
    for number, label in enumerate(labels):
        image(folder / "images" / f"{number}.png", seed=number)
        text(folder / "labels" / f"{number}.txt", label)
    return folder


def test_identical_chips_with_different_labels_are_an_error_and_come_first(tmp_path):
    """Copies with the same labels are a warning."""
    folder = yolo(tmp_path, *(["0 0.5 0.5 0.3 0.3\n"] * 5), "0 0.2 0.2 0.3 0.3\n")
    shutil.copyfile(folder / "images" / "0.png", folder / "images" / "5.png")
    shutil.copyfile(folder / "images" / "2.png", folder / "images" / "3.png")
    findings = found_in(folder)
    assert findings[0].severity == ERROR
    assert findings[0].text.startswith("2 chips have the pixels of another one and different labels")
    assert findings[0].examples == (0, 5)
    assert any("1 chip is a copy" in line for line in texts(findings, WARNING))
    _, outputs, job = inspect(tmp_path, folder)
    assert outputs["out_errors"] == "1"
    assert any("different labels" in line for line in job.warnings)


def test_chips_that_look_nearly_the_same_are_noted(tmp_path):
    """One value of noise; chips that overlap on the ground do not count."""
    folder = yolo(tmp_path, *(["0 0.5 0.5 0.3 0.3\n"] * 4))
    with rasterio.open(folder / "images" / "1.png") as chip:
        pixels = chip.read()
    with rasterio.open(folder / "images" / "3.png", "r+") as chip:
        chip.write(pixels + (np.arange(pixels.size).reshape(pixels.shape) % 97 == 0).astype(np.uint8))
    assert any("1 pair of chips" in line for line in texts(found_in(folder), NOTE))


def test_overlapping_chips_leak_when_split_at_random(tmp_path):
    """And the spatial split does not."""
    folder = exported(tmp_path, stride_x=16, stride_y=16, output_nofeature_tiles=True)
    found = [finding for finding in found_in(folder) if "Split at random" in finding.text]
    assert found and found[0].severity == WARNING
    assert "no validation ground trains" in found[0].remedy


def test_chips_of_differing_sizes_are_an_error_with_the_remedy(tmp_path):
    """Training refuses them; the page is made."""
    folder = yolo(tmp_path, *(["0 0.5 0.5 0.3 0.3\n"] * 3))
    image(folder / "images" / "3.png", rows=33, cols=70)
    text(folder / "labels" / "3.txt", "")
    found = [finding for finding in found_in(folder) if finding.severity == ERROR]
    assert found[0].text.startswith("1 chip") and "Convert Training Data" in found[0].remedy
    assert found[0].examples == (3,)
    inspect(tmp_path, folder)


def test_chips_with_a_class_as_a_whole_may_differ_in_size(tmp_path):
    """They are brought to one size in training; a class with one chip is told."""
    for name, cols in (("reed", 40), ("reed", 64), ("lake", 40)):
        image(tmp_path / "classes" / name / f"{cols}.png", cols=cols, seed=cols + len(name) * (name == "reed"))
    findings = found_in(tmp_path / "classes")
    assert not texts(findings, ERROR)
    assert any("lake (1 chip)" in line for line in texts(findings, WARNING))
    inspect(tmp_path, tmp_path / "classes")


def test_suspicious_objects_are_counted(tmp_path):
    """Whole chips, doubles, slivers, rare classes, and what the reading left out."""
    many = "".join(f"0 {0.2 + n * 0.05} 0.5 0.2 0.2\n" for n in range(10))
    folder = yolo(tmp_path, many, many + many, "1 0.5 0.5 1.0 1.0\n", "0 0.99 0.5 0.02 0.4\n")
    warnings = texts(found_in(folder), WARNING)
    assert any("1 object fills its whole chip" in line for line in warnings)
    assert any("10 objects are labelled twice" in line for line in warnings)
    assert any("Fewer than 10 objects" in line for line in warnings)
    assert any("less than 2 pixels" in line and "1 of them" in line for line in texts(found_in(folder), NOTE))


def test_void_and_broken_chips_are_told(tmp_path):
    """A chip that is half gone does not stop the inspection."""
    folder = yolo(tmp_path, *(["0 0.5 0.5 0.3 0.3\n"] * 4))
    with rasterio.open(folder / "images" / "1.png", "r+") as chip:
        chip.write(np.zeros((3, 40, 56), np.uint8))
    (folder / "images" / "2.png").unlink()
    whole = image(folder / "images" / "2.tif").read_bytes()
    (folder / "images" / "2.tif").write_bytes(whole[: len(whole) // 2])
    findings = found_in(folder)
    assert any("1 chip cannot be read" in line for line in texts(findings, ERROR))
    assert any("void" in line for line in texts(findings, WARNING))
    inspect(tmp_path, folder)


def test_pixels_are_stretched_alike_so_that_a_dark_chip_stays_dark(tmp_path):
    """Two chips, one of a tenth of the light."""
    from engine.inspection.drawing import picture_of, stretch_of

    folder = tmp_path / "chips"
    for number, light in enumerate((1.0, 0.1)):
        path = image(folder / "images" / f"{number}.tif", bands=4, seed=number, dtype=np.uint16)
        with rasterio.open(path, "r+") as chip:
            chip.write((chip.read() * 30 * light).astype(np.uint16))
        text(folder / "labels" / f"{number}.txt", "0 0.5 0.5 0.3 0.3\n")
    subject = subject_of(read_samples([str(folder)], Job()))
    stretch = stretch_of(subject, look_at(subject, Job(), (0, 1)))
    light = []
    for sample in subject.samples.samples:
        with rasterio.MemoryFile(picture_of(sample, stretch)[0]) as memory, memory.open() as shown:
            light.append(shown.read().mean())
    assert light[1] < 0.3 * light[0]


def test_cancel_leaves_nothing_and_an_earlier_page_as_it_was(tmp_path):
    """The page takes its place when it is done."""
    folder = exported(tmp_path)
    page, _, _ = inspect(tmp_path, folder)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        inspect(tmp_path, folder, job=job)
    assert (tmp_path / "report" / "found.html").read_text("utf-8") == page
    assert len(list((tmp_path / "report").iterdir())) == 1


def test_what_is_no_training_folder_is_refused(tmp_path):
    """In one sentence, before anything is written."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(SampleFolderError, match="is empty"):
        inspect(tmp_path, tmp_path / "empty")
    with pytest.raises(SampleFolderError, match="does not exist"):
        inspect(tmp_path, tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        run(InspectTrainingData(in_folder=(str(tmp_path),), out_report=str(tmp_path / "file" / "a.html")), Job())


@pytest.mark.parametrize(
    "form", ["RCNN_Masks", "Labeled_Tiles", "MultiLabeled_Tiles", "Imagenet", "Export_Tiles", "KITTI_rectangles"]
)
def test_every_kind_of_training_data_has_a_page(tmp_path, form):
    """Also tiles without any label."""
    page, _, _ = inspect(tmp_path, exported(tmp_path, metadata_format=form))
    assert page.count("data:image/jpeg") > 3
    assert ("crane" in page) is (form != "Export_Tiles")
