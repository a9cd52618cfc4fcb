"""The results of a layer as a review asks for them: counts by class and state, and ids in an order, page by page.

Everything is asked of the GeoPackage by SQL over one index, so memory does not grow with the layer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from qgis.core import NULL, QgsProviderRegistry

from ...provider.words import marked, tr
from .database import DatabaseError, change, rows_of
from .fields import CLASS_WAS, REDRAWN, RELABELLED, SHAPE_WAS, STATE, VALUE_WAS, ReviewError, add_fields

PAGE = 200
"""Ids that are fetched at a time."""

SUREST, DOUBTFUL, BY_CLASS, NEAREST, ENTROPY = "surest", "doubtful", "class", "nearest", "entropy"
BY_PLACE = "place"
ORDERS = {
    SUREST: marked("Confidence, surest first"),
    DOUBTFUL: marked("Confidence, least sure first"),
    BY_CLASS: marked("Class, surest first"),
    NEAREST: marked("Uncertainty, nearest to the threshold"),
    ENTROPY: marked("Uncertainty, highest entropy"),
    BY_PLACE: marked("Place, neighbours together"),
}
OPEN, ALL, CHANGED = "open", "all", "changed"

NEIGHBOURS = 12
"""Results that a cell of the order by place holds, where they are spread evenly."""

_LAST = 1e308
"""Stands behind every number where a field is empty."""


@dataclass(frozen=True)
class Choice:
    """What is stepped through.

    Attributes:
        order: One of ``ORDERS``.
        shown: ``OPEN`` (not reviewed), ``ALL``, ``CHANGED`` (relabelled or redrawn), or a state.
        class_name: Only results of this class; None for all.
        threshold: Results below it take no part, 0..1; those without confidence do.
    """

    order: str = SUREST
    shown: str = OPEN
    class_name: str | None = None
    threshold: float = 0.0


def quoted(name):
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def text(value):
    """Return a text as SQL takes it."""
    return "'" + str(value).replace("'", "''") + "'"


class Store:
    """A layer in a GeoPackage.

    Attributes:
        layer: The layer.
        fields: Its ``Fields``.
        scale: What confidences are divided by to be 0..1.
    """

    def __init__(self, layer, fields):
        """Add the fields of a review to a layer that ``fields.why_not`` has nothing against.

        Raises:
            ReviewError: The fields cannot be added.
        """
        self.layer, self.fields = layer, fields
        parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
        self._path = parts["path"]
        self.table = parts.get("layerName") or layer.dataProvider().subLayers()[0].split("!!::!!")[1]
        add_fields(layer)
        columns = [STATE, fields.class_name, fields.class_value, fields.confidence, CLASS_WAS, fields.entropy]
        listed = ", ".join(quoted(name) for name in columns if name)
        name = f"{self.table} review {' '.join(filter(None, columns[1:]))}"
        try:
            change(self._path, f"CREATE INDEX IF NOT EXISTS {quoted(name)} ON {quoted(self.table)} ({listed})")
        except DatabaseError as error:
            raise self._refused(error) from error
        self.scale, self._cells = 1.0, None
        if fields.confidence:
            highest = self._ask(f"SELECT MAX({quoted(fields.confidence)}) AS highest FROM {quoted(self.table)}")[0][0]  # nosec B608 # names and texts are quoted
            self.scale = 100.0 if highest is not None and float(highest) > 1.0 else 1.0

    def orders(self):
        """Return the orders that the fields allow."""
        needs = {SUREST: self.fields.confidence, DOUBTFUL: self.fields.confidence, NEAREST: self.fields.confidence}
        needs[ENTROPY], needs[BY_CLASS] = self.fields.entropy, self.fields.class_name or self.fields.class_value
        needs[BY_PLACE] = True
        return [order for order in ORDERS if needs[order]]

    def counts(self, threshold):
        """Return how many results there are at or above a threshold, as a Counter.

        Args:
            threshold: 0..1.

        Returns:
            Counts by (state or "", class name, class value); class parts are None without such a field.
        """
        names = [quoted(STATE), self._name(), self._value()]
        rows = self._ask(
            f"SELECT {names[0]} AS state, {names[1]} AS name, {names[2]} AS value, COUNT(*) AS number "  # nosec B608 # names and texts are quoted
            f"FROM {quoted(self.table)} WHERE {self._above(threshold)} GROUP BY 1, 2, 3"
        )
        found = Counter()
        for state, name, value, number in rows:
            found[(state or "", name, value)] += number
        return found

    @staticmethod
    def classes(counts):
        """Return pairs of name and value of the classes that ``counts`` has found, by value, then by name."""
        found = {(name, value) for _, name, value in counts if name is not None or value is not None}
        return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0] or ""))

    def page(self, choice, after=None):
        """Return the ids that follow one in an order, at most ``PAGE``.

        Args:
            choice: What is stepped through.
            after: Id that was seen last; None begins.
        """
        keys = [*self._keys(choice), "rowid"]
        wanted = [self._above(choice.threshold), *self._wanted(choice)]
        if after is not None:
            place = f"(SELECT {', '.join(keys)} FROM {quoted(self.table)} WHERE rowid = {int(after)})"  # nosec B608 # names and texts are quoted
            wanted.append(f"({', '.join(keys)}) > {place}")
        # the id is a sum, because GDAL would take the bare column for the id of the row and leave it out
        rows = self._ask(
            f"SELECT rowid + 0 AS id FROM {quoted(self.table)} WHERE {' AND '.join(wanted)} "  # nosec B608 # names and texts are quoted
            f"ORDER BY {', '.join(keys)} LIMIT {PAGE}"
        )
        return [row[0] for row in rows]

    def feature(self, fid):
        """Return a result; an invalid feature when it is gone."""
        return self.layer.getFeature(fid)

    def result(self, fid):
        """Return a result with every field that a review reads.

        Raises:
            ReviewError: The result or one of the fields was taken away by somebody else.
        """
        feature = self.feature(fid)
        if not feature.isValid():
            raise ReviewError(
                tr("result {} is not in {} any more: go on with the next one").format(fid, self.layer.name())
            )
        used = (self.fields.class_name, self.fields.class_value, self.fields.confidence)
        for name in (STATE, CLASS_WAS, VALUE_WAS, SHAPE_WAS, *filter(None, used)):
            if feature.fieldNameIndex(name) < 0:
                raise ReviewError(
                    tr("the field {} is not in {} any more: choose the layer again").format(name, self.layer.name())
                )
        return feature

    def confidence(self, feature):
        """Return the confidence of a result, 0..1; None without."""
        value = plain(feature[self.fields.confidence]) if self.fields.confidence else None
        return None if value is None else value / self.scale

    def key(self, feature):
        """Return under what ``counts`` counts a result."""
        name = plain(feature[self.fields.class_name]) if self.fields.class_name else None
        value = plain(feature[self.fields.class_value]) if self.fields.class_value else None
        return (plain(feature[STATE]) or "", name, value)

    def _name(self):
        """Return the class name in SQL."""
        return quoted(self.fields.class_name) if self.fields.class_name else "NULL"

    def _value(self):
        """Return the class value in SQL."""
        return quoted(self.fields.class_value) if self.fields.class_value else "NULL"

    def above(self, threshold):
        """Return the condition that a confidence is at or above a threshold, in SQL and for QGIS's expressions."""
        if not self.fields.confidence or threshold <= 0:
            return ""
        field = quoted(self.fields.confidence)
        return f"({field} >= {threshold * self.scale!r} OR {field} IS NULL)"

    def _above(self, threshold):
        """Return the condition on the confidence together with the layer's own filter."""
        parts = [part for part in (self.above(threshold), self.layer.subsetString().strip()) if part]
        return " AND ".join(f"({part})" for part in parts) or "1"

    def _wanted(self, choice):
        """Return the conditions on state and class."""
        state = quoted(STATE)
        wanted = []
        if choice.shown == OPEN:
            wanted.append(f"({state} IS NULL OR {state} = '')")
        elif choice.shown == CHANGED:
            wanted.append(f"{state} IN ('{RELABELLED}', '{REDRAWN}')")
        elif choice.shown != ALL:
            wanted.append(f"{state} = {text(choice.shown)}")
        if choice.class_name is not None:
            shown = self._name() if self.fields.class_name else f"CAST({self._value()} AS TEXT)"
            wanted.append(f"{shown} = {text(choice.class_name)}")
        return wanted

    def _keys(self, choice):
        """Return what the order goes by; a relabelled result keeps the place of its first class."""
        confidence = quoted(self.fields.confidence) if self.fields.confidence else "NULL"
        falling = f"COALESCE(-{confidence}, {_LAST})"
        keys = {
            SUREST: [falling],
            DOUBTFUL: [f"COALESCE({confidence}, {_LAST})"],
            BY_CLASS: [f"COALESCE({quoted(CLASS_WAS)}, {self._name()}, {self._value()}, '')", falling],
            NEAREST: [f"COALESCE(ABS({confidence} - {choice.threshold * self.scale!r}), {_LAST})"],
            ENTROPY: [f"COALESCE(-{quoted(self.fields.entropy)}, {_LAST})"] if self.fields.entropy else [],
        }
        if choice.order in keys and choice.order in self.orders():
            return keys[choice.order]
        self._cells = self._cells or self._cell()
        return self._cells

    def _cell(self):
        """Return row, from the north, and column of the square cell in which a result lies."""
        names = self._ask(f"SELECT column_name FROM gpkg_geometry_columns WHERE table_name = {text(self.table)}")  # nosec B608 # names and texts are quoted
        shape, ground = quoted(names[0][0]), self.layer.extent()
        each = max(1.0, self.layer.featureCount() / NEIGHBOURS)
        side = max((ground.width() * ground.height() / each) ** 0.5, 1e-3 * (ground.width() + ground.height()), 1e-9)
        row = f"CAST(({ground.yMaximum()!r} - ST_MaxY({shape})) / {side!r} AS INTEGER)"
        return [f"COALESCE({row}, {_LAST})", f"COALESCE(CAST(ST_MinX({shape}) / {side!r} AS INTEGER), {_LAST})"]

    def _ask(self, sql):
        """Return the rows of a statement.

        Raises:
            ReviewError: The file refuses it.
        """
        try:
            return rows_of(self._path, sql)
        except DatabaseError as error:
            raise self._refused(error) from error

    def _refused(self, error):
        """Return the sentence for a file that refuses a statement."""
        return ReviewError(
            tr(
                "{} cannot be read or written ({}): close other programs that use the file, or copy "
                "it to a new GeoPackage"
            ).format(self.layer.name(), error)
        )


def plain(value):
    """Return a value with None for QGIS's null."""
    return None if value == NULL else value
