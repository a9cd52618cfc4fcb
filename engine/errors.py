"""What can go wrong in a run and is the user's to mend: one sentence with the value, the rule, the remedy.

Anything that is not an ``EngineError`` is our own fault and is reported as such, with the path of the log.
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of every error whose message is written for the user."""


class ParameterError(EngineError):
    """A parameter, or two of them together, break a rule."""


class RasterError(EngineError):
    """A raster is missing, unreadable or unfit."""


class FeatureError(EngineError):
    """A feature layer is missing, unreadable or unfit."""


class ModelPackageError(EngineError):
    """A model definition or package is broken, unsafe or for another task."""


class SampleFolderError(EngineError):
    """A training data folder is missing, broken or inconsistent."""


class TrainingError(EngineError):
    """Training cannot start or go on."""


class OutputError(EngineError):
    """A result cannot be written: place taken, locked, not writable, disk full."""


class DeviceError(EngineError):
    """The processor asked for is not there, or its memory does not suffice."""


class InstallationError(EngineError):
    """The engine's environment cannot be made or does not work."""


class Cancelled(EngineError):
    """The user cancelled the run."""
