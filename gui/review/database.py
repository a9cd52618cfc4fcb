"""SQL on a GeoPackage through GDAL, which also QGIS reads it with: what one has committed the other sees at once.

QGIS's own connections leave a file open after each statement (3.22), too many for a long review.
"""

from __future__ import annotations

from osgeo import gdal

from ...provider.words import tr


class DatabaseError(Exception):
    """What the file said."""


def rows_of(path, sql):
    """Return the rows of a query as lists; None stands for null.

    Args:
        path: The GeoPackage. It is open during the call only, so that nobody has to wait for us.
        sql: The query.

    Raises:
        DatabaseError: The file refuses it.
    """
    return _executed(_opened(path, gdal.OF_READONLY), sql)


def change(path, sql):
    """Carry out a statement that writes to a GeoPackage.

    Raises:
        DatabaseError: The file refuses it.
    """
    _executed(_opened(path, gdal.OF_UPDATE), sql)


def _opened(path, how):
    """Return an open dataset."""
    dataset = _quietly(lambda: gdal.OpenEx(path, gdal.OF_VECTOR | how, ["GPKG"]))
    if dataset is None:
        raise DatabaseError(tr("it cannot be opened"))
    return dataset


def _executed(dataset, sql):
    """Return the rows of a statement."""
    layer = _quietly(lambda: dataset.ExecuteSQL(sql))
    if layer is None:
        return []
    columns = range(layer.GetLayerDefn().GetFieldCount())
    rows = [[feature.GetField(column) for column in columns] for feature in layer]
    dataset.ReleaseResultSet(layer)
    return rows


def _quietly(do):
    """Return what a call of GDAL returns; what it complains of becomes an error of ours."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        done = do()
        said = gdal.GetLastErrorMsg() if gdal.GetLastErrorType() >= gdal.CE_Failure else ""
    except RuntimeError as error:  # where somebody has told GDAL to raise
        raise DatabaseError(str(error)) from error
    finally:
        gdal.PopErrorHandler()
    if said:
        raise DatabaseError(said)
    return done
