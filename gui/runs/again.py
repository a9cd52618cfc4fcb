"""A run once more: its dialog filled again, or the same request continued where the tool can go on."""

from __future__ import annotations

from ...algorithms.given_values import dialog_values
from ...engine.tools import TOOLS, kinds
from ...provider.run_records import CANCELLED, FAILED, INTERRUPTED
from ..running import Run
from ..tool_dialog import open_tool

GOES_ON = ("train_model", "classify_pixels", "detect_change", "export_training_data")
"""Tools that go on where the same request was interrupted."""

TARGETS = (kinds.NewFeatures, kinds.NewRaster, kinds.NewFolder, kinds.NewFile)


def can_run_again(run):
    """Return whether the tool of a run is still there."""
    return run.tool in TOOLS


def can_continue(run):
    """Return whether a run stopped before its end and its tool goes on with the same request."""
    return run.tool in GOES_ON and run.state in (FAILED, CANCELLED, INTERRUPTED)


def run_again(run):
    """Open the dialog of a run's tool with the values it had; return it."""
    return open_tool(TOOLS[run.tool].name, dialog_values(run.given))


def continue_run(run, on_done, on_failed):
    """Start the same request again in the background.

    Args:
        run: The run's record.
        on_done: Called with the outputs.
        on_failed: Called with one sentence.

    Returns:
        The run in the background.
    """
    return Run(TOOLS[run.tool].name, same_request(run), on_done, on_failed)


def same_request(run):
    """Return the values of a run with its outputs where they were: a temporary one would get a new name.

    Args:
        run: The run's record.
    """
    values = dialog_values(run.given)
    for name, parameter in TOOLS[run.tool].parameters().items():
        written = run.parameters.get(name)
        if written and isinstance(parameter.kind, TARGETS):
            values[name] = written["path"] if isinstance(written, dict) else written
    return values
