"""Folders named after classes: names stay as they are where a file system takes them, and no two meet."""

from engine.classes import ClassInfo
from engine.samples.class_folders import class_folders


def folders(*names, known=()):
    """Return the folders of classes 1, 2, ... in order."""
    found = class_folders([ClassInfo(value, name) for value, name in enumerate(names, 1)], dict(known))
    return [found[value] for value in range(1, len(names) + 1)]


def test_names_that_are_fit_are_kept():
    """Blanks, dots inside and any letters are."""
    assert folders("Tower crane", "Häuser, alt", "3.5 m", "木") == ["Tower crane", "Häuser, alt", "3.5 m", "木"]


def test_names_that_a_file_system_refuses_are_mended():
    """Separators, names of devices, dots and blanks at the ends, nothing at all."""
    found = folders("a/b", "a\\b", "con", "NUL.txt", " . ", "..", ".hidden", "x. ", "?*")
    assert found == ["a_b", "a_b_2", "con_", "NUL.txt_", "class_5", "class_6", "_hidden", "x", "__"]
    assert len(folders("x" * 500)[0]) == 100


def test_long_names_fit_as_file_systems_count_them(tmp_path):
    """In bytes, of which letters of many scripts take three or four; none is cut in two."""
    for name in folders("木" * 120, "木" * 121, "😀" * 90, "e" + "\u0301" * 99):
        (tmp_path / name).mkdir()
        assert len(name.encode()) <= 210 and "\ufffd" not in name
    assert len(list(tmp_path.iterdir())) == 4


def test_two_classes_never_share_a_folder():
    """Not even where case or the composing of accents does not count; a class that has a folder keeps it."""
    assert folders("Roof", "roof", "ROOF", "roof_2") == ["Roof", "roof_2", "ROOF_3", "roof_2_4"]
    assert folders("caf\u00e9", "cafe\u0301")[1] == "cafe\u0301_2"
    assert folders("Roof", "Roof", known={2: "Roof"}) == ["Roof_1", "Roof"]
