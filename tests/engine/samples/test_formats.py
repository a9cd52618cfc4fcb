"""Label files, format by format."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError, ParameterError, SampleFolderError
from engine.samples.boxes import ChipLabel
from engine.samples.registry import get_sample_format, sample_format, sample_formats

BOXES = np.array([[12.5, 0, 61.07, 40.12], [0, 0, 256, 256]])
LABEL = ChipLabel("000000000000.tif", 256, 200, 4, BOXES, np.array([3, 12]))
PATH = Path("labels/a.txt")


@pytest.mark.parametrize("name", ["KITTI_rectangles", "PASCAL_VOC_rectangles"])
def test_what_is_written_is_read_back(name):
    """Boxes to a hundredth of a pixel, class values as text; a chip without objects too."""
    form = get_sample_format(name.upper())
    found = form.parse(form.text(LABEL).encode(), PATH)
    assert found.boxes == pytest.approx(BOXES, abs=0.005) and list(found.names) == ["3", "12"]
    empty = ChipLabel("a.tif", 8, 8, 1, np.empty((0, 4)), np.empty(0, int))
    assert form.parse(form.text(empty).encode(), PATH).boxes.shape == (0, 4)


def test_voc_is_written_as_esri_does():
    """Four blanks, two decimals, the value as name, and what the file says of the chip."""
    text = get_sample_format("PASCAL_VOC_rectangles").text(LABEL)
    assert text.startswith(
        '<?xml version="1.0"?>\n<annotation>\n    <filename>000000000000.tif</filename>\n    <source>\n'
    )
    assert "            <xmin>12.50</xmin>\n            <ymin>0.00</ymin>\n            <xmax>61.07</xmax>\n" in text
    root = ElementTree.fromstring(text)
    assert [root.findtext(f"size/{key}") for key in ("width", "height", "depth")] == ["256", "200", "4"]
    assert text.endswith("    </object>\n</annotation>\n") and text.isascii()


def test_kitti_is_written_as_esri_does():
    """Fifteen columns, fixed widths, CRLF, no name and no negative number."""
    text = get_sample_format("KITTI_rectangles").text(
        ChipLabel("a.tif", 256, 256, 3, np.array([[10.5, 0, 131.25, 64]]), np.array([4]))
    )
    assert text == "  4 0.00 0 0   10.50    0.00  131.25   64.00 0 0 0 0 0 0 0\r\n"


def test_kitti_of_others_is_read():
    """Names, negative numbers, a score, blank lines; regions nobody cares for are left out."""
    text = (
        b"Car 0.00 0 -1.57 10 20.5 30 40 -1 -1 -1 -1000 -1000 -1000 -10\n\n"
        b"Van\t0.00 0 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10 0.87\n"
        b"DontCare -1 -1 -10 5 6 7 8 -1 -1 -1 -1000 -1000 -1000 -10\n"
    )
    found = get_sample_format("KITTI_rectangles").parse(text, PATH)
    assert list(found.names) == ["Car", "Van"] and found.boxes.tolist() == [[10, 20.5, 30, 40], [1, 2, 3, 4]]


def test_voc_of_others_is_read():
    """Extra elements, an encoding, names; parts of objects do not count."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><annotation verified="yes"><folder>x</folder><size><width>500</width>'
        "<height>375</height><depth>3</depth></size><object><name>tête</name><pose>Left</pose><difficult>0</difficult>"
        "<bndbox><xmin>8</xmin><ymin>12.0</ymin><xmax>352</xmax><ymax>498</ymax></bndbox></object></annotation>"
    ).encode()
    found = get_sample_format("PASCAL_VOC_rectangles").parse(text, PATH)
    assert list(found.names) == ["tête"] and found.size == (500, 375) and found.bands == 3
    assert found.boxes.tolist() == [[8, 12, 352, 498]]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("PASCAL_VOC_rectangles", "<annotation><object>", "is no valid XML"),
        ("PASCAL_VOC_rectangles", "", "is no valid XML"),
        ("PASCAL_VOC_rectangles", "<a><object><name>1</name></object></a>", "without bndbox"),
        (
            "PASCAL_VOC_rectangles",
            "<a><object><bndbox><xmin>x</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></a>",
            "'x' for xmin",
        ),
        ("PASCAL_VOC_rectangles", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "entities"),
        ("KITTI_rectangles", "0 0.5 0.5 0.1 0.1", "line 1 of .* has 5 columns"),
        ("KITTI_rectangles", "1 0 0 0 a 1 2 3 0 0 0 0 0 0 0", "no number in columns 5 to 8"),
        ("KITTI_rectangles", "1 0 0 0 nan 1 2 3 0 0 0 0 0 0 0", "not finite"),
    ],
)
def test_broken_label_files_get_one_sentence(name, text, says):
    """Naming file and fault."""
    with pytest.raises(SampleFolderError, match=says):
        get_sample_format(name).parse(text.encode(), PATH)


def test_formats_are_found_by_scanning_and_names_are_taken_once():
    """Unknown names list the choices; a name used twice, in any case, is refused."""
    assert {"PASCAL_VOC_rectangles", "KITTI_rectangles"} <= set(sample_formats())
    with pytest.raises(ParameterError, match=r"choose one of Classified_Tiles, .*KITTI_rectangles, .*PASCAL_VOC"):
        get_sample_format("Nonsense")
    with pytest.raises(EngineError, match="registered twice"):
        sample_format("kitti_RECTANGLES")(object)
