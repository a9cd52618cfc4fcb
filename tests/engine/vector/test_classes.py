"""Class value, name and colour of labels."""

import sqlite3

import numpy as np
import pytest
import shapely

from engine.classes import NO_COLOR, ClassInfo
from engine.errors import FeatureError
from engine.job import Job
from engine.tools.values import FeatureSource
from engine.vector.classes import NO_CLASS, label_classes
from engine.vector.reading import FeatureTable, read_features
from tests.rasters import write_boxes

PADS = FeatureSource("pads.gpkg", name="Pads")


def classes_of(field="", source=PADS, job=None, **fields):
    """Return values and classes of a layer with some fields."""
    fields = {name: np.asarray(values) for name, values in fields.items()}
    count = len(next(iter(fields.values()))) if fields else 2
    table = FeatureTable(shapely.box(np.arange(count), 0, np.arange(count) + 1, 1), fields, None, "pads")
    return label_classes(table, source, field, job or Job())


def texts(*values):
    """Return texts as OGR gives them."""
    return np.array(values, object)


def test_a_whole_number_field_is_the_value_and_never_renumbered():
    """Values keep their gaps; without names the value is the name."""
    values, classes = classes_of("kind", kind=[30, 4, 30])
    assert values.tolist() == [30, 4, 30]
    assert classes == (ClassInfo(4, "4"), ClassInfo(30, "30"))


@pytest.mark.parametrize("name", ["Classvalue", "VALUE", "value"])
def test_the_usual_field_is_taken_when_none_is_named(name):
    """Classvalue before Value, in any case."""
    values, _ = classes_of(**{name: [2, 5]})
    assert values.tolist() == [2, 5]
    assert classes_of(value=[1, 1], classvalue=[8, 9])[0].tolist() == [8, 9]


def test_without_a_class_field_there_is_one_class_named_after_the_layer():
    """A decimal field called value is not a class."""
    values, classes = classes_of(value=[1.5, 2.5])
    assert values.tolist() == [1, 1] and classes == (ClassInfo(1, "Pads"),)


def test_a_text_field_is_numbered_in_sorted_order():
    """Values 1..n by the texts; colours come from the legend by text."""
    source = FeatureSource("a.gpkg", legend=(("tank", "Big tank", (1, 2, 3)),))
    values, classes = classes_of("what", source, what=texts("tank", "pad", "tank", " pad "))
    assert values.tolist() == [2, 1, 2, 1]
    assert classes == (ClassInfo(1, "pad", NO_COLOR), ClassInfo(2, "tank", (1, 2, 3)))


def test_names_come_from_classname_then_a_one_to_one_field_then_the_legend():
    """In that order; a text field that is not one-to-one does not name classes."""
    legend = (("4", "from legend", (9, 8, 7)), ("30", "other", (1, 1, 1)))
    source = FeatureSource("a.gpkg", legend=legend)
    notes, species = texts("x", "y", "z"), texts("fir", "oak", "fir")
    _, classes = classes_of("kind", source, kind=[30, 4, 30], ClassName=texts("A", "B", "A"), species=species)
    assert classes == (ClassInfo(4, "B", (9, 8, 7)), ClassInfo(30, "A", (1, 1, 1)))
    _, classes = classes_of("kind", source, kind=[30, 4, 30], notes=notes, species=species)
    assert [entry.name for entry in classes] == ["oak", "fir"]
    _, classes = classes_of("kind", source, kind=[30, 4, 30], notes=notes)
    assert [entry.name for entry in classes] == ["from legend", "other"]


def test_a_constant_text_field_names_a_single_class_only_when_its_own_name_says_so():
    """``label`` does, ``split`` does not."""
    assert classes_of("kind", kind=[3, 3], split=texts("train", "train"))[1] == (ClassInfo(3, "3"),)
    assert classes_of("kind", kind=[3, 3], label=texts("Tree", "Tree"))[1] == (ClassInfo(3, "Tree"),)


def test_a_class_with_several_names_takes_the_most_frequent():
    """And a warning says so."""
    job = Job()
    _, classes = classes_of("kind", job=job, kind=[1, 1, 1], Classname=texts("a", "b", "b"))
    assert classes[0].name == "b" and "class 1 has the names a, b" in job.warnings[0]


def test_null_class_values_are_counted(tmp_path):
    """Nulls make OGR give decimals; the field is still one of whole numbers."""
    source = write_boxes(tmp_path / "a.gpkg", [(0, 0, 1, 1)] * 3, kind=np.array([7, 2, 7]))
    with sqlite3.connect(source.path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE a SET kind = NULL WHERE fid = 2")
    job = Job()
    values, classes = label_classes(read_features(source, job=Job()), source, "kind", job)
    assert values.tolist() == [7, NO_CLASS, 7] and [entry.value for entry in classes] == [7]
    assert job.warnings == ["a: 1 of 3 features have no value in kind and are skipped"]
    assert classes_of("t", t=texts("a", None, ""))[0].tolist() == [1, NO_CLASS, NO_CLASS]


@pytest.mark.parametrize(
    ("field", "column", "says"),
    [
        ("absent", [1, 2], "has no field absent: choose one of kind"),
        ("kind", [1.0, 2.0], "decimal numbers"),
        ("kind", [1.5, np.nan], "decimal numbers"),
        ("kind", [1, -2], "class values are 0 or more"),
        ("kind", texts(None, ""), "null everywhere"),
        ("kind", np.array(["2020-01-01", "2021-01-01"], "datetime64[ms]"), "holds dates"),
        ("kind", texts(b"1", b"2"), "binary"),
    ],
)
def test_fields_that_hold_no_classes_are_refused(field, column, says):
    """Absent, decimals even when whole, negative, null, dates, bytes."""
    with pytest.raises(FeatureError, match=says):
        classes_of(field, kind=column)


def test_a_name_field_that_nearly_fits_is_spoken_of():
    """One feature with another name: the names are not taken, and it is said why."""
    job = Job()
    kinds, names = [1, 1, 1, 2, 2, 2], texts("forest", "forest", "water", "water", "water", "water")
    _, classes = classes_of("kind", job=job, kind=kinds, kind_name=names)
    assert [entry.name for entry in classes] == ["1", "2"]
    assert any("1 of 6 features have another text" in line for line in job.warnings)
