"""The classes that labels may have: name, value and colour, one below another, kept in a JSON file.

The file is written in the manner of ArcGIS's classification schemas (.ecs): ``{"Name", "Classes": [{"Name", "Value",
"Color": [red, green, blue], "Classes": [...]}]}``. Keys are read in any case; ``Children`` and ``SubClasses`` stand
for the inner ``Classes``; colours may also be ``"#rrggbb"`` or ``"red, green, blue"``.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field

from ...provider.words import tr

SUFFIXES = (".json", ".ecs")
"""File names that a schema may end with."""

COLORS = (
    (230, 97, 1), (0, 114, 178), (0, 158, 115), (213, 60, 120), (240, 200, 20), (86, 180, 233), (148, 82, 200),
    (150, 95, 45), (110, 190, 40), (0, 220, 220),
)  # fmt: skip
"""Colours of new classes, one after another: far apart, also on imagery."""


class SchemaError(ValueError):
    """A schema that cannot be read or used; the message says what to do."""


@dataclass
class LabelClass:
    """A class of labels.

    Attributes:
        name: Its name, written to ``Classname``.
        value: Its whole number, written to ``Classvalue``.
        color: Red, green, blue, 0..255.
        children: Classes below it.
    """

    name: str
    value: int
    color: tuple = COLORS[0]
    children: list = field(default_factory=list)


@dataclass
class Schema:
    """A tree of classes.

    Attributes:
        name: What the schema is called.
        classes: The uppermost classes.
    """

    name: str = "Classes"
    classes: list = field(default_factory=list)

    def all(self):
        """Return every class, parents before their children."""
        return list(_walk(self.classes))

    def by_value(self, value):
        """Return the class of a value, None where there is none."""
        return next((known for known in self.all() if known.value == value), None)

    def by_name(self, name):
        """Return the class of a name, None where there is none."""
        return next((known for known in self.all() if known.name == name), None)

    def siblings(self, class_):
        """Return the list that holds a class."""
        return next(
            group
            for group in (self.classes, *(known.children for known in self.all()))
            if any(member is class_ for member in group)
        )

    def free_value(self):
        """Return the smallest value above all that are taken; 1 in an empty schema."""
        return max((known.value for known in self.all()), default=0) + 1

    def free_color(self):
        """Return the first colour that no class has, or the next in turn."""
        taken = [known.color for known in self.all()]
        return next((color for color in COLORS if color not in taken), COLORS[len(taken) % len(COLORS)])

    def add(self, class_, parent=None):
        """Add a class at the end, or below another.

        Raises:
            SchemaError: Its name is empty, or its name or its value is taken.
        """
        self.check(class_)
        (self.classes if parent is None else parent.children).append(class_)

    def remove(self, class_):
        """Take a class away, with those below it."""
        group = self.siblings(class_)
        group[:] = [member for member in group if member is not class_]

    def check(self, class_, but=None):
        """Refuse a class that cannot stand beside the others.

        Args:
            class_: The class.
            but: A class of the schema that it replaces.

        Raises:
            SchemaError: Its name is empty, or its name or its value is taken.
        """
        if not class_.name.strip():
            raise SchemaError(tr("the class has no name: give it one, such as Building"))
        for known in self.all():
            if known is class_ or known is but:
                continue
            if known.name == class_.name:
                raise SchemaError(tr("there is a class named {} already: choose another name").format(class_.name))
            if known.value == class_.value:
                raise SchemaError(
                    tr("{} is the value of {} already: choose another, such as {}").format(
                        class_.value, known.name, self.free_value()
                    )
                )

    def save(self, path):
        """Write the schema as a JSON file; a file that is there is replaced at the end, at once.

        Raises:
            SchemaError: The file cannot be written.
        """
        text = json.dumps({"Name": self.name, "Classes": [_plain(known) for known in self.classes]}, indent=2)
        try:
            with open(path + ".part", "w", encoding="utf-8") as file:
                file.write(text + "\n")
            os.replace(path + ".part", path)
        except OSError as error:
            raise SchemaError(
                tr("{} cannot be written ({}): choose another folder").format(path, error.strerror)
            ) from error


def load_schema(path):
    """Return the schema of a JSON file.

    Raises:
        SchemaError: The file cannot be read, is no schema, or has a name or value twice.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            read = json.load(file)
    except OSError as error:
        raise SchemaError(tr("{} cannot be read ({}): choose a schema file").format(path, error.strerror)) from error
    except ValueError as error:
        raise SchemaError(tr("{} is no JSON file ({}): choose a schema (.json or .ecs)").format(path, error)) from error
    known = _keys(read) if isinstance(read, dict) else {"classes": read}
    schema = Schema(str(known.get("name") or os.path.splitext(os.path.basename(path))[0]))
    _fill(schema, None, _inner(known), path)
    if not schema.classes:
        raise SchemaError(
            tr("{} holds no classes: a schema has a list Classes with Name, Value and Color").format(path)
        )
    return schema


def land_cover():
    """Return the land cover classes of the National Land Cover Database 2011."""
    return load_schema(os.path.join(os.path.dirname(os.path.abspath(__file__)), "nlcd_2011.json"))


def _walk(classes):
    """Yield classes and those below them."""
    for known in classes:
        yield known
        yield from _walk(known.children)


def _plain(class_):
    """Return a class as its file holds it."""
    plain = {"Name": class_.name, "Value": class_.value, "Color": list(class_.color)}
    return {**plain, "Classes": [_plain(child) for child in class_.children]} if class_.children else plain


def _keys(row):
    """Return a dictionary with keys in lower case."""
    return {str(key).lower(): value for key, value in row.items()}


def _inner(known):
    """Return the list of classes below a row."""
    return next((known[key] for key in ("classes", "children", "subclasses") if known.get(key)), [])


def _fill(schema, parent, rows, path):
    """Add rows of a file to a schema, below a class."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SchemaError(
            tr("{} holds no list of classes: a schema has Classes with Name, Value and Color").format(path)
        )
    for row in map(_keys, rows):
        name = str(row.get("name") or row.get("classname") or "")
        value = row.get("value", row.get("classvalue", schema.free_value()))
        try:
            made = LabelClass(name, int(value), _color(row.get("color"), schema.free_color()))
            schema.add(made, parent)
        except (TypeError, ValueError) as error:
            why = (
                error
                if isinstance(error, SchemaError)
                else tr("value {} of {} is no whole number: mend it").format(value, name)
            )
            raise SchemaError(f"{path}: {why}") from error
        _fill(schema, made, _inner(row), path)


def _color(given, free):
    """Return a colour of a file as red, green and blue."""
    if isinstance(given, dict):
        given = next((value for key, value in _keys(given).items() if key == "values"), None)
    if isinstance(given, str) and re.fullmatch("#[0-9a-fA-F]{6}", given):
        given = [int(given[at : at + 2], 16) for at in (1, 3, 5)]
    elif isinstance(given, str):
        given = re.findall(r"\d+", given)
    if not isinstance(given, (list, tuple)) or len(given) < 3:
        return free
    return tuple(min(255, max(0, int(part))) for part in given[:3])
